import CanteenModel
import SyncProtocol
import TerminalCore

/// What rules would have done to the swipes of a canteen that were made under others.
package struct RuleTrialLine: Hashable, Sendable, Codable {
  package let canteen: UInt32
  package let name: String
  /// Approved sales, and refusals outside of a meal or above the limit of one sale.
  package fileprivate(set) var swipes = 0
  /// Approved under both, at another price.
  package fileprivate(set) var dearer = 0
  package fileprivate(set) var cheaper = 0
  /// Approved under the rules that hold, and refused under the new ones; and the other way round.
  package fileprivate(set) var refused = 0
  package fileprivate(set) var approved = 0
  /// What the sales that are approved under both would cost more, in fen; less than 0: less.
  package fileprivate(set) var differenceFen: Int64 = 0

  init(canteen: UInt32, name: String) {
    self.canteen = canteen
    self.name = name
  }

  /// Whether any swipe would have ended otherwise.
  package var isDifferent: Bool { dearer + cheaper + refused + approved > 0 }
}

/// Judges the swipes of a terminal again, in their order, under two rulebooks, by the rule that terminals judge by. Each
/// swipe is judged as if those before it had been as they were. That there is money enough is taken for granted, and what
/// the centre set aside for a sale it would set aside again.
struct RuleTrial {
  /// What the trial knows of a diner, as of today.
  struct Diner {
    let category: DinerCategory
    let home: CanteenID?
  }

  fileprivate struct Side {
    let rulebook: Rulebook
    fileprivate var tallies: [AccountID: Tally] = [:]
  }

  /// What an account did, in the meal, on the day and in the month of its last sale.
  fileprivate struct Tally {
    var slot: MealKey
    var day: Int32
    var counters = AccountCounters()
  }

  private let canteen: CanteenID
  private let isOnlyTerminal: Bool
  private var held: Side
  private var proposed: Side

  /// More than anybody has.
  private static let plenty = Fen(1_000_000_000_000)

  init(at canteen: CanteenID, isOnlyTerminal: Bool, held: Rulebook, proposed: Rulebook) {
    self.canteen = canteen
    self.isOnlyTerminal = isOnlyTerminal
    self.held = Side(rulebook: held)
    self.proposed = Side(rulebook: proposed)
  }

  /// - Throws: ``MoneyError/overflow``.
  mutating func judge(
    _ record: JournalRecord, of diner: Diner, into line: inout RuleTrialLine
  ) throws(MoneyError) {
    guard let swipe = Swipe(record) else { return }
    let before = try price(of: swipe, by: diner, &held)
    let after = try price(of: swipe, by: diner, &proposed)
    line.swipes += Int(swipe.count)
    switch (before, after) {
    case (let before?, let after?):
      if after > before { line.dearer += Int(swipe.count) }
      if after < before { line.cheaper += Int(swipe.count) }
      let apart = try (after - before).times(Int64(swipe.count))
      line.differenceFen = try (Fen(line.differenceFen) + apart).value
    case (_?, nil): line.refused += Int(swipe.count)
    case (nil, _?): line.approved += Int(swipe.count)
    case (nil, nil): break
    }
  }

  /// - Returns: `nil` when it is refused.
  private func price(
    of swipe: Swipe, by diner: Diner, _ side: inout Side
  ) throws(MoneyError) -> Fen? {
    let rulebook = side.rulebook
    let wall = swipe.time.wallMilliseconds
    let (slot, day) = (rulebook.slot(at: wall), rulebook.localDay(of: wall))
    var tally = side.tallies[swipe.account] ?? Tally(slot: slot, day: day)
    tally.turn(to: slot, day)
    let view = AccountView(
      account: swipe.account, maskedName: "", status: .active, category: diner.category,
      homeCanteen: diner.home, trust: rulebook.offline.trust(of: swipe.credential.kind),
      tranches: [
        TrancheBalance(
          purse: .personal, tranche: .none, amount: Self.plenty, lastSpendingDay: nil)
      ], counters: tally.counters)
    let facts = SaleFacts(
      rulebook: rulebook,
      place: TerminalPlace(
        canteen: canteen, isOnlyTerminal: isOnlyTerminal || swipe.sale?.place == .lan),
      account: view, items: swipe.items,
      holds: swipe.sale?.place == .online
        ? [HoldSpend(hold: HoldID(.zero), amount: Self.plenty)] : [])
    let decision = try Authorisation.decide(swipe.request, facts, at: swipe.time)
    if let sale = swipe.sale { try tally.add(sale) }
    side.tallies[swipe.account] = tally
    guard case .approve(let sale) = decision else { return nil }
    return sale.total
  }
}

