import CanteenModel
import Logging
import Readers
import Testing
import USBTransport
import VirtualReaders

/// Why the suites on the virtual bus are skipped.
let needsPreload: Comment = "needs LD_PRELOAD=libumockdev-preload.so.0 in the environment"

/// A supervisor at work on a virtual bus, and what it said so far.
struct Bench {
  static let port = "1-2"
  static let reader = ReaderID(port: port)
  static let lane = LaneID(1)
  let bus: VirtualBus
  let supervisor: ReaderSupervisor
  /// Of the last presentation. Kept apart from the event: most tests lay their card at once, before
  /// a reader that has just started can be sure that it is new.
  private(set) var wasThereAtStart: Bool?
  private var events: AsyncStream<ReaderEvent>.Iterator

  static func with(
    _ readers: [(ReaderHardware, String)] = [(.acr122u, port)], plan: ReaderPlan = .oneLane,
    clock: ReaderClock = .machine,
    _ body: (inout Bench) async throws -> Void
  ) async throws {
    try await VirtualBus.withTurn { bus in
      for (hardware, port) in readers { try bus.plug(hardware, port: port) }
      let context = try USBContext.start()
      defer { context.close() }
      var logger = Logger(label: "test")
      logger.logLevel = .critical
      let supervisor = ReaderSupervisor(host: context, plan: plan, clock: clock, logger: logger)
      try await withThrowingTaskGroup { group in
        group.addTask { await supervisor.run() }
        var bench = Bench(
          bus: bus, supervisor: supervisor, events: supervisor.events.makeAsyncIterator())
        try await body(&bench)
        group.cancelAll()
      }
    }
  }

  /// The next event; the suite's time limit ends a wait for one that does not come.
  mutating func next() async -> ReaderEvent? {
    let event = await events.next(isolation: #isolation)
    guard case .presented(let presentation, let lane) = event else { return event }
    wasThereAtStart = presentation.wasThereAtStart
    return .presented(
      Presentation(evidence: presentation.evidence, reader: presentation.reader), lane: lane)
  }

  /// Waits until a reader is ready, over whatever it says before.
  mutating func ready(_ reader: ReaderID = reader) async {
    while let event = await next() {
      if case .ready(let description) = event, description.reader == reader { return }
    }
  }

  /// Waits until a reader that has started by now has settled, and an empty slot is believed.
  func settled() async throws {
    try await Task.sleep(for: .milliseconds(1300))
  }

  /// Lets questions end that a notice has raised and nobody sees, so that a fault that is injected
  /// now hits the next command.
  func quiet() async throws {
    try await Task.sleep(for: .milliseconds(100))
  }

  /// Lays a card on the reader.
  func tap(
    _ serial: [UInt8], kind: VirtualCard.Kind = .classic1K, isMute: Bool = false,
    port: String = port
  ) throws {
    try bus.tap(VirtualCard(kind: kind, serial: serial, isMute: isMute), port: port)
  }
}

/// What a card's presentation must look like.
func presented(
  _ serial: [UInt8], kind: CardKind = .classic, at port: String = Bench.port
) -> ReaderEvent {
  .presented(
    Presentation(evidence: .card(serial: serial, kind: kind), reader: ReaderID(port: port)),
    lane: Bench.lane)
}
