import CanteenModel
import SettlementCore
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct WorstCaseTests {
  /// Lunch at ¥15.00, dinner at ¥12.00, visitors pay ¥18.00 for lunch; a brake after 72 hours.
  private static func rulebook(trust: TrustClass, groups: PeerGrouping = .none) -> Rulebook {
    Rulebook(
      version: 1, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: [
        MealPeriod(number: 2, name: "午餐", startMinute: 660, endMinute: 780, price: Fen(1500)),
        MealPeriod(number: 3, name: "晚餐", startMinute: 1020, endMinute: 1140, price: Fen(1200)),
      ], spendOrder: [.subsidy, .personal], singleLimit: Fen(10_000), salesPerMeal: 2,
      repeatGuardSeconds: 60,
      priceRules: [PriceRule(period: 2, category: nil, isVisitor: true, price: Fen(1800))],
      offline: OfflineCaps(
        home: Fen(4000), alone: Fen(2500), approvals: 2, serialTrust: trust, groups: groups))
  }

  /// Two terminals in canteen 1, one in canteen 2, one nobody knows where.
  private static let terminals = [CanteenID(1), CanteenID(1), CanteenID(2), nil]

  private static func sum(
    _ trust: TrustClass, home: UInt32?, balance: Int64
  ) throws -> WorstCase {
    var sum = WorstCaseSum(rulebook(trust: trust), terminalsAt: terminals)
    try sum.add(homeCanteen: home.map { CanteenID($0) }, balance: Fen(balance))
    return sum.result
  }

  private struct Case: Sendable {
    let home: UInt32?
    let balance: Int64
    let perPeriod: Int64
  }

  /// Four terminals at ¥25.00; the only one of canteen 2 gives its own diners ¥40.00.
  private static let cases = [
    Case(home: 2, balance: 100_000, perPeriod: 11_500),
    Case(home: 1, balance: 100_000, perPeriod: 10_000),
    Case(home: nil, balance: 100_000, perPeriod: 10_000),
    Case(home: 9, balance: 100_000, perPeriod: 10_000),
    Case(home: 2, balance: 3000, perPeriod: 10_500),
    Case(home: 1, balance: 2499, perPeriod: 9996),
    Case(home: 1, balance: 0, perPeriod: 0), Case(home: 1, balance: -5000, perPeriod: 0),
  ]

  @Test("an account can lose its cap at every terminal, and never more than its balance at each")
  func medium() throws {
    for expected in Self.cases {
      let worst = try Self.sum(.medium, home: expected.home, balance: expected.balance)
      #expect(worst.perPeriod == Fen(expected.perPeriod))
      #expect(worst.ever == Fen(max(0, expected.balance) * 4))
      #expect(worst.untilBrake <= worst.ever)
      #expect(worst.untilBrake >= worst.perPeriod)
    }
  }

  @Test(
    "terminals that reserve with one another can give as much as the lemma says, and no more",
    arguments: [
      (.any, 3, 100_000, 9_750), (.whole, 3, 100_000, 7_500), (.any, 2, 100_000, 6_500),
      (.whole, 2, 100_000, 5_000), (.any, 1, 100_000, 4_000), (.whole, 1, 100_000, 4_000),
      (.any, 3, 3_000, 9_000), (.any, 3, 3_251, 9_750), (.whole, 3, 2_400, 7_200),
      (.any, 0, 100_000, 0), (.whole, 0, 100_000, 0), (.whole, 2, 1_000, 2_000),
    ] as [(PeerGrouping, Int, Int64, Int64)])
  func groups(groups: PeerGrouping, terminals: Int, balance: Int64, perPeriod: Int64) throws {
    let elsewhere: [CanteenID?] = [CanteenID(9)]
    var sum = WorstCaseSum(
      Self.rulebook(trust: .medium, groups: groups),
      terminalsAt: elsewhere + Array(repeating: CanteenID(1), count: terminals))
    try sum.add(homeCanteen: CanteenID(1), balance: Fen(balance))
    let visited = min(2_500, balance)
    #expect(sum.result.perPeriod == Fen(perPeriod + visited))
    #expect(sum.result.ever == Fen(balance * Int64(terminals + 1)))
  }

  @Test("in a small canteen one home cap may be more than what each gives alone")
  func wholeGroupOfTwo() throws {
    var rulebook = WorstCaseSum(
      Rulebook(
        version: 1, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480, mealPeriods: [],
        spendOrder: [.subsidy], singleLimit: Fen(10_000), salesPerMeal: 2, repeatGuardSeconds: 60,
        offline: OfflineCaps(
          home: Fen(9_000), alone: Fen(2_500), approvals: 2, serialTrust: .medium, groups: .whole)),
      terminalsAt: [CanteenID(1), CanteenID(1)])
    try rulebook.add(homeCanteen: CanteenID(1), balance: Fen(100_000))
    #expect(rulebook.result.perPeriod == Fen(9_000))
  }

  @Test("three days touch four, and the time between meals is a period of its own")
  func untilBrake() throws {
    // (2 meals + 1) × 4 days × 25.00 at each of four terminals.
    #expect(
      try Self.sum(.medium, home: 1, balance: 10_000_000).untilBrake == Fen(4 * 12 * 2500))
    // Weak: 2 meals × 4 days × the dearest meal at the two terminals of home.
    #expect(try Self.sum(.weak, home: 1, balance: 10_000_000).untilBrake == Fen(2 * 8 * 1800))
  }

  @Test(
    "a serial number buys one standard meal at home and nothing elsewhere; an anonymous card nothing"
  )
  func weak() throws {
    #expect(try Self.sum(.weak, home: 1, balance: 10_000).perPeriod == Fen(2 * 1800))
    #expect(try Self.sum(.weak, home: 9, balance: 10_000).perPeriod == .zero)
    #expect(try Self.sum(.weak, home: 9, balance: 10_000).ever == .zero)
    #expect(try Self.sum(.anonymous, home: 1, balance: 10_000).ever == .zero)
  }

  @Test("the preview of a looser rulebook shows more than the one in force, and signs nothing")
  func preview() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    let first = Array(ImportTests.rulebook(version: 1).utf8)
    let before = try await books.previewRulebook(first)
    #expect(before.inForce == nil)
    #expect(before.proposed.accounts == 2)
    #expect(before.proposed.terminals == 1)
    #expect(try await books.rulebooks().isEmpty)
    #expect(try await books.signRulebook(first) == 1)
    let looser = ImportTests.rulebook(version: 2).replacing(
      "\"version\"",
      with: "\"offline\": {\"home\": \"90.00\", \"alone\": \"80.00\", \"approvals\": 2, "
        + "\"serialTrust\": \"medium\"}, \"version\"")
    let preview = try await books.previewRulebook(Array(looser.utf8))
    #expect(preview.inForceVersion == 1)
    // ¥250.00 and ¥12.00 at one terminal where everybody is a visitor.
    #expect(preview.proposed.perPeriod == Fen(8000 + 1200))
    #expect(preview.proposed.ever == Fen(25_000 + 1200))
    #expect(try #require(preview.inForce).perPeriod < preview.proposed.perPeriod)
    #expect(try await books.rulebooks().map(\.version) == [1])
    await #expect(throws: StoreError.self) { try await books.previewRulebook([1, 2]) }
    try books.close()
  }
}
