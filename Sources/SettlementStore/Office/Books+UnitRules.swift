package import CanteenModel
import Foundation
import SQLStore
package import SettlementCore
import Synchronization

/// What a unit set for a canteen, and how it stands (S35, C8).
package struct UnitRulesLine: Hashable, Sendable, Codable {
  package let rules: UnitRules
  package let people: TwoPeople
  /// Unix time.
  package let approvedMilliseconds: Int64
  package let standing: Standing
  /// Why they are suspended: each line names the field, and what it may be.
  package let suspended: [String]

  package enum Standing: String, Sendable, Codable {
    /// Their first day has not come.
    case coming
    case inForce
    /// The city's rulebook or the policy leaves them no room: the canteen has the city's rules until a new revision fits.
    case suspended
    /// Newer ones have come into force.
    case replaced
  }
}

/// What new rules of a unit change, as two people decide on it.
package struct UnitRulesChange: Hashable, Sendable, Codable {
  package let rules: UnitRules
  /// Beside what would hold in the canteen on their first day (``RulebookDifference``).
  package let difference: [String]
}

/// The same, with what it can cost and what it would have done.
package struct UnitRulesPreview: Hashable, Sendable, Codable {
  package let change: UnitRulesChange
  package let proposed: WorstCase
  package let inForce: WorstCase
  /// One line at most: other canteens are as before.
  package let trial: [RuleTrialLine]
}

/// Which rulebook a terminal has, and which one it is to have.
package struct TerminalRules: Hashable, Sendable, Codable {
  package let terminal: UInt32
  package let name: String
  package let canteen: UInt32
  /// The newest that it showed to have taken, those to come included; `nil`: it has not asked since the centre started.
  package let version: Int64?
  /// The newest that waits for it.
  package let newest: Int64
  /// Unix time in milliseconds at which it asked last.
  package let heardMilliseconds: Int64?

  package var isCurrent: Bool { version == newest }
}

extension Books {
  /// Puts a unit's rules for one of its canteens into force from their first day on: the terminals there are given the
  /// city's rulebook with these laid over it.
  ///
  /// - Parameter file: As ``UnitRulesFile`` reads it.
  /// - Throws: ``StoreError/refused(_:)`` with every field that is not the unit's to set or goes beyond what the policy
  ///   allows; for a day that is over, or before the first day of the revision before.
  package func setUnitRules(
    _ file: [UInt8], of canteen: CanteenID, by people: TwoPeople
  ) async throws(StoreError) -> UnitRulesChange {
    let file = try UnitRulesFile(file)
    let change = try await write { db in
      var sources = try self.ruleSources(db)
      let change = try self.change(file, of: canteen, sources, db)
      try db.insert(
        into: "unit_rules",
        [
          "canteen", "revision", "effective_from_day", "document", "proposed_by", "approved_by",
          "approved_ms",
        ],
        [
          [
            canteen.number, change.rules.revision, Int64(change.rules.effectiveFromDay),
            try DecidedText.of(change.rules), people.proposer, people.approver, self.now,
          ]
        ])
      sources.unit.append(change.rules)
      _ = try self.publishLine(of: canteen, sources, db)
      return change
    }
    ring()
    return change
  }

  /// What a unit's rules would change, cost and have done; nothing is written.
  ///
  /// - Throws: As ``setUnitRules(_:of:by:)``.
  package func previewUnitRules(
    _ file: [UInt8], of canteen: CanteenID
  ) async throws(StoreError) -> UnitRulesPreview {
    let file = try UnitRulesFile(file)
    let (before, change) = try await read { db in
      let sources = try self.ruleSources(db)
      return (sources, try self.change(file, of: canteen, sources, db))
    }
    var after = before
    after.unit.append(change.rules)
    let day = change.rules.effectiveFromDay
    guard let held = before.rules(on: day), let proposed = after.rules(on: day) else {
      throw .damaged("rules that were just read are gone")
    }
    return UnitRulesPreview(
      change: change, proposed: try await worstCase(of: proposed),
      inForce: try await worstCase(of: held),
      trial: try await trial(of: proposed, beside: held, in: canteen))
  }

