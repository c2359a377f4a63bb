import CanteenModel
import TerminalCore

/// Compares each answer of a terminal's core with the rules as `Checkers/Rules` states them a second time: I16.
///
/// One for each world. Whoever asks the core in a world tells it what was asked, what was known and what the answer
/// was; it remembers the first difference.
final class Referee {
  /// The first difference; `nil`: there is none.
  private(set) var finding: String?
  /// How many answers were compared.
  private(set) var compared = 0

  /// An answer, and what it must be.
  func same<T: Equatable>(_ own: T, _ due: T, _ what: @autoclosure () -> String) {
    compared += 1
    guard own != due, finding == nil else { return }
    finding = "I16: \(what()): \(own), by the rules \(due)"
  }

  /// A presentation was decided.
  func decided(
    _ request: SaleRequest, _ facts: SaleFacts, at time: RecordTime,
    _ decision: Authorisation.Decision
  ) {
    let due = RuledSale(request: request, facts: facts, wall: time.wallMilliseconds).decision
    same(decision, due ?? decision, "\(request) with \(facts) at \(time)")
  }

  /// What was decided on a correction.
  func corrected(
    _ request: CorrectionRequest, _ facts: CorrectionFacts, _ decision: CorrectionRule.Decision
  ) {
    let due = RuledCorrection(request: request, facts: facts).decision
    same(decision, due ?? decision, "\(request) with \(facts)")
  }

  /// A terminal answered a reservation.
  func judged(
    _ request: ReservationRequest, newest: StatementNumber?, beside: KnownSpend,
    _ status: AccountStatus?, _ rulebook: Rulebook?, _ verdict: ReservationVerdict
  ) {
    let due = RuledNeighbour.verdict(
      request, newest: newest, beside: beside, status, rulebook)
    same(verdict, due, "\(request) beside \(beside)")
  }

  /// What statements sum to.
  func summed(_ known: KnownSpend, _ statements: [SpendStatement]) {
    let due = RuledNeighbour.known(statements)
    same([known.total.value, Int64(known.approvals)], [due.fen, Int64(due.approvals)], "a sum")
  }

  /// What of a statement a balance does not have.
  func reckoned(
    _ unsettled: Fen, _ statement: SpendStatement, behind included: JournalPosition?, isOver: Bool
  ) {
    let due = RuledNeighbour.unsettled(statement, behind: included, isOver: isOver)
    same(unsettled.value, due, "what is behind \(included as Any) of \(statement)")
  }

  /// What others leave of tranches.
  func rested(
    _ rest: [TrancheBalance], of tranches: [TrancheBalance], without fen: Fen, _ order: [Purse],
    on day: Int32
  ) {
    let due = RuledMoney.rest(of: tranches, without: fen.value, order, on: day)
    same(rest, due, "the rest of \(tranches) without \(fen)")
  }

  /// How long ago a record was made.
  func aged(_ age: Int64, _ now: RecordTime, since earlier: RecordTime, isSameBoot: Bool) {
    same(
      age, RuledClock.age(now, since: earlier, isSameBoot: isSameBoot),
      "from \(earlier) to \(now)")
  }

  /// Within what time a card that is tapped again is shown its sale: in no time what a cashier armed.
  func guarded(_ milliseconds: Int64, _ request: SaleRequest, _ rulebook: Rulebook?) {
    let isArmed = request.price != .mealPeriod && request.price != .count
    let due = isArmed ? 0 : (rulebook?.repeatGuardSeconds ?? 0) * 1_000
    same(milliseconds, Int64(due), "the guard time of \(request)")
  }

  /// What day it is, and what is served.
  func dated(_ slot: MealKey, _ day: Int32, at wall: Int64, _ rulebook: Rulebook) {
    let due = RuledDay(wall, rulebook)
    same(slot, due.slot, "the meal at \(wall)")
    same(Int64(day), due.day, "the day of \(wall)")
  }

  /// When the calendar month of a meal began.
  func began(_ slot: MealKey) {
    same(
      Int64(slot.firstDayOfMonth), RuledDay.firstOfMonth(Int64(slot.day)), "the month of \(slot)")
  }

  /// What the operator's page says: how near the brakes are, and what an account may still buy.
  func shown(_ facts: SaleFacts, at wall: Int64) {
    guard let rulebook = facts.rulebook, let account = facts.account else { return }
    let day = RuledDay(wall, rulebook)
    let brake = BrakeLevel(of: facts.backlog, limits: rulebook.brakes, at: wall)
    same(brake, RuledCap.brake(facts.backlog, rulebook.brakes, at: wall), "\(facts.backlog)")
    let isGroup = facts.peers == .askable
    let (served, today) = (rulebook.meal(at: wall)?.period, rulebook.localDay(of: wall))
    // Alone and with nothing stored, which is what a page asks that says nothing of either.
    allowed(
      OfflineBound.allowance(of: account, at: facts.place, period: served, rulebook: rulebook),
      RuledCap.cap(
        of: account, at: facts.place, day.meal?.period, rulebook, isBraked: false, isGroup: false),
      account)
    allowed(
      OfflineBound.allowance(
        of: account, at: facts.place, period: served, rulebook: rulebook, brake: brake,
        inGroup: isGroup),
      RuledCap.cap(
        of: account, at: facts.place, day.meal?.period, rulebook, isBraked: brake == .braked,
        isGroup: isGroup), account)
    do throws(MoneyError) {
      let mayBuy =
        isGroup
        ? try OfflineBound.mayBuy(
          account, at: facts.place, period: served, rulebook: rulebook, brake: brake, on: today,
          inGroup: true)
        : try OfflineBound.mayBuy(
          account, at: facts.place, period: served, rulebook: rulebook, brake: brake, on: today)
      let due = RuledCap.mayBuy(
        account, at: facts.place, day.meal?.period, rulebook, isBraked: brake == .braked,
        isGroup: isGroup, on: Int32(truncatingIfNeeded: day.day))
      same(mayBuy.value, due, "what \(account) may still buy")
    } catch {
      same(error, nil, "what \(account) may still buy")
    }
  }

  private func allowed(
    _ allowance: OfflineBound.Allowance, _ due: RuledCap.Cap, _ account: AccountView
  ) {
    let own = RuledCap.Cap(fen: allowance.total.value, approvals: allowance.approvals)
    same(own, due, "what \(account) may be approved alone")
  }
}
