package import CanteenModel
import GRDB
import Synchronization
import TerminalCore

/// What a terminal may still approve without the centre.
package struct Exposure: Hashable, Sendable {
  /// What one account may still buy.
  package struct Line: Hashable, Sendable {
    package let account: AccountID
    package let mayBuy: Fen
  }

  /// What the moment is counted for: it holds within this meal period.
  package let slot: MealKey
  /// How many accounts may still buy something, and how much all of them together.
  package fileprivate(set) var accounts = 0
  package fileprivate(set) var total = Fen.zero
  /// Those who may buy most, in falling order.
  package fileprivate(set) var greatest: [Line] = []

  fileprivate mutating func add(_ line: Line, keeping limit: Int) throws {
    guard line.mayBuy > .zero else { return }
    accounts += 1
    total = try total + line.mayBuy
    let place = greatest.firstIndex { $0.mayBuy < line.mayBuy } ?? greatest.count
    guard place < limit else { return }
    greatest.insert(line, at: place)
    if greatest.count > limit { greatest.removeLast() }
  }
}

extension Journal {
  /// Adds up what every account may still buy here in this meal period, if the centre stays away.
  ///
  /// It reads in slices, so that selling goes on between them; what is sold meanwhile may be counted or
  /// not.
  ///
  /// - Parameters:
  ///   - limit: How many accounts are named. 0...1000.
  ///   - inGroup: Whether other terminals of the canteen would answer.
  /// - Returns: `nil` without a rulebook: then nothing is sold.
  package func exposure(naming limit: Int, inGroup: Bool = false) async throws(JournalError)
    -> Exposure?
  {
    precondition((0...1000).contains(limit), "at most 1000 accounts are named")
    var now = state.withLock { $0 }
    let time = now.clock.reading(configuration.readClock())
    now.enforceRulebook(at: time.wallMilliseconds)
    guard let rulebook = now.rulebook else { return nil }
    let moment = now
    var exposure = Exposure(slot: rulebook.slot(at: time.wallMilliseconds))
    var behind: Int64 = 0
    while true {
      guard !Task.isCancelled else { throw .stopped }
      let (from, sum) = (behind, exposure)
      let (next, last) = try await read { db in
        try Self.exposure(sum, behind: from, moment, rulebook, at: time, limit: limit, inGroup, db)
      }
      exposure = next
      guard let last else { return exposure }
      behind = last
    }
  }

  /// How many accounts are read at once: some milliseconds.
  private static let accountsAtOnce = 100

  /// - Returns: The sum so far, and the last account that it has; `nil` when there are no more.
  private static func exposure(
    _ sum: Exposure, behind: Int64, _ state: LedgerState, _ rulebook: Rulebook,
    at time: RecordTime, limit: Int, _ inGroup: Bool, _ db: Database
  ) throws -> (Exposure, Int64?) {
    var (next, last) = (sum, Int64?.none)
    let (slot, day) = (sum.slot, rulebook.localDay(of: time.wallMilliseconds))
    let period = rulebook.mealPeriods.first { $0.number == slot.period }
    let brake = BrakeLevel(
      of: state.backlog, limits: rulebook.brakes, at: time.wallMilliseconds)
    for view in try AccountView.read(
      db, behind: behind, limit: accountsAtOnce, slot: slot, on: day, state, rulebook)
    {
      let mayBuy = try OfflineBound.mayBuy(
        view, at: state.place, period: period, rulebook: rulebook, brake: brake, on: day,
        inGroup: inGroup)
      try next.add(
        Exposure.Line(account: view.account, mayBuy: mayBuy), keeping: limit)
      last = view.account.number
    }
    return (next, last)
  }
}
