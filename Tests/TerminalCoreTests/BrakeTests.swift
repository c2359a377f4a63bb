import CanteenModel
import TerminalCore
import Testing

@Suite struct BrakeTests {
  private static let limits = Brakes(total: Fen(10_000), records: 100, hours: 72)
  private static let noon = CoreFixture.noon

  @Test(
    "half of any limit warns, the whole of it brakes",
    arguments: [
      (4_999, 49, 35, BrakeLevel.free), (5_000, 0, 0, .warning), (0, 50, 0, .warning),
      (0, 1, 36, .warning), (9_999, 99, 71, .warning), (10_000, 0, 0, .braked),
      (0, 100, 0, .braked), (0, 1, 72, .braked),
    ] as [(Int64, Int, Int64, BrakeLevel)])
  func levels(fen: Int64, records: Int, hours: Int64, level: BrakeLevel) {
    let backlog = Backlog(
      total: Fen(fen), records: records, sinceWallMilliseconds: Self.noon - hours * 3_600_000)
    #expect(BrakeLevel(of: backlog, limits: Self.limits, at: Self.noon) == level)
  }

  @Test("a terminal that has settled everything is free, however long ago that was")
  func settled() {
    #expect(BrakeLevel(of: .none, limits: Self.limits, at: .max) == .free)
    let tightest = Brakes(total: Fen(2), records: 2, hours: 1)
    #expect(BrakeLevel(of: .none, limits: tightest, at: .max) == .free)
  }

  @Test("a braked terminal sells each person one standard meal a period, and nothing else")
  func braked() throws {
    let backlog = Backlog(total: Fen(1), records: 20_000, sinceWallMilliseconds: Self.noon)
    func decide(
      _ price: SalePrice, counters: AccountCounters = AccountCounters(),
      trust: TrustClass = .strong, at time: RecordTime = CoreFixture.time()
    ) throws -> Authorisation.Decision {
      let account = CoreFixture.account(
        tranches: [CoreFixture.tranche(.subsidy, 9_000)], trust: trust, counters: counters)
      return try Authorisation.decide(
        CoreFixture.request(price),
        SaleFacts(
          rulebook: CoreFixture.rulebook, place: CoreFixture.place, account: account,
          backlog: backlog), at: time)
    }
    #expect(try decide(.mealPeriod).isApproved)
    #expect(try decide(.keyed(Fen(1500))).isApproved)
    #expect(try decide(.keyed(Fen(1501))).reason == .needsCentre)
    let hadOne = AccountCounters(aloneApprovals: 1, aloneTotal: Fen(1))
    #expect(try decide(.keyed(Fen(1)), counters: hadOne).reason == .needsCentre)
    let between = CoreFixture.time(Self.noon + 3 * 3_600_000)
    #expect(try decide(.keyed(Fen(1)), at: between).reason == .needsCentre)
    #expect(try decide(.mealPeriod, trust: .anonymous).reason == .needsCentre)
  }
}
