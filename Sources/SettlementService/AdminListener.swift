import CanteenModel
import Foundation
package import HTTPListener
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore
package import SettlementStore
import SyncProtocol
import SyncTransport

/// The operator's listener: HTTP over a Unix socket, whose mode (0600, by the process' umask) is
/// what keeps others out. Who asks is who the kernel says, and every act is a row of the audit log.
package enum AdminListener {
  /// Room for a million accounts.
  static let accountFileLimit = 128 * 1024 * 1024
  private static let smallBodyLimit = 64 * 1024
  /// Operators, scripts and the collector of figures.
  private static let connectionLimit = 128
  /// Room for all that a terminal may store, many times.
  private static let batchFileLimit = 128 * 1024 * 1024

  /// - Parameter socketPath: At most 107 bytes; a file that is there is replaced.
  package static func service(
    books: Books, identity: CentreIdentity, socketPath: String, logger: Logger
  ) -> HTTPListener {
    let router = Router(context: ListenerContext.self)
    let control = AdminDoor(books: books, identity: identity)
    router.add(middleware: ProblemShape())
    router.get(RouterPath(WireContract.healthPath)) { _, _ in try Health.answer(of: books) }
    router.get("/v1/report") { request, context in
      try Response(json: try await control(request, context).report())
    }
    router.get("/metrics") { request, context in
      let text = try await control(request, context).report().metrics.text
      return Response(
        status: .ok, headers: [.contentType: MetricsPage.mediaType],
        body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
    router.get("/v1/check") { request, context in
      try Response(json: try await control(request, context).check())
    }
    addTerminals(to: router, control)
    addFiles(to: router, control)
    router.post("/v1/programme") { request, context in
      let body = try await request.body.collect(upTo: accountFileLimit)
      let order: ProgrammeOrder
      do {
        order = try JSONDecoder().decode(ProgrammeOrder.self, from: Data(body.readableBytesView))
      } catch {
        throw Problem(.malformed, "the body is no order of this version: \(error)")
      }
      let answer = try await control(request, context).programme(order)
      return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer)))
    }
    addStatements(to: router, control)
    router.post("/v1/office") { request, context in
      let body = try await request.body.collect(upTo: smallBodyLimit)
      let order: LocalOrder
      do {
        order = try JSONDecoder().decode(LocalOrder.self, from: Data(body.readableBytesView))
      } catch {
        throw Problem(.malformed, "the body is no order of this version")
      }
      return try Response(json: try await control(request, context).office(order))
    }
    router.get("/v1/holds") { request, context in
      try Response(json: try await control(request, context).holds())
    }
    router.post("/v1/holds/:id/release") { request, context in
      try Response(json: try await control(request, context).giveUpHold(try hold(in: context)))
    }
    return HTTPListener(
      router, address: .unixDomainSocket(path: socketPath), serverName: "canteen-settlement",
      connections: connectionLimit, logger: logger)
  }

  private static func addTerminals(
    to router: Router<ListenerContext>, _ control: AdminDoor
  ) {
    router.get("/v1/terminals") { request, context in
      try Response(json: try await control(request, context).terminals())
    }
    router.post("/v1/terminals") { request, context in
      let body = try await request.body.collect(upTo: smallBodyLimit)
      let terminal: TerminalEntry
      do {
        terminal = try JSONDecoder().decode(TerminalEntry.self, from: Data(body.readableBytesView))
      } catch {
        throw Problem(.malformed, "the body is {\"number\", \"name\", \"canteen\", \"pullURL\"}")
      }
      return try Response(json: ["number": try await control(request, context).add(terminal).number]
      )
    }
    addEntry(to: router, control)
    addRetirement(to: router, control)
    router.get("/v1/terminals/:number/records") { request, context in
      let limit = request.uri.queryParameters.get("limit", as: Int.self) ?? RecordLimit.standard
      return try Response(
        json: try await control(request, context).records(
          of: try terminal(in: context), limit: limit))
    }
    router.post("/v1/terminals/:number/epoch") { request, context in
      try Response(
        json: try await control(request, context).grantEpoch(to: try terminal(in: context)))
    }
    router.post("/v1/terminals/:number/epoch/acceptance") { request, context in
      try Response(
        json: try await control(request, context).acceptEpoch(of: try terminal(in: context)))
    }
  }

  private static func addFiles(
    to router: Router<ListenerContext>, _ control: AdminDoor
  ) {
    router.post("/v1/accounts") { request, context in
      let body = try await request.body.collect(upTo: accountFileLimit)
      return try Response(
        json: try await control(request, context).importAccounts(Array(body.readableBytesView)))
    }
    router.get("/v1/accounts/:number/exposure") { request, context in
      try Response(
        json: try await control(request, context).exposure(of: try account(in: context)))
    }
    router.get("/v1/accounts/:number/history") { request, context in
      let day: Int32 = try number("until", in: request) ?? .max
      let known: Int32 = try number("known", in: request) ?? .max
      return try Response(
        json: try await control(request, context).history(
          of: try account(in: context), until: day, knownOn: known))
    }
    router.post("/v1/items") { request, context in
      let body = try await request.body.collect(upTo: accountFileLimit)
      return try Response(
        json: try await control(request, context).importItems(Array(body.readableBytesView)))
    }
    router.post("/v1/rulebook") { request, context in
      let body = try await request.body.collect(upTo: smallBodyLimit)
      return try Response(
        json: try await control(request, context).signRulebook(Array(body.readableBytesView)))
    }
    router.post("/v1/rulebook/preview") { request, context in
      let body = try await request.body.collect(upTo: smallBodyLimit)
      return try Response(
        json: try await control(request, context).previewRulebook(Array(body.readableBytesView)))
    }
    router.get("/v1/rulebook") { request, context in
      try Response(json: try await control(request, context).rulebooks())
    }
  }

  private static func addEntry(
    to router: Router<ListenerContext>, _ control: AdminDoor
  ) {
    router.post("/v1/terminals/:number/token") { request, context in
      try Response(json: try await control(request, context).invite(try terminal(in: context)))
    }
    router.post("/v1/terminals/:number/revocation") { request, context in
      let terminal = try terminal(in: context)
      try await control(request, context).set(terminal, revoked: true)
      return try Response(json: ["number": terminal.number])
    }
    router.delete("/v1/terminals/:number/revocation") { request, context in
      let terminal = try terminal(in: context)
      try await control(request, context).set(terminal, revoked: false)
      return try Response(json: ["number": terminal.number])
    }
  }

  private static func addRetirement(
    to router: Router<ListenerContext>, _ control: AdminDoor
  ) {
    router.post("/v1/terminals/:number/retirement") { request, context in
      let terminal = try terminal(in: context)
      try await control(request, context).retire(terminal)
      return try Response(json: ["number": terminal.number])
    }
    router.post("/v1/terminals/:number/replacement") { request, context in
      let body = try await request.body.collect(upTo: smallBodyLimit)
      let order: Replacement
      do {
        order = try JSONDecoder().decode(Replacement.self, from: Data(body.readableBytesView))
      } catch {
        throw Problem(.malformed, "the body is {\"name\", \"pullURL\"}")
      }
      let successor = try await control(request, context).replace(
        try terminal(in: context), name: order.name, pullURL: order.pullURL)
      return try Response(json: ["number": successor.number])
    }
    router.post("/v1/batches") { request, context in
      let body = try await request.body.collect(upTo: batchFileLimit)
      return try Response(
        json: try await control(request, context).importBatches(Array(body.readableBytesView)))
    }
  }

  private static func hold(in context: some RequestContext) throws(Problem) -> HoldID {
    let bytes = context.parameters.get("id").flatMap { Hexadecimal.bytes($0) }
    guard let id = bytes.flatMap({ Digest32($0) }) else {
      throw Problem(.malformed, "the path names a hold by its 64 hexadecimal digits")
    }
    return HoldID(id)
  }

  private static func account(in context: some RequestContext) throws(Problem) -> AccountID {
    guard let number = context.parameters.get("number", as: Int64.self) else {
      throw Problem(.malformed, "the path names an account by its number")
    }
    return AccountID(number)
  }

  static func terminal(in context: some RequestContext) throws(Problem) -> TerminalID {
    guard let number = context.parameters.get("number", as: UInt32.self) else {
      throw Problem(.malformed, "the path names a terminal by its number")
    }
    return TerminalID(number)
  }
}

/// Answers each caller in the name of their user.
struct AdminDoor: Sendable {
  let books: Books
  let identity: CentreIdentity

  func callAsFunction(
    _ request: Request, _ context: ListenerContext
  ) async throws -> BooksControl {
    let sudo = SocketControl.sudoField.flatMap { request.headers[$0] }
    return BooksControl(
      books: books, identity: identity,
      caller: LocalCaller(userID: try await context.peerUserID, sudo: sudo.flatMap { UInt32($0) }))
  }
}

extension Response {
  /// An answer in JSON with sorted keys.
  init(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    self.init(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
  }
}

/// The body of the order to put another terminal in the place of one.
struct Replacement: Codable, Sendable {
  let name: String
  let pullURL: String?
}
