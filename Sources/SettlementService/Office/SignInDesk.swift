import CanteenModel
import Dispatch
import LinkSecurity
import SettlementCore
import SettlementStore
import SyncProtocol
import SyncTransport
import Synchronization

/// Where people sign in. It answers the same, after the same time, to a name that there is and to one that there is not.
final class SignInDesk: Sendable {
  private let books: Books
  private let monotonic: @Sendable () -> Int64
  /// What the password of nobody is compared with.
  private let nobody: PasswordHash
  private let cost: PasswordHash.Cost
  private let byName = Mutex(TryLimit(free: 4))
  /// A unit may be behind one address.
  private let byAddress = Mutex(TryLimit(free: 30))
  private let waiting = Mutex(0)
  /// One password at a time, on a thread of its own: each takes a core and 32 MiB for some tenths of a second.
  private let queue = DispatchQueue(label: "canteen passwords")

  /// How many may wait for it; whoever comes then comes again.
  private static let room = 16

  /// - Parameters:
  ///   - cost: Of passwords that are set here.
  ///   - monotonic: Milliseconds of a clock that never goes back.
  init(
    books: Books, cost: PasswordHash.Cost, monotonic: @escaping @Sendable () -> Int64
  ) throws(LinkSecurityError) {
    self.books = books
    self.cost = cost
    self.monotonic = monotonic
    nobody = try PasswordHash(of: OfficeToken().text, cost: cost)
  }

  /// Signs somebody in.
  ///
  /// - Parameter address: Of the other end, for the limit of tries.
  /// - Throws: ``Problem``: 401 for whatever is wrong, 429 during a rest.
  func signIn(_ body: SignInBody, from address: String) async throws -> (OfficeToken, PersonHere) {
    let login = body.login
    try rest(login, address)
    let facts = LoginName.isGood(login) ? try await books.signInFacts(of: login) : nil
    let isRight = try await isRight(body.password, facts?.password)
    let code = facts.flatMap { OneTimeCode(secret: $0.codeSecret) }
    let step = code?.step(of: body.code, now: books.now)
    guard isRight, let step else {
      try await fail(login, address, isKnown: facts != nil)
      throw wrong
    }
    let token = OfficeToken()
    guard
      try await books.openSession(of: login, codeStep: step, token: token.digest),
      let person = try await books.person(login)
    else {
      try await fail(login, address, isKnown: true)
      throw wrong
    }
    byName.withLock { $0.succeed(login) }
    return (token, person)
  }

  /// Sets another password, by who knows the one of now.
  ///
  /// - Throws: ``Problem``.
  func change(_ body: NewPasswordBody, of login: String, from address: String) async throws {
    try rest(login, address)
    let facts = try await books.signInFacts(of: login)
    guard try await isRight(body.password, facts?.password) else {
      try await fail(login, address, isKnown: true)
      throw OfficeProblem.refused.because("the password of now is another one: type it again")
    }
    let hash: PasswordHash
    do {
      hash = try await hashed(body.newPassword)
    } catch let error as LinkSecurityError {
      throw OfficeProblem.refused.because("\(error)")
    }
    let entry = AuditEntry(login, Verb.changePassword.rawValue, on: login)
    _ = try await books.acting(entry) { () throws(StoreError) in
      try await books.setSignIn(of: login, password: hash.text, codeSecret: nil)
    }
  }

  private var wrong: Problem {
    OfficeProblem.notSignedIn.because(
      "the name, the password or the code is wrong, or the code was used: wait for the next code, "
        + "and type all three again")
  }

  private func rest(_ login: String, _ address: String) throws(Problem) {
    let now = monotonic()
    let rest = max(
      byName.withLock { $0.rest(of: login, now: now) } ?? 0,
      byAddress.withLock { $0.rest(of: address, now: now) } ?? 0)
    guard rest > 0 else { return }
    throw OfficeProblem.tooManyRequests.because(
      "too many tries were wrong: come again later", retryAfter: Int((rest + 999) / 1000))
  }

  private func fail(_ login: String, _ address: String, isKnown: Bool) async throws {
    let now = monotonic()
    byName.withLock { $0.fail(login, now: now) }
    byAddress.withLock { $0.fail(address, now: now) }
    // A name that there is not may be a password that was typed into the wrong field.
    try await books.note(
      AuditEntry(isKnown ? login : "unknown", Verb.signIn.rawValue, on: address, .refused))
  }

  private func isRight(_ password: String, _ stored: String?) async throws -> Bool {
    let hash = try stored.map { text throws(LinkSecurityError) in try PasswordHash(text: text) }
    let (isSomebody, compared) = (hash != nil, hash ?? nobody)
    return try await working { compared.matches(password) } && isSomebody
  }

  private func hashed(_ password: String) async throws -> PasswordHash {
    let cost = cost
    return try await working {
      Result { () throws(LinkSecurityError) in try PasswordHash(of: password, cost: cost) }
    }.get()
  }

  private func working<Value: Sendable>(
    _ body: @escaping @Sendable () -> Value
  ) async throws(Problem) -> Value {
    let hasRoom = waiting.withLock { waiting in
      guard waiting < Self.room else { return false }
      waiting += 1
      return true
    }
    guard hasRoom else {
      throw OfficeProblem.tooManyRequests.because("many sign in now: come again", retryAfter: 2)
    }
    defer { waiting.withLock { $0 -= 1 } }
    return await withCheckedContinuation { done in
      queue.async { done.resume(returning: body()) }
    }
  }
}
