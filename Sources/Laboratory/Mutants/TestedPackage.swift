import Foundation

/// Some files of the product with the tests that run them, as a package of its own, so that they are built
/// with other flags or with other sources than the product.
protocol TestedPackage: Sendable {
  /// The target that the files belong to.
  static var target: String { get }
  /// Mutants of it that nobody can notice.
  static var equivalent: [EquivalentMutant] { get }
  /// Regions of it that no test can run.
  static var unreachable: [UnreachableRegion] { get }

  /// Where the package is; what was built stays for the next time. The compiler takes the folder's name
  /// for the package's.
  var folder: String { get }
  /// `debug` or `release`.
  var configuration: String { get }
  /// Whether tests are told apart: then a mutant is tried by those that reach it, one after the other and
  /// up to the first failure.
  var triesByReach: Bool { get }

  /// The files that are looked at, by name.
  func sources() throws -> [SourceText]

  /// Writes the package. Files that are as they should be keep their dates.
  ///
  /// - Parameters:
  ///   - sources: What stands for the files that are looked at, and beside them.
  ///   - countsRegions: Whether the target counts how often each of its regions is run.
  func write(_ sources: [SourceText], countsRegions: Bool) throws
}

/// A file's name and its text.
typealias SourceText = (name: String, text: String)

extension TestedPackage {
  /// Builds the tests.
  ///
  /// - Returns: What the compiler said, and whether it was content.
  func build() async throws -> (log: String, isBuilt: Bool) {
    let log = "\(folder)/build.log"
    try? FileManager.default.removeItem(atPath: log)  // that of the last time, if any
    let build = try RunningProgram(
      "/usr/bin/env",
      ["swift", "build", "--build-tests", "-c", configuration, "--package-path", folder],
      environment: [:], logPath: log)
    let status = await build.wait()
    return (try String(contentsOfFile: log, encoding: .utf8), status == 0)
  }

  /// The program that runs the tests.
  var program: String { "\(folder)/.build/\(configuration)/canteenPackageTests.xctest" }

  /// Runs the tests.
  ///
  /// - Parameters:
  ///   - arguments: For the tests' program.
  ///   - environment: Added to that of this process.
  ///   - limit: After this the program is killed.
  ///   - quiet: The first failure ends it, and so long without a word; `nil` when neither does.
  ///   - logPath: What the tests say; it replaces what is there.
  /// - Returns: The exit status; 128 and the signal's number when a signal ended it.
  func test(
    _ arguments: [String] = [], environment: [String: String], limit: Duration,
    quiet: Duration? = nil, logPath: String
  ) async throws -> Int32 {
    try await TestProcess(
      path: program, arguments: ["--testing-library", "swift-testing"] + arguments,
      environment: environment, logPath: logPath
    ).run(limit: limit, quiet: quiet)
  }

  /// The Swift files of a folder, in the order of their names.
  func texts(in folder: String) throws -> [SourceText] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
      .sorted()
      .map { ($0, try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)) }
  }

  /// Makes a folder's files these; what stands in folders of it stays.
  func replace(_ name: String, with files: [SourceText]) throws {
    let place = name.isEmpty ? folder : "\(folder)/\(name)"
    try FileManager.default.createDirectory(
      atPath: place, withIntermediateDirectories: true)
    let wanted = Set(files.map(\.name))
    for old in try FileManager.default.contentsOfDirectory(atPath: place)
    where old.hasSuffix(".swift") && !wanted.contains(old) {
      try FileManager.default.removeItem(atPath: "\(place)/\(old)")
    }
    for file in files {
      let path = "\(place)/\(file.name)"
      // A file that is not there yet is written.
      guard (try? String(contentsOfFile: path, encoding: .utf8)) != file.text else { continue }
      try file.text.write(toFile: path, atomically: true, encoding: .utf8)
    }
  }

  /// Writes the C target that a target which counts its regions needs beside its tests.
  func writeStops() throws {
    try replace("Sources/\(RegionCounting.stops)", with: [("stops.c", RegionCounting.stopsSource)])
    try replace("Sources/\(RegionCounting.stops)/include", with: [("stops.h", "")])
  }
}

/// How regions are counted.
enum RegionCounting {
  static let flags = "[\"-profile-generate\", \"-profile-coverage-mapping\"]"
  /// Written in C, because it must run before everything else.
  static let stops = "CStops"

  /// A test that lets a precondition stop its process would lose what the process counted.
  static let stopsSource = """
    #include <signal.h>

    extern int __llvm_profile_write_file(void);

    static void stopped(int number) {
      signal(number, SIG_DFL);
      __llvm_profile_write_file();
      raise(number);
    }

    __attribute__((constructor)) static void watch(void) {
      signal(SIGILL, stopped);
      signal(SIGTRAP, stopped);
      signal(SIGABRT, stopped);
    }

    """
}
