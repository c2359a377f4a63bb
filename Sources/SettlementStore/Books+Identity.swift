package import CanteenModel
import Foundation
import SQLStore
package import SyncProtocol

/// A certificate as the books remember it.
package struct IssuedCertificate: Hashable, Sendable {
  /// In hexadecimal digits.
  package let serial: String
  /// Unix time in milliseconds.
  package let notAfter: Int64

  package init(serial: String, notAfter: Int64) {
    self.serial = serial
    self.notAfter = notAfter
  }
}

extension Books {
  /// Awaits a terminal: whoever knows the secret may join as it, once.
  ///
  /// - Parameters:
  ///   - secret: The SHA-256 of the secret.
  ///   - life: In milliseconds from now.
  /// - Returns: Unix time in milliseconds until which it is awaited.
  /// - Throws: ``StoreError/unknownTerminal(_:)``, ``StoreError/shutOut(_:_:)``.
  package func await(
    _ terminal: TerminalID, secret: Digest32, life: Int64
  ) async throws(StoreError) -> Int64 {
    let expires = configuration.now() + life
    return try await write { db in
      try self.refuseShutOut(terminal, db)
      try db.execute(
        """
        INSERT INTO join_token (terminal, secret_digest, expires_ms) VALUES (?, ?, ?)
        ON CONFLICT (terminal) DO UPDATE SET secret_digest = excluded.secret_digest,
          expires_ms = excluded.expires_ms, spent_ms = NULL
        """, [terminal.number, secret.blob, expires])
      return expires
    }
  }

  /// Lets a terminal join: its key is the terminal's from now on, and its certificate the only one that is
  /// good. As long as the token lives, the same terminal may join again, whose answer was lost.
  ///
  /// - Parameters:
  ///   - request: As it was opened: its sender has the key that it names.
  ///   - certificate: What will be shown.
  /// - Returns: What the centre calls the terminal.
  /// - Throws: ``StoreError/shutOut(_:_:)``; ``StoreError/refused(_:)`` for a token that is unknown, spent or
  ///   over, and for another key than that of the records that are here.
  package func join(
    _ request: EnrolRequest, certificate: IssuedCertificate
  ) async throws(StoreError) -> String {
    try await write { db in
      let name = try self.name(joiningBy: request, db)
      let terminal = request.terminal
      try db.execute(
        "UPDATE terminal SET public_key = ? WHERE number = ?",
        [Data(request.recordKey.rawBytes), terminal.number])
      try db.execute(
        "UPDATE join_token SET spent_ms = ? WHERE terminal = ?",
        [self.configuration.now(), terminal.number])
      try self.keep(certificate, of: terminal, db)
      try self.supersede(terminal, before: certificate.serial, db)
      return name
    }
  }

  /// Says whether a request would let a terminal join now, before a certificate is made for it.
  ///
  /// - Throws: As ``join(_:certificate:)``.
  package func expects(_ request: EnrolRequest) async throws(StoreError) {
    _ = try await read { db in try self.name(joiningBy: request, db) }
  }

  /// What the centre calls the terminal that a request lets join.
  private func name(joiningBy request: EnrolRequest, _ db: any Database) throws -> String {
    let terminal = request.terminal
    let secret = Digest32(sha256: request.tokenSecret)
    let row = try db.row(
      """
      SELECT name, public_key, expires_ms, spent_ms,
        EXISTS (SELECT 1 FROM chain WHERE chain.terminal = number) AS has_settled
      FROM join_token JOIN terminal ON number = terminal
      WHERE terminal = ? AND secret_digest = ?
      """, [terminal.number, secret.blob])
    let again = "make a new one: canteen-settlement terminal token \(terminal)"
    guard let row else { throw StoreError.refused(["the join token is not known here: \(again)"]) }
    try refuseShutOut(terminal, db)
    guard try row.integer("expires_ms") as Int64 >= configuration.now() else {
      throw StoreError.refused(["the join token has expired: \(again)"])
    }
    let isSame = try row.key().map { $0.bytes == request.recordKey.rawBytes } ?? false
    guard mayBeSpent(row, again: isSame) else {
      throw StoreError.refused([
        "the join token was used before: \(again); if nobody of yours used it, shut the terminal out "
          + "first: canteen-settlement terminal revoke \(terminal)"
      ])
    }
    guard try isSame || row.integer("has_settled") as Int64 == 0 else {
      throw StoreError.refused([
        "terminal \(terminal) has settled with another key: a device that lost its key is a new "
          + "terminal; add it with a number of its own"
      ])
    }
    return try row.text("name")
  }

  /// Remembers the certificate that takes the place of the one a terminal shows; both are good until the new
  /// one is shown first.
  ///
  /// - Returns: What the centre calls the terminal.
  package func renew(
    _ terminal: TerminalID, certificate: IssuedCertificate
  ) async throws(StoreError) -> String {
    try await write { db in
      try self.refuseShutOut(terminal, db)
      try self.keep(certificate, of: terminal, db)
      let row = try db.row(
        "SELECT name FROM terminal WHERE number = ?", [terminal.number])
      guard let row else { throw StoreError.unknownTerminal(terminal) }
      return try row.text("name")
    }
  }

