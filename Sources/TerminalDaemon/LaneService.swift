import CanteenModel
import Journal
import Logging
import Readers
import ServiceLifecycle
import Synchronization
import TerminalCore

/// Runs one lane: feeds it events in order, and does what it says with the ledger and the readers.
///
/// A failed commit ends the service, and with it the daemon: nobody knows what is on disk, so it must
/// be opened and read again (exit 75).
final class LaneService: Service {
  let number: LaneID
  private let journal: Journal
  private let readers: ReaderSupervisor
  private let logger: Logger
  private let schedule: LaneSchedule
  /// `nil` where the centre cannot be asked.
  private let holds: HoldDesk?
  /// `nil` where there are no other terminals to ask.
  private let peers: PeerDesk?
  private let onRecord: @Sendable () -> Void
  private let events: AsyncStream<LaneArrival>
  private let inbox: AsyncStream<LaneArrival>.Continuation
  private let lane: Mutex<Lane>
  private let seeksFaces = Atomic(false)

  /// What waits for a lane beyond this is dropped, oldest first: nobody queues that long at a counter.
  private static let inboxLimit = 64

  /// - Parameter onRecord: Called after each durable decision.
  init(
    number: LaneID, schedule: LaneSchedule, journal: Journal, readers: ReaderSupervisor,
    holds: HoldDesk? = nil, peers: PeerDesk? = nil, logger: Logger,
    onRecord: @escaping @Sendable () -> Void
  ) {
    self.number = number
    lane = Mutex(Lane(number: number, mode: schedule.usual))
    self.schedule = schedule
    self.journal = journal
    self.readers = readers
    self.holds = holds
    self.peers = peers
    self.logger = logger
    self.onRecord = onRecord
    (events, inbox) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.inboxLimit))
  }

  /// The lane as it is now.
  var snapshot: Lane { lane.withLock { $0 } }

  /// Gives the lane an event; it is taken in order of arrival.
  func send(_ event: Lane.Event) {
    inbox.yield(LaneArrival(event, bootMilliseconds: SystemClock.read().bootMilliseconds))
  }

  /// Lives on the ledger's thread, so that a card waits for no wake-up of another.
  func run() async throws {
    try await withTaskExecutorPreference(journal.executor) { try await takeEvents() }
  }

  private func takeEvents() async throws {
    try await withThrowingDiscardingTaskGroup { deadlines in
      await seekFaces(after: nil)
      var answeredAt: Int64?
      for await arrival in events.cancelOnGracefulShutdown() {
        let event = arrival.event(
          now: SystemClock.read().bootMilliseconds, answeredAt: answeredAt)
        if case .presentedTooLongAgo = event { logger.warning("a card waited too long") }
        let mode = schedule.mode(in: journal.mealPeriod)
        let actions = lane.withLock { lane in
          lane.handle(.modeChanged(mode)) + lane.handle(event)
        }
        for action in actions { try await perform(action, &deadlines) }
        if actions.contains(where: \.isDecision) {
          answeredAt = SystemClock.read().bootMilliseconds
        }
        await seekFaces(after: event)
      }
      deadlines.cancelAll()
    }
  }

  /// Face modules look for people only while somebody could pay. Whoever still stands there when a new sale
  /// is armed pays it.
  private func seekFaces(after event: Lane.Event?) async {
    let wants = lane.withLock { $0.wantsPresentation }
    var isNew = wants != seeksFaces.exchange(wants, ordering: .relaxed)
    if case .saleArmed = event { isNew = true }
    if isNew { await readers.seek(wants, lane: number) }
  }

  private func perform(
    _ action: Lane.Action, _ deadlines: inout ThrowingDiscardingTaskGroup<any Error>
  ) async throws {
    switch action {
    case .authorise(let request):
      for next in try await authorise(request) { try await perform(next, &deadlines) }
    case .signal(let signal, let reader):
      for next in await show(signal, on: reader) { try await perform(next, &deadlines) }
    case .markUnlit(let position):
      try await journal.markUnlit(position)
    case .arm(let deadline, let milliseconds):
      deadlines.addTask {
        try? await Task.sleep(for: .milliseconds(milliseconds))  // cancelled: the lane is gone
        self.send(.deadline(deadline))
      }
    }
  }

  /// Decides, and tells the lane. The signal comes only after the record is on disk.
  private func authorise(_ request: SaleRequest) async throws -> [Lane.Action] {
    do {
      let outcome = try await decide(request)
      onRecord()
      log(outcome)
      return lane.withLock { $0.handle(.decided(outcome)) }
    } catch JournalError.requestFailed(let reason) {
      logger.error("a presentation could not be decided", metadata: ["reason": "\(reason)"])
      return lane.withLock { $0.handle(.undecided) }
    } catch {
      logger.critical("the ledger failed; stopping", metadata: ["reason": "\(error)"])
      throw error
    }
  }

  /// Decides, with the help of the canteen's other terminals, and then of the centre, where it is needed and can
  /// be had. Other lanes sell meanwhile.
  private func decide(_ request: SaleRequest) async throws -> SaleOutcome {
    let mayAskCentre = holds?.isOpen ?? false
    var word = peers?.word ?? .nobody
    var step = try await journal.authorise(request, peers: word, mayAskCentre: mayAskCentre)
    if case .asksPeers(let question) = step, let peers {
      // Whatever comes of it, they have it on disk until they are told.
      defer { peers.decided(question) }
      word = await peers.ask(question)
      step = try await journal.authorise(request, peers: word, mayAskCentre: mayAskCentre)
      return try await outcome(of: step, request, word)
    }
    let outcome = try await outcome(of: step, request, word)
    peers?.decided(outcome)
    return outcome
  }

  private func outcome(
    of step: SaleStep, _ request: SaleRequest, _ peers: PeerWord
  ) async throws -> SaleOutcome {
    switch step {
    case .decided(let outcome): return outcome
    case .asks(let asked):
      let answer = await holds?.answer(to: asked)
      return try await journal.authorise(request, peers: peers, asked: asked, answer: answer)
    case .asksPeers: preconditionFailure("the other terminals are asked once")
    }
  }

  /// Charges what the operator keyed, without a presentation or a light.
  func charge(_ request: SaleRequest) async throws -> SaleOutcome {
    let outcome = try await decide(request)
    onRecord()
    log(outcome)
    return outcome
  }

  /// - Returns: What the lane wants when nobody saw the light.
  private func show(_ signal: Signal, on reader: ReaderID) async -> [Lane.Action] {
    switch await readers.signal(signal, on: reader) {
    case .shown, .unsupported: return []
    case .readerAway:
      logger.warning("the reader was gone before the light", metadata: ["reader": "\(reader)"])
      return lane.withLock { $0.handle(.lightFailed(signal)) }
    }
  }

  private func log(_ outcome: SaleOutcome) {
    var metadata: Logger.Metadata = [
      "sequence": "\(outcome.position.sequence)", "lane": "\(number)",
    ]
    switch outcome.verdict {
    case .approved(let sale):
      metadata["account"] = "\(sale.account)"
      metadata["place"] = "\(sale.place)"
      logger.info("approved", metadata: metadata)
    case .shownAgain(let sale, _):
      metadata["account"] = "\(sale.account)"
      logger.info("shown again, not charged", metadata: metadata)
    case .tapAgain:
      logger.info("lay on the reader at the start, not charged", metadata: metadata)
    case .declined(let decline, _):
      metadata["reason"] = "\(decline.reason.code) \(decline.reason.english)"
      logger.info("declined", metadata: metadata)
    }
  }
}

extension Lane.Action {
  fileprivate var isDecision: Bool {
    if case .authorise = self { true } else { false }
  }
}
