import CanteenModel
import Foundation
import SQLStore
package import SettlementCore

extension Books {
  /// Puts a policy into force from its first day on.
  ///
  /// - Parameter file: As ``PolicyFile`` reads it.
  /// - Returns: The policy.
  /// - Throws: ``StoreError/refused(_:)``: for what it contains, for a version that is not the next one, and for a first
  ///   day before that of the version before.
  package func setPolicy(
    _ file: [UInt8], by people: TwoPeople
  ) async throws(StoreError) -> ProgrammePolicy {
    let policy = try PolicyFile.read(file)
    let set = try await write { db in
      let newest = try db.row(
        "SELECT version, effective_from_day FROM policy ORDER BY version DESC LIMIT 1")
      let last: Int64 = try newest?.integer("version") ?? 0
      guard policy.version == last + 1 else {
        throw StoreError.refused(["version: the next one is \(last + 1)"])
      }
      if let newest, policy.effectiveFromDay < (try newest.integer("effective_from_day") as Int32) {
        throw StoreError.refused([
          "effectiveFrom: before the first day of version \(last): what was in force stays so"
        ])
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let document = String(decoding: try encoder.encode(policy), as: UTF8.self)
      try db.insert(
        into: "policy",
        [
          "version", "effective_from_day", "document", "proposed_by", "approved_by", "approved_ms",
        ],
        [
          [
            policy.version, Int64(policy.effectiveFromDay), document, people.proposer,
            people.approver, self.now,
          ]
        ])
      // What units may set may be less from that day on.
      try self.publishLines(db)
      return policy
    }
    ring()
    return set
  }

  /// Today's local day as the books reckon it, in days since 1970-01-01.
  package func today() async throws(StoreError) -> Int32 {
    try await read { db in try self.localDay(db) }
  }

  /// The policy that is in force on a local day, in days since 1970-01-01.
  ///
  /// - Throws: ``StoreError/refused(_:)`` when there is none: no number of the programme is a constant of the program.
  package func policy(on day: Int32) async throws(StoreError) -> ProgrammePolicy {
    try await read { db in try self.policy(on: day, db) }
  }

  func policy(on day: Int32, _ db: any Database) throws -> ProgrammePolicy {
    let document: String? = try db.value(
      """
      SELECT document FROM policy WHERE effective_from_day <= ?
      ORDER BY effective_from_day DESC, version DESC LIMIT 1
      """, [Int64(day)])
    guard let document else {
      throw StoreError.refused([
        "no policy is in force on \(CivilDate(day: day)): canteen-settlement policy set --help"
      ])
    }
    do {
      return try JSONDecoder().decode(ProgrammePolicy.self, from: Data(document.utf8))
    } catch {
      throw StoreError.damaged("the policy of \(CivilDate(day: day)) cannot be read: \(error)")
    }
  }

  /// The calendar of days that are not as their weekday says.
  func workingDays(_ db: any Database) throws -> WorkingDays {
    WorkingDays(exceptions: try db.values("SELECT day FROM calendar_exception"))
  }
}
