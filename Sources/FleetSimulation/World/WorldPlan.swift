import CanteenModel
import SeededRandom

/// What a world is made of, drawn from its seed.
struct WorldPlan {
  let seed: UInt64
  /// By canteen: how many terminals. A canteen is a list of terminals on one LAN; when LAN groups are
  /// simulated, the LAN can be cut between any two of them here.
  let terminalsAt: [Int]
  let accounts: Int
  let attackers: Int
  /// How long a terminal rests when it has settled.
  let syncMilliseconds: Int64
  /// Whether terminals can ask the centre: one that is pulled cannot.
  let isPushed: Bool
  /// How long the way of a message takes at most.
  let latencyMilliseconds: Int64
  let retentionDays: Int64
  /// How many of a hundred usual faults: 0 to 300.
  let faultPercent: Int64
  let nextSize: Int
  let serialTrust: TrustClass
  /// Chances in thousandths.
  let roamPermille: Int
  let snackPermille: Int

  init(seed: UInt64) {
    self.seed = seed
    var dice = SplitMix64(seed: seed, number: 1)
    let shapes = [[1], [2], [3], [1, 1], [2, 1], [3, 1], [2, 2], [4], [1, 2, 1], [5]]
    terminalsAt = shapes[dice.below(shapes.count)]
    accounts = 12 + dice.below(120)
    attackers = dice.below(4)
    let hours: [Int64] = [4, 12, 24, 24, 36, 48]
    isPushed = dice.chance(permille: 250)
    syncMilliseconds = hours[dice.below(hours.count)] * 3_600_000
    latencyMilliseconds = [20, 60, 120, 400][dice.below(4)]
    retentionDays = [1, 3, 10, 30][dice.below(4)]
    faultPercent = [0, 30, 100, 100, 200, 300][dice.below(6)]
    nextSize = [500, 500, 60, 200][dice.below(4)]
    serialTrust = [.weak, .weak, .medium, .anonymous][dice.below(4)]
    roamPermille = [20, 100, 300][dice.below(3)]
    snackPermille = [300, 900][dice.below(2)]
  }

  /// For how many days subsidy is one tranche: fewer where many eat, whose worlds are short.
  var trancheDays: Int32 { accounts > 40 ? 4 : 30 }

  /// 2026-03-01T00:00:00 in China.
  static let beginning: Int64 = 1_772_294_400_000
  static let firstDay: Int32 = 20_513
  static let dayMilliseconds: Int64 = 86_400_000
  static let utcOffsetMinutes = 480

  /// Rulebooks of a world: the first, and those that follow it.
  func rulebook(version: Int64, from day: Int32, _ dice: inout SplitMix64) -> Rulebook {
    let periods = [
      MealPeriod(
        number: 1, name: "早餐", startMinute: 390, endMinute: 510, price: Fen(600)),
      MealPeriod(
        number: 2, name: "午餐", startMinute: 660, endMinute: 780,
        price: Fen(version == 1 ? 1_500 : 1_200 + 100 * Int64(dice.below(6)))),
      MealPeriod(
        number: 3, name: "晚餐", startMinute: 1_020, endMinute: 1_140, price: Fen(1_200)),
    ]
    let caps: (home: Int64, alone: Int64) =
      version == 1
      ? (4_000, 2_500) : [(4_000, 2_500), (3_000, 2_000), (5_000, 1_600)][dice.below(3)]
    return Rulebook(
      version: version, legalBasis: "SIM-\(version)", utcOffsetMinutes: Self.utcOffsetMinutes,
      mealPeriods: periods, spendOrder: [.subsidy, .personal], singleLimit: Fen(20_000),
      salesPerMeal: 3, repeatGuardSeconds: 30, effectiveFromDay: day, guestsPerMeal: 1,
      offline: OfflineCaps(
        home: Fen(caps.home), alone: Fen(caps.alone), approvals: 2, serialTrust: serialTrust,
        lease: Fen(serialTrust == .anonymous ? 3_000 : 0)),
      brakes: Brakes(total: Fen(20_000_000), records: 20_000, hours: 72))
  }
}
