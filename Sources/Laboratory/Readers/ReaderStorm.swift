import CanteenModel
import Foundation
import Logging
import Readers
import SeededRandom
import Synchronization
import USBTransport
import VirtualReaders
import VirtualTime

/// A counter at which somebody trips over the cables all day: readers are pulled and put back at any
/// moment while media are shown to them. Nothing that was shown to a reader in peace may be lost, and nothing
/// may be presented that was not shown.
package struct ReaderStorm: Sendable {
  /// What came of a storm.
  package struct Report: Sendable {
    package var unplugs = 0
    package var shown = 0
    package var presented = 0
    /// Shown to a reader that was left in peace, and not presented.
    package var lost: [String] = []
    /// Presented without having been shown, or twice.
    package var invented: [String] = []
    /// Readers that did not come back, with their reason.
    package var stuck: [String] = []
    /// Resident memory in KiB and open descriptors, half-way and at the end.
    package var halfway = Footprint()
    package var end = Footprint()

    package var isSound: Bool { lost.isEmpty && invented.isEmpty && stuck.isEmpty }
  }

  /// What the process holds.
  package struct Footprint: Hashable, Sendable {
    package var residentKiB = 0
    package var descriptors = 0
  }

  /// Where readers are plugged in and shown things.
  protocol Bench: Sendable {
    func plug(_ specimen: Specimen, port: String) throws
    func unplug(port: String) throws
    func show(_ showing: Showing, port: String) throws
    func takeAway(port: String) throws
    func pass(_ duration: Duration) async
    var now: Duration { get }
  }

  let duration: Duration
  let seed: UInt64
  /// The longest time between two accidents at a port.
  let calm: Duration

  /// So long a reader must have been left alone before and after, for what it was shown to be due.
  private static let peace = Duration.seconds(3)

  /// One reader of each kind at lane 1, each at its socket.
  static let kinds = Specimen.Kind.allCases
  static func port(_ number: Int) -> String { "1-\(number + 1)" }
  static let plan = ReaderPlan(
    known: kinds.enumerated().map { number, kind in "1 \(kind.rawValue) \(port(number))" })

  /// Runs the storm over readers that serve lane 1, one a port.
  func run(_ bench: some Bench, _ supervisor: ReaderSupervisor) async throws -> Report {
    let ledger = StormLedger()
    var report = Report()
    try await withThrowingTaskGroup(of: Report.self) { group in
      group.addTask {
        for await event in supervisor.events {
          guard case .presented(let presentation, _) = event else { continue }
          ledger.presented(presentation.evidence)
        }
        return Report()
      }
      group.addTask {
        await supervisor.run()
        return Report()
      }
      var ports = 0
      await supervisor.seek(true, lane: LaneID(1))
      for number in Self.kinds.indices {
        group.addTask { try await weather(at: Self.port(number), number, bench, ledger) }
        ports += 1
      }
      group.addTask {
        await bench.pass(duration / 2)
        return Report(halfway: .now)
      }
      ports += 1
      for try await part in group {
        report.add(part)
        ports -= 1
        if ports == 0 { break }
      }
      await bench.pass(Self.recovery)
      for state in await supervisor.states() where state.word != "ready" {
        report.stuck.append("\(state.reader): \(state.reason ?? state.word)")
      }
      report.end = .now
      group.cancelAll()
    }
    ledger.judge(&report)
    return report
  }

  /// After the storm every reader must be back within this time.
  private static let recovery = Duration.seconds(20)

  /// One port, from the beginning of the storm to its end.
  private func weather(
    at port: String, _ number: Int, _ bench: some Bench, _ ledger: StormLedger
  ) async throws -> Report {
    var random = SplitMix64(seed: seed, number: number)
    var report = Report()
    var serial = number << 28
    // One plan serves the whole storm, so those that need settings of their own stay away.
    let specimens = Specimen.usable.filter { $0.kind == Self.kinds[number] && $0.settings.isEmpty }
    while bench.now < duration {
      let specimen = specimens[random.below(specimens.count)]
      try bench.plug(specimen, port: port)
      let stays = Duration.milliseconds(random.below(Int(calm / .milliseconds(1))))
      let leaves = bench.now + stays
      let settled = bench.now + Self.peace
      while bench.now < leaves {
        await bench.pass(.milliseconds(random.below(2_000)))
        guard bench.now < leaves else { break }
        serial += 1
        let showing = specimen.kind.showing(serial)
        let isDue = bench.now >= settled && leaves - bench.now > Self.peace
        ledger.shown(showing.evidence, isDue: isDue, at: bench.now)
        report.shown += 1
        try bench.show(showing, port: port)
        await bench.pass(.milliseconds(isDue ? 1_500 : random.below(1_500)))
        try bench.takeAway(port: port)
      }
      try bench.unplug(port: port)
      report.unplugs += 1
      await bench.pass(.milliseconds(random.below(1_000)))
    }
    try bench.plug(specimens[0], port: port)
    return report
  }
}

/// What was shown of late, by what it must be presented as, and what was presented.
private final class StormLedger: Sendable {
  fileprivate struct Shown {
    let at: Duration
    let isDue: Bool
    var times = 0
  }

  fileprivate struct State {
    var shown: [Evidence: Shown] = [:]
    var report = ReaderStorm.Report()
  }

  /// What is shown is presented within this time, or never.
  private static let patience = Duration.seconds(60)
  private let state = Mutex(State())

  func shown(_ evidence: Evidence, isDue: Bool, at now: Duration) {
    state.withLock { state in
      state.shown[evidence.unnamed] = Shown(at: now, isDue: isDue)
      state.settle(before: now - Self.patience)
    }
  }

  func presented(_ evidence: Evidence) {
    state.withLock { state in
      state.report.presented += 1
      let name = evidence.unnamed
      state.shown[name]?.times += 1
      let times = state.shown[name]?.times ?? 0
      if times != 1 { state.report.invented.append("\(evidence), \(times) times") }
    }
  }

  /// What came of everything that was shown.
  func judge(_ report: inout ReaderStorm.Report) {
    state.withLock { state in
      state.settle(before: .seconds(Int64.max / 2))
      report.presented = state.report.presented
      report.lost = state.report.lost
      report.invented = state.report.invented
    }
  }
}

extension StormLedger.State {
  mutating func settle(before moment: Duration) {
    for (evidence, entry) in shown where entry.at < moment {
      if entry.isDue, entry.times == 0 { report.lost.append("\(evidence)") }
      shown[evidence] = nil
    }
  }
}

extension ReaderStorm.Report {
  fileprivate mutating func add(_ part: Self) {
    unplugs += part.unplugs
    shown += part.shown
    if part.halfway != ReaderStorm.Footprint() { halfway = part.halfway }
  }
}

extension ReaderStorm.Footprint {
  /// Of this process. Source: proc(5).
  static var now: Self { of("self") }

  /// Of a process.
  static func of(_ pid: pid_t) -> Self { of("\(pid)") }

  private static func of(_ process: String) -> Self {
    var footprint = Self()
    // try?: without /proc there is nothing to compare.
    if let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) {
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
      footprint.residentKiB = line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
    // try?: as above.
    let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")
    footprint.descriptors = names?.count ?? 0
    return footprint
  }
}
