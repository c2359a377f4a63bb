import Foundation

/// The terminal's core with its tests as a package of its own, so that it is built in a minute, with other
/// flags or with other sources than the product.
struct CorePackage {
  /// Of what is looked at, and what it needs.
  static let target = "TerminalCore"
  static let model = "CanteenModel"
  static let tests = "TerminalCoreTests"

  /// The repository.
  let root: String
  /// Where the package is; what was built stays for the next time.
  let folder: String
  /// `debug` or `release`.
  let configuration: String

  /// The files of the core, by name.
  func sources() throws -> [(name: String, text: String)] {
    try texts(in: "\(root)/Sources/\(Self.target)")
  }

  /// Writes the package. Files that are as they should be keep their dates.
  ///
  /// - Parameters:
  ///   - core: The files of the core.
  ///   - countsRegions: Whether the core counts how often each of its regions is run.
  func write(core: [(name: String, text: String)], countsRegions: Bool = false) throws {
    try replace("Sources/\(Self.target)", with: core)
    try replace("Sources/\(Self.model)", with: try texts(in: "\(root)/Sources/\(Self.model)"))
    try replace("Tests/\(Self.tests)", with: try texts(in: "\(root)/Tests/\(Self.tests)"))
    if countsRegions {
      try replace("Sources/\(Self.stops)", with: [("stops.c", Self.stopsSource)])
      try replace("Sources/\(Self.stops)/include", with: [("stops.h", "")])
    }
    try replace("", with: [("Package.swift", Self.manifest(countsRegions: countsRegions))])
  }

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
  ///   - logPath: What the tests say; it replaces what is there.
  /// - Returns: The exit status; 128 and the signal's number when a signal ended it.
  func test(
    _ arguments: [String] = [], environment: [String: String], limit: Duration, logPath: String
  ) async throws -> Int32 {
    try await TestProcess(
      path: program, arguments: ["--testing-library", "swift-testing"] + arguments,
      environment: environment, logPath: logPath
    ).run(limit: limit)
  }

  private func texts(in folder: String) throws -> [(name: String, text: String)] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
      .sorted()
      .map { ($0, try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)) }
  }

  /// Makes a folder's files these; what stands in folders of it stays.
  private func replace(_ name: String, with files: [(name: String, text: String)]) throws {
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

  /// Written in C, because it must run before everything else.
  private static let stops = "CStops"

  /// A test that lets a precondition stop its process would lose what the process counted.
  private static let stopsSource = """
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

  /// The settings of the root's manifest; warnings are none of this package's business.
  private static func manifest(countsRegions: Bool) -> String {
    let counting = "[.unsafeFlags([\"-profile-generate\", \"-profile-coverage-mapping\"])]"
    let linking = "linkerSettings: [.unsafeFlags([\"-profile-generate\"])]"
    return """
      // swift-tools-version: 6.2
      import PackageDescription

      let house: [SwiftSetting] = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
      ]

      let package = Package(
        name: "canteen",
        targets: [
          .target(name: "\(model)", swiftSettings: house),
          .target(
            name: "\(target)", dependencies: ["\(model)"],
            swiftSettings: house\(countsRegions ? " + \(counting)" : "")),
          .testTarget(
            name: "\(tests)",
            dependencies: ["\(model)", "\(target)"\(countsRegions ? ", \"\(stops)\"" : "")],
            swiftSettings: house\(countsRegions ? ", \(linking)" : "")),
          \(countsRegions ? ".target(name: \"\(stops)\")," : "")
        ]
      )

      """
  }
}