  private func change(
    _ file: UnitRulesFile, of canteen: CanteenID, _ sources: RuleSources, _ db: any Database
  ) throws -> UnitRulesChange {
    guard try db.hasRow("SELECT 1 FROM canteen WHERE number = ?", [canteen.number]) else {
      throw StoreError.refused(["canteen \(canteen.number) is not in the registry"])
    }
    let newest = sources.unit.last { $0.canteen == canteen }
    let rules = try file.rules(of: canteen, revision: (newest?.revision ?? 0) + 1)
    let earliest = max(sources.today, newest?.effectiveFromDay ?? 0)
    guard rules.effectiveFromDay >= earliest else {
      throw StoreError.refused([
        "effectiveFrom: \(CivilDate(day: earliest)) or later: what was in force stays so"
      ])
    }
    guard let held = sources.rules(on: rules.effectiveFromDay) else {
      throw StoreError.refused([
        "effectiveFrom: the city has no rulebook on \(CivilDate(day: rules.effectiveFromDay)): "
          + "canteen-settlement rules sign"
      ])
    }
    let policy = sources.policies.last { $0.effectiveFromDay <= rules.effectiveFromDay }
    let faults = rules.faults(under: held.city, policy?.unitRules)
    guard faults.isEmpty else { throw StoreError.refused(faults) }
    return UnitRulesChange(
      rules: rules,
      difference: RulebookDifference.lines(
        from: held.rulebook(at: canteen), to: rules.laid(over: held.city)))
  }

  /// What units set for their canteens, by canteen and revision, with what became of it.
  ///
  /// - Parameter canteen: `nil`: all of them.
  package func unitRules(of canteen: CanteenID? = nil) async throws(StoreError) -> [UnitRulesLine] {
    try await read { db in
      let sources = try self.ruleSources(db)
      let rows = try db.rows("SELECT * FROM unit_rules ORDER BY canteen, revision")
      return try zip(rows, sources.unit).map { row, rules in
        let people = TwoPeople(
          proposer: try row.text("proposed_by"), approver: try row.text("approved_by"))
        guard let people else { throw StoreError.damaged("rules of a unit have one person") }
        let (standing, faults) = Self.standing(of: rules, sources)
        return UnitRulesLine(
          rules: rules, people: people, approvedMilliseconds: try row.integer("approved_ms"),
          standing: standing, suspended: faults)
      }.filter { canteen == nil || $0.rules.canteen == canteen }
    }
  }

  private static func standing(
    of rules: UnitRules, _ sources: RuleSources
  ) -> (UnitRulesLine.Standing, [String]) {
    let newer = sources.unit.filter {
      $0.canteen == rules.canteen && $0.revision > rules.revision
    }
    let day = max(sources.today, rules.effectiveFromDay)
    guard !newer.contains(where: { $0.effectiveFromDay <= day }) else { return (.replaced, []) }
    let stretch = sources.line(of: rules.canteen).stretch(on: day)
    if let faults = stretch?.suspended, !faults.isEmpty { return (.suspended, faults) }
    return (day > sources.today ? .coming : .inForce, [])
  }

  /// Which terminal has which rulebook, by number; none that is retired.
  ///
  /// - Parameter canteen: Only there; `nil`: everywhere.
  package func terminalRules(
    in canteen: CanteenID? = nil
  ) async throws(StoreError) -> [TerminalRules] {
    let progress = progress.withLock { $0 }
    return try await read { db in
      let rows = try db.rows(
        """
        SELECT number, name, canteen, COALESCE(
            (SELECT MAX(version) FROM canteen_rulebook
              WHERE canteen_rulebook.canteen = terminal.canteen),
            (SELECT MAX(version) FROM rulebook), 0) AS newest
        FROM terminal WHERE retired_ms IS NULL ORDER BY number
        """)
      return try rows.map { row in
        let number: UInt32 = try row.integer("number")
        let seen = progress[TerminalID(number)]
        return TerminalRules(
          terminal: number, name: try row.text("name"), canteen: try row.integer("canteen"),
          version: seen?.rulebook, newest: try row.integer("newest"),
          heardMilliseconds: seen?.milliseconds)
      }.filter { canteen == nil || $0.canteen == canteen?.number }
    }
  }
}

extension UnitRulesChange: Decided {
  package var decided: String { get throws { try DecidedText.of(self) } }
}
