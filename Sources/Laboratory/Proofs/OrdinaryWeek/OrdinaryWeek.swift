import CanteenModel
import SeededRandom

/// How often somebody is refused who should not be, in the ordinary week of the reference
/// (durability-and-risk, section 3): every figure that the answer depends on is here and is printed.
package struct OrdinaryWeek: Sendable {
  static let canteens = 5
  static let terminalsPerCanteen = 4
  static let diners = 3_000
  /// They tap at every terminal three times in every meal.
  static let attackers = 30
  static let tickMinutes = 10
  static let roamingPermille = 100
  static let secondPermille = 100
  /// Who has less than this left tops up: nine of ten at once, the tenth when refused.
  static let lowFen: Int64 = 3_000
  static let topUpFen: Int64 = 10_000

  struct Meal: Sendable {
    let period: MealPeriod
    /// How many of a thousand diners come.
    let permille: Int
  }

  static let meals = [
    Meal(
      period: MealPeriod(
        number: 1, name: "早餐", startMinute: 420, endMinute: 510, price: Fen(600)), permille: 600),
    Meal(
      period: MealPeriod(
        number: 2, name: "午餐", startMinute: 690, endMinute: 780, price: Fen(1_500)), permille: 900),
    Meal(
      period: MealPeriod(
        number: 3, name: "晚餐", startMinute: 1050, endMinute: 1140, price: Fen(1_200)),
      permille: 600),
  ]

  static func rulebook(_ caps: OfflineCaps) -> Rulebook {
    Rulebook(
      version: 1, legalBasis: "实验〔2026〕1号", utcOffsetMinutes: 480, mealPeriods: meals.map(\.period),
      spendOrder: [.subsidy, .personal], singleLimit: Fen(10_000), salesPerMeal: 10,
      repeatGuardSeconds: 0, offline: caps)
  }

  /// What is cut, and what a terminal that is cut off may do.
  struct Conditions: Sendable {
    let name: String
    /// How much of the time a canteen is cut off, and how long it lasts on average, in ticks.
    let wanDown: Outage.Kind
    /// While a canteen's own network is split, half of its terminals do not reach the line.
    let lanSplit: Outage.Kind
    /// From the centre's last word everywhere to the end, in days: 1 to 7.
    let days: Int
    var caps = OfflineCaps.standard

    static let ordinary = Conditions(
      name: "ordinary", wanDown: Outage.Kind(permille: 150, meanTicks: 18),
      lanSplit: Outage.Kind(permille: 100, meanTicks: 6), days: 7)
    /// Nobody reaches the centre, up to the brake of 72 hours.
    static let allCut = Conditions(
      name: "everything cut", wanDown: Outage.Kind(permille: 1_000, meanTicks: 1),
      lanSplit: Outage.Kind(permille: 0, meanTicks: 1), days: 3)

    func with(_ caps: OfflineCaps) -> Conditions {
      var other = self
      other.caps = caps
      return other
    }
  }

  /// What the diners of one week have in their hands, and buy.
  struct Kind: Sendable {
    let name: String
    let trust: TrustClass
    /// Of a thousand meals so many are paid with a keyed amount of ¥26 to ¥40 instead.
    let largePermille: Int
  }

  static let kinds = [
    Kind(name: "strong", trust: .strong, largePermille: 0),
    Kind(name: "medium", trust: .medium, largePermille: 0),
    Kind(name: "weak", trust: .weak, largePermille: 0),
    Kind(name: "strong, 1 in 100 pays ¥26-40", trust: .strong, largePermille: 10),
    Kind(name: "weak, 1 in 100 pays ¥26-40", trust: .weak, largePermille: 10),
  ]

  private let seed: UInt64
  private let weeks: Int
  let conditions: Conditions

  /// - Parameter weeks: How many weeks are added up. 1 or more.
  package init(seed: UInt64, weeks: Int) {
    self.seed = seed
    self.weeks = weeks
    conditions = .ordinary
  }

  init(seed: UInt64, weeks: Int, _ conditions: Conditions) {
    self.seed = seed
    self.weeks = weeks
    self.conditions = conditions
  }

  /// Prints a table.
  package func run() async throws {
    Console.say(assumptions)
    for kind in Self.kinds { Console.say(try await result(kind).line(kind.name)) }
    Console.say("ordinary-week: ok (\(weeks) weeks, seed \(seed))")
  }

  func result(_ kind: Kind) async throws -> Tally {
    var tally = Tally()
    for week in 0..<weeks {
      var run = WeekRun(kind, conditions, SplitMix64(seed: seed, number: week))
      tally.add(try await run.run())
    }
    return tally
  }

  var assumptions: String {
    let (wan, lan) = (conditions.wanDown, conditions.lanSplit)
    let prices = Self.meals.map {
      "\($0.period.name) ¥\($0.period.price.plainYuan) (\($0.permille / 10) %)"
    }
    return """
      ordinary-week: \(Self.diners) diners and \(Self.attackers) attackers who tap everywhere three \
      times a meal; \(Self.canteens) canteens of \(Self.terminalsPerCanteen) terminals, \(together).
        outages  WAN down \(wan.permille / 10) % of \(conditions.days) days, \
      \(wan.meanTicks * Self.tickMinutes) min on average; LAN split \
      \(lan.permille / 10) %, \(lan.meanTicks * Self.tickMinutes) min: half of the \
      terminals do not reach the line
        meals    \(prices.joined(separator: ", ")); \(Self.secondPermille / 10) % buy a second thing \
      for ¥2 to ¥5; \(Self.roamingPermille / 10) % eat at another canteen
        balances subsidy ¥0 to ¥400, personal ¥0 to ¥100, attackers ¥60; below \
      ¥\(Self.lowFen / 100) nine of ten top up ¥\(Self.topUpFen / 100) at once, the tenth when refused
        caps     ¥\(conditions.caps.home.plainYuan) at home where all terminals decide as one, \
      ¥\(conditions.caps.alone.plainYuan) alone, \(conditions.caps.approvals) approvals; weak: one \
      standard meal at home, nothing elsewhere; online above the cap the centre decides by its balance
      """
  }

  private var together: String {
    switch conditions.caps.groups {
    case .none: "each alone"
    case .any: "a group where two or more hear one another"
    case .whole: "a group where all hear one another"
    }
  }

  /// What came of it. A false decline: the diner had the money, all approvals everywhere counted.
  struct Tally: Sendable {
    var swipes = 0
    var offline = 0
    var falseDeclines: [DeclineReason: Int] = [:]
    /// By diners who did nothing wrong: what they owe at the end, in fen.
    var honestLoss: Int64 = 0
    /// The most that an attacker owes.
    var worstLoss: Int64 = 0

    var falseTotal: Int { falseDeclines.values.reduce(0, +) }
    /// In millionths of the swipes.
    var falseMillionths: Int { swipes == 0 ? 0 : falseTotal * 1_000_000 / swipes }

    mutating func add(_ other: Tally) {
      swipes += other.swipes
      offline += other.offline
      falseDeclines.merge(other.falseDeclines, uniquingKeysWith: +)
      honestLoss += other.honestLoss
      worstLoss = max(worstLoss, other.worstLoss)
    }

    func line(_ name: String) -> String {
      let digits = "\(falseMillionths % 10_000)"
      let percent =
        "\(falseMillionths / 10_000)." + String(repeating: "0", count: 4 - digits.count) + digits
      let reasons = falseDeclines.sorted { $0.key.rawValue < $1.key.rawValue }
        .map { "\($0.key) \($0.value)" }
      return
        "  \(name): \(swipes) swipes, \(offline) at a terminal that was cut off; false declines "
        + "\(falseTotal) = \(percent) % (\(reasons.joined(separator: ", "))); honest diners owe "
        + "¥\(Fen(honestLoss).plainYuan), the worst attacker ¥\(Fen(worstLoss).plainYuan)"
    }
  }
}
