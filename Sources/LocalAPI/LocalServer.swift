import CanteenModel
import Foundation
package import HTTPListener
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore

/// The daemon's local API: HTTP over a Unix socket.
package enum LocalServer {
  /// Room for the longest order of items.
  private static let saleLimit = 8 * 1024
  private static let correctionLimit = 1024
  /// Operators, scripts and the collector of figures.
  private static let connectionLimit = 128

  /// - Parameters:
  ///   - socketPath: At most 107 bytes; a file that is there is replaced.
  ///   - makeControl: What answers the user of the operating system who opened a connection.
  package static func service(
    _ makeControl: @escaping @Sendable (_ userID: UInt32) -> some TerminalControl,
    socketPath: String, logger: Logger
  ) -> HTTPListener {
    let router = Router(context: ListenerContext.self)
    addViews(to: router, makeControl)
    addRules(to: router, makeControl)
    addActs(to: router, makeControl)
    addIdentity(to: router, makeControl)
    return HTTPListener(
      router, address: .unixDomainSocket(path: socketPath), serverName: "canteend",
      connections: connectionLimit, logger: logger)
  }

  private static func addViews(
    to router: Router<ListenerContext>,
    _ makeControl: @escaping @Sendable (_ userID: UInt32) -> some TerminalControl
  ) {
    router.get("/v1/status") { _, context in
      let control = makeControl(try await context.peerUserID)
      return try await answer { () throws(ControlError) in try await control.status() }
    }
    router.get("/metrics") { _, context in
      let control = makeControl(try await context.peerUserID)
      return try await answering { () throws(ControlError) in
        let status = try await control.status()
        return Response(
          status: .ok, headers: [.contentType: MetricsPage.mediaType],
          body: ResponseBody(byteBuffer: ByteBuffer(string: status.metrics.text)))
      }
    }
    router.get("/v1/readers") { _, context in
      let control = makeControl(try await context.peerUserID)
      return try await answer { () throws(ControlError) in try await control.readers() }
    }
    router.get("/v1/journal") { request, context in
      let control = makeControl(try await context.peerUserID)
      let limit = request.uri.queryParameters["limit"].flatMap { Int($0) } ?? 20
      return try await answer { () throws(ControlError) in
        guard (1...1000).contains(limit) else { throw .invalid("limit: 1 to 1000") }
        return try await control.journal(limit: limit)
      }
    }
    router.get("/v1/journal/export") { request, context in
      let control = makeControl(try await context.peerUserID)
      let asked = request.uri.queryParameters
      let epoch = asked["epoch"].flatMap { UInt32($0) }.map { Epoch($0) }
      let sequence = asked["sequence"].flatMap { UInt64($0) }.map { SequenceNumber($0) }
      return try await answer { () throws(ControlError) in
        try await control.exportBatch(
          behind: epoch.flatMap { epoch in
            sequence.map { JournalPosition(epoch: epoch, sequence: $0) }
          })
      }
    }
    router.get("/v1/days") { request, context in
      let control = makeControl(try await context.peerUserID)
      let limit = request.uri.queryParameters["limit"].flatMap { Int($0) } ?? 7
      return try await answer { () throws(ControlError) in
        guard (1...1000).contains(limit) else { throw .invalid("limit: 1 to 1000") }
        return try await control.closedDays(limit: limit)
      }
    }
  }

  private static func addRules(
    to router: Router<ListenerContext>,
    _ makeControl: @escaping @Sendable (_ userID: UInt32) -> some TerminalControl
  ) {
    router.get("/v1/rulebook") { _, context in
      let control = makeControl(try await context.peerUserID)
      return try await answer { () throws(ControlError) in try await control.rulebook() }
    }
    router.get("/v1/exposure") { request, context in
      let control = makeControl(try await context.peerUserID)
      let limit = request.uri.queryParameters["top"].flatMap { Int($0) } ?? 10
      return try await answer { () throws(ControlError) in
        guard (0...1000).contains(limit) else { throw .invalid("top: 0 to 1000") }
        return try await control.exposure(naming: limit)
      }
    }
  }

  private static func addActs(
    to router: Router<ListenerContext>,
    _ makeControl: @escaping @Sendable (_ userID: UInt32) -> some TerminalControl
  ) {
    router.post("/v1/correction") { request, context in
      let control = makeControl(try await context.peerUserID)
      let body = try await request.body.collect(upTo: correctionLimit)
      return try await answer { () throws(ControlError) in
        try await control.correct(try CorrectionOrder(json: Data(body.readableBytesView)))
      }
    }
    router.post("/v1/official-meal") { request, context in
      let control = makeControl(try await context.peerUserID)
      let body = try await request.body.collect(upTo: correctionLimit)
      return try await answer { () throws(ControlError) in
        try await control.chargeOfficialMeal(
          try OfficialMealOrder(json: Data(body.readableBytesView)))
      }
    }
    router.post("/v1/face") { request, context in
      let control = makeControl(try await context.peerUserID)
      let body = try await request.body.collect(upTo: correctionLimit)
      return try await answer { () throws(ControlError) in
        try await control.face(try FaceModuleOrder(json: Data(body.readableBytesView)))
      }
    }
    router.post("/v1/days") { _, context in
      let control = makeControl(try await context.peerUserID)
      return try await answer { () throws(ControlError) in try await control.closeDay() }
    }
    router.post("/v1/verification") { _, context in
      let control = makeControl(try await context.peerUserID)
      return try await answer { () throws(ControlError) in try await control.verify() }
    }
    router.post("/v1/sync") { _, context in
      let control = makeControl(try await context.peerUserID)
      return try await answer { () throws(ControlError) in
        try await control.syncNow()
        return Done()
      }
    }
    router.post("/v1/sale") { request, context in
      let control = makeControl(try await context.peerUserID)
      let body = try await request.body.collect(upTo: saleLimit)
      return try await answer { () throws(ControlError) in
        let order = try SaleOrder(json: Data(body.readableBytesView))
        guard let price = order.price else {
          throw .invalid("one of amount, items and guestMeal is armed")
        }
        try await control.armSale(price, lane: order.lane)
        return Done()
      }
    }
    router.delete("/v1/sale") { request, context in
      let control = makeControl(try await context.peerUserID)
      let lane = request.uri.queryParameters["lane"].flatMap { UInt16($0) } ?? 1
      return try await answer { () throws(ControlError) in
        try await control.clearSale(lane: LaneID(lane))
        return Done()
      }
    }
  }

  private static func addIdentity(
    to router: Router<ListenerContext>,
    _ makeControl: @escaping @Sendable (_ userID: UInt32) -> some TerminalControl
  ) {
    router.post("/v1/enrolment") { request, context in
      let control = makeControl(try await context.peerUserID)
      let body = try await request.body.collect(upTo: correctionLimit)
      return try await answer { () throws(ControlError) in
        try await control.enrol(try EnrolOrder(json: Data(body.readableBytesView)))
      }
    }
    router.post("/v1/key-rotation") { _, context in
      let control = makeControl(try await context.peerUserID)
      return try await answer { () throws(ControlError) in try await control.rotateKey() }
    }
  }

  private struct Done: Encodable {}

  private static func answer<Value: Encodable>(
    _ body: () async throws(ControlError) -> Value
  ) async throws -> Response {
    do {
      return try response(.ok, try await body())
    } catch let error as ControlError {
      return try refusal(error)
    }
  }

  private static func answering(
    _ body: () async throws(ControlError) -> Response
  ) async throws -> Response {
    do {
      return try await body()
    } catch {
      return try refusal(error)
    }
  }

  private static func refusal(_ error: ControlError) throws -> Response {
    let status: HTTPResponse.Status =
      switch error {
      case .invalid: .badRequest
      case .unavailable, .notRunning: .serviceUnavailable
      }
    let problem = Problem(
      title: status.reasonPhrase, detail: error.description, status: status.code)
    return try response(status, problem)
  }

  private static func response(
    _ status: HTTPResponse.Status, _ body: some Encodable
  ) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let type = status == .ok ? "application/json" : "application/problem+json"
    return Response(
      status: status, headers: [.contentType: type],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(body))))
  }
}

