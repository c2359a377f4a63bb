import CanteenModel
import TerminalCore
import Testing

/// What a diner may still buy alone: canteen 5, where ¥25.00 may be approved in a period, twice.
@Suite struct MayBuyTests {
  private static let rulebook = CoreFixture.rulebook(
    offline: OfflineCaps(home: Fen(4000), alone: Fen(2500), approvals: 2))

  private static func mayBuy(
    subsidy: Int64 = 10_000, spent: Int64 = 0, approvals: Int = 0,
    status: AccountStatus = .active, trust: TrustClass = .strong, day: Int32 = 20_780,
    until: Int32? = nil
  ) throws -> Fen {
    let account = CoreFixture.account(
      tranches: [CoreFixture.tranche(.subsidy, subsidy, 4, until: until)], status: status,
      trust: trust,
      counters: AccountCounters(aloneApprovals: approvals, aloneTotal: Fen(spent)))
    return try OfflineBound.mayBuy(
      account, at: CoreFixture.place, period: rulebook.mealPeriods[0], rulebook: rulebook,
      brake: .free, on: day)
  }

  @Test("it is what is left of the cap, as far as there is money")
  func rest() throws {
    #expect(try Self.mayBuy() == Fen(2500))
    #expect(try Self.mayBuy(spent: 1, approvals: 1) == Fen(2499))
    #expect(try Self.mayBuy(subsidy: 700) == Fen(700))
    #expect(try Self.mayBuy(spent: 2500, approvals: 1) == .zero)
  }

  @Test(
    "it is nothing after the last approval, over the cap, in debt, or for a card that was reported")
  func nothing() throws {
    #expect(try Self.mayBuy(spent: 1, approvals: 2) == .zero)
    #expect(try Self.mayBuy(spent: 2600, approvals: 1) == .zero)
    #expect(try Self.mayBuy(subsidy: -1) == .zero)
    #expect(try Self.mayBuy(status: .reportedLost) == .zero)
    #expect(try Self.mayBuy(status: .closed) == .zero)
    #expect(try Self.mayBuy(trust: .anonymous) == .zero)
  }

  @Test("a tranche counts on its last day and not after it")
  func lastDay() throws {
    #expect(try Self.mayBuy(until: 20_780) == Fen(2500))
    #expect(try Self.mayBuy(until: 20_779) == .zero)
  }
}
