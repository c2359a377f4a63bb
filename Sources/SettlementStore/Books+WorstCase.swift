package import CanteenModel
import SQLStore
package import SettlementCore

/// A rulebook that waits for its signature, and what it changes beside what would hold without it.
package struct RulesPreview: Hashable, Sendable, Codable {
  package let version: Int64
  package let legalBasis: String
  package let proposed: WorstCase
  /// `nil` when none would hold on its first day.
  package let inForceVersion: Int64?
  package let inForce: WorstCase?
  /// What is different, one line for each field (``RulebookDifference``).
  package let difference: [String]
  /// Whose own rules would not fit any more, with the reason.
  package let suspensions: [String]
  /// What it would have done to the swipes of the last ``Books/trialDays`` days, by canteen.
  package let trial: [RuleTrialLine]
}

extension Books {
  /// Reads a rulebook and reckons what it changes, with the accounts, balances and terminals of now, and the swipes of
  /// the last days.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for a file that is no rulebook.
  package func previewRulebook(_ file: [UInt8]) async throws(StoreError) -> RulesPreview {
    let rulebook = try RulebookFile.read(file)
    let before = try await read { db in try self.ruleSources(db) }
    var after = before
    after.city = before.city.filter { $0.version < rulebook.version } + [rulebook]
    let day = max(before.today, rulebook.effectiveFromDay)
    let held = before.rules(on: day)
    guard let proposed = after.rules(on: day) else {
      throw .damaged("a rulebook that was just read is gone")
    }
    var inForce: WorstCase?
    if let held { inForce = try await worstCase(of: held) }
    return RulesPreview(
      version: rulebook.version, legalBasis: rulebook.legalBasis,
      proposed: try await worstCase(of: proposed), inForceVersion: held?.city.version,
      inForce: inForce, difference: RulebookDifference.lines(from: held?.city, to: rulebook),
      suspensions: after.suspensions(before: before),
      trial: try await trial(of: proposed, beside: held))
  }

  /// What rules can cost, with the accounts, balances and terminals of now.
  ///
  /// - Throws: ``StoreError/refused(_:)`` when it does not fit into 64 bits.
  func worstCase(of rules: CityRules) async throws(StoreError) -> WorstCase {
    let canteens = try await read { db in
      try db.rows(
        // One that has read that it is retired approves nothing.
        "SELECT canteen FROM terminal WHERE tail_told = 0"
      ).map { row in
        let canteen: UInt32 = try row.integer("canteen")
        return canteen == 0 ? nil : CanteenID(canteen)
      }
    }
    var sum = WorstCaseSum(rules.city, own: rules.own, terminalsAt: canteens)
    var behind: Int64 = 0
    while true {
      let from = behind
      let slice = try await read { db in try Self.balances(behind: from, db) }
      guard let last = slice.last else { return sum.result }
      do {
        for account in slice { try sum.add(homeCanteen: account.home, balance: account.balance) }
      } catch {
        throw StoreError.refused(["the worst case does not fit into 64 bits of fen"])
      }
      behind = last.number
    }
  }

  private static func balances(
    behind number: Int64, _ db: any Database
  ) throws -> [(number: Int64, home: CanteenID?, balance: Fen)] {
    let rows = try db.rows(
      """
      SELECT number, home_canteen, subsidy_fen, personal_fen FROM account
      WHERE number > ? ORDER BY number LIMIT 5000
      """, [number])
    return try rows.map { row in
      let home: UInt32 = try row.integer("home_canteen")
      let balance = try Fen(row.integer("subsidy_fen")) + Fen(row.integer("personal_fen"))
      return (try row.integer("number"), home == 0 ? nil : CanteenID(home), balance)
    }
  }

  /// The rulebooks that are in force or yet to come, newest last.
  package func rulebooks() async throws(StoreError) -> [Rulebook] {
    try await read { db in
      let all = try self.allRulebooks(db)
      let minutes = self.configuration.now() / 60_000
      let first = all.lastIndex {
        Int64($0.effectiveFromDay) <= (minutes + Int64($0.utcOffsetMinutes)) / 1440
      }
      return Array(all[(first ?? 0)...])
    }
  }
}
