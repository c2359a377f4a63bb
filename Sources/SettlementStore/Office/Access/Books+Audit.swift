package import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

/// What somebody did, or wanted to, for the audit log.
package struct AuditEntry: Hashable, Sendable {
  /// What became of it.
  package enum Outcome: String, Codable, Sendable {
    case done, proposed, refused, failed
  }

  /// The sign-in name; `local:1000` for a user of the centre's own machine.
  package let login: String
  /// A ``Verb``, or a command of the machine.
  package let verb: String
  /// What it was about, for people.
  package let subject: String
  package let outcome: Outcome
  /// Of what was sent with it.
  package let body: Digest32

  /// - Parameters:
  ///   - subject: At most 200 characters of it are kept.
  ///   - body: What was sent; its SHA-256 is kept.
  package init(
    _ login: String, _ verb: String, on subject: String, _ outcome: Outcome = .done,
    body: [UInt8] = []
  ) {
    self.init(login, verb, on: subject, outcome, digest: Digest32(sha256: body))
  }

  fileprivate init(
    _ login: String, _ verb: String, on subject: String, _ outcome: Outcome, digest: Digest32
  ) {
    self.login = login
    self.verb = verb
    self.subject = String(subject.prefix(200))
    self.outcome = outcome
    body = digest
  }

  /// The same with another outcome.
  package func with(_ outcome: Outcome) -> AuditEntry {
    AuditEntry(login, verb, on: subject, outcome, digest: body)
  }
}

/// A row of the audit log.
package struct AuditLine: Hashable, Sendable, Codable {
  /// 1, 2, 3 and so on, without a gap.
  package let number: Int64
  /// Unix time.
  package let atMilliseconds: Int64
  package let login: String
  package let verb: String
  package let subject: String
  package let outcome: String
  /// SHA-256 of what was sent, 64 hexadecimal digits.
  package let body: String
  /// SHA-256 of the digest before and the row, 64 hexadecimal digits.
  package let digest: String
}

/// Where the audit log ends: noted down elsewhere it proves later that nothing before was changed or taken away.
package struct AuditHead: Hashable, Sendable, Codable {
  /// 0: there is no row yet.
  package let number: Int64
  /// 64 hexadecimal digits.
  package let digest: String

  package init(number: Int64, digest: String) {
    self.number = number
    self.digest = digest
  }
}

extension Books {
  /// The most that one page of the audit log has.
  package static let auditPageLimit = 1_000

  /// Adds a row to the audit log, in a transaction of its own.
  package func note(_ entry: AuditEntry) async throws(StoreError) {
    try await write { db in try self.append(entry, db) }
  }

  /// Adds a row to the audit log. Inside of a transaction.
  func append(_ entry: AuditEntry, _ db: any Database) throws {
    let last = try db.row("SELECT number, digest FROM audit ORDER BY number DESC LIMIT 1")
    let number = try (last?.integer("number") ?? Int64(0)) + 1
    let at = now
    let digest = self.digest(
      after: try last?.digest("digest") ?? .zero, number: number, at: at, entry)
    try db.execute(
      """
      INSERT INTO audit (number, at_ms, login, verb, subject, outcome, body, digest)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        number, at, entry.login, entry.verb, entry.subject, entry.outcome.rawValue,
        entry.body.blob, digest.blob,
      ])
  }

  /// The rows behind a number, oldest first; at most ``auditPageLimit``.
  package func auditLines(
    behind number: Int64, limit: Int = auditPageLimit
  ) async throws(StoreError) -> [AuditLine] {
    try await read { db in
      try db.rows(
        "SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?",
        [number, min(limit, Self.auditPageLimit)]
      ).map(AuditLine.init)
    }
  }

  /// Reckons the whole audit log again.
  ///
  /// - Parameter noted: Where it ended once, as somebody wrote it down: that row must still be what it was.
  /// - Returns: Where it ends now.
  /// - Throws: ``StoreError/damaged(_:)``, which names the first row that was changed, added or taken away.
  package func verifyAudit(including noted: AuditHead? = nil) async throws(StoreError) -> AuditHead
  {
    var (number, digest) = (Int64(0), Digest32.zero)
    while true {
      let (from, before) = (number, digest)
      let page = try await read { db in
        try self.reckon(
          try db.rows(
            "SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?",
            [from, Self.auditPageLimit]), after: before, from: from, noted)
      }
      guard let page else { break }
      (number, digest) = page
    }
    if let noted, noted.number > number {
      throw .damaged("the audit log ends at \(number), and \(noted.number) was noted down")
    }
    return AuditHead(number: number, digest: digest.description)
  }

  private func reckon(
    _ rows: [Row], after before: Digest32, from: Int64, _ noted: AuditHead?
  ) throws -> (Int64, Digest32)? {
    guard !rows.isEmpty else { return nil }
    var (number, digest) = (from, before)
    for row in rows {
      let line = try AuditLine(row)
      guard line.number == number + 1 else {
        throw StoreError.damaged("audit row \(number + 1) is missing")
      }
      guard let outcome = AuditEntry.Outcome(rawValue: line.outcome) else {
        throw StoreError.damaged("audit row \(line.number) was changed")
      }
      let entry = AuditEntry(
        line.login, line.verb, on: line.subject, outcome, digest: try row.digest("body"))
      digest = self.digest(after: digest, number: line.number, at: line.atMilliseconds, entry)
      let isNoted = noted?.number == line.number
      guard digest.description == line.digest, !isNoted || noted?.digest == line.digest else {
        throw StoreError.damaged("audit row \(line.number) was changed, or one before it")
      }
      number = line.number
    }
    return (number, digest)
  }

  /// SHA-256 of the digest before, the number, the time, each text with its length before it, and the body's digest;
  /// numbers in 8 bytes, the most significant first.
  private func digest(
    after before: Digest32, number: Int64, at: Int64, _ entry: AuditEntry
  ) -> Digest32 {
    var before = before
    #if SEEDED_BUGS
      if plantedAccess == .auditIsNotChained { before = .zero }
    #endif
    var bytes = before.bytes + Self.bytes(number) + Self.bytes(at)
    for text in [entry.login, entry.verb, entry.subject, entry.outcome.rawValue] {
      bytes += Self.bytes(Int64(text.utf8.count)) + Array(text.utf8)
    }
    return Digest32(sha256: bytes + entry.body.bytes)
  }

  private static func bytes(_ number: Int64) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}

extension AuditLine {
  init(_ row: Row) throws {
    self.init(
      number: try row.integer("number"), atMilliseconds: try row.integer("at_ms"),
      login: try row.text("login"), verb: try row.text("verb"), subject: try row.text("subject"),
      outcome: try row.text("outcome"), body: try row.digest("body").description,
      digest: try row.digest("digest").description)
  }
}
