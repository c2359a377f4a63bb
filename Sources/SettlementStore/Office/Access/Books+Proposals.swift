package import CanteenModel
import Foundation
import SQLStore
package import SettlementCore
import SyncProtocol

/// What somebody proposed that one person alone may not do.
package struct ProposalLine: Hashable, Sendable, Codable {
  /// 1 or more.
  package let number: Int64
  /// A ``Verb``.
  package let verb: String
  package let subject: String
  /// Whose act it is; `nil`: the whole programme's.
  package let unit: UnitID?
  /// What it would do, as it was tried when it was proposed.
  package let preview: String
  package let proposer: String
  /// Unix time.
  package let proposedMilliseconds: Int64
  /// open, executed, refused or withdrawn.
  package let state: String
  package let decider: String?
  package let decidedMilliseconds: Int64?
  package let reason: String?
}

/// A proposal with what its execution needs.
package struct Proposal: Sendable {
  package let line: ProposalLine
  package let body: [UInt8]
}

extension Books {
  /// How many proposals may be open: a city's units hand in their rosters and evaluations within the same days.
  static let openProposalLimit: Int64 = 1_000
  /// What their bodies may come to, in bytes: 1 GiB.
  static let openProposalBytesLimit: Int64 = 1024 * 1024 * 1024
  /// The largest body of one, in bytes.
  package static let proposalBytesLimit = 32 * 1024 * 1024
  /// The most that ``proposals(behind:isOpen:)`` lists.
  package static let proposalListLimit = 500

  /// Keeps what somebody proposes.
  ///
  /// - Parameters:
  ///   - subject: What it is about: the argument of the verb, for example a hold's id.
  ///   - unit: Whose act it is; `nil`: the whole programme's.
  ///   - basis: Of ``rehearsing(_:)``.
  /// - Returns: Its number.
  package func propose(
    _ verb: Verb, on subject: String, of unit: UnitID? = nil, body: [UInt8], preview: String,
    basis: Digest32, by proposer: String
  ) async throws(StoreError) -> ProposalLine {
    guard body.count <= Self.proposalBytesLimit else {
      throw .refused(["a proposal has \(Self.proposalBytesLimit) bytes at most: split the file"])
    }
    return try await write { db in
      try Self.checkHasRoom(for: body.count, db)
      let number = (try db.value("SELECT MAX(number) FROM proposal") ?? Int64(0)) + 1
      try db.execute(
        """
        INSERT INTO proposal (number, verb, subject, unit, body, preview, basis, proposer, proposed_ms, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')
        """,
        [
          number, verb.rawValue, subject, unit?.number, Data(body), preview, basis.blob, proposer,
          self.now,
        ])
      try self.append(
        AuditEntry(
          proposer, verb.rawValue,
          on: "proposal \(number)" + (subject.isEmpty ? "" : ": \(subject)"),
          .proposed, body: body), db)
      return try self.proposal(number, db).line
    }
  }

  private static func checkHasRoom(for bytes: Int, _ db: any Database) throws {
    let row = try db.row(
      "SELECT COUNT(*) AS number, COALESCE(SUM(length(body)), 0) AS bytes FROM proposal WHERE state = 'open'"
    )
    guard let row else { throw StoreError.damaged("an aggregate has a row") }
    let open: Int64 = try row.integer("number")
    guard open < openProposalLimit,
      try row.integer("bytes") + Int64(bytes) <= openProposalBytesLimit
    else { throw StoreError.refused(["\(open) proposals are open: decide some of them first"]) }
  }

  /// The proposals behind a number, oldest first; at most ``proposalListLimit``.
  ///
  /// - Parameter unit: Whose; `nil`: everybody's.
  package func proposals(
    behind number: Int64 = 0, of unit: UnitID? = nil, isOpen: Bool
  ) async throws(StoreError) -> [ProposalLine] {
    try await read { db in
      var conditions = "number > ?" + (isOpen ? " AND state = 'open'" : "")
      var arguments: SQLArguments = [number]
      if let unit {
        conditions += " AND unit = ?"
        arguments = arguments + [unit.number]
      }
      return try db.rows(
        """
        SELECT number, verb, subject, unit, preview, proposer, proposed_ms, state, decider, decided_ms, reason
        FROM proposal WHERE \(conditions) ORDER BY number LIMIT ?
        """, arguments + [Self.proposalListLimit]
      ).map(ProposalLine.init)
    }
  }

