import AsyncHTTPClient
import Foundation
import LinkSecurity
import NIOCore
import NIOHTTP1

@testable import SyncTransport

/// A request as anybody could write it, and what came of it.
struct RawCall {
  struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    var mediaType: String? { headers.first(name: "Content-Type") }
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body, when it is a problem.
    var problem: Problem? {
      guard mediaType == Problem.mediaType else { return nil }
      // try?: a body that is none is what the test looks for.
      return try? JSONDecoder().decode(Problem.self, from: Data(body))
    }
  }

  var method = HTTPMethod.POST
  let path: String
  var headers: [(String, String)] = []
  var body: [UInt8] = []

  /// - Parameter identity: What is shown; `nil` for nobody.
  func send(to port: Int, as identity: LinkIdentity?) async throws -> Answer {
    let client = HTTPClient(
      configuration: HTTPClient.Configuration(
        tlsConfiguration: try LinkIdentity.callerConfiguration(identity)))
    var request = HTTPClientRequest(url: "https://127.0.0.1:\(port)\(path)")
    request.method = method
    request.headers.add(contentsOf: headers)
    if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
    let result: Result<Answer, any Error>
    do {
      let response = try await client.execute(request, timeout: .seconds(20))
      let answer = try await response.body.collect(upTo: 1 << 21)
      result = .success(
        Answer(
          status: Int(response.status.code), headers: response.headers,
          body: Array(answer.readableBytesView)))
    } catch {
      result = .failure(error)
    }
    try await client.shutdown()
    return try result.get()
  }
}
