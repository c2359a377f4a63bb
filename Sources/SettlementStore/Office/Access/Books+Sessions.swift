package import CanteenModel
import Foundation
import SQLStore
import SettlementCore

extension Books {
  /// What a sign-in is judged by; `nil` for nobody, for who is shut out and for who cannot sign in yet.
  package func signInFacts(of login: String) async throws(StoreError) -> SignInFacts? {
    try await read { db in
      let row = try db.row(
        """
        SELECT password, code_secret FROM person
        WHERE login = ? AND disabled_ms IS NULL AND password IS NOT NULL AND code_secret IS NOT NULL
        """, [login])
      return try row.map { row in
        SignInFacts(
          password: try row.text("password"),
          codeSecret: Array((row["code_secret"] as Data?) ?? Data()))
      }
    }
  }

  /// Begins a session, when the code was not used before: that it was used and that the session began is one
  /// transaction.
  ///
  /// - Parameters:
  ///   - step: Of which step the code is.
  ///   - token: The SHA-256 of what the session is known by.
  /// - Returns: Whether it began.
  package func openSession(
    of login: String, codeStep step: Int64, token: Digest32
  ) async throws(StoreError) -> Bool {
    try await write { db in
      #if SEEDED_BUGS
        let last = self.plantedAccess == .codeIsGoodTwice ? step + 1 : step
      #else
        let last = step
      #endif
      let isFresh = try db.execute(
        """
        UPDATE person SET code_step = ? WHERE login = ? AND code_step < ? AND disabled_ms IS NULL
        """, [step, login, last])
      guard isFresh == 1 else {
        try self.append(AuditEntry(login, Verb.signIn.rawValue, on: "code", .refused), db)
        return false
      }
      let now = self.now
      try db.execute(
        "DELETE FROM session WHERE used_ms <= ? OR created_ms <= ?",
        [now - SessionRule.idle, now - SessionRule.absolute])
      try db.execute(
        "INSERT INTO session (token, login, created_ms, used_ms) VALUES (?, ?, ?, ?)",
        [token.blob, login, now, now])
      try self.append(AuditEntry(login, Verb.signIn.rawValue, on: "session"), db)
      return true
    }
  }

  /// Who is signed in by a token, and notes that it was used.
  ///
  /// - Parameter token: The SHA-256 of what was shown.
  /// - Returns: `nil` for none, for one that ended, and for somebody who is shut out.
  package func session(_ token: Digest32) async throws(StoreError) -> PersonHere? {
    let now = now
    let found: (person: PersonHere, created: Int64, used: Int64)? = try await read { db in
      guard
        let row = try db.row(
          "SELECT login, created_ms, used_ms FROM session WHERE token = ?", [token.blob]),
        let person = try self.person(try row.text("login"), db)
      else { return nil }
      return (person, try row.integer("created_ms"), try row.integer("used_ms"))
    }
    guard let (person, created, used) = found,
      SessionRule.isOpen(created: created, used: used, now: now)
    else { return nil }
    if now - used >= SessionRule.useStep {
      try await write { db in
        _ = try db.execute("UPDATE session SET used_ms = ? WHERE token = ?", [now, token.blob])
      }
    }
    return person
  }

  /// Ends a session; one that there is not is ended already.
  package func endSession(_ token: Digest32) async throws(StoreError) {
    try await write { db in
      _ = try db.execute("DELETE FROM session WHERE token = ?", [token.blob])
    }
  }
}
