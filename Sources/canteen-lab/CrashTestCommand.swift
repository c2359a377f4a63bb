import ArgumentParser
import Laboratory
import VirtualReaders

/// Kills the daemon during taps and compares what was lit with what was settled.
struct CrashTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crash-test",
    abstract: "Kill the daemon during taps: nothing lit is lost, nothing is settled twice.")

  @Option(help: "How often the daemon is killed, 1 to 100000.")
  var kills = 200
  @Option(help: "Makes the same moments again.")
  var seed: UInt64?

  func validate() throws {
    guard (1...100_000).contains(kills) else { throw ValidationError("--kills is 1 to 100000") }
  }

  func run() async throws {
    try VirtualBus.reexecUnderPreloadIfNeeded()
    try await CrashTest(
      programs: try Programs.folder(), folder: try Programs.scratch("crash-test"), kills: kills,
      seed: seed ?? UInt64.random(in: 1...999_999)
    ).run()
  }
}