  /// - Throws: ``StoreError/refused(_:)`` when there is none.
  package func proposal(_ number: Int64) async throws(StoreError) -> Proposal {
    try await read { db in try self.proposal(number, db) }
  }

  private func proposal(_ number: Int64, _ db: any Database) throws -> Proposal {
    guard let row = try db.row("SELECT * FROM proposal WHERE number = ?", [number]) else {
      throw StoreError.refused(["there is no proposal \(number)"])
    }
    return Proposal(
      line: try ProposalLine(row), body: Array((row["body"] as Data?) ?? Data()))
  }

  /// Refuses a proposal, or takes the own one back.
  package func close(
    proposal number: Int64, reason: String, by login: String
  ) async throws(StoreError) -> ProposalLine {
    guard (1...500).contains(reason.count) else { throw .refused(["say why, in 500 characters"]) }
    return try await write { db in
      let line = try self.proposal(number, db).line
      let state = line.proposer == login ? "withdrawn" : "refused"
      let closed = try db.execute(
        """
        UPDATE proposal SET state = ?, decider = ?, decided_ms = ?, reason = ?
        WHERE number = ? AND state = 'open'
        """, [state, login, self.now, reason, number])
      guard closed == 1 else { throw Self.alreadyDecided(line) }
      return try self.proposal(number, db).line
    }
  }

  /// Executes what was proposed: the act, that it was decided, and the row of the audit log are one transaction.
  ///
  /// - Parameter act: The act; it must do the very same as when it was tried.
  /// - Throws: ``StoreError/refused(_:)`` when it was decided meanwhile, or would now do something else.
  package func execute<Value: Sendable>(
    proposal number: Int64, by people: TwoPeople,
    _ act: () async throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let accompaniment = Accompaniment { result, db in
      let proposal = try self.proposal(number, db)
      try self.decide(proposal, by: people, result, db)
      try self.append(
        AuditEntry(
          people.approver, proposal.line.verb,
          on: "proposal \(number) of \(people.proposer)", body: proposal.body), db)
    }
    return try await accompanied(by: accompaniment, act)
  }

  private func decide(
    _ proposal: Proposal, by people: TwoPeople, _ result: Digest32, _ db: any Database
  ) throws {
    let line = proposal.line
    var mayBe = "AND state = 'open'"
    #if SEEDED_BUGS
      if plantedAccess == .proposalRunsTwice { mayBe = "" }
    #endif
    let decided = try db.execute(
      """
      UPDATE proposal SET state = 'executed', decider = ?, decided_ms = ?
      WHERE number = ? AND proposer = ? \(mayBe)
      """, [people.approver, now, line.number, people.proposer])
    guard decided == 1 else { throw Self.alreadyDecided(line) }
    #if SEEDED_BUGS
      if plantedAccess == .changedBasisRuns { return }
    #endif
    guard
      try db.hasRow(
        "SELECT 1 FROM proposal WHERE number = ? AND basis = ?", [line.number, result.blob])
    else {
      throw StoreError.refused([
        "proposal \(line.number) would do something else now than what \(line.proposer) was shown: "
          + "the books changed since. Refuse it, and propose it anew"
      ])
    }
  }

  private static func alreadyDecided(_ line: ProposalLine) -> StoreError {
    .refused(["proposal \(line.number) is \(line.state) already, by \(line.decider ?? "nobody")"])
  }
}

extension ProposalLine {
  init(_ row: Row) throws {
    self.init(
      number: try row.integer("number"), verb: try row.text("verb"),
      subject: try row.text("subject"),
      unit: (row["unit"] as Int64?).map { UnitID(UInt32(clamping: $0)) },
      preview: try row.text("preview"),
      proposer: try row.text("proposer"), proposedMilliseconds: try row.integer("proposed_ms"),
      state: try row.text("state"), decider: row["decider"],
      decidedMilliseconds: row["decided_ms"], reason: row["reason"])
  }
}
