import CanteenModel
import TerminalCore
import Testing

@Suite struct PeerCoverageTests {
  private static func rulebook(_ groups: PeerGrouping) -> Rulebook {
    CoreFixture.rulebook(
      offline: OfflineCaps(home: Fen(4_000), alone: Fen(2_500), approvals: 2, groups: groups))
  }

  private static func account(
    home: UInt32 = 5, trust: TrustClass = .strong, own: Int64 = 0, beside: Int64 = 0,
    besideApprovals: Int = 0
  ) throws -> AccountView {
    var known = KnownSpend()
    try known.add(Fen(beside), approvals: besideApprovals)
    return AccountView(
      account: AccountID(11), maskedName: "王*明", status: .active, homeCanteen: CanteenID(home),
      trust: trust, tranches: [CoreFixture.tranche(.subsidy, 90_000)],
      counters: AccountCounters(aloneTotal: Fen(own)), beside: known)
  }

  private static func need(
    _ fen: Int64, account: Int64 = 11, day: Int32 = 20_780, period: UInt8 = 2, cap: Int64 = 4_000
  ) -> PeerNeed {
    PeerNeed(
      account: AccountID(account), slot: MealKey(day: day, period: period), amount: Fen(fen),
      allowance: OfflineBound.Allowance(total: Fen(cap), approvals: 2))
  }

  private static func decide(
    _ fen: Int64, _ account: AccountView, _ peers: PeerReach, groups: PeerGrouping = .any,
    price: SalePrice? = nil, centre: CentreReach = .silent
  ) throws -> Authorisation.Decision {
    try Authorisation.decide(
      CoreFixture.request(price ?? .keyed(Fen(fen))),
      SaleFacts(
        rulebook: rulebook(groups), place: CoreFixture.place, account: account, centre: centre,
        peers: peers), at: CoreFixture.time())
  }

  private static func place(_ decision: Authorisation.Decision) -> DecisionPlace? {
    if case .approve(let sale) = decision { sale.place } else { nil }
  }

  @Test(
    "everything that costs something and that the group may approve is reserved first",
    arguments: [(1, true), (2_500, true), (4_000, true), (4_001, false)])
  func reserves(fen: Int64, isAsked: Bool) throws {
    let decision = try Self.decide(fen, Self.account(), .askable)
    #expect((decision == .askPeers(Self.need(fen))) == isAsked)
    if !isAsked { #expect(decision.reason == .needsCentre) }
  }

  @Test(
    "a meal that costs nothing is nobody else's matter", arguments: [PeerReach.askable, .silent])
  func free(peers: PeerReach) throws {
    let decision = try Self.decide(0, Self.account(), peers, price: .count)
    #expect(Self.place(decision) == .alone)
    let agreed = try Self.decide(0, Self.account(), .agreed(Self.need(1)), price: .count)
    #expect(Self.place(agreed) == .alone)
  }

  @Test("without groups in the rules nobody is asked, and no word counts")
  func noGroups() throws {
    #expect(
      Self.place(try Self.decide(2_500, Self.account(), .askable, groups: .none)) == .alone)
    #expect(
      try Self.decide(2_501, Self.account(), .askable, groups: .none).reason == .needsCentre)
  }

  @Test(
    "with the group's word the home cap holds for everything known; without it the cap of one alone",
    arguments: [
      (.agreed(need(4_000)), 4_000, .lan), (.agreed(need(4_000)), 4_001, nil),
      (.notAgreed, 2_500, .alone), (.notAgreed, 2_501, nil),
      (.silent, 2_500, .alone), (.silent, 2_501, nil),
    ] as [(PeerReach, Int64, DecisionPlace?)])
  func caps(peers: PeerReach, fen: Int64, place: DecisionPlace?) throws {
    #expect(Self.place(try Self.decide(fen, Self.account(), peers)) == place)
    // So much of it was spent here, and so much at others.
    let spent = try Self.account(own: 700, beside: 600, besideApprovals: 1)
    #expect(Self.place(try Self.decide(fen - 1_300, spent, peers)) == place)
  }

  @Test(
    "the group's word counts for the account, the meal and the amount that it was asked for",
    arguments: [
      (need(3_000), .lan), (need(2_999), nil), (need(3_001), .lan), (need(3_000, account: 12), nil),
      (need(3_000, day: 20_779), nil), (need(3_000, period: 4), nil),
    ] as [(PeerNeed, DecisionPlace?)])
  func sameMatter(need: PeerNeed, place: DecisionPlace?) throws {
    #expect(Self.place(try Self.decide(3_000, Self.account(), .agreed(need))) == place)
  }

  @Test("approvals at other terminals count, too", arguments: [(1, true), (2, false)])
  func approvals(beside: Int, isAllowed: Bool) throws {
    let account = try Self.account(beside: 2, besideApprovals: beside)
    #expect((Self.place(try Self.decide(1, account, .silent)) == .alone) == isAllowed)
  }

  @Test("a visitor has the same cap alone and in the group")
  func visitor() throws {
    let visitor = try Self.account(home: 6)
    #expect(
      try Self.decide(2_500, visitor, .askable) == .askPeers(Self.need(2_500, cap: 2_500)))
    #expect(try Self.decide(2_501, visitor, .askable).reason == .needsCentre)
    #expect(Self.place(try Self.decide(2_500, visitor, .agreed(Self.need(2_500)))) == .lan)
  }

  @Test("what the group may not approve is the centre's, if it can be asked")
  func centre() throws {
    let account = try Self.account(beside: 2_000, besideApprovals: 1)
    let need = HoldNeed(account: AccountID(11), asked: Fen(2_001), least: Fen(2_001))
    for peers in [PeerReach.askable, .agreed(Self.need(2_001)), .notAgreed, .silent] {
      #expect(
        try Self.decide(2_001, account, peers, centre: .askable(canLease: false))
          == .askCentre(need))
    }
  }

  @Test(
    "what may still be bought is the rest of the cap behind everything known",
    arguments: [true, false])
  func mayBuy(inGroup: Bool) throws {
    let rulebook = Self.rulebook(.any)
    func mayBuy(_ account: AccountView) throws -> Fen {
      try OfflineBound.mayBuy(
        account, at: CoreFixture.place, period: rulebook.mealPeriods[0], rulebook: rulebook,
        brake: .free, on: 20_780, inGroup: inGroup)
    }
    let cap: Int64 = inGroup ? 4_000 : 2_500
    #expect(try mayBuy(Self.account(own: 300, beside: 200, besideApprovals: 1)) == Fen(cap - 500))
    #expect(try mayBuy(Self.account(beside: 200, besideApprovals: 2)) == .zero)
  }
}
