import AsyncHTTPClient
package import CanteenModel
import Foundation
import NIOCore
import NIOHTTP1
package import SettlementStore

/// Answers the operator by asking the running service through its socket.
package struct SocketControl: SettlementControl {
  private let socketPath: String

  /// One for the process' life. A socket that nobody serves is reported at once.
  private static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(configuration: configuration)
  }()

  /// An import of a million accounts takes about a minute.
  private static let timeout = TimeAmount.minutes(5)
  private static let answerLimit = 256 * 1024 * 1024

  package init(socketPath: String) {
    self.socketPath = socketPath
  }

  /// Whether a service answers at the socket.
  package func isAnswered() async -> Bool {
    guard FileManager.default.fileExists(atPath: socketPath) else { return false }
    do {
      _ = try await send(.GET, "/healthz", [])
      return true
    } catch {
      return false
    }
  }

  package func add(_ terminal: TerminalEntry) async throws(ControlRefusal) {
    let body: Data
    do {
      body = try JSONEncoder().encode(terminal)
    } catch {
      throw .invalid("the terminal cannot be sent: \(error)")
    }
    _ = try await send(.POST, "/v1/terminals", Array(body))
  }

  package func terminals() async throws(ControlRefusal) -> [TerminalEntry] {
    try await ask(.GET, "/v1/terminals")
  }

  package func importAccounts(_ file: [UInt8]) async throws(ControlRefusal) -> ImportOutcome {
    try await ask(.POST, "/v1/accounts", file)
  }

  package func importRulebook(_ file: [UInt8]) async throws(ControlRefusal) -> Int64 {
    try await ask(.POST, "/v1/rulebook", file)
  }

  package func report() async throws(ControlRefusal) -> SettlementReport {
    try await ask(.GET, "/v1/report")
  }

  package func records(
    of terminal: TerminalID, limit: Int
  ) async throws(ControlRefusal) -> [RecordLine] {
    try await ask(.GET, "/v1/terminals/\(terminal)/records?limit=\(limit)")
  }

  private func ask<Value: Decodable>(
    _ method: HTTPMethod, _ path: String, _ body: [UInt8] = []
  ) async throws(ControlRefusal) -> Value {
    let answer = try await send(method, path, body)
    do {
      return try JSONDecoder().decode(Value.self, from: answer)
    } catch {
      throw .unavailable("the service speaks another version, restart it: \(error)")
    }
  }

  private func send(
    _ method: HTTPMethod, _ path: String, _ body: [UInt8]
  ) async throws(ControlRefusal) -> Data {
    guard let url = URL(httpURLWithSocketPath: socketPath, uri: path) else {
      throw .invalid("\(socketPath) is not a path for a socket")
    }
    var request = HTTPClientRequest(url: url.absoluteString)
    request.method = method
    if method == .POST { request.body = .bytes(ByteBuffer(bytes: body)) }
    let status: Int
    let answer: Data
    do {
      let response = try await Self.client.execute(request, timeout: Self.timeout)
      answer = Data(try await response.body.collect(upTo: Self.answerLimit).readableBytesView)
      status = Int(response.status.code)
    } catch {
      throw .unavailable("the service does not answer at \(socketPath): \(error)")
    }
    guard status != 200 else { return answer }
    // Another server's body is shown as it is.
    let problem = try? JSONDecoder().decode(Problem.self, from: answer)
    let detail = problem?.detail ?? String(decoding: answer.prefix(300), as: UTF8.self)
    throw (400..<500).contains(status) ? .invalid(detail) : .unavailable(detail)
  }
}
