import CanteenModel
import Journal
import RecordingDisk
import SeededRandom
import SyncProtocol
import Synchronization

/// One ledger at which two lanes race, round after round, each at an account of its own.
struct LaneRace {
  private let plan: TwoLanes.Plan
  /// What each account has; by index.
  private let balances: [PurseAmounts]

  private static let price: Int64 = 1500
  private static let aloneCap: Int64 = 2500
  private static let strangerLane = LaneID(9)
  /// 2026-11-23 12:00 in China.
  private static let noon: Int64 = 1_795_406_400_000
  private static let limit: [TwoLanes.Limit: DeclineReason] = [
    .money: .insufficientBalance, .cap: .needsCentre,
  ]

  init(_ plan: TwoLanes.Plan, _ random: inout SplitMix64) {
    self.plan = plan
    balances = (0..<plan.rounds).map { _ in
      let total = plan.limit == .money ? Self.price + Int64(random.below(Int(Self.price))) : 30_000
      let subsidy = Int64(random.below(Int(total) + 1))
      return PurseAmounts(subsidy: Fen(subsidy), personal: Fen(total - subsidy))
    }
  }

  func run(_ tally: inout TwoLanes.Tally, _ random: inout SplitMix64) async throws {
    let folder = try ImageFolder()
    let gate = GroupGate()
    let elapsed = Mutex<Int64>(0)
    let journal = try Journal(
      Journal.Configuration(
        path: folder.path + "/ledger.sqlite", terminal: LabTerminal.id, key: SigningKey(),
        bootID: "race", clockFloorMilliseconds: 0,
        readClock: {
          gate.pass()
          let now = elapsed.withLock { elapsed in
            elapsed += 1
            return elapsed
          }
          return ClockReading(wallMilliseconds: Self.noon + now, bootMilliseconds: now)
        }))
    try await journal.apply(page())
    for round in balances.indices where tally.first == nil {
      tally.first = try await race(round, at: journal, gate, &tally, &random)
        .map { "ledger \(plan.number), round \(round): \($0)" }
    }
    if tally.first == nil, let finding = try await journal.verify().findings.first {
      tally.first = "ledger \(plan.number) does not verify: \(finding)"
    }
    try journal.close()
  }

  /// - Returns: What is wrong; `nil` when one lane was told yes and the other no.
  private func race(
    _ round: Int, at journal: Journal, _ gate: GroupGate, _ tally: inout TwoLanes.Tally,
    _ random: inout SplitMix64
  ) async throws -> String? {
    let prices = [price(of: round, &random), price(of: round, &random)]
    let isSwapped = random.chance(permille: 500)
    let lanes = isSwapped ? [2, 1] : [1, 2]
    gate.arm()
    // Somebody whom nobody knows: his group is held until both lanes wait behind it.
    async let stranger = journal.authorise(
      SaleRequest(
        lane: Self.strangerLane, medium: .card,
        credential: Credential(kind: .cardSerial, value: [9, 9, 9, 9]), price: .keyed(Fen(1))))
    while !gate.isHolding, !journal.isStopped { await Task.yield() }
    async let first = journal.authorise(request(round, lane: lanes[0], prices[0]))
    async let second = journal.authorise(request(round, lane: lanes[1], prices[1]))
    while journal.waitingRequests < 2, !journal.isStopped { await Task.yield() }
    gate.release()
    _ = try await stranger
    let outcomes = [try await first, try await second]
    if plan.limit == .money { tally.moneyRounds += 1 } else { tally.capRounds += 1 }
    return judge(outcomes, lanes, balance: balances[round], &tally)
  }

  private func judge(
    _ outcomes: [SaleOutcome], _ lanes: [Int], balance: PurseAmounts, _ tally: inout TwoLanes.Tally
  ) -> String? {
    let approved = outcomes.indices.filter { outcomes[$0].approved != nil }
    guard approved.count == 1, let winner = approved.first, let sale = outcomes[winner].approved
    else { return "\(approved.count) approvals of \(balance)" }
    let loser = outcomes[1 - winner]
    guard case .declined(let decline, _) = loser.verdict, decline.reason == Self.limit[plan.limit]
    else { return "the other lane was told \(loser.verdict)" }
    let left = balance.subsidy.value + balance.personal.value - sale.total.value
    let shown = loser.diner.map { $0.available.subsidy.value + $0.available.personal.value }
    guard shown == left else { return "\(left) fen are left, the other lane saw \(shown ?? -1)" }
    // The one that was refused came behind, and nothing between them.
    if loser.position.sequence == outcomes[winner].position.sequence.next { tally.together += 1 }
    tally.approvals[lanes[winner] - 1] += 1
    return nil
  }

  /// More than half of what there is, and no more than that.
  private func price(of round: Int, _ random: inout SplitMix64) -> SalePrice {
    guard plan.limit == .money else {
      return .keyed(Fen(Self.aloneCap / 2 + 1 + Int64(random.below(Int(Self.aloneCap / 2)))))
    }
    if random.chance(permille: 500) { return .mealPeriod }
    let total = balances[round].subsidy.value + balances[round].personal.value
    let half = total / 2
    return .keyed(Fen(half + 1 + Int64(random.below(Int(total - half)))))
  }

  private func request(_ round: Int, lane: Int, _ price: SalePrice) -> SaleRequest {
    SaleRequest(
      lane: LaneID(UInt16(lane)), medium: .card, credential: LabFeed.card(Int64(round) + 1),
      price: price)
  }

  private func page() -> FeedPage {
    let cap = Fen(plan.limit == .cap ? Self.aloneCap : 1_000_000)
    let rulebook = Rulebook(
      version: 1, legalBasis: "实验〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: [
        MealPeriod(
          number: 2, name: "午餐", startMinute: 600, endMinute: 1200, price: Fen(Self.price))
      ], spendOrder: [.subsidy, .personal], singleLimit: Fen(10_000), salesPerMeal: 10,
      repeatGuardSeconds: 0,
      offline: OfflineCaps(home: cap, alone: cap, approvals: 10, serialTrust: .medium))
    return FeedPage(
      terminal: LabTerminal.id, fromCursor: 0, toCursor: 1, hasMore: false,
      accounts: balances.enumerated().map { index, balance in
        AccountSnapshot(
          account: AccountID(Int64(index) + 1), maskedName: "王*明", status: .active,
          homeCanteen: LabFeed.place.canteen, tranches: balance.withoutTranches, version: 1,
          includes: nil, credentials: [LabFeed.card(Int64(index) + 1)])
      }, rulebook: rulebook, place: LabFeed.place, timeMilliseconds: Self.noon)
  }
}
