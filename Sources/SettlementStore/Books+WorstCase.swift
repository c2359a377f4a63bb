package import CanteenModel
import Foundation
import SQLStore
package import SettlementCore
import SyncProtocol

/// A rulebook that waits for its signature, and what it can cost beside the one in force.
package struct RulesPreview: Hashable, Sendable, Codable {
  package let version: Int64
  package let legalBasis: String
  package let proposed: WorstCase
  /// `nil` when none is in force.
  package let inForceVersion: Int64?
  package let inForce: WorstCase?
}

extension Books {
  /// Reads a rulebook and reckons what it can cost, with the accounts, balances and terminals of now.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for a file that is no rulebook.
  package func previewRulebook(_ file: [UInt8]) async throws(StoreError) -> RulesPreview {
    let rulebook = try RulebookFile.read(file)
    let (current, canteens) = try await read { db in
      (
        try self.rulebookInForce(db),
        try db.rows(
          // One that has read that it is retired approves nothing.
          "SELECT canteen FROM terminal WHERE tail_told = 0"
        ).map { row in
          let canteen: UInt32 = try row.integer("canteen")
          return canteen == 0 ? nil : CanteenID(canteen)
        }
      )
    }
    var proposed = WorstCaseSum(rulebook, terminalsAt: canteens)
    var inForce = current.map { WorstCaseSum($0, terminalsAt: canteens) }
    var behind: Int64 = 0
    while true {
      let from = behind
      let slice = try await read { db in try Self.balances(behind: from, db) }
      guard let last = slice.last else { break }
      do {
        for account in slice {
          try proposed.add(homeCanteen: account.home, balance: account.balance)
          try inForce?.add(homeCanteen: account.home, balance: account.balance)
        }
      } catch {
        throw StoreError.refused(["the worst case does not fit into 64 bits of fen"])
      }
      behind = last.number
    }
    return RulesPreview(
      version: rulebook.version, legalBasis: rulebook.legalBasis, proposed: proposed.result,
      inForceVersion: current?.version, inForce: inForce?.result)
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
