import Foundation
import HTTPListener
import HTTPTypes
import Hummingbird
import LinkSecurity
import Logging
import NIOCore
import NIOEmbedded
import SettlementCore
import SettlementStore
import SyncTransport
import Synchronization
import Testing

@testable import SettlementService

/// Asks the office of any books, through the router and the door, without the network.
struct OfficeBench {
  let books: Books
  private let responder: any HTTPResponder<ListenerContext>
  private let steps = Steps()

  /// Each code is good once.
  private final class Steps: Sendable {
    private let last = Mutex(Int64(0))

    func next() -> Int64 {
      last.withLock { last in
        last += 1
        return last
      }
    }
  }

  struct Answer {
    let status: Int
    let headers: HTTPFields
    let bytes: [UInt8]

    var mediaType: String? { headers[.contentType] }

    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  init(_ books: Books, in folder: URL) throws {
    self.books = books
    let configuration = SettlementConfiguration(
      stateDirectory: folder.path, socketPath: folder.appending(path: "admin.sock").path,
      listen: try LinkAddress("127.0.0.1:0"), pullIntervalSeconds: 1, pullConcurrency: 1)
    let identity = try CentreIdentity(
      path: folder.appending(path: "authority.pem").path, of: "books", unless: { false },
      now: { books.now })
    responder = OfficeListener.router(
      try OfficeListener.door(books: books, identity: identity, configuration)
    ).buildResponder()
  }

  func add(_ login: String, _ grants: Grant...) async throws {
    _ = try await books.addPerson(login, name: login)
    for grant in grants { _ = try await books.setGrant(grant, of: login, isGranted: true) }
    _ = try await books.setSignIn(of: login, password: "none", codeSecret: OneTimeCode().secret)
  }

  /// A new session.
  func session(of login: String) async throws -> OfficeToken {
    let token = OfficeToken()
    #expect(
      try await books.openSession(of: login, codeStep: steps.next(), token: token.digest))
    return token
  }

  /// Asks in a session of its own.
  func ask(
    _ method: String, _ path: String, as login: String, _ body: String? = nil,
    type: String = "application/json"
  ) async throws -> Answer {
    let token = try await session(of: login)
    return try await ask(
      method, path, body, type: type, fields: [.authorization: "Bearer \(token.text)"])
  }

  /// Asks as a browser does.
  ///
  /// - Parameter token: In the cookie; `nil`: nobody.
  func browse(
    _ method: String, _ path: String, _ token: OfficeToken?, form: String? = nil,
    fields: HTTPFields = [:]
  ) async throws -> Answer {
    var fields = fields
    if let token { fields[.cookie] = "\(OfficeToken.cookie)=\(token.text)" }
    return try await ask(
      method, path, form, type: "application/x-www-form-urlencoded", fields: fields)
  }

  private func ask(
    _ method: String, _ path: String, _ body: String?, type: String, fields: HTTPFields
  ) async throws -> Answer {
    var head = HTTPRequest(
      method: try #require(HTTPRequest.Method(method)), scheme: "https", authority: "127.0.0.1",
      path: path, headerFields: fields)
    if body != nil { head.headerFields[.contentType] = type }
    let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body ?? "")))
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let context = ListenerContext(
      source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: logger))
    let response = try await responder.respond(to: request, context: context)
    let collector = Collector()
    try await response.body.write(collector)
    return Answer(
      status: response.status.code, headers: response.headers, bytes: collector.bytes)
  }

  func file(
    _ method: String, _ path: String, as login: String, _ file: String
  ) async throws -> Answer {
    try await ask(method, path, as: login, file, type: "text/csv")
  }

  /// What one proposes and another one approves.
  ///
  /// - Returns: The answer to the approval.
  func decide(_ proposal: Answer, as login: String) async throws -> Answer {
    #expect(proposal.status == 201, "\(proposal.text)")
    let line = try JSONDecoder().decode(ProposalLine.self, from: Data(proposal.bytes))
    return try await ask("POST", "/v1/proposals/\(line.number)/approval", as: login)
  }

  /// One for each answer.
  private final class Collector: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []

    func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }
}