  /// Says whether a terminal that shows a certificate of this centre's authority may speak. One that these
  /// books do not know was issued after the backup that they come from.
  ///
  /// - Throws: ``StoreError/shutOut(_:_:)``, ``StoreError/unknownTerminal(_:)``.
  package func admit(
    _ terminal: TerminalID, showing certificate: IssuedCertificate
  ) async throws(StoreError) {
    let isSeen = try await read { db in
      try self.refuseShutOut(terminal, db)
      let row = try db.row(
        "SELECT seen_ms, revoked_ms FROM certificate WHERE terminal = ? AND serial = ?",
        [terminal.number, certificate.serial])
      guard self.isGood(row) else {
        throw StoreError.shutOut(
          terminal,
          "it showed a certificate that another one took the place of; is there a copy of it?")
      }
      return row?["seen_ms"] as Int64? != nil
    }
    guard !isSeen else { return }
    try await write { db in
      try self.keep(certificate, of: terminal, db)
      try db.execute(
        "UPDATE certificate SET seen_ms = ? WHERE terminal = ? AND serial = ?",
        [self.configuration.now(), terminal.number, certificate.serial])
      try self.supersede(terminal, before: certificate.serial, db)
    }
  }

  /// Shuts a terminal out: nothing of it is taken, and it is told nothing, until it is let in again.
  ///
  /// - Throws: ``StoreError/unknownTerminal(_:)``.
  package func revoke(_ terminal: TerminalID) async throws(StoreError) {
    try await set(terminal, revoked: configuration.now())
  }

  /// Lets a terminal in again that was shut out, or sell again that was retired. Its certificates are as good as
  /// they were. One that another took the place of stays retired.
  ///
  /// - Throws: ``StoreError/unknownTerminal(_:)``.
  package func reinstate(_ terminal: TerminalID) async throws(StoreError) {
    try await set(terminal, revoked: nil)
  }

  private func set(_ terminal: TerminalID, revoked: Int64?) async throws(StoreError) {
    try await write { db in
      let changed = try db.execute(
        "UPDATE terminal SET revoked_ms = ? WHERE number = ?", [revoked, terminal.number])
      guard changed == 1 else { throw StoreError.unknownTerminal(terminal) }
      if revoked == nil { try self.unretire(terminal, db) }
      // A token that was made before must not let it in again.
      try db.execute(
        "DELETE FROM join_token WHERE terminal = ?", [terminal.number])
    }
  }

  private func keep(
    _ certificate: IssuedCertificate, of terminal: TerminalID, _ db: any Database
  ) throws {
    try db.execute(
      """
      INSERT INTO certificate (terminal, serial, not_after_ms) VALUES (?, ?, ?)
      ON CONFLICT (terminal, serial) DO NOTHING
      """, [terminal.number, certificate.serial, certificate.notAfter])
  }

  /// Ends every certificate that does not outlive this one, which is kept: they are not needed any more.
  private func supersede(_ terminal: TerminalID, before serial: String, _ db: any Database) throws {
    try db.execute(
      """
      UPDATE certificate SET revoked_ms = ?
      WHERE terminal = ? AND serial <> ? AND revoked_ms IS NULL AND not_after_ms <=
        (SELECT not_after_ms FROM certificate AS shown
          WHERE shown.terminal = certificate.terminal AND shown.serial = ?)
      """,
      [configuration.now(), terminal.number, serial, serial])
    // What has ended long ago is no evidence of anything.
    try db.execute(
      "DELETE FROM certificate WHERE terminal = ? AND not_after_ms < ?",
      [terminal.number, configuration.now() - Self.certificateMemory])
  }

  /// Ten years in milliseconds: an expired certificate may still hand in batches.
  private static let certificateMemory: Int64 = 10 * 365 * 86_400_000

  /// - Parameter again: Whether the terminal that spent the token comes once more.
  private func mayBeSpent(_ token: Row, again: Bool) -> Bool {
    #if SEEDED_BUGS
      if planted == .spendsTokensTwice { return true }
    #endif
    return again || token["spent_ms"] as Int64? == nil
  }

  /// - Parameter certificate: `nil` for one that these books do not know.
  private func isGood(_ certificate: Row?) -> Bool {
    #if SEEDED_BUGS
      if planted == .admitsSuperseded { return true }
    #endif
    return certificate?["revoked_ms"] as Int64? == nil
  }

  func refuseShutOut(_ terminal: TerminalID, _ db: any Database) throws {
    let row = try db.row(
      "SELECT revoked_ms FROM terminal WHERE number = ?", [terminal.number])
    guard let row else { throw StoreError.unknownTerminal(terminal) }
    #if SEEDED_BUGS
      if planted == .admitsShutOut { return }
    #endif
    guard row["revoked_ms"] as Int64? == nil else {
      throw StoreError.shutOut(
        terminal, "the operator of the centre revoked it; keep its journal and hand the device in")
    }
  }
}
