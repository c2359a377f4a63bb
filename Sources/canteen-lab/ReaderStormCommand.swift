import ArgumentParser
import Laboratory
import VirtualReaders

/// Pulls the cables of readers, again and again.
struct ReaderStormCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reader-storm",
    abstract: "Plugs readers in and pulls them out while media are shown to them.",
    discussion: """
      Nothing that was shown to a reader in peace may be lost, nothing may be presented that was not
      shown, and every reader must be back at the end. With --real the readers stand behind libusb and
      the time is the machine's; without it they stand in virtual time, where a day takes minutes.
      """)

  @Option(help: "How long, in minutes of the storm's own time.")
  var minutes = 60

  @Option(help: "The longest time between two accidents at a port, in seconds.")
  var calm = 20

  @Option(help: "The same seed makes the same storm.")
  var seed = UInt64.random(in: 1...1_000_000)

  @Flag(help: "Over libusb and by the machine's clock.")
  var real = false

  func run() async throws {
    let (duration, calm) = (Duration.seconds(minutes * 60), Duration.seconds(calm))
    let report: ReaderStorm.Report
    if real {
      try VirtualBus.reexecUnderPreloadIfNeeded()
      report = try await ReaderStorm.overLibUSB(duration, seed: seed, calm: calm)
    } else {
      report = try ReaderStorm.inVirtualTime(duration, seed: seed, calm: calm)
    }
    for finding in report.lost.prefix(10) { print("lost: \(finding)") }
    for finding in report.invented.prefix(10) { print("invented: \(finding)") }
    for finding in report.stuck { print("stuck: \(finding)") }
    print(
      """
      reader-storm: \(report.isSound ? "ok" : "FAILED") \(minutes) \(real ? "real" : "virtual") minutes, \
      \(report.unplugs) unplugs, \(report.shown) shown, \(report.presented) presented, \
      \(report.lost.count) lost, \(report.invented.count) invented, \(report.stuck.count) stuck; \
      \(report.halfway.residentKiB / 1024) MiB and \(report.halfway.descriptors) descriptors half-way, \
      \(report.end.residentKiB / 1024) MiB and \(report.end.descriptors) at the end (seed \(seed))
      """)
    if !report.isSound { throw ExitCode.failure }
  }
}

/// Pulls a reader's cable at every transfer of its session.
struct UnplugEverywhereCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unplug-everywhere",
    abstract: "Pulls each reader's cable before and after every transfer of a session.")

  func run() throws {
    var (transfers, sessions, findings) = (0, 0, 0)
    for specimen in Specimen.usable {
      let report = UnplugEverywhere.run(specimen)
      for finding in report.findings { print("\(specimen.name): \(finding)") }
      print("\(specimen.name): \(report.transfers) transfers, \(report.sessions) sessions")
      transfers += report.transfers
      sessions += report.sessions
      findings += report.findings.count
    }
    print(
      """
      unplug-everywhere: \(findings == 0 ? "ok" : "FAILED") \(Specimen.usable.count) readers, \
      \(transfers) places, \(sessions) sessions, \(findings) findings
      """)
    if findings > 0 { throw ExitCode.failure }
  }
}
