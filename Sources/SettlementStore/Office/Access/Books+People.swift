import Foundation
import SQLStore
package import SettlementCore

/// Somebody who may sign in.
package struct PersonLine: Hashable, Sendable, Codable {
  package let login: String
  package let name: String
  /// Each a role, an at sign and a scope: `unitAdministrator@unit:7`.
  package let grants: [String]
  /// Whether a password and the secret of the codes are set.
  package let signsIn: Bool
  /// The serial of the certificate that is good without them.
  package let certificate: String?
  /// Which user of the centre's machine they are.
  package let localUser: Int64?
  /// Unix time in milliseconds since which nothing is allowed any more.
  package let disabledMilliseconds: Int64?
}

/// What is needed to judge a sign-in.
package struct SignInFacts: Sendable {
  /// As the password's hash writes itself.
  package let password: String
  /// 20 bytes.
  package let codeSecret: [UInt8]
}

/// Somebody who is here: by a session, or by a certificate.
package struct PersonHere: Sendable {
  package let login: String
  package let name: String
  package let grants: [Grant]
  package let certificate: String?

  package init(login: String, name: String, grants: [Grant], certificate: String?) {
    self.login = login
    self.name = name
    self.grants = grants
    self.certificate = certificate
  }
}

extension Books {
  /// How many people there may be.
  private static let peopleLimit = 100_000

  /// Adds somebody, who may do nothing yet.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for a sign-in name that is taken or none.
  package func addPerson(_ login: String, name: String) async throws(StoreError) -> String {
    guard LoginName.isGood(login), login != "local" else {
      throw .refused([
        "\(login) is no sign-in name: 2 to 32 small letters, digits, dots and hyphens, a letter first"
      ])
    }
    guard (1...100).contains(name.count) else { throw .refused(["the person needs a name: 王小明"]) }
    return try await write { db in
      let isTaken = try db.hasRow("SELECT 1 FROM person WHERE login = ?", [login])
      guard !isTaken else {
        throw StoreError.refused(["\(login) is there already: choose another sign-in name"])
      }
      try db.execute("INSERT INTO person (login, name) VALUES (?, ?)", [login, name])
      return login
    }
  }

  /// Everybody, by sign-in name.
  package func people() async throws(StoreError) -> [PersonLine] {
    try await read { db in
      let grants = try db.rows(
        "SELECT login, role, scope FROM person_grant ORDER BY login, role, scope")
      var byLogin: [String: [String]] = [:]
      for grant in grants {
        byLogin[try grant.text("login"), default: []].append(
          "\(try grant.text("role"))@\(try grant.text("scope"))")
      }
      return try db.rows("SELECT * FROM person ORDER BY login LIMIT ?", [Self.peopleLimit]).map {
        row in
        let login = try row.text("login")
        return PersonLine(
          login: login, name: try row.text("name"), grants: byLogin[login] ?? [],
          signsIn: (row["password"] as String?) != nil && (row["code_secret"] as Data?) != nil,
          certificate: row["certificate"], localUser: row["local_user"],
          disabledMilliseconds: row["disabled_ms"])
      }
    }
  }

  /// Gives somebody a role, or takes it away. The same twice changes nothing.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for nobody, and for a role that cannot reach so.
  package func setGrant(
    _ grant: Grant, of login: String, isGranted: Bool
  ) async throws(StoreError) -> String {
    let word = "\(grant.role.rawValue)@\(grant.scope)"
    guard grant.role.scopes.contains(grant.scope.kind) else {
      let kinds = grant.role.scopes.map(\.rawValue).joined(separator: ", ")
      throw .refused(["\(word): \(grant.role.rawValue) reaches \(kinds)"])
    }
    return try await write { db in
      try Self.require(login, db)
      if isGranted {
        try db.execute(
          """
          INSERT INTO person_grant (login, role, scope, granted_ms) VALUES (?, ?, ?, ?)
          ON CONFLICT (login, role, scope) DO NOTHING
          """, [login, grant.role.rawValue, grant.scope.description, self.now])
      } else {
        let gone = try db.execute(
          "DELETE FROM person_grant WHERE login = ? AND role = ? AND scope = ?",
          [login, grant.role.rawValue, grant.scope.description])
        guard gone == 1 else { throw StoreError.refused(["\(login) has no \(word)"]) }
      }
      return "\(login) \(word)"
    }
  }

  /// Sets what somebody signs in with. Whoever is signed in under the name is so no more.
  ///
  /// - Parameters:
  ///   - password: As its hash writes itself.
  ///   - codeSecret: 20 bytes; `nil`: it stays what it is.
  package func setSignIn(
    of login: String, password: String, codeSecret: [UInt8]?
  ) async throws(StoreError) -> String {
    try await write { db in
      try Self.require(login, db)
      try db.execute("UPDATE person SET password = ? WHERE login = ?", [password, login])
      if let codeSecret {
        try db.execute(
          "UPDATE person SET code_secret = ?, code_step = 0 WHERE login = ?",
          [Data(codeSecret), login])
      }
      #if SEEDED_BUGS
        if self.plantedAccess == .sessionOutlivesPassword { return login }
      #endif
      try Self.endSessions(of: login, db)
      return login
    }
  }

  /// Sets the certificate that is good without a password; `nil`: none.
  package func setCertificate(
    of login: String, serial: String?
  ) async throws(StoreError) -> String {
    try await write { db in
      try Self.require(login, db)
      try db.execute("UPDATE person SET certificate = ? WHERE login = ?", [serial, login])
      return "\(login) \(serial ?? "none")"
    }
  }

  /// Shuts somebody out, or lets them in again. Whoever is shut out is signed in no more.
  package func setDisabled(_ isDisabled: Bool, _ login: String) async throws(StoreError) -> String {
    try await write { db in
      try Self.require(login, db)
      try db.execute(
        "UPDATE person SET disabled_ms = ? WHERE login = ?", [isDisabled ? self.now : nil, login])
      if isDisabled { try Self.endSessions(of: login, db) }
      return "\(login) \(isDisabled ? "disabled" : "enabled")"
    }
  }

  /// Somebody with what they may do; `nil` for nobody, and for who is shut out.
  package func person(_ login: String) async throws(StoreError) -> PersonHere? {
    try await read { db in try self.person(login, db) }
  }

  func person(_ login: String, _ db: any Database) throws -> PersonHere? {
    guard let row = try db.row("SELECT * FROM person WHERE login = ?", [login]) else { return nil }
    var isDisabled = (row["disabled_ms"] as Int64?) != nil
    #if SEEDED_BUGS
      if self.plantedAccess == .disabledStaysIn { isDisabled = false }
    #endif
    guard !isDisabled else { return nil }
    let grants = try db.rows(
      "SELECT role, scope FROM person_grant WHERE login = ? ORDER BY role, scope", [login])
    return PersonHere(
      login: login, name: try row.text("name"),
      grants: try grants.map { grant in
        guard let role = Role(rawValue: try grant.text("role")),
          let scope = Scope(try grant.text("scope"))
        else { throw StoreError.damaged("\(login) has a role that there is not") }
        return Grant(role, scope)
      }, certificate: row["certificate"])
  }

  static func require(_ login: String, _ db: any Database) throws {
    guard try db.hasRow("SELECT 1 FROM person WHERE login = ?", [login]) else {
      throw StoreError.refused(["nobody signs in as \(login): canteen-settlement person list"])
    }
  }

  static func endSessions(of login: String, _ db: any Database) throws {
    try db.execute("DELETE FROM session WHERE login = ?", [login])
  }
}
