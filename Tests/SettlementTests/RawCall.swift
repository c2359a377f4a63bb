import LinkSecurity
import SyncTransport

/// A request as anybody could write it, sent by somebody who looks at nobody's certificate.
struct RawCall {
  var method = "POST"
  let path: String
  var headers: [(String, String)] = []
  var body: [UInt8] = []

  /// - Parameter identity: What is shown; `nil` for nobody.
  func send(to port: Int, as identity: LinkIdentity?) async throws -> RawAnswer {
    try await LinkCaller(identity, to: nil).send(
      RawRequest(method, path, fields: headers, body: body),
      to: try LinkAddress("127.0.0.1:\(port)"), within: .seconds(20), upTo: 1 << 21)
  }
}

extension RawAnswer {
  var text: String { String(decoding: body, as: UTF8.self) }
}
