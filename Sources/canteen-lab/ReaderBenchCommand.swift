import ArgumentParser
import Laboratory
import VirtualReaders

/// Measures the readers.
struct ReaderBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-readers",
    abstract: "Measure codes and faces over libusb, and what an idle terminal costs.",
    discussion: "make bench calls this in a release build.")

  @Option(help: "How often each reader is shown something, 100 to 10000.")
  var showings = 300
  @Option(help: "How long the idle terminal is watched, in seconds.")
  var idle = 60

  func validate() throws {
    guard (100...10_000).contains(showings), idle > 0 else {
      throw ValidationError("--showings is 100 to 10000, --idle 1 or more")
    }
  }

  func run() async throws {
    try VirtualBus.reexecUnderPreloadIfNeeded()
    try await ReaderBenchmark(
      showings: showings, idle: .seconds(idle), programs: try Programs.folder(),
      folder: try Programs.scratch("bench-readers")
    ).run()
  }
}
