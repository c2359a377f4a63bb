import CanteenModel
import SettlementCore
import SyncProtocol
import Testing

@testable import SettlementStore

/// What units set for their own canteens, from their file to their terminals (S35, C8).
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct UnitRulesTests {
  private static let people = Programme.people("zhou", "zheng")
  private static let archive = CanteenID(2)

  /// Terminal 3 stands in canteen 1, terminal 4 in canteen 2, which is unit 8's.
  private static func books(
    _ fixture: OfficeFixture, _ terminals: TestTerminal...
  ) async throws -> Books {
    let books = try fixture.open()
    _ = try await books.importAccounts(Array(Programme.accounts.utf8))
    for (list, file) in Programme.files {
      _ = try await books.importRegistry(list, Array(file.utf8))
    }
    for (terminal, canteen) in zip(terminals, [UInt32(1), 2]) {
      try await books.add(Self.entry(terminal, in: canteen))
    }
    _ = try await books.setPolicy(Self.policy(1), by: Programme.people())
    _ = try await books.signRulebook(Array(ImportTests.rulebook(version: 100).utf8))
    return books
  }

  private static func entry(_ terminal: TestTerminal, in canteen: UInt32) -> TerminalEntry {
    TerminalEntry(
      number: terminal.id.number, name: "窗口",
      publicKey: Hexadecimal.text(terminal.key.publicKey.rawBytes), pullURL: nil, canteen: canteen)
  }

  private static func policy(
    _ version: Int, from day: String = "2026-01-01", mostPrice: String = "25.00"
  ) -> [UInt8] {
    Array(
      """
      {"version": \(version), "legalBasis": "株机管发〔2026〕3号", "effectiveFrom": "\(day)",
       "unitRules": {"leastPrice": "5.00", "mostPrice": "\(mostPrice)", "mostMinutes": 60, "mostSales": 3,
        "mostGuests": 1, "visitorPricing": false}}
      """.utf8)
  }

  private static func rules(_ fields: String, from day: String = "2026-11-23") -> [UInt8] {
    let rest = fields.isEmpty ? "" : ", \(fields)"
    return Array(
      #"{"legalBasis": "株档发〔2026〕7号", "effectiveFrom": "\#(day)"\#(rest)}"#.utf8)
  }

  private static let cheaper = rules(#""mealPeriods": [{"number": 2, "price": "12.00"}]"#)

  /// What a terminal takes, page by page, as its ledger does: the rulebooks that are behind the one it has.
  private static func taken(
    by terminal: TestTerminal, from books: Books, after version: Int64 = 0
  ) async throws -> [Rulebook] {
    var taken: [Rulebook] = []
    while let next = try await books.page(
      for: terminal.id, after: 0, rulebook: taken.last?.version ?? version
    ).rulebook {
      taken.append(next)
    }
    return taken
  }

  private func lunchPrices(planting bug: SeededRuleLineBug?) async throws -> [Fen?] {
    try await SeededRuleLineBug.$planted.withValue(bug) {
      let (first, second) = (TestTerminal(3), TestTerminal(4))
      let books = try await Self.books(OfficeFixture(), first, second)
      _ = try await books.setUnitRules(Self.cheaper, of: Self.archive, by: Self.people)
      var prices: [Fen?] = []
      for terminal in [first, second] {
        prices.append(try await Self.taken(by: terminal, from: books).last?.mealPeriods[0].price)
      }
      _ = try await books.signRulebook(
        Array(ImportTests.rulebook(version: 200, price: "16.00").utf8))
      prices.append(try await Self.taken(by: second, from: books).last?.mealPeriods[0].price)
      _ = try await books.signRulebook(
        Array(
          ImportTests.rulebook(version: 300, price: "16.00")
            .replacing("\"salesPerMeal\": 2", with: "\"salesPerMeal\": 1").utf8))
      let last = try await Self.taken(by: second, from: books).last
      prices.append(last?.salesPerMeal == 1 ? last?.mealPeriods[0].price : nil)
      try books.close()
      return prices
    }
  }

  @Test(
    "a terminal of a canteen gets its unit's rules over the city's, also over the next ones, and a terminal of another canteen does not"
  )
  func everyCanteenItsOwn() async throws {
    let right = [Fen(1500), Fen(1200), Fen(1200), Fen(1200)]
    #expect(try await lunchPrices(planting: nil) == right)
    #expect(try await lunchPrices(planting: .cityLineForAll) != right)
    #expect(try await lunchPrices(planting: .notLaidAgain) != right)
  }

  @Test(
    "a canteen's line rises, names both documents, and ends with the city's when the unit lets it")
  func line() async throws {
    let terminal = TestTerminal(4)
    let books = try await Self.books(OfficeFixture(), TestTerminal(3), terminal)
    _ = try await books.setUnitRules(Self.cheaper, of: Self.archive, by: Self.people)
    _ = try await books.setUnitRules(
      Self.rules(#""salesPerMeal": 3"#, from: "2026-12-01"), of: Self.archive, by: Self.people)
    let taken = try await Self.taken(by: terminal, from: books)
    #expect(taken.map(\.version) == taken.map(\.version).sorted())
    #expect(taken.last?.legalBasis == "株机管发〔2026〕3号；株档发〔2026〕7号")
    #expect(taken.last.map { CivilDate(day: $0.effectiveFromDay).description } == "2026-12-01")
    #expect(taken.last?.mealPeriods[0].price == Fen(1500) && taken.last?.salesPerMeal == 3)
    #expect(try await books.unitRules().map(\.standing) == [.inForce, .coming])
    let error = await #expect(throws: StoreError.self) {
      try await books.setUnitRules(Self.cheaper, of: Self.archive, by: Self.people)
    }
    #expect(error?.description.contains("effectiveFrom: 2026-12-01 or later") == true)
    _ = try await books.setUnitRules(
      Self.rules("", from: "2026-12-01"), of: Self.archive, by: Self.people)
    let city = try #require(try await books.rulebooks().first)
    let end = try #require(
      try await Self.taken(by: terminal, from: books, after: taken.last?.version ?? 0).last)
    #expect(end.hasSameRules(as: city))
    #expect(try await books.unitRules().map(\.standing) == [.inForce, .replaced, .coming])
    try books.close()
  }

  @Test("a terminal that moves to another canteen takes the rules that hold there")
  func moves() async throws {
    let (first, second) = (TestTerminal(3), TestTerminal(4))
    let fixture = OfficeFixture()
    let books = try await Self.books(fixture, first, second)
    _ = try await books.setUnitRules(Self.cheaper, of: Self.archive, by: Self.people)
    let own = try #require(try await Self.taken(by: second, from: books).last)
    fixture.clock.advance(1_000)
    try await books.add(Self.entry(second, in: 1))
    let moved = try #require(
      try await Self.taken(by: second, from: books, after: own.version).last)
    #expect(moved.version > own.version && moved.mealPeriods[0].price == Fen(1500))
    fixture.clock.advance(1_000)
    try await books.add(Self.entry(second, in: 2))
    let back = try #require(
      try await Self.taken(by: second, from: books, after: moved.version).last)
    #expect(back.mealPeriods[0].price == Fen(1200))
    try books.close()
  }

  @Test(
    "rules that the Bureau leaves no room for are suspended and named, and come back with the room")
  func suspended() async throws {
    let terminal = TestTerminal(4)
    let fixture = OfficeFixture()
    let books = try await Self.books(fixture, TestTerminal(3), terminal)
    _ = try await books.setUnitRules(Self.cheaper, of: Self.archive, by: Self.people)
    let version = try await Self.taken(by: terminal, from: books).last?.version ?? 0
    let other = Array(
      ImportTests.rulebook(version: 200).replacing("\"number\": 2", with: "\"number\": 3").utf8)
    let preview = try await books.previewRulebook(other)
    #expect(preview.suspensions.first?.contains("canteen 2 are suspended from 2026-11-23") == true)
    _ = try await books.signRulebook(other)
    let line = try #require(try await books.unitRules().first)
    #expect(line.standing == .suspended)
    #expect(
      line.suspended == ["mealPeriods, number 2: the city's rulebook 200 has no such period"])
    let taken = try await Self.taken(by: terminal, from: books, after: version)
    #expect(taken.last?.mealPeriods.map(\.number) == [3])
    _ = try await books.signRulebook(Array(ImportTests.rulebook(version: 300).utf8))
    _ = try await books.setPolicy(
      Self.policy(2, from: "2026-12-01", mostPrice: "11.00"), by: Programme.people())
    #expect(try await books.unitRules().first?.standing == .inForce)
    let last = try await Self.taken(
      by: terminal, from: books, after: taken.last?.version ?? 0
    ).suffix(2)
    #expect(last.map { $0.mealPeriods[0].price } == [Fen(1200), Fen(1500)])
    fixture.clock.advance(10 * 86_400_000)
    #expect(try await books.unitRules().first?.standing == .suspended)
    try books.close()
  }

  @Test(
    "what is not the unit's to set, or goes too far, is refused with its place",
    arguments: [
      (#""brakes": {}"#, "brakes: is not the unit's to set"),
      (#""offline": {"lease": "1.00"}"#, "offline, lease: is not the unit's to set"),
      (#""mealPeriods": [{"number": 2, "price": "25.01"}]"#, "number 2, price: ¥5.00 to ¥25.00"),
      (#""mealPeriods": [{"number": 2, "price": "4.99"}]"#, "number 2, price: ¥5.00 to ¥25.00"),
      (#""mealPeriods": [{"number": 7}]"#, "number 7: the city's rulebook 100 has no such period"),
      (#""mealPeriods": [{"number": 2, "start": "09:59"}]"#, "start: 60 minutes off the city's"),
      (#""mealPeriods": [{"number": 2, "start": "25:00"}]"#, "is not a time of day"),
      (#""mealPeriods": [{"number": 2, "served": false}]"#, "mealPeriods: 1 to 24"),
      (#""prices": [{"period": 2, "price": "26.00"}]"#, "prices[0], price: ¥5.00 to ¥25.00"),
      (#""visitorPricing": "home""#, "visitorPricing: is the city's to set"),
      (#""singleLimit": "100.01""#, "singleLimit: ¥100.00 at most, which is the city's"),
      (#""salesPerMeal": 4"#, "salesPerMeal: 3 at most"),
      (#""guestsPerMeal": 2"#, "guestsPerMeal: 1 at most"),
      (#""offline": {"alone": "25.01"}"#, "offline.alone: ¥25.00 at most"),
      (#""offline": {"approvals": 3}"#, "offline.approvals: 2 at most"),
    ])
  func faults(fields: String, words: String) async throws {
    let books = try await Self.books(OfficeFixture(), TestTerminal(3), TestTerminal(4))
    let error = await #expect(throws: StoreError.self) {
      try await books.setUnitRules(Self.rules(fields), of: Self.archive, by: Self.people)
    }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    #expect(try await books.unitRules().isEmpty)
    try books.close()
  }

  @Test(
    "limits themselves are allowed",
    arguments: [
      #""mealPeriods": [{"number": 2, "start": "10:00", "end": "14:30", "price": "25.00"}]"#,
      #""mealPeriods": [{"number": 2, "price": "5.00"}], "singleLimit": "100.00""#,
      #""salesPerMeal": 3, "guestsPerMeal": 1, "offline": {"home": "40.00", "approvals": 2}"#,
    ])
  func limits(fields: String) async throws {
    let books = try await Self.books(OfficeFixture(), TestTerminal(3), TestTerminal(4))
    _ = try await books.setUnitRules(Self.rules(fields), of: Self.archive, by: Self.people)
    try books.close()
  }

  @Test("no rules are set for a day that is over, for no canteen, or where the policy lets nobody")
  func refusals() async throws {
    let books = try await Self.books(OfficeFixture(), TestTerminal(3), TestTerminal(4))
    for (file, canteen) in [
      (Self.rules("", from: "2026-11-22"), Self.archive), (Self.cheaper, CanteenID(9)),
    ] {
      await #expect(throws: StoreError.self) {
        try await books.setUnitRules(file, of: canteen, by: Self.people)
      }
    }
    _ = try await books.setPolicy(Programme.policy(version: 2), by: Programme.people())
    let error = await #expect(throws: StoreError.self) {
      try await books.setUnitRules(Self.cheaper, of: Self.archive, by: Self.people)
    }
    #expect(error?.description.contains("the policy lets units set nothing") == true)
    try books.close()
  }

  private static func lunch(_ account: Int64, fen: Int64) throws -> JournalRecord.Body {
    .sale(
      try SaleRecord(
        account: AccountID(account), lane: LaneID(1), medium: .card, mode: .fixedPrice,
        slot: MealKey(day: Programme.today, period: 2),
        spends: [Spend(purse: .subsidy, tranche: .none, amount: Fen(fen))], place: .online,
        rulebookVersion: 100, holds: [HoldSpend(hold: HoldID(.zero), amount: Fen(fen))]))
  }

  @Test("the last month's swipes are judged again by the terminals' own rule, canteen by canteen")
  func trial() async throws {
    var (first, second) = (TestTerminal(3), TestTerminal(4))
    let books = try await Self.books(OfficeFixture(), first, second)
    for account in [Int64(1), 2, 2] { try first.append(Self.lunch(account, fen: 1500)) }
    try first.append(.decline(TestTerminal.decline(1)))
    try second.append(Self.lunch(3, fen: 1500))
    for terminal in [first, second] {
      _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    }
    let own = try await books.previewUnitRules(Self.cheaper, of: Self.archive)
    #expect(own.change.difference == ["mealPeriods 2 price: ¥15.00 → ¥12.00"])
    #expect(own.trial.map(\.canteen) == [2] && own.trial.map(\.cheaper) == [1])
    #expect(own.trial.map(\.differenceFen) == [-300])
    let city = ImportTests.rulebook(version: 200, price: "16.00")
      .replacing("\"salesPerMeal\": 2", with: "\"salesPerMeal\": 1")
    let all = try await books.previewRulebook(Array(city.utf8))
    #expect(
      all.difference == ["mealPeriods 2 price: ¥15.00 → ¥16.00", "salesPerMeal: 2 → 1"])
    #expect(all.trial.map(\.swipes) == [3, 1])
    #expect(all.trial.map(\.refused) == [1, 0] && all.trial.map(\.dearer) == [2, 1])
    #expect(all.trial.map(\.differenceFen) == [200, 100])
    let late = ImportTests.rulebook(version: 200).replacing("11:00", with: "12:30")
    let closed = try await books.previewRulebook(Array(late.utf8))
    #expect(closed.trial.map(\.refused) == [3, 1])
    try books.close()
  }

  @Test("which terminal has which rulebook is known from what it asks for")
  func terminals() async throws {
    let (first, second) = (TestTerminal(3), TestTerminal(4))
    let books = try await Self.books(OfficeFixture(), first, second)
    _ = try await books.setUnitRules(Self.cheaper, of: Self.archive, by: Self.people)
    #expect(try await books.terminalRules().map(\.newest) == [100, 101])
    _ = try await Self.taken(by: first, from: books)
    let lines = try await books.terminalRules()
    #expect(lines.map(\.version) == [100, nil] && lines.map(\.isCurrent) == [true, false])
    #expect(try await books.terminalRules(in: Self.archive).map(\.terminal) == [4])
    try books.close()
  }

  @Test("rules that were fine are asked again whether they fit, under each rulebook and policy")
  func askedAgain() throws {
    let city = try RulebookFile.read(Array(ImportTests.rulebook(version: 1).utf8))
    let rules = UnitRules(
      canteen: Self.archive, revision: 1, legalBasis: "x", effectiveFromDay: 20_000,
      singleLimit: Fen(9_000))
    func suspended() throws -> Bool {
      let line = CanteenLine(
        city: [city], unit: [rules], policies: [try PolicyFile.read(Programme.policy())],
        today: Programme.today)
      return try #require(line.stretches.first).suspended != []
    }
    #expect(try suspended())
    let planted = try SeededRuleLineBug.$planted.withValue(.boundsNotAskedAgain) { try suspended() }
    #expect(!planted)
  }

  @Test(
    "a canteen with rules of its own can lose what those allow, and the others what the city's do")
  func worstCase() throws {
    let city = try RulebookFile.read(
      Array(
        ImportTests.rulebook(version: 1).replacing(
          "\"version\"",
          with:
            #""offline": {"home": "40.00", "alone": "25.00", "approvals": 2, "serialTrust": "medium"}, "version""#
        ).utf8))
    let own = UnitRules(
      canteen: Self.archive, revision: 1, legalBasis: "x", effectiveFromDay: 0,
      offlineHome: Fen(1_500), offlineAlone: Fen(1_000)
    ).laid(over: city)
    var sum = WorstCaseSum(
      city, own: [(Self.archive, own)],
      terminalsAt: [CanteenID(1), Self.archive, Self.archive, nil])
    try sum.add(homeCanteen: Self.archive, balance: Fen(100_000))
    #expect(sum.result.perPeriod == Fen(2 * 1_000 + 2 * 2_500))
    try sum.add(homeCanteen: CanteenID(1), balance: Fen(100_000))
    #expect(sum.result.perPeriod == Fen(7_000 + 4_000 + 2 * 1_000 + 2_500))
  }
}
