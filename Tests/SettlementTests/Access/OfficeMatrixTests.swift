import CanteenModel
import Foundation
import HTTPListener
import HTTPTypes
import Hummingbird
import LinkSecurity
import Logging
import NIOCore
import NIOEmbedded
import SQLStore
import SettlementCore
import SettlementStore
import SyncTransport
import Testing

@testable import SettlementService

/// Every role at every route, through the router and the door, without the network.
@Suite(.timeLimit(.minutes(5))) struct OfficeMatrixTests {
  private let folder = FileManager.default.temporaryDirectory.appending(
    path: "canteen-office-\(UUID().uuidString)")

  private func answer(
    _ responder: some HTTPResponder<ListenerContext>, _ call: OfficeCall, _ token: OfficeToken?
  ) async throws -> (status: Int, problem: Bool) {
    let (path, body, type) = call.sample
    var head = HTTPRequest(
      method: HTTPRequest.Method(call.route.method.rawValue) ?? .get, scheme: "https",
      authority: "127.0.0.1", path: path)
    if let token { head.headerFields[.authorization] = "Bearer \(token.text)" }
    if body != nil { head.headerFields[.contentType] = type }
    let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body ?? "")))
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let context = ListenerContext(
      source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: logger))
    let response = try await responder.respond(to: request, context: context)
    return (response.status.code, response.headers[.contentType] == Problem.mediaType)
  }

  @Test(
    "every role asks every route: answered where the rules say so, refused otherwise, never a mistake of ours",
    arguments: Role.allCases)
  func matrix(role: Role) async throws {
    let configuration = SettlementConfiguration(
      stateDirectory: folder.path, socketPath: folder.appending(path: "admin.sock").path,
      listen: try LinkAddress("127.0.0.1:0"), pullIntervalSeconds: 1, pullConcurrency: 1)
    let (books, identity) = try Centre.open(configuration)
    let door = try OfficeListener.door(books: books, identity: identity, configuration)
    let responder = OfficeListener.router(door).buildResponder()
    let kind = role.scopes[0]
    let scope = kind == .everything ? Scope.everything : Scope("\(kind.rawValue):1")
    let grant = Grant(role, try #require(scope))
    // Whoever asks for all of it at once is turned away: three people take turns.
    var tokens: [OfficeToken] = []
    for login in ["li", "wang", "zhao"] {
      _ = try await books.addPerson(login, name: login)
      _ = try await books.setGrant(grant, of: login, isGranted: true)
      _ = try await books.setSignIn(of: login, password: "none", codeSecret: OneTimeCode().secret)
      let token = OfficeToken()
      #expect(try await books.openSession(of: login, codeStep: 1, token: token.digest))
      tokens.append(token)
    }
    let token = tokens[0]
    for (index, call) in OfficeCall.allCases.enumerated() where call != .signOut {
      let (status, isProblem) = try await answer(responder, call, tokens[index % 3])
      let judgement = Access.judge(call.route.verb, on: .whole, by: [grant])
      let isRefused = if case .refused = judgement { true } else { false }
      #expect((status == 403) == isRefused, "\(role) \(call): \(status)")
      #expect(status < 500 && (status != 401 || call == .signIn), "\(role) \(call): \(status)")
      let documented = [call.route.status] + call.route.problems.map(\.status)
      #expect(documented.contains(status), "\(role) \(call): \(status)")
      #expect(isProblem == (status >= 400), "\(role) \(call): \(status)")
    }
    #expect(try await answer(responder, .signOut, token).status == 200)
    #expect(try await answer(responder, .ownSession, token).status == 401)
    try books.close()
    try FileManager.default.removeItem(at: folder)
  }
}
