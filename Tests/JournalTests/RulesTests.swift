import CanteenModel
import Synchronization
import Testing

@testable import Journal

/// What the ledger keeps so that the rules can be judged.
@Suite struct RulesTests {
  /// 2026-11-23, the fixture's noon, in days since 1970-01-01.
  private static let today: Int32 = 20_780

  private static func account(_ tranches: [TrancheBalance], version: Int64 = 1) -> AccountSnapshot {
    AccountSnapshot(
      account: AccountID(1), maskedName: "王*明", status: .active,
      homeCanteen: JournalFixture.place.canteen, tranches: tranches, version: version,
      includes: nil, credentials: [JournalFixture.card(1)])
  }

  private static func tranche(
    _ number: Int64, _ fen: Int64, until day: Int32? = nil
  ) -> TrancheBalance {
    TrancheBalance(
      purse: .subsidy, tranche: TrancheID(number), amount: Fen(fen), lastSpendingDay: day)
  }

  @Test("a sale names the tranches that paid, and they have less at the next one")
  func tranches() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([
      Self.account([Self.tranche(7, 1000), Self.tranche(8, 5000, until: Self.today)])
    ])
    let first = try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(4500))))
    #expect(first.sale?.spends.map(\.tranche.number) == [8])
    let second = try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(900))))
    #expect(second.sale?.spends.map(\.tranche.number) == [8, 7])
    #expect(second.sale?.spends.map(\.amount.value) == [500, 400])
    #expect(second.diner?.available.subsidy == Fen(600))
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("a terminal that is cut off at New Year spends nothing of what ended with the year (C14)")
  func lastSpendingDay() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([
      Self.account([Self.tranche(7, 5000, until: Self.today)])
    ])
    #expect(
      try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(100)))).isApproved)
    fixture.advance(seconds: 12 * 3600)
    let after = try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(100))))
    #expect(after.declineReason == .insufficientBalance)
    #expect(after.diner?.available.subsidy == .zero)
    try journal.close()
  }

  @Test("a host treats as many guests in a meal as the rules say, and no more")
  func guests() async throws {
    let fixture = try JournalFixture()
    let journal = try fixture.open()
    let rulebook = Rulebook(
      version: 1, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: JournalFixture.rulebook.mealPeriods, spendOrder: [.subsidy, .personal],
      singleLimit: Fen(10_000), salesPerMeal: 2, repeatGuardSeconds: 60, guestsPerMeal: 1,
      offline: JournalFixture.rulebook.offline)
    try await journal.apply(
      JournalFixture.page(
        [JournalFixture.account(1, subsidy: 9000)], from: 0, to: 1, rulebook: rulebook))
    let first = try await journal.authorise(JournalFixture.request(1, price: .guestMeal))
    #expect(first.isApproved)
    fixture.advance(seconds: 61)
    let second = try await journal.authorise(JournalFixture.request(1, price: .guestMeal))
    #expect(second.declineReason == .countLimit)
    try journal.close()
  }

  @Test("what an unsettled sale took from a tranche that the centre shows no more is a debt")
  func vanishedTranche() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([Self.account([Self.tranche(7, 1000)])])
    _ = try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(900))))
    try await journal.apply(
      JournalFixture.page(
        [Self.account([Self.tranche(9, 1000)], version: 2)], from: 1, to: 2))
    let refused = try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(101))))
    #expect(refused.declineReason == .insufficientBalance)
    #expect(refused.diner?.available.subsidy == Fen(100))
    try journal.close()
  }

  @Test("a rulebook comes into force on its day, over a restart too, and not before")
  func effectiveFrom() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let coming = JournalFixture.rulebook(version: 2, effectiveFromDay: Self.today + 1, price: 2000)
    try await journal.apply(JournalFixture.page([], from: 1, to: 1, rulebook: coming))
    #expect(journal.feedCursor.rulebookVersion == 2)
    #expect(try await journal.authorise(JournalFixture.request(1)).sale?.total == Fen(1500))
    try journal.close()
    journal = try fixture.open()
    #expect(try await journal.standing().rulebook?.version == 1)
    fixture.advance(seconds: 86_400)
    #expect(try await journal.standing().rulebook?.version == 2)
    #expect(journal.mealPeriod?.price == Fen(2000))
    let tomorrow = try await journal.authorise(JournalFixture.request(1))
    #expect(tomorrow.sale?.total == Fen(2000))
    #expect(tomorrow.sale?.rulebookVersion == 2)
    try journal.close()
    journal = try fixture.open()
    #expect(try await journal.standing().rulebook?.version == 2)
    try journal.close()
  }

  @Test("an older rulebook is not taken, and one that contradicts itself is refused with its page")
  func badRulebooks() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    let older = JournalFixture.rulebook(version: 1, price: 1)
    try await journal.apply(JournalFixture.page([], from: 1, to: 1, rulebook: older))
    #expect(try await journal.authorise(JournalFixture.request(1)).sale?.total == Fen(1500))
    let broken = JournalFixture.rulebook(version: 3, salesPerMeal: 0)
    await #expect(throws: JournalError.self) {
      try await journal.apply(JournalFixture.page([], from: 1, to: 2, rulebook: broken))
    }
    #expect(journal.feedCursor == FeedCursor(version: 1, rulebookVersion: 1))
    try journal.close()
  }

  @Test("when too many rulebooks wait for their day the first is given up, and the feed goes on")
  func comingLimit() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([])
    for version in 2...Int64(LedgerState.comingLimit + 2) {
      let coming = JournalFixture.rulebook(version: version, effectiveFromDay: Self.today + 1)
      try await journal.apply(JournalFixture.page([], from: 1, to: 1, rulebook: coming))
    }
    #expect(journal.feedCursor.rulebookVersion == Int64(LedgerState.comingLimit + 2))
    try journal.close()
    journal = try fixture.open()
    let versions = journal.state.withLock { state in
      [state.rulebook?.version ?? 0] + state.comingRulebooks.map(\.version)
    }
    #expect(versions == [1] + (3...Int64(LedgerState.comingLimit + 2)))
    try journal.close()
  }

  @Test(
    "the rulebook of the last record's day is kept, in case the clock is gone after a power cut")
  func rulebookOfTheRecords() async throws {
    let fixture = try JournalFixture()
    var journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    _ = try await journal.authorise(JournalFixture.request(1))
    fixture.advance(seconds: 86_400)
    let next = JournalFixture.rulebook(version: 2, effectiveFromDay: Self.today + 1)
    try await journal.apply(JournalFixture.page([], from: 1, to: 1, rulebook: next))
    #expect(try await journal.standing().rulebook?.version == 2)
    try fixture.crash(journal)
    fixture.boot(afterSeconds: 0)
    fixture.clock.withLock { $0.wall = 0 }
    journal = try fixture.open()
    #expect(try await journal.standing().rulebook?.version == 1)
    try journal.close()
  }

  @Test("goods are sold by the fed catalogue, and the month's cap counts what was sold before")
  func items() async throws {
    let fixture = try JournalFixture()
    let market = MarketRules(
      categories: [ItemCategory(2)], dailyCap: Fen(1000), monthlyCap: Fen(1500),
      sellsUnregistered: false)
    let soap = Item(
      code: ItemCode(5001), name: "香皂", category: ItemCategory(2), price: Fen(500),
      ceiling: Fen(600))
    let journal = try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
    try await journal.apply(
      FeedPage(
        terminal: TerminalID(3), fromCursor: 1, toCursor: 2, hasMore: false, accounts: [],
        items: [CatalogueRow(item: soap, version: 2)],
        rulebook: JournalFixture.rulebook(version: 2, market: market),
        timeMilliseconds: JournalFixture.noon))
    func buy(_ quantity: UInt16) async throws -> SaleOutcome {
      try await journal.authorise(
        JournalFixture.request(
          1, price: .items([ItemLine(code: soap.code, quantity: quantity)])))
    }
    #expect(try await buy(2).sale?.marketTotal == Fen(1000))
    #expect(try await buy(1).declineReason == .amountLimit)
    fixture.advance(seconds: 86_400)
    #expect(try await buy(1).isApproved)
    #expect(try await buy(1).declineReason == .amountLimit)
    fixture.advance(seconds: 7 * 86_400)
    #expect(try await buy(1).isApproved, "December has begun")
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test(
    "the day's limit counts what was bought in every period of the day, and not the day before's")
  func dailyLimit() async throws {
    let fixture = try JournalFixture()
    let journal = try fixture.open()
    let rulebook = Rulebook(
      version: 1, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: JournalFixture.rulebook.mealPeriods, spendOrder: [.subsidy, .personal],
      singleLimit: Fen(2000), salesPerMeal: 9, repeatGuardSeconds: 60, dailyLimit: Fen(2000),
      offline: JournalFixture.rulebook.offline)
    try await journal.apply(
      JournalFixture.page(
        [JournalFixture.account(1, subsidy: 9000)], from: 0, to: 1, rulebook: rulebook))
    func buy(_ fen: Int64) async throws -> SaleOutcome {
      try await journal.authorise(JournalFixture.request(1, price: .keyed(Fen(fen))))
    }
    #expect(try await buy(1200).isApproved)
    fixture.advance(seconds: 2 * 3600)
    #expect(try await buy(801).declineReason == .amountLimit)
    #expect(try await buy(800).isApproved)
    #expect(try await buy(1).declineReason == .amountLimit)
    fixture.advance(seconds: 86_400)
    #expect(try await buy(2000).isApproved)
    try journal.close()
  }

  @Test("counted meals and free ones are records that take nothing and count against the limit")
  func countOnly() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1)])
    for _ in 0..<2 {
      #expect(try await journal.authorise(JournalFixture.request(1, price: .count)).isApproved)
      fixture.advance(seconds: 60)
    }
    #expect(
      try await journal.authorise(JournalFixture.request(1, price: .count)).declineReason
        == .countLimit)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("without the centre's word on where it stands a terminal treats everybody as a visitor")
  func place() async throws {
    let fixture = try JournalFixture()
    let journal = try fixture.open()
    #expect(journal.state.withLock { $0.place } == nil)
    try await journal.apply(JournalFixture.page([], from: 0, to: 1))
    try journal.close()
    let again = try fixture.open()
    #expect(again.state.withLock { $0.place } == JournalFixture.place)
    try again.close()
  }
}

extension SaleOutcome {
  var sale: SaleRecord? {
    if case .approved(let sale) = verdict { sale } else { nil }
  }
}
