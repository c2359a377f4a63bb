import CanteenModel
import Foundation

/// What a policy costs and whom it refuses: the ordinary week, and three days with everything cut, under other caps.
package struct PolicyStudy: Sendable {
  private let seed: UInt64
  private let weeks: Int

  /// - Parameter weeks: How many weeks are added up for each figure. 1 or more.
  package init(seed: UInt64, weeks: Int) {
    self.seed = seed
    self.weeks = weeks
  }

  private static let worlds = [OrdinaryWeek.Conditions.ordinary, .allCut]
  private static let medium = OrdinaryWeek.kinds[1]
  private static let weak = OrdinaryWeek.kinds[2]
  /// What each attacker begins with, in fen.
  private static let attackerFen: Int64 = 6_000
  private static let periods = OrdinaryWeek.meals.count

  /// Prints the world, and of each class what a policy refuses and loses.
  package func run(_ policy: OfflinePolicy) async throws {
    for world in Self.worlds {
      let week = OrdinaryWeek(seed: seed, weeks: weeks, world.with(policy.caps))
      Console.say(week.assumptions)
      for kind in OrdinaryWeek.kinds {
        Console.say(try await week.result(kind).line(kind.name))
      }
    }
    Console.say(
      "  with everything cut for a day an account with ¥60 may owe at most "
        + "¥\(Fen(Self.bound(policy.caps.alone.value)).plainYuan)")
    Console.say("fleet: ok policy \(policy.rawValue) (\(weeks) weeks, seed \(seed))")
  }

  /// Σ over terminals of min(balance, periods × cap), for a day.
  static func bound(_ capFen: Int64) -> Int64 {
    let terminals = Int64(OrdinaryWeek.canteens * OrdinaryWeek.terminalsPerCanteen)
    return terminals * min(attackerFen, Int64(periods) * capFen)
  }

  /// The caps of the curves, in yuan.
  private static let caps: [Int64] = [0, 5, 10, 15, 20, 25, 30, 40, 60]

  /// Draws what the cap costs and whom it refuses.
  ///
  /// - Parameter folder: Gets `policy-loss.svg` and `policy-declines.svg`.
  package func draw(into folder: String) async throws {
    var worst: [LineChart.Line] = []
    var declines: [LineChart.Line] = []
    for world in Self.worlds {
      var loss = LineChart.Line(name: "worst attacker, \(world.name)")
      var refused = LineChart.Line(name: "medium and strong, \(world.name)")
      for cap in Self.caps {
        let caps = OfflineCaps(
          home: Fen(max(4_000, cap * 100)), alone: Fen(cap * 100), approvals: 2)
        let tally = try await OrdinaryWeek(seed: seed, weeks: weeks, world.with(caps))
          .result(Self.medium)
        Console.say("  ¥\(cap): \(tally.line(world.name))")
        loss.points.append((Double(cap), Double(tally.worstLoss) / 100))
        refused.points.append((Double(cap), Double(tally.falseMillionths) / 10_000))
      }
      worst.append(loss)
      declines.append(refused)
      let weak = try await OrdinaryWeek(seed: seed, weeks: weeks, world).result(Self.weak)
      Console.say("  \(weak.line("weak, \(world.name)"))")
      declines.append(
        LineChart.Line(
          name: "weak, \(world.name)",
          points: Self.caps.map { (Double($0), Double(weak.falseMillionths) / 10_000) }))
    }
    worst.append(
      LineChart.Line(
        name: "bound for a day with everything cut",
        points: Self.caps.map { (Double($0), Double(Self.bound($0 * 100)) / 100) }))
    try LineChart(
      title: "What one account may owe, and the worst attacker owed (¥)",
      across: "cap of a terminal that is alone, ¥ for each meal", lines: worst
    ).write(to: "\(folder)/policy-loss.svg")
    try LineChart(
      title: "False declines (% of the swipes)",
      across: "cap of a terminal that is alone, ¥ for each meal", lines: declines
    ).write(to: "\(folder)/policy-declines.svg")
    Console.say("fleet: ok curves in \(folder) (\(weeks) weeks, seed \(seed))")
  }
}
