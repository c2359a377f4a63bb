import Foundation

/// Counts which regions of the terminal's core its tests run, with llvm-cov. Swift emits no branches.
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

  private let package: CorePackage

  /// - Parameters:
  ///   - root: The repository.
  ///   - folder: Where the core is built with counters.
  package init(root: String, folder: String) {
    package = CorePackage(root: root, folder: folder, configuration: "debug")
  }

  /// Prints the regions of each file, and those that no test runs.
  ///
  /// - Throws: ``LaboratoryError/broken(_:)`` when there is one.
  package func run() async throws {
    try package.write(core: try package.sources(), countsRegions: true)
    guard try await package.build().isBuilt else {
      throw LaboratoryError.program("coverage: the build failed; see \(package.folder)/build.log")
    }
    let regions = try await count()
    var missing: [Region] = []
    for source in try package.sources() {
      let ours = regions.filter { $0.key.file == source.name }
      let missed = ours.filter { $0.value == 0 }.keys
      missing += missed.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
      Console.say(
        source.name.padding(toLength: 24, withPad: " ", startingAt: 0)
          + "\(ours.count) regions, \(missed.count) not run")
    }
    for region in missing {
      Console.say(
        "not run: Sources/\(CorePackage.target)/\(region.file):\(region.line):\(region.column) "
          + "to \(region.endLine):\(region.endColumn)")
    }
    guard missing.isEmpty, !regions.isEmpty else {
      throw LaboratoryError.broken(
        "coverage: no test runs \(missing.count) of \(regions.count) regions\nagain: make coverage")
    }
    Console.say("coverage: ok all \(regions.count) regions of \(CorePackage.target)")
  }

  /// Runs the tests, and the processes that they start.
  private func count() async throws -> [Region: Int] {
    let counts = "\(package.folder)/counts"
    if FileManager.default.fileExists(atPath: counts) {
      try FileManager.default.removeItem(atPath: counts)
    }
    // The counters are not atomic: tests that run together would lose counts.
    let status = try await package.test(
      ["--no-parallel"], environment: ["LLVM_PROFILE_FILE": "\(counts)/%p.profraw"],
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
