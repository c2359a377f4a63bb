import Foundation

/// Counts which regions of a target its tests run, with llvm-cov. Swift emits no branches.
package struct RegionCoverage: Sendable {
  /// A piece of code that is run as a whole or not at all.
  private struct Region: Hashable {
    let file: String
    let line: Int
    let column: Int
    let endLine: Int
    let endColumn: Int
  }

  /// What llvm-cov exports, as far as it is needed.
  private struct Export: Decodable {
    struct Part: Decodable {
      let functions: [Function]
    }

    struct Function: Decodable {
      let filenames: [String]
      /// From line and column to line and column, how often, the file's number, and, last, the kind.
      let regions: [[Int]]
    }

    let data: [Part]
  }

  private static let limit = Duration.seconds(300)

  private let package: any TestedPackage

  /// - Parameters:
  ///   - room: Whose regions are counted.
  ///   - root: The repository.
  ///   - folder: Where the target is built with counters.
  package init(of room: MutatedRoom, root: String, folder: String) {
    package = room.package(root: root, folder: folder, configuration: "debug")
  }

  /// Prints the regions of each file, and those that no test runs.
  ///
  /// - Throws: ``LaboratoryError/broken(_:)`` when there is one that is not listed as unreachable, or
  ///   when that list is not true.
  package func run() async throws {
    let sources = try package.sources()
    try package.write(sources, countsRegions: true)
    guard try await package.build().isBuilt else {
      throw LaboratoryError.program("coverage: the build failed; see \(package.folder)/build.log")
    }
    let regions = try await count().filter { region, _ in
      sources.contains { $0.name == region.file }
    }
    var missing: [Region] = []
    for source in sources {
      let ours = regions.filter { $0.key.file == source.name }
      let missed = ours.filter { $0.value == 0 }.keys
      missing += missed.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
      Console.say(
        source.name.padding(toLength: 28, withPad: " ", startingAt: 0)
          + "\(ours.count) regions, \(missed.count) not run")
    }
    try judge(missing, of: regions.count, sources)
  }

  private func judge(_ missing: [Region], of count: Int, _ sources: [SourceText]) throws {
    let target = type(of: package).target
    var unused = type(of: package).unreachable
    var untested = 0
    for region in missing {
      let place = "Sources/\(target)/\(region.file):\(region.line):\(region.column)"
      let text = sources.first { $0.name == region.file }?.text ?? ""
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let line = lines[region.line - 1].drop { $0 == " " }
      let known = type(of: package).unreachable.first {
        $0.file == region.file && $0.source == line
      }
      if let known {
        unused.removeAll { $0 == known }
        Console.say("not counted: \(place) \(known.reason)")
      } else {
        untested += 1
        Console.say("not run: \(place) to \(region.endLine):\(region.endColumn)")
      }
    }
    guard untested == 0, count > 0 else {
      throw LaboratoryError.broken(
        "coverage: no test runs \(untested) of \(count) regions\nagain: make coverage")
    }
    if let entry = unused.first {
      throw LaboratoryError.broken(
        "coverage: listed as unreachable, but run or gone: \(entry.file) `\(entry.source)`\n"
          + "again: make coverage")
    }
    Console.say(
      missing.isEmpty
        ? "coverage: ok all \(count) regions of \(target)"
        : "coverage: ok all \(count - missing.count) regions of \(target) that can be reached, "
          + "\(missing.count) cannot")
  }

  /// Runs the tests, and the processes that they start.
  private func count() async throws -> [Region: Int] {
    let counts = "\(package.folder)/counts"
    if FileManager.default.fileExists(atPath: counts) {
      try FileManager.default.removeItem(atPath: counts)
    }
    // The counters are not atomic: tests that run together would lose counts.
    let status = try await package.test(
      ["--no-parallel"],
      environment: ["LLVM_PROFILE_FILE": "\(counts)/%p.profraw", "TMPDIR": ScratchMemory.folder],
      limit: Self.limit,
      logPath: "\(package.folder)/test.log")
    guard status == 0 else {
      throw LaboratoryError.program("coverage: the tests failed; see \(package.folder)/test.log")
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: counts)
      .filter { $0.hasSuffix(".profraw") }.map { "\(counts)/\($0)" }
    let merged = "\(counts)/merged"
    _ = try await tool("llvm-profdata", ["merge", "-o", merged] + files)
    let text = try await tool(
      "llvm-cov", ["export", "-instr-profile", merged, package.program])
    let export = try JSONDecoder().decode(Export.self, from: Data(text.utf8))
    var regions: [Region: Int] = [:]
    for function in export.data.flatMap(\.functions) {
      // 0 is code; gaps and skipped lines are no regions.
      for region in function.regions where region.count == 8 && region[7] == 0 {
        let file = URL(filePath: function.filenames[region[5]]).lastPathComponent
        let key = Region(
          file: file, line: region[0], column: region[1], endLine: region[2], endColumn: region[3])
        regions[key] = max(regions[key] ?? 0, region[4])
      }
    }
    return regions
  }

  /// Runs a tool that stands beside the compiler: another version does not read its files.
  private func tool(_ name: String, _ arguments: [String]) async throws -> String {
    let compiler = try await output("/usr/bin/env", ["swiftc", "-print-target-info"])
    struct Info: Decodable {
      struct Paths: Decodable { let runtimeResourcePath: String }
      let paths: Paths
    }
    let info = try JSONDecoder().decode(Info.self, from: Data(compiler.utf8))
    let bin = URL(filePath: info.paths.runtimeResourcePath)
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "bin")
    return try await output(bin.appending(path: name).path, arguments)
  }

  private func output(_ path: String, _ arguments: [String]) async throws -> String {
    let log = "\(package.folder)/tool.log"
    try? FileManager.default.removeItem(atPath: log)  // that of the last tool, if any
    let program = try RunningProgram(path, arguments, environment: [:], logPath: log)
    guard await program.wait() == 0 else {
      throw LaboratoryError.program("\(path) failed:\n\(program.lastWords())")
    }
    return try String(contentsOfFile: log, encoding: .utf8)
  }
}
