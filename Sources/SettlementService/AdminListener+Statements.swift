import CanteenModel
import Foundation
import HTTPListener
import Hummingbird
import SettlementCore
import SyncProtocol
import SyncTransport

extension AdminListener {
  /// An evaluation of every canteen of a city.
  private static let actLimit = 4 * 1024 * 1024

  static func addStatements(
    to router: Router<ListenerContext>, _ control: AdminDoor
  ) {
    router.post("/v1/quarters/:quarter/evaluation") { request, context in
      let (act, people) = try await act(in: request)
      guard let file = act.file else { throw Problem(.malformed, "the body has a file") }
      return try Response(
        json: try await control(request, context).importEvaluation(
          Array(file), of: try quarter(in: context), by: people))
    }
    router.post("/v1/quarters/:quarter/close") { request, context in
      let (_, people) = try await act(in: request)
      return try Response(
        json: try await control(request, context).close(try quarter(in: context), by: people))
    }
    router.post("/v1/quarters/:quarter/statements") { request, context in
      try Response(
        json: try await control(request, context).draftStatements(of: try quarter(in: context)))
    }
    router.post("/v1/quarters/:quarter/statements/:canteen/approval") { request, context in
      let (act, people) = try await act(in: request)
      guard let digest = act.digest.flatMap({ Hexadecimal.bytes($0) }).flatMap({ Digest32($0) })
      else { throw Problem(.malformed, "digest has 64 hexadecimal digits") }
      return try Response(
        json: try await control(request, context).approveStatement(
          of: try quarter(in: context), canteen: try canteen(in: context), digest: digest,
          by: people))
    }
    addStatementFiles(to: router, control)
  }

  private static func addStatementFiles(
    to router: Router<ListenerContext>, _ control: AdminDoor
  ) {
    router.get("/v1/quarters/:quarter/statements") { request, context in
      try Response(
        json: try await control(request, context).statements(of: try quarter(in: context)))
    }
    router.get("/v1/quarters/:quarter/statements/:canteen") { request, context in
      try Response(
        json: try await control(request, context).statementDocument(
          of: try quarter(in: context), canteen: try canteen(in: context)))
    }
    router.get("/v1/quarters/:quarter/statements/:canteen/file") { request, context in
      try Response(
        json: try await control(request, context).statementFile(
          of: try quarter(in: context), canteen: try canteen(in: context)))
    }
    router.get("/v1/quarters/:quarter/clearing") { request, context in
      try Response(json: try await control(request, context).clearing(of: try quarter(in: context)))
    }
    router.post("/v1/payment-orders") { request, context in
      let (_, people) = try await act(in: request)
      return try Response(json: try await control(request, context).orderPayments(by: people))
    }
    router.get("/v1/payment-orders") { request, context in
      try Response(json: try await control(request, context).paymentOrders())
    }
    router.get("/v1/payment-orders/:number/file") { request, context in
      guard let number = context.parameters.get("number", as: Int64.self) else {
        throw Problem(.malformed, "the path names a payment order by its number")
      }
      return try Response(json: try await control(request, context).paymentFile(of: number))
    }
    router.get("/v1/terminals/:number/batches") { request, context in
      let intake: Int64 = try number("after", in: request) ?? 0
      return try Response(
        json: try await control(request, context).exportBatches(
          of: try terminal(in: context), after: intake))
    }
  }

  /// A number behind the question mark; `nil` when it is not there.
  ///
  /// - Throws: ``Problem`` 400 for what is none: to pass it over would answer another question.
  static func number<Number: FixedWidthInteger & LosslessStringConvertible>(
    _ name: String, in request: Request
  ) throws(Problem) -> Number? {
    guard let text = request.uri.queryParameters[Substring(name)] else { return nil }
    guard let number = Number(text) else {
      throw Problem(.malformed, "the parameter \(name) is a whole number")
    }
    return number
  }

  private static func act(
    in request: Request
  ) async throws -> (act: StatementAct, people: TwoPeople) {
    let body = try await request.body.collect(upTo: actLimit)
    let act: StatementAct
    do {
      act = try JSONDecoder().decode(StatementAct.self, from: Data(body.readableBytesView))
    } catch {
      throw Problem(.malformed, "the body is {\"proposer\", \"approver\", …}")
    }
    guard let people = act.people else {
      throw Problem(.malformed, "proposer and approver are two people")
    }
    return (act, people)
  }

  private static func quarter(in context: some RequestContext) throws(Problem) -> Quarter {
    guard let quarter = context.parameters.get("quarter").flatMap({ Quarter($0) }) else {
      throw Problem(.malformed, "the path names a quarter as in 2026Q4")
    }
    return quarter
  }

  private static func canteen(in context: some RequestContext) throws(Problem) -> UInt32 {
    guard let number = context.parameters.get("canteen", as: UInt32.self) else {
      throw Problem(.malformed, "the path names a canteen by its number")
    }
    return number
  }
}
