import CanteenModel
import SeededRandom

/// What a world is made of, drawn from its seed.
struct WorldPlan {
  let seed: UInt64
  /// By canteen: how many terminals. They are on one LAN, which falls into parts.
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
  /// How many of a hundred faults at ``FaultKind/minutes``, which is a fault in some twelve presentations: 0 to
  /// 300. Most worlds are calmer than that.
  let faultPercent: Int64
  /// How long the centre takes from a record to its money, at most; 0: it posts what it acknowledges. One that
  /// is spread over several machines moves legs later.
  let postingMilliseconds: Int64
  /// How many rows a page of the feed has.
  let rowsPerPage: Int
  let nextSize: Int
  let serialTrust: TrustClass
  /// Whether the terminals of a canteen reserve with one another, by every rulebook of the world.
  let groups: PeerGrouping
  /// For how many days subsidy is one tranche, which may be spent as long again. In a world of short ones
  /// accounts come to have more of them than a row of the feed takes.
  let trancheDays: Int32
  /// Chances in thousandths.
  let roamPermille: Int
  let snackPermille: Int

  /// When meals are served, in minutes of the local day: breakfast, lunch, supper, and in some worlds a meal that goes
  /// beyond midnight.
  let meals: [(start: Int, end: Int)]
  /// Whether the diners' own money is spent first (C3).
  let ownFirst: Bool
  /// Whether limits and prices are the usual ones.
  let isPlain: Bool
  /// Whether terminals may store little.
  let isTight: Bool

  /// One world in so many is as rough as those in which planted bugs are looked for.
  static let roughOneIn = 20

  /// - Parameter isRough: Whether faults are common; `nil`: as the seed says.
  init(seed: UInt64, isRough: Bool? = nil) {
    self.seed = seed
    var dice = SplitMix64(seed: seed, number: 1)
    let shapes = [[1], [2], [3], [1, 1], [2, 1], [3, 1], [2, 2], [4], [1, 2, 1], [5]]
    terminalsAt = shapes[dice.below(shapes.count)]
    accounts = 12 + dice.below(120)
    attackers = dice.below(4)
    let hours: [Int64] = [4, 12, 24, 24, 36, 48, 48, 60]
    isPushed = dice.chance(permille: 250)
    syncMilliseconds = hours[dice.below(hours.count)] * 3_600_000
    latencyMilliseconds = [20, 60, 120, 400][dice.below(4)]
    retentionDays = [1, 3, 10, 30][dice.below(4)]
    nextSize = [500, 500, 60, 200][dice.below(4)]
    serialTrust = [.weak, .weak, .medium, .anonymous][dice.below(4)]
    roamPermille = [20, 100, 300][dice.below(3)]
    snackPermille = [300, 900][dice.below(2)]
    let isRare = dice.below(Self.roughOneIn) != 0
    let (usual, rough) = (dice.below(6), dice.below(6))
    faultPercent =
      isRough ?? !isRare ? [30, 100, 100, 200, 300, 300][rough] : [3, 7, 11, 14, 17, 22][usual]
    let lag: [Int64] = [0, 0, 0, 2, 20, 50]
    postingMilliseconds = lag[dice.below(6)] * 3_600_000
    rowsPerPage = [12, 64, 64, 200][dice.below(4)]
    trancheDays = [2, 8, 30, 30, 90, 90][dice.below(6)]
    let shares: [PeerGrouping] =
      isRough == true
      ? [.none, .none, .none, .none, .any, .any, .whole, .whole]
      : [.none, .none, .none, .none, .none, .none, .any, .whole]
    groups = shares[dice.below(8)]
    let night = dice.chance(permille: 300) ? [(start: 1_380, end: 60)] : []
    meals = [(390, 510), (660, 780), (1_020, 1_140)] + night
    ownFirst = dice.chance(permille: 300)
    isPlain = dice.chance(permille: 400)
    isTight = dice.chance(permille: 250)
  }

  /// Accounts of units that invite to official meals, behind those of the diners.
  static let units = 2

  /// Who the accounts are of, as far as rules ask.
  func people(_ homes: [CanteenID], _ dice: inout SplitMix64) -> Policy {
    var diners: [Policy.Diner] = []
    var units: [CanteenID?] = []
    for home in homes {
      var diner = Policy.Diner()
      if dice.chance(permille: 250) { diner.category = DinerCategory(1) }
      for period in 1...meals.count where dice.chance(permille: 700) {
        diner.homePrices[UInt8(period)] = Fen(dice.between(4, 18) * 100)
      }
      diners.append(diner)
      units.append(dice.chance(permille: 60) ? nil : home)
    }
    for _ in 0..<Self.units {
      diners.append(Policy.Diner())
      units.append(CanteenID(1))
    }
    return Policy(homes: units, diners: diners)
  }

  /// 2026-03-25T00:00:00 in China: a month soon ends, from when on its first sales may be removed.
  static let beginning: Int64 = 1_774_368_000_000
  static let firstDay: Int32 = 20_537
  static let dayMilliseconds: Int64 = 86_400_000
  static let utcOffsetMinutes = 480
}
