package import HTTPListener
import HTTPTypes
package import Hummingbird
import NIOCore
package import SyncProtocol

/// One request of the contract and its answer, each in the form that the sender named: the only place where
/// forms are chosen. What is behind it knows protobuf only.
package struct WireCall: Sendable {
  fileprivate let request: Request
  fileprivate let route: WireRoute

  /// Reads the body, has it answered, and writes the answer.
  ///
  /// - Parameter answer: Takes the body in protobuf, nothing where the route has none, and returns the answer in
  ///   protobuf.
  /// - Throws: ``Problem`` 406 and 415 before anything of the body is read; ``WireError``; what `answer` throws.
  package func answering(
    _ answer: ([UInt8]) async throws -> [UInt8]
  ) async throws -> Response {
    guard case .message(let message) = route.gives else {
      preconditionFailure("\(route.path) is answered in one form")
    }
    let sent = try sentForm()
    let wanted = try wantedForm(sent)
    var body: [UInt8] = []
    if let takes = route.takes {
      let bytes = try await request.bytes(upTo: sent.bodyLimit(for: takes.limit))
      body = try sent.read(bytes, as: takes.message, upTo: takes.limit)
    }
    return Response(
      status: .ok, headers: [.contentType: wanted.mediaType],
      body: ResponseBody(
        byteBuffer: ByteBuffer(bytes: try wanted.write(try await answer(body), as: message))))
  }

  /// In which form the body is; protobuf where nothing is said.
  private func sentForm() throws(Problem) -> WireForm {
    guard route.takes != nil, let field = request.headers[.contentType] else { return .protobuf }
    let type = field.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    guard let form = WireForm.allCases.first(where: { $0.mediaType == type }) else {
      throw Problem(.mediaTypeUnsupported, "\(type.prefix(100)) is not spoken here")
    }
    return form
  }

  /// The form that is wanted most; among equals that of the body.
  private func wantedForm(_ sent: WireForm) throws(Problem) -> WireForm {
    let field = AcceptField(request.headers[values: .accept])
    let forms = [sent] + WireForm.allCases.filter { $0 != sent }
    var wanted = sent
    for form in forms where field.weight(of: form) > field.weight(of: wanted) { wanted = form }
    guard field.weight(of: wanted) > 0 else {
      throw Problem(.notAcceptable, "nothing that the field Accept names is spoken here")
    }
    return wanted
  }
}

extension WireRoute {
  fileprivate var httpMethod: HTTPRequest.Method {
    switch method {
    case .get: .get
    case .post: .post
    }
  }
}

extension RouterMethods where Context == ListenerContext {
  /// Serves a route of the contract.
  package func serve(
    _ route: WireRoute,
    _ handler: @escaping @Sendable (WireCall, ListenerContext) async throws -> Response
  ) {
    on(RouterPath(route.path), method: route.httpMethod) { request, context in
      try await handler(WireCall(request: request, route: route), context)
    }
  }

  /// Serves a route of the contract that is answered in one form, whatever is accepted.
  ///
  /// - Parameter text: The answer; an error is told as a problem.
  package func serve(
    _ route: WireRoute, text: @escaping @Sendable () throws -> [UInt8]
  ) {
    guard case .text(let mediaType) = route.gives else {
      preconditionFailure("\(route.path) is answered with a message")
    }
    on(RouterPath(route.path), method: route.httpMethod) { _, _ in
      Response(
        status: .ok, headers: [.contentType: mediaType],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: try text())))
    }
  }
}
