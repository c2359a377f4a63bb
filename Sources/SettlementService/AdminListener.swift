import CanteenModel
import Foundation
import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore
package import SettlementStore
import SyncProtocol
import SyncTransport

/// The operator's listener: HTTP over a Unix socket, whose mode (0600, by the process' umask) is
/// what keeps others out.
package enum AdminListener {
  /// Room for a million accounts.
  static let accountFileLimit = 128 * 1024 * 1024
  private static let smallBodyLimit = 64 * 1024
  /// Room for all that a terminal may store, many times.
  private static let batchFileLimit = 128 * 1024 * 1024

  /// - Parameter socketPath: At most 107 bytes; a file that is there is replaced.
  package static func application(
    _ control: BooksControl, books: Books, socketPath: String, logger: Logger
  ) -> some ApplicationProtocol {
    let router = Router()
    router.add(middleware: ProblemShape())
    router.get(RouterPath(WireContract.healthPath)) { _, _ in try Health.answer(of: books) }
    router.get("/v1/report") { _, _ in try Response(json: try await control.report()) }
    router.get("/metrics") { _, _ in
      let text = try await control.report().metrics.text
      return Response(
        status: .ok, headers: [.contentType: MetricsPage.mediaType],
        body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
    router.get("/v1/check") { _, _ in try Response(json: try await control.check()) }
    addTerminals(to: router, control)
    addFiles(to: router, control)
    router.post("/v1/programme") { request, _ in
      let body = try await request.body.collect(upTo: accountFileLimit)
      let order: ProgrammeOrder
      do {
        order = try JSONDecoder().decode(ProgrammeOrder.self, from: Data(body.readableBytesView))
      } catch {
        throw Problem(.malformed, "the body is no order of this version: \(error)")
      }
      let answer = try await control.programme(order)
      return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer)))
    }
    addStatements(to: router, control)
    router.post("/v1/office") { request, _ in
      let body = try await request.body.collect(upTo: smallBodyLimit)
      let order: LocalOrder
      do {
        order = try JSONDecoder().decode(LocalOrder.self, from: Data(body.readableBytesView))
      } catch {
        throw Problem(.malformed, "the body is no order of this version")
      }
      return try Response(json: try await control.office(order))
    }
    router.get("/v1/holds") { _, _ in try Response(json: try await control.holds()) }
    router.post("/v1/holds/:id/release") { _, context in
      try Response(json: try await control.giveUpHold(try hold(in: context)))
    }
    return Application(
      router: router,
      configuration: .init(
        address: .unixDomainSocket(path: socketPath), serverName: "canteen-settlement"),
      logger: logger)
  }

  private static func addTerminals(
    to router: Router<BasicRequestContext>, _ control: BooksControl
  ) {
    router.get("/v1/terminals") { _, _ in try Response(json: try await control.terminals()) }
    router.post("/v1/terminals") { request, _ in
      let body = try await request.body.collect(upTo: smallBodyLimit)
      let terminal: TerminalEntry
      do {
        terminal = try JSONDecoder().decode(TerminalEntry.self, from: Data(body.readableBytesView))
      } catch {
        throw Problem(.malformed, "the body is {\"number\", \"name\", \"canteen\", \"pullURL\"}")
      }
      return try Response(json: ["number": try await control.add(terminal).number])
    }
    addEntry(to: router, control)
    addRetirement(to: router, control)
    router.get("/v1/terminals/:number/records") { request, context in
      let limit = request.uri.queryParameters.get("limit", as: Int.self) ?? RecordLimit.standard
      return try Response(
        json: try await control.records(of: try terminal(in: context), limit: limit))
    }
    router.post("/v1/terminals/:number/epoch") { _, context in
      try Response(json: try await control.grantEpoch(to: try terminal(in: context)))
    }
    router.post("/v1/terminals/:number/epoch/acceptance") { _, context in
      try Response(json: try await control.acceptEpoch(of: try terminal(in: context)))
    }
  }

  private static func addFiles(
    to router: Router<BasicRequestContext>, _ control: BooksControl
  ) {
    router.post("/v1/accounts") { request, _ in
      let body = try await request.body.collect(upTo: accountFileLimit)
      return try Response(json: try await control.importAccounts(Array(body.readableBytesView)))
    }
    router.get("/v1/accounts/:number/exposure") { _, context in
      try Response(json: try await control.exposure(of: try account(in: context)))
    }
    router.get("/v1/accounts/:number/history") { request, context in
      let day = request.uri.queryParameters.get("until", as: Int32.self) ?? .max
      let known = request.uri.queryParameters.get("known", as: Int32.self) ?? .max
      return try Response(
        json: try await control.history(
          of: try account(in: context), until: day, knownOn: known))
    }
    router.post("/v1/items") { request, _ in
      let body = try await request.body.collect(upTo: accountFileLimit)
      return try Response(json: try await control.importItems(Array(body.readableBytesView)))
    }
    router.post("/v1/rulebook") { request, _ in
      let body = try await request.body.collect(upTo: smallBodyLimit)
      return try Response(json: try await control.signRulebook(Array(body.readableBytesView)))
    }
    router.post("/v1/rulebook/preview") { request, _ in
      let body = try await request.body.collect(upTo: smallBodyLimit)
      return try Response(json: try await control.previewRulebook(Array(body.readableBytesView)))
    }
    router.get("/v1/rulebook") { _, _ in try Response(json: try await control.rulebooks()) }
  }

  private static func addEntry(
    to router: Router<BasicRequestContext>, _ control: BooksControl
  ) {
    router.post("/v1/terminals/:number/token") { _, context in
      try Response(json: try await control.invite(try terminal(in: context)))
    }
    router.post("/v1/terminals/:number/revocation") { _, context in
      let terminal = try terminal(in: context)
      try await control.set(terminal, revoked: true)
      return try Response(json: ["number": terminal.number])
    }
    router.delete("/v1/terminals/:number/revocation") { _, context in
      let terminal = try terminal(in: context)
      try await control.set(terminal, revoked: false)
      return try Response(json: ["number": terminal.number])
    }
  }

  private static func addRetirement(
    to router: Router<BasicRequestContext>, _ control: BooksControl
  ) {
    router.post("/v1/terminals/:number/retirement") { _, context in
      let terminal = try terminal(in: context)
      try await control.retire(terminal)
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
      let successor = try await control.replace(
        try terminal(in: context), name: order.name, pullURL: order.pullURL)
      return try Response(json: ["number": successor.number])
    }
    router.post("/v1/batches") { request, _ in
      let body = try await request.body.collect(upTo: batchFileLimit)
      return try Response(json: try await control.importBatches(Array(body.readableBytesView)))
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
