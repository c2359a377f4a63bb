import CanteenModel
import LinkSecurity
import Logging
import ServiceLifecycle
import SettlementCore
import SettlementStore
import SyncTransport

/// Visits every terminal that has a pull address, for as long as the centre runs.
///
/// Visits run beside each other, so a terminal that does not answer delays no other; one that fails
/// is visited again after a growing rest, for ever. It ends early only when the books failed.
struct PullService: Service {
  let books: Books
  /// Every terminal that the books know.
  let terminals: @Sendable () async throws(StoreError) -> [TerminalEntry]
  let identity: CentreIdentity
  let intervalSeconds: Int
  /// How many visits run at once.
  let concurrency: Int
  let logger: Logger

  /// So long an address that was added, changed or removed may wait until it is noticed.
  private static let addressesLast: Int64 = 2_000

  private enum Event: Sendable {
    /// The time for which an alarm was set, in milliseconds since the start, has come.
    case alarm(Int64)
    /// There is something for which no terminal must wait.
    case news(Int64)
    case ended(TerminalID, failure: String?)
  }

  /// Where the visits stand.
  private struct Round {
    var schedule: PullSchedule
    var addresses: [TerminalID: LinkAddress] = [:]
    /// The ways to them.
    var callers: [TerminalID: LinkCaller] = [:]
    /// When the books are asked for the addresses again.
    var refreshAt: Int64 = 0
    /// How many visits run.
    var running = 0
    /// The earliest alarm that is set. Later ones may be, too; they are without effect.
    var alarmAt: Int64?
  }

  func run() async throws {
    try await cancelWhenGracefulShutdown { try await pull() }
  }

  private func pull() async throws {
    var round = Round(schedule: PullSchedule(intervalMilliseconds: Int64(intervalSeconds) * 1000))
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Event.self) { group in
      listen(otherThan: books.news.number, in: &group)
      try await begin(&round, since: start, in: &group)
      while let event = try await group.next(), !Task.isCancelled {
        switch event {
        case .alarm(let time):
          if round.alarmAt == time { round.alarmAt = nil }
        case .news(let number):
          round.schedule.hurry(now: ContinuousClock.now.milliseconds(since: start))
          listen(otherThan: number, in: &group)
        case .ended(let terminal, let failure):
          round.running -= 1
          note(
            terminal, failure, in: &round.schedule,
            now: ContinuousClock.now.milliseconds(since: start))
        }
        try await begin(&round, since: start, in: &group)
      }
      group.cancelAll()
    }
  }

  /// So long the books' board is asked at once; then again.
  private static let newsLast = Duration.seconds(3600)

  private func listen(
    otherThan known: Int64, in group: inout ThrowingTaskGroup<Event, any Error>
  ) {
    group.addTask {
      .news(await books.news.number(otherThan: known, within: Self.newsLast))
    }
  }

  /// Begins the visits that are due, and sets an alarm for when there is something to do again.
  private func begin(
    _ round: inout Round, since start: ContinuousClock.Instant,
    in group: inout ThrowingTaskGroup<Event, any Error>
  ) async throws {
    if ContinuousClock.now.milliseconds(since: start) >= round.refreshAt {
      round.addresses = try await addresses()
      round.callers = round.callers.filter { round.addresses[$0.key] != nil }
      let now = ContinuousClock.now.milliseconds(since: start)
      round.refreshAt = now + Self.addressesLast
      round.schedule.set(Array(round.addresses.keys), now: now)
    }
    let now = ContinuousClock.now.milliseconds(since: start)
    for terminal in round.schedule.start(limit: concurrency - round.running, now: now) {
      guard let address = round.addresses[terminal] else {
        preconditionFailure("only terminals with an address are planned")
      }
      let caller = try round.callers[terminal] ?? caller(to: terminal)
      // The centre's own certificate is renewed while the callers live.
      try caller.show(identity.current)
      round.callers[terminal] = caller
      round.running += 1
      group.addTask { await visit(terminal, at: address, by: caller) }
    }
    // While no more visits may run, the end of one is what comes next.
    let due = round.running < concurrency ? round.schedule.nextDue : nil
    let time = min(due ?? .max, round.refreshAt)
    guard time < round.alarmAt ?? .max else { return }
    round.alarmAt = time
    group.addTask {
      // A cancelled rest is over at once.
      try? await Task.sleep(until: start + .milliseconds(time), clock: .continuous)
      return .alarm(time)
    }
  }

  /// A terminal that was off for a long time hands in what it has, whatever its certificate.
  private func caller(to terminal: TerminalID) throws -> LinkCaller {
    try LinkCaller(
      identity.current,
      to: LinkCaller.Peer(
        .terminal(terminal), of: identity.authority.anchor, mayExpire: true, now: { books.now }))
  }

  private func visit(
    _ terminal: TerminalID, at address: LinkAddress, by caller: LinkCaller
  ) async -> Event {
    let visit = TerminalVisit(
      terminal: terminal, client: TerminalClient(address, caller: caller),
      door: TerminalDoor(books: books, identity: identity), logger: logger)
    do {
      try await visit.run()
      return .ended(terminal, failure: nil)
    } catch {
      return .ended(terminal, failure: "\(error)")
    }
  }

  private func note(
    _ terminal: TerminalID, _ failure: String?, in schedule: inout PullSchedule, now: Int64
  ) {
    guard let failure else {
      if schedule.failures(of: terminal) > 0 {
        logger.notice("terminal answers again", metadata: ["terminal": "\(terminal)"])
      }
      return schedule.succeeded(terminal, now: now)
    }
    schedule.failed(terminal, jitterPermille: Int.random(in: 0...1000), now: now)
    logger.warning(
      "visit failed",
      metadata: [
        "terminal": "\(terminal)", "reason": "\(failure)",
        "failures": "\(schedule.failures(of: terminal))",
      ])
  }

  private func addresses() async throws(StoreError) -> [TerminalID: LinkAddress] {
    var addresses: [TerminalID: LinkAddress] = [:]
    for entry in try await terminals() {
      guard entry.revokedMilliseconds == nil, let url = entry.pullURL,
        // What is no address was refused when it was added.
        let address = try? LinkAddress(url)
      else { continue }
      addresses[TerminalID(entry.number)] = address
    }
    return addresses
  }
}

extension ContinuousClock.Instant {
  /// Whole milliseconds since an earlier instant.
  func milliseconds(since start: ContinuousClock.Instant) -> Int64 {
    let (seconds, attoseconds) = (self - start).components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