extension EnrolOrder {
  fileprivate init(json: Data) throws(ControlError) {
    do {
      self = try JSONDecoder().decode(EnrolOrder.self, from: json)
    } catch {
      throw .invalid(
        "the body is {\"url\": \"https://centre.example.org:8700\", \"token\": \"canteen-…\"}")
    }
  }
}

extension OfficialMealOrder {
  fileprivate init(json: Data) throws(ControlError) {
    do {
      self = try JSONDecoder().decode(OfficialMealOrder.self, from: json)
    } catch {
      throw .invalid("the body is {\"voucher\": \"GW2026-0117\", \"heads\": 6}")
    }
  }
}

extension FaceModuleOrder {
  fileprivate init(json: Data) throws(ControlError) {
    do {
      self = try JSONDecoder().decode(FaceModuleOrder.self, from: json)
    } catch {
      throw .invalid(
        "the body is not {\"lane\": 1, \"act\": \"enrol\", \"name\": \"…\", \"fromFiveViews\": false}"
      )
    }
  }
}

extension CorrectionOrder {
  fileprivate init(json: Data) throws(ControlError) {
    do {
      self = try JSONDecoder().decode(CorrectionOrder.self, from: json)
    } catch {
      throw .invalid("the body is not {\"kind\": 1, \"sequence\": 4711, \"note\": \"\"}")
    }
  }
}

extension SaleOrder {
  fileprivate init(json: Data) throws(ControlError) {
    do {
      self = try JSONDecoder().decode(SaleOrder.self, from: json)
    } catch {
      throw .invalid("the body is not {\"lane\": 1, \"amount\": 1500}, the amount in fen")
    }
  }
}