extension RuleTrial.Tally {
  fileprivate mutating func turn(to slot: MealKey, _ day: Int32) {
    if self.slot != slot {
      (counters.meals, counters.guests) = (0, 0)
      (counters.aloneApprovals, counters.aloneTotal) = (0, .zero)
    }
    if self.day != day { (counters.dayTotal, counters.marketDayTotal) = (.zero, .zero) }
    let (before, now) = (CivilDate(day: self.day), CivilDate(day: day))
    if (before.year, before.month) != (now.year, now.month) { counters.marketMonthTotal = .zero }
    (self.slot, self.day) = (slot, day)
  }

  /// Counts a sale as it was.
  fileprivate mutating func add(_ sale: SaleRecord) throws(MoneyError) {
    let isMeal =
      sale.mode != .officialMeal && (sale.mode != .items || sale.marketTotal < sale.total)
    if slot.period != 0, isMeal {
      if sale.isGuest { counters.guests += 1 } else { counters.meals += 1 }
    }
    if sale.place != .online {
      counters.aloneApprovals += 1
      counters.aloneTotal = try counters.aloneTotal + sale.total
    }
    counters.dayTotal = try counters.dayTotal + sale.total
    counters.marketDayTotal = try counters.marketDayTotal + sale.marketTotal
    counters.marketMonthTotal = try counters.marketMonthTotal + sale.marketTotal
  }
}

/// A swipe as it can be judged again.
private struct Swipe {
  let time: RecordTime
  let account: AccountID
  /// How many equal ones it stands for.
  let count: UInt32
  let credential: Credential
  let request: SaleRequest
  let items: [Item]
  /// `nil`: it was refused.
  let sale: SaleRecord?

  /// - Returns: `nil` for what is no swipe, and for refusals of which the record does not say what was asked for.
  init?(_ record: JournalRecord) {
    time = record.time
    let price: SalePrice
    let medium: Medium
    let lane: LaneID
    switch record.body {
    case .sale(let sale):
      (account, count, self.sale) = (sale.account, 1, sale)
      (medium, lane) = (sale.medium, sale.lane)
      price = SalePrice(of: sale)
      items = sale.items.map { item in
        // It was for sale at that price, and the catalogue is not what is tried.
        Item(
          code: item.code, name: "", category: item.category, price: item.price, ceiling: item.price
        )
      }
    case .decline(let decline):
      guard let account = decline.account else { return nil }
      (self.account, count, sale, items) = (account, decline.count, nil, [])
      (medium, lane) = (decline.medium, decline.lane)
      switch decline.reason {
      case .outsideMealPeriod: price = .mealPeriod
      case .singleLimit: price = .keyed(decline.amount)
      default: return nil
      }
    case .epochOpened, .correction, .dayClosed, .holdReleased, .keyRotated: return nil
    }
    let isOfficial = if case .officialMeal = price { true } else { false }
    credential = Credential(
      kind: isOfficial ? .officialVoucher : Self.kind(of: medium), value: [0])
    request = SaleRequest(lane: lane, medium: medium, credential: credential, price: price)
  }

  private static func kind(of medium: Medium) -> Credential.Kind {
    switch medium {
    case .card, .keyed: .cardSerial
    case .code: .code
    case .face: .face
    }
  }
}

extension SalePrice {
  /// What was asked for when a sale was made.
  fileprivate init(of sale: SaleRecord) {
    self =
      switch sale.mode {
      case .fixedPrice: sale.isGuest ? .guestMeal : .mealPeriod
      case .keyedAmount: .keyed(sale.total)
      case .items: .items(sale.items.map { ItemLine(code: $0.code, quantity: $0.quantity) })
      case .countOnly: .count
      case .officialMeal: .officialMeal(heads: Int(sale.heads))
      }
  }
}
