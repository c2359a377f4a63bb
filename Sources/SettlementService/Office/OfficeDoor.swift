import CanteenModel
import HTTPListener
import HTTPTypes
import Hummingbird
import NIOCore
import SettlementCore
import SettlementStore
import SyncTransport
import Synchronization

/// Every request to the office goes through here, and is judged here, once.
struct OfficeDoor: Sendable {
  let books: Books
  let hosts: OfficeHosts
  let signInDesk: SignInDesk
  let rate: OfficeRate
  let desk: OfficeDesk

  /// Answers a request, whatever it asks.
  ///
  /// - Throws: ``Problem``, ``StoreError``, or what the listener throws.
  func answer(
    _ call: OfficeCall, _ request: Request, _ context: ListenerContext
  ) async throws -> Response {
    guard hosts.has(request.head.authority) else {
      throw OfficeProblem.wrongHost.because(
        "this listener is \(hosts.names.joined(separator: ", "))")
    }
    let route = call.route
    let address = context.peerAddress ?? "unknown"
    let caller = try await who(call, request, context, address)
    try rate.take(caller?.person.login ?? address)
    var asked = try OfficeRequest(call, request, context)
    if call == .signIn {
      try await asked.readBody(of: request)
      return try await signIn(try asked.decoded(SignInBody.self), address)
    }
    let login = caller?.person.login ?? "nobody"
    try await judge(asked, of: caller?.person)
    try await asked.readBody(of: request)
    guard let caller else { return try Response(office: try desk.health()) }
    switch call {
    case .ownSession: return try Response(office: try OfficeJSON.text(session(of: caller)))
    case .signOut:
      try await signOut(caller)
      return try Response(office: "{}", cookie: OfficeToken.clearCookie)
    case .changePassword:
      try await signInDesk.change(
        try asked.decoded(NewPasswordBody.self), of: login, from: address)
      return try Response(office: "{}", cookie: OfficeToken.clearCookie)
    default:
      let answer = try await desk.answer(asked, by: caller.person)
      return Response(
        status: route.proposes ? .created : .ok, headers: [.contentType: route.gives.mediaType],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer)))
    }
  }

  /// What a page asks in the name of who opened it: judged like every request.
  ///
  /// - Throws: ``Problem``, ``StoreError``, or what the desk throws.
  func answer(_ asked: OfficeRequest, for person: PersonHere) async throws -> [UInt8] {
    try await judge(asked, of: person)
    return try await desk.answer(asked, by: person)
  }

  /// - Throws: ``Problem`` 401 for nobody, and 403, which the audit log keeps, for who may not.
  private func judge(_ asked: OfficeRequest, of person: PersonHere?) async throws {
    let verb = asked.call.route.verb
    let subject = try await books.subject(try asked.about)
    guard case .refused(let refusal) = Access.judge(verb, on: subject, by: person?.grants) else {
      return
    }
    if refusal == .notSignedIn { throw OfficeProblem.notSignedIn.because("sign in first") }
    try await books.note(
      AuditEntry(person?.login ?? "nobody", verb.rawValue, on: asked.subject, .refused))
    throw OfficeProblem.notAllowed.because(refusal.advice(on: verb))
  }

  /// - Returns: `nil` for nobody; where everybody may ask, nobody is asked who they are.
  private func who(
    _ call: OfficeCall, _ request: Request, _ context: ListenerContext, _ address: String
  ) async throws -> OfficeCaller? {
    let route = call.route
    guard route.verb.rule.caller != .anybody else { return nil }
    do {
      return try await OfficeCaller.of(
        request, context, isUnsafe: route.method != .get, hosts: hosts, books)
    } catch let problem as Problem {
      // Guessing tokens is slow, too.
      try rate.take(address)
      throw problem
    }
  }

  private func signIn(_ body: SignInBody, _ address: String) async throws -> Response {
    let (token, person) = try await signInDesk.signIn(body, from: address)
    let isProgram = body.isProgram ?? false
    let answer = SessionAnswer(
      login: person.login, name: person.name, grants: person.words,
      csrf: isProgram ? nil : token.csrf, token: isProgram ? token.text : nil)
    return try Response(
      office: try OfficeJSON.text(answer), cookie: isProgram ? nil : token.setCookie)
  }

  /// Ends the session; who came with a certificate has none.
  func signOut(_ caller: OfficeCaller) async throws {
    guard let token = caller.token else { return }
    let entry = AuditEntry(caller.person.login, Verb.signOut.rawValue, on: "session")
    try await books.acting(entry) { () throws(StoreError) in
      try await books.endSession(token.digest)
    }
  }

  private func session(of caller: OfficeCaller) -> SessionAnswer {
    SessionAnswer(
      login: caller.person.login, name: caller.person.name, grants: caller.person.words,
      csrf: caller.token?.csrf, token: nil)
  }
}

extension PersonHere {
  /// Each grant as a role, an at sign and a scope.
  var words: [String] { grants.map { "\($0.role.rawValue)@\($0.scope)" } }
}

extension Response {
  /// An answer of the office, in JSON.
  init(office json: String, cookie: String? = nil) throws {
    self.init(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: json)))
    if let cookie { headers[.setCookie] = cookie }
  }
}

/// How often somebody may ask: a bucket for each sign-in name, and for each address of who is none.
final class OfficeRate: Sendable {
  private struct Buckets {
    var recent: [String: TokenBucket] = [:]
    var older: [String: TokenBucket] = [:]
  }

  private let buckets = Mutex(Buckets())
  private let now: @Sendable () -> Int64

  private static let atOnce = 60
  private static let perSecond = 30
  /// How many names are remembered, twice; a bucket that is forgotten is full again.
  private static let room = 4_096

  /// - Parameter now: Milliseconds of a clock that never goes back.
  init(now: @escaping @Sendable () -> Int64) {
    self.now = now
  }

  /// - Throws: ``Problem`` 429.
  func take(_ name: String) throws(Problem) {
    let now = now()
    let wait = buckets.withLock { buckets in
      var bucket =
        buckets.recent[name] ?? buckets.older[name]
        ?? TokenBucket(capacity: Self.atOnce, perSecond: Self.perSecond, now: now)
      if buckets.recent.count >= Self.room {
        (buckets.older, buckets.recent) = (buckets.recent, [:])
      }
      defer { buckets.recent[name] = bucket }
      return bucket.take(now: now)
    }
    guard let wait else { return }
    throw OfficeProblem.tooManyRequests.because(
      "too many requests: come again later", retryAfter: Int((wait + 999) / 1000))
  }
}
