import CanteenModel
import LinkSecurity
import SettlementCore
import SettlementStore
import SyncProtocol

/// What whoever owns the centre's machine orders in matters of access: the first person comes from here.
package enum LocalOrder: Codable, Sendable {
  case add(login: String, name: String)
  case grant(login: String, role: String, scope: String)
  case withdraw(login: String, role: String, scope: String)
  /// Makes a password and a secret for codes, and ends every session of the name.
  case reset(login: String)
  case disable(login: String)
  case enable(login: String)
  /// Which user of the machine somebody is; `nil`: none.
  case user(login: String, userID: UInt32?)
  /// Signs a request for a certificate, in PEM or DER.
  case certify(login: String, request: [UInt8])
  case people
  case audit(behind: Int64)
  /// Reckons the audit log again; `number` 0: nothing was noted down.
  case verifyAudit(number: Int64, digest: String)

  /// What the audit log calls it, and on whom it is.
  var words: (verb: String, subject: String) {
    switch self {
    case .add(let login, let name): ("person add", "\(login) \(name)")
    case .grant(let login, let role, let scope): ("person grant", "\(login) \(role)@\(scope)")
    case .withdraw(let login, let role, let scope):
      ("person withdraw", "\(login) \(role)@\(scope)")
    case .reset(let login): ("person reset", login)
    case .disable(let login): ("person disable", login)
    case .enable(let login): ("person enable", login)
    case .user(let login, let userID):
      ("person user", "\(login) \(userID.map { "\($0)" } ?? "none")")
    case .certify(let login, _): ("person certificate", login)
    case .people: ("person list", "")
    case .audit: ("audit list", "")
    case .verifyAudit: ("audit verify", "")
    }
  }
}

extension BooksControl {
  /// Does what was ordered. Each line is for a person.
  package func office(_ order: LocalOrder) async throws(ControlRefusal) -> [String] {
    // A row of its own would be behind the head that is told.
    if case .verifyAudit(let number, let digest) = order {
      return try await verified(number, digest)
    }
    return try await acting(order.words.verb, on: order.words.subject) { () throws(StoreError) in
      try await done(order)
    }
  }

  private func done(_ order: LocalOrder) async throws(StoreError) -> [String] {
    switch order {
    case .add(let login, let name):
      return ["\(try await books.addPerson(login, name: name)) may do nothing yet: person grant"]
    case .grant(let login, let role, let scope):
      let grant = try Self.grant(role, scope)
      return [try await books.setGrant(grant, of: login, isGranted: true)]
    case .withdraw(let login, let role, let scope):
      let grant = try Self.grant(role, scope)
      return [try await books.setGrant(grant, of: login, isGranted: false) + " is withdrawn"]
    case .reset(let login): return try await reset(login)
    case .disable(let login): return [try await books.setDisabled(true, login)]
    case .enable(let login): return [try await books.setDisabled(false, login)]
    case .user(let login, let userID): return [try await books.setLocalUser(userID, of: login)]
    case .certify(let login, let request): return try await certify(login, request)
    case .people:
      return try await books.people().map { person in
        let state =
          person.disabledMilliseconds != nil
          ? "disabled"
          : person.signsIn
            ? "signs in" : person.certificate != nil ? "by certificate" : "has no password yet"
        let user = person.localUser.map { "user \($0)  " } ?? ""
        return "\(person.login)  \(person.name)  \(state)  \(user)"
          + person.grants.joined(separator: " ")
      }
    case .audit(let behind):
      return try await books.auditLines(behind: behind).map { line in
        "\(line.number)  \(line.atMilliseconds)  \(line.login)  \(line.verb)  \(line.outcome)  "
          + line.subject
      }
    case .verifyAudit: return []
    }
  }

  private func verified(
    _ number: Int64, _ digest: String
  ) async throws(ControlRefusal) -> [String] {
    try await answer { () throws(StoreError) in
      let noted = number > 0 ? AuditHead(number: number, digest: digest) : nil
      let head = try await books.verifyAudit(including: noted)
      return [
        "audit: ok \(head.number) rows, note this down elsewhere: \(head.number):\(head.digest)"
      ]
    }
  }

  private func reset(_ login: String) async throws(StoreError) -> [String] {
    // 80 bits.
    let password = Hexadecimal.text(Array(Digest32.random().bytes.prefix(10)))
    let code = OneTimeCode()
    let hash: PasswordHash
    do {
      hash = try PasswordHash(of: password)
    } catch {
      throw .damaged("\(error)")
    }
    _ = try await books.setSignIn(of: login, password: hash.text, codeSecret: code.secret)
    return [
      "password (shown once, change it): \(password)",
      "codes (shown once, for the app):  \(code.enrolment(of: login))",
    ]
  }

  private func certify(_ login: String, _ request: [UInt8]) async throws(StoreError) -> [String] {
    guard try await books.people().contains(where: { $0.login == login }) else {
      throw .refused(["nobody signs in as \(login): canteen-settlement person list"])
    }
    let certificate: LinkCertificate
    do {
      certificate = try identity.certificate(for: .person(login), request: request)
    } catch {
      throw .refused(["the request for a certificate is none of P-256 in DER: \(error)"])
    }
    _ = try await books.setCertificate(of: login, serial: certificate.serial)
    return [certificate.pem + identity.authority.anchor.pem]
  }

  private static func grant(_ role: String, _ scope: String) throws(StoreError) -> Grant {
    guard let role = Role(rawValue: role) else {
      throw .refused([
        "there is no role \(role): \(Role.allCases.map(\.rawValue).joined(separator: ", "))"
      ])
    }
    guard let scope = Scope(scope) else {
      throw .refused([
        "\(scope) is no scope: "
          + role.scopes.map { $0 == .everything ? "everything" : "\($0.rawValue):7" }
          .joined(separator: ", ")
      ])
    }
    return Grant(role, scope)
  }
}
