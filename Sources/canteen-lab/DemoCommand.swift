import ArgumentParser
import Foundation
import Laboratory
import VirtualReaders

/// Serves a lunch and compares the books.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Serve a lunch on a virtual reader, and settle it to the fen.",
    discussion: "DEMO_EXIT=1 ends it after the comparison; otherwise it stays up until Ctrl-C.")

  @Flag(help: "A few cards only, for the tests.")
  var small = false

  @Flag(help: "The centre fetches from the terminal, instead of the terminal handing in.")
  var pull = false

  func run() async throws {
    try VirtualBus.reexecUnderPreloadIfNeeded()
    let environment = ProcessInfo.processInfo.environment
    let programs = try Programs.folder()
    try await Lunch(
      Lunch.Options(
        programs: programs, folder: try Programs.scratch(small ? "lunch" : "demo"),
        isSmall: small, direction: pull ? .pull : .push,
        endsByItself: environment["DEMO_EXIT"] == "1",
        secondsBefore: environment["DEMO_STARTED_SECONDS_AGO"].flatMap { Int($0) } ?? 0)
    ).run()
  }
}

/// Where this program was built, with the others beside it.
enum Programs {
  static func folder() throws -> String {
    URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      .deletingLastPathComponent().path
  }

  /// Where the sources are: the folder that `.build` stands in.
  static func repository() throws -> String {
    URL(filePath: try scratch("")).deletingLastPathComponent().path
  }

  /// A folder for an experiment's files, in the build folder: `.build/NAME`.
  static func scratch(_ name: String) throws -> String {
    // The programs are in .build/TRIPLE/debug; a Unix socket's path must stay short.
    URL(filePath: try folder()).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: name).path
  }
}
