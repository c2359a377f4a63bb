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

  /// Prints the world, and of each class what a policy refuses and loses: with each terminal alone, and with those
  /// of a canteen as a group.
  package func run(_ policy: OfflinePolicy) async throws {
    for groups in [PeerGrouping.none, .any] {
      let caps = policy.caps.with(groups)
      for world in Self.worlds {
        let week = OrdinaryWeek(seed: seed, weeks: weeks, world.with(caps))
        Console.say(week.assumptions)
        for kind in OrdinaryWeek.kinds {
          Console.say(try await week.result(kind).line(kind.name))
        }
      }
      for days in [1, OrdinaryWeek.Conditions.allCut.days] {
        Console.say(
          "  everything cut for \(days) days, their own networks, too: an account with ¥60 may owe at most "
            + "¥\(Fen(Self.bound(caps, days: days)).plainYuan)")
      }
    }
    Console.say("fleet: ok policy \(policy.rawValue) (\(weeks) weeks, seed \(seed))")
  }

  /// Σ over terminals of min(balance, periods × cap), with everything cut for so many days. At home those that form
  /// groups may approve half of the sum of both caps each (ARCHITECTURE.md, Groups, Lemma 2).
  static func bound(_ caps: OfflineCaps, days: Int) -> Int64 {
    let periods = Int64(OrdinaryWeek.meals.count * days)
    let home =
      caps.groups == .any ? (caps.home.value + caps.alone.value) / 2 : caps.alone.value
    let here = Int64(OrdinaryWeek.terminalsPerCanteen)
    let elsewhere = Int64(OrdinaryWeek.canteens - 1) * here
    return here * min(attackerFen, periods * home)
      + elsewhere * min(attackerFen, periods * caps.alone.value)
  }

  /// The caps of the curves, in yuan.
  private static let caps: [Int64] = [0, 5, 10, 15, 20, 25, 30, 40, 60]

  private static func offline(_ yuan: Int64) -> OfflineCaps {
    OfflineCaps(home: Fen(max(4_000, yuan * 100)), alone: Fen(yuan * 100), approvals: 2)
  }

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
        let tally = try await OrdinaryWeek(
          seed: seed, weeks: weeks, world.with(Self.offline(cap))
        ).result(Self.medium)
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
    let days = OrdinaryWeek.Conditions.allCut.days
    worst.append(
      LineChart.Line(
        name: "bound, everything cut for \(days) days",
        points: Self.caps.map { cap in
          (Double(cap), Double(Self.bound(Self.offline(cap), days: days)) / 100)
        }))
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

extension OfflineCaps {
  fileprivate func with(_ groups: PeerGrouping) -> OfflineCaps {
    OfflineCaps(
      home: home, alone: alone, approvals: approvals, serialTrust: serialTrust, lease: lease,
      groups: groups)
  }
}
