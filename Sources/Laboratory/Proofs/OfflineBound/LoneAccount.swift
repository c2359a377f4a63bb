import CanteenModel
import TerminalCore

/// Who asks, as far as a rule looks at it.
struct LoneDiner: Sendable {
  var trust: TrustClass
  var category = DinerCategory.ordinary
  var home: CanteenID?
  var homePrices: [UInt8: Fen] = [:]
}

/// One account at one terminal that decides alone: a ledger of its own, small enough to be believed,
/// which asks the real ``Authorisation``.
struct LoneAccount: Sendable {
  /// A row of the feed: what the centre had, with the first so many own sales in it.
  struct Row: Sendable {
    let version: Int
    let tranches: [TrancheBalance]
    let includes: Int
  }

  /// What was approved in one meal period, or between the meals of one day.
  struct Slot: Sendable {
    let key: MealKey
    var meals = 0
    var guests = 0
    /// What cost something, and what it cost.
    var approvals = 0
    var total: Int64 = 0
    /// Which own sale each approval was, from 1 on, and what it cost.
    var entries: [(number: Int, fen: Int64)] = []
  }

  private(set) var row: Row?
  /// What each own sale took, in order.
  private(set) var sales: [[Spend]] = []
  private(set) var soldFen: Int64 = 0
  private(set) var slots: [Slot] = []
  /// What the counters say; they are those of ``slots`` unless a mistake is planted.
  private var counted: [Slot] = []
  /// The highest balance, own sales put back, of which a row told.
  private(set) var knownFen: Int64 = 0

  mutating func feed(_ row: Row, planted mistake: BoundMistake? = nil) {
    guard row.version > self.row?.version ?? 0 else { return }
    let includes = mistake == .everythingIncluded ? sales.count : row.includes
    self.row = Row(version: row.version, tranches: row.tranches, includes: includes)
    let own = sales.prefix(row.includes).reduce(Int64(0)) { $0 + $1.fen }
    knownFen = max(knownFen, own + row.tranches.reduce(0) { $0 + $1.amount.value })
    if mistake == .countersOfTheFeed { counted = [] }
  }

  /// What is left, tranche by tranche.
  private var tranches: [TrancheBalance] {
    guard let row else { return [] }
    var left = row.tranches
    for spend in sales[row.includes...].joined() {
      let place = left.firstIndex { $0.purse == spend.purse && $0.tranche == spend.tranche }
      if let place {
        left[place].amount = Fen(left[place].amount.value - spend.amount.value)
      } else {
        left.append(
          TrancheBalance(
            purse: spend.purse, tranche: spend.tranche, amount: Fen(-spend.amount.value),
            lastSpendingDay: .min))
      }
    }
    return left
  }

  private func counters(at key: MealKey) -> AccountCounters {
    var counters = AccountCounters()
    for slot in counted where slot.key.day == key.day {
      counters.dayTotal = Fen(counters.dayTotal.value + slot.total)
      guard slot.key == key else { continue }
      counters.meals = slot.meals
      counters.guests = slot.guests
      counters.aloneApprovals = slot.approvals
      counters.aloneTotal = Fen(slot.total)
    }
    return counters
  }

  /// Asks the rules, without doing anything about it.
  func decision(
    on price: SalePrice, of diner: LoneDiner, at place: TerminalPlace?, _ rulebook: Rulebook,
    _ backlog: Backlog = .none, centre: CentreReach = .silent,
    neighbours: (reach: PeerReach, known: KnownSpend, unsettled: Fen) = (
      .silent, KnownSpend(), .zero
    ),
    wall: Int64
  ) throws -> Authorisation.Decision {
    let left = try PurseSplit.rest(
      of: tranches, without: neighbours.unsettled, order: rulebook.spendOrder,
      on: rulebook.localDay(of: wall))
    let view = AccountView(
      account: AccountID(1), maskedName: "", status: .active, category: diner.category,
      homeCanteen: diner.home, homePrices: diner.homePrices, trust: diner.trust,
      tranches: left, counters: counters(at: rulebook.slot(at: wall)), beside: neighbours.known)
    return try Authorisation.decide(
      SaleRequest(lane: LaneID(1), medium: .card, credential: Self.card, price: price),
      SaleFacts(
        rulebook: rulebook, place: place, account: row == nil ? nil : view, backlog: backlog,
        centre: centre, peers: neighbours.reach),
      at: RecordTime(wallMilliseconds: wall, bootMilliseconds: 0, isTrusted: true))
  }

  private static let card = Credential(kind: .cardSerial, value: [4, 1, 2, 3])

  /// Writes an approval down.
  mutating func sold(_ sale: SaleRecord, planted mistake: BoundMistake? = nil) {
    sales.append(sale.spends)
    soldFen += sale.total.value
    Self.count(sale, sales.count, in: &slots)
    if mistake != .counterNotRaised { Self.count(sale, sales.count, in: &counted) }
  }

  private static func count(_ sale: SaleRecord, _ number: Int, in slots: inout [Slot]) {
    let place = slots.firstIndex { $0.key == sale.slot } ?? slots.count
    if place == slots.count { slots.append(Slot(key: sale.slot)) }
    slots[place].meals += sale.isOwnMeal ? 1 : 0
    slots[place].guests += sale.isGuest ? 1 : 0
    slots[place].approvals += sale.total > .zero ? 1 : 0
    slots[place].total += sale.total.value
    if sale.total > .zero { slots[place].entries.append((number, sale.total.value)) }
  }
}

/// A mistake that somebody could make in a terminal's counters, planted in ``LoneAccount`` so that the
/// proof can show that it finds it. The product's code stays as it is.
enum BoundMistake: String, CaseIterable, Sendable {
  case counterNotRaised
  /// A row of the feed sets the counters back.
  case countersOfTheFeed
  /// A row counts as if it included every own sale.
  case everythingIncluded
}

extension [Spend] {
  var fen: Int64 { reduce(0) { $0 + $1.amount.value } }
}
