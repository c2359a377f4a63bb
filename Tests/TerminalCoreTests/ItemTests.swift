import CanteenModel
import TerminalCore
import Testing

@Suite struct ItemTests {
  private static let dumplings = Item(
    code: ItemCode(101), name: "饺子", category: .dish, price: Fen(800), ceiling: nil)
  private static let soap = Item(
    code: ItemCode(5001), name: "香皂", category: ItemCategory(2), price: Fen(450),
    ceiling: Fen(450))
  private static let oil = Item(
    code: ItemCode(5002), name: "食用油", category: ItemCategory(1), price: Fen(5_001),
    ceiling: Fen(5_000))
  private static let towel = Item(
    code: ItemCode(5003), name: "毛巾", category: ItemCategory(2), price: Fen(900), ceiling: nil)
  private static let wine = Item(
    code: ItemCode(5004), name: "白酒", category: ItemCategory(8), price: Fen(900),
    ceiling: Fen(900))
  /// Taken from sale.
  private static let withdrawn = Item(
    code: ItemCode(102), name: "粽子", category: .dish, price: .zero, ceiling: nil)
  private static let catalogue = [dumplings, soap, oil, towel, wine, withdrawn]

  private static func market(
    daily: Int64 = 5_000, monthly: Int64 = 30_000, sellsUnregistered: Bool = false
  ) -> MarketRules {
    MarketRules(
      categories: [ItemCategory(1), ItemCategory(2)], dailyCap: Fen(daily),
      monthlyCap: Fen(monthly), sellsUnregistered: sellsUnregistered)
  }

  private func decide(
    _ lines: [(UInt32, UInt16)], counters: AccountCounters = AccountCounters(),
    market: MarketRules? = market()
  ) throws -> Authorisation.Decision {
    let request = CoreFixture.request(
      .items(lines.map { ItemLine(code: ItemCode($0.0), quantity: $0.1) }))
    return try CoreFixture.decide(
      CoreFixture.account(
        tranches: [CoreFixture.tranche(.subsidy, 100_000)], counters: counters), request,
      rulebook: CoreFixture.rulebook(market: market), items: Self.catalogue)
  }

  @Test("items are charged at the catalogue's price, and the record says what was sold")
  func dishes() throws {
    let sale = try decide([(101, 2), (5001, 3)]).sale
    #expect(sale?.total == Fen(2 * 800 + 3 * 450))
    #expect(sale?.marketTotal == Fen(3 * 450))
    #expect(sale?.mode == .items)
    #expect(sale?.items.map(\.code.number) == [101, 5001])
    #expect(sale?.items.map(\.quantity) == [2, 3])
    #expect(sale?.isOwnMeal == true)
  }

  @Test("goods alone are no meal, and are sold to whom has eaten")
  func goodsAreNoMeal() throws {
    let sale = try decide([(5001, 1)], counters: AccountCounters(meals: 2)).sale
    #expect(sale?.isOwnMeal == false)
    #expect(try decide([(101, 1)], counters: AccountCounters(meals: 2)).reason == .countLimit)
  }

  @Test(
    "what may not be sold with the card is refused with its reason (S12, C12, C13)",
    arguments: [
      (5002, DeclineReason.overPriceCeiling), (5003, .overPriceCeiling), (5004, .itemNotForSale),
      (77, .itemNotForSale), (102, .itemNotForSale),
    ] as [(UInt32, DeclineReason)])
  func refused(code: UInt32, reason: DeclineReason) throws {
    #expect(try decide([(101, 1), (code, 1)]).reason == reason)
  }

  @Test("a good without a registered price is sold where the rulebook says so")
  func unregistered() throws {
    #expect(try decide([(5003, 1)], market: Self.market(sellsUnregistered: true)).isApproved)
  }

  @Test("without rules for goods none is sold, and dishes are")
  func noMarket() throws {
    #expect(try decide([(5001, 1)], market: nil).reason == .itemNotForSale)
    #expect(try decide([(101, 1)], market: nil).isApproved)
  }

  @Test(
    "the supermarket's caps count goods of the day and of the month, themselves allowed",
    arguments: [
      (4_550, 0, true), (4_551, 0, false), (0, 29_550, true), (0, 29_551, false),
    ] as [(Int64, Int64, Bool)])
  func caps(day: Int64, month: Int64, isApproved: Bool) throws {
    let counters = AccountCounters(marketDayTotal: Fen(day), marketMonthTotal: Fen(month))
    let decision = try decide([(5001, 1)], counters: counters)
    #expect(decision.isApproved == isApproved)
    #expect(decision.reason == (isApproved ? nil : .amountLimit))
    #expect(try decide([(101, 1)], counters: counters).isApproved)
  }

  @Test("who bought more goods than a new cap allows still eats")
  func overTheCap() throws {
    let counters = AccountCounters(marketDayTotal: Fen(5_001), marketMonthTotal: Fen(30_001))
    #expect(try decide([(101, 1)], counters: counters).isApproved)
  }

  @Test("an order without lines, with too many or with an impossible quantity is refused")
  func badOrders() throws {
    #expect(try decide([]).reason == .itemNotForSale)
    #expect(try decide([(101, 0)]).reason == .itemNotForSale)
    #expect(try decide([(101, 1000)]).reason == .itemNotForSale)
    let many = Array(repeating: (UInt32(101), UInt16(1)), count: ItemLine.limit + 1)
    #expect(try decide(many).reason == .itemNotForSale)
    #expect(try decide(many.dropLast().map { ($0.0, 1) }).reason != .itemNotForSale)
  }

  @Test("an order that does not fit into 64 bits decides nothing")
  func overflow() throws {
    let gold = Item(
      code: ItemCode(9), name: "金", category: .dish, price: Fen(.max / 2), ceiling: nil)
    let lines = [ItemLine(code: gold.code, quantity: 3)]
    #expect(throws: MoneyError.overflow) {
      try CoreFixture.decide(
        CoreFixture.account(subsidy: 1), CoreFixture.request(.items(lines)), items: [gold])
    }
  }
}
