import CanteenModel
import TerminalCore
import Testing

@Suite struct CoverageTests {
  private static let account = CoreFixture.account(subsidy: 90_000)
  private static let anonymous = CoreFixture.account(subsidy: 90_000, trust: .anonymous)

  private static func rulebook(lease: Int64 = 0) -> Rulebook {
    CoreFixture.rulebook(
      offline: OfflineCaps(home: Fen(4_000), alone: Fen(2_500), approvals: 2, lease: Fen(lease)))
  }

  private static func hold(_ number: UInt8, _ fen: Int64) throws -> HoldSpend {
    let digest = try #require(Digest32([UInt8](repeating: number, count: 32)))
    return HoldSpend(hold: HoldID(digest), amount: Fen(fen))
  }

  private static func decide(
    _ fen: Int64, _ account: AccountView = account, lease: Int64 = 0, holds: [HoldSpend] = [],
    centre: CentreReach = .askable(canLease: true), backlog: Backlog = .none
  ) throws -> Authorisation.Decision {
    try Authorisation.decide(
      CoreFixture.request(.keyed(Fen(fen))),
      SaleFacts(
        rulebook: rulebook(lease: lease), place: CoreFixture.place, account: account,
        backlog: backlog, holds: holds, centre: centre),
      at: CoreFixture.time())
  }

  @Test(
    "the centre is asked for what is above the cap, and for nothing else",
    arguments: [(2_500, false), (2_501, true), (10_000, true), (10_001, false), (0, false)])
  func asks(fen: Int64, isAsked: Bool) throws {
    let decision = try Self.decide(fen)
    let need = HoldNeed(account: AccountID(11), asked: Fen(fen), least: Fen(fen))
    #expect((decision == .askCentre(need)) == isAsked)
  }

  @Test("money that is not there is refused without asking")
  func noMoney() throws {
    let decision = try Self.decide(3_000, CoreFixture.account(subsidy: 2_999))
    #expect(decision.reason == .insufficientBalance)
  }

  @Test(
    "without a hold the refusal says why",
    arguments: [
      (.silent, .needsCentre), (.answered(nil), .needsCentre),
      (.answered(.released), .needsCentre), (.answered(.insufficient), .insufficientBalance),
    ] as [(CentreReach, DeclineReason)])
  func refusals(centre: CentreReach, reason: DeclineReason) throws {
    #expect(try Self.decide(3_000, centre: centre).reason == reason)
  }

  @Test("a sale is paid from holds in their order, whole, and was decided online")
  func held() throws {
    let holds = [try Self.hold(1, 1_000), try Self.hold(2, 5_000)]
    guard case .approve(let sale) = try Self.decide(3_000, holds: holds, centre: .silent) else {
      Issue.record("not approved")
      return
    }
    #expect(sale.place == .online)
    #expect(sale.holds == [try Self.hold(1, 1_000), try Self.hold(2, 2_000)])
    #expect(sale.total == Fen(3_000))
  }

  @Test(
    "what the holds have not is asked for; a sale is never paid half from a hold and half alone")
  func topUp() throws {
    let holds = [try Self.hold(1, 1_000)]
    let need = HoldNeed(account: AccountID(11), asked: Fen(2_000), least: Fen(2_000))
    #expect(try Self.decide(3_000, holds: holds) == .askCentre(need))
    #expect(try Self.decide(3_000, holds: holds, centre: .silent).reason == .needsCentre)
    guard case .approve(let sale) = try Self.decide(2_000, holds: holds) else {
      Issue.record("not approved")
      return
    }
    #expect(sale.place == .alone)
    #expect(sale.holds.isEmpty)
  }

  @Test(
    "an anonymous account gets a lease, as large as the rulebook says",
    arguments: [
      (0, true, 1_500), (1_000, true, 1_500), (5_000, true, 5_000), (5_000, false, 1_500),
    ] as [(Int64, Bool, Int64)])
  func lease(rulebook: Int64, canLease: Bool, asked: Int64) throws {
    let decision = try Self.decide(
      1_500, Self.anonymous, lease: rulebook, centre: .askable(canLease: canLease))
    let need = HoldNeed(account: AccountID(11), asked: Fen(asked), least: Fen(1_500))
    #expect(decision == .askCentre(need))
    #expect(need.isLease == (asked > 1_500))
  }

  @Test("a named diner gets no lease, only what the sale lacks")
  func noLease() throws {
    let need = HoldNeed(account: AccountID(11), asked: Fen(3_000), least: Fen(3_000))
    #expect(try Self.decide(3_000, lease: 5_000) == .askCentre(need))
  }

  @Test("a braked terminal neither asks nor spends what it holds")
  func braked() throws {
    let full = Backlog(
      total: Brakes.standard.total, records: 1, sinceWallMilliseconds: CoreFixture.noon)
    #expect(try Self.decide(3_000, backlog: full).reason == .needsCentre)
    let holds = [try Self.hold(1, 9_000)]
    #expect(try Self.decide(3_000, holds: holds, backlog: full).reason == .needsCentre)
  }

  @Test("at eight open holds of an account no more is asked for")
  func tooManyHolds() throws {
    let holds = try (1...8).map { try Self.hold($0, 100) }
    #expect(try Self.decide(3_000, holds: holds).reason == .needsCentre)
    guard case .askCentre = try Self.decide(3_000, holds: Array(holds.dropLast())) else {
      Issue.record("not asked")
      return
    }
  }
}
