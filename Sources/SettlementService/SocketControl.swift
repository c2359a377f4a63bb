import AsyncHTTPClient
package import CanteenModel
import Foundation
import HTTPCaller
import HTTPTypes
import NIOCore
import NIOHTTP1
package import SettlementStore
import SyncTransport

/// Answers the operator by asking the running service through its socket.
package struct SocketControl: SettlementControl {
  private let socketPath: String
  private let timeout: Duration

  /// One for the process' life. A socket that nobody serves is reported at once.
  private static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(configuration: configuration)
  }()

  /// A service that answers at all says so within this time.
  private static let healthTimeout = Duration.seconds(10)
  private static let answerLimit = 256 * 1024 * 1024

  /// Who typed sudo: the service believes it of root.
  static let sudoName = "X-Canteen-Sudo-User"
  static let sudoField = HTTPField.Name(sudoName)

  /// - Parameter timeout: How long the service may take for one answer, head and body. An import of
  ///   a million accounts takes about a minute.
  package init(socketPath: String, timeout: Duration = .seconds(300)) {
    self.socketPath = socketPath
    self.timeout = timeout
  }

  /// Whether a service answers at the socket.
  package func isAnswered() async -> Bool {
    guard FileManager.default.fileExists(atPath: socketPath) else { return false }
    do {
      _ = try await send(.GET, "/healthz", [], within: min(timeout, Self.healthTimeout))
      return true
    } catch {
      return false
    }
  }

  @discardableResult
  package func add(_ terminal: TerminalEntry) async throws(ControlRefusal) -> TerminalID {
    let body: Data
    do {
      body = try JSONEncoder().encode(terminal)
    } catch {
      throw .invalid("the terminal cannot be sent: \(error)")
    }
    let answer: [String: UInt32] = try await ask(.POST, "/v1/terminals", Array(body))
    guard let number = answer["number"] else {
      throw .unavailable("the service speaks another version, restart it")
    }
    return TerminalID(number)
  }

  package func invite(_ terminal: TerminalID) async throws(ControlRefusal) -> Invitation {
    try await ask(.POST, "/v1/terminals/\(terminal)/token")
  }

  package func set(
    _ terminal: TerminalID, revoked: Bool
  ) async throws(ControlRefusal) {
    _ = try await send(
      revoked ? .POST : .DELETE, "/v1/terminals/\(terminal)/revocation", [])
  }

  package func retire(_ terminal: TerminalID) async throws(ControlRefusal) {
    _ = try await send(.POST, "/v1/terminals/\(terminal)/retirement", [])
  }

  package func replace(
    _ terminal: TerminalID, name: String, pullURL: String?
  ) async throws(ControlRefusal) -> TerminalID {
    let body: Data
    do {
      body = try JSONEncoder().encode(Replacement(name: name, pullURL: pullURL))
    } catch {
      throw .invalid("the terminal cannot be sent: \(error)")
    }
    let answer: [String: UInt32] = try await ask(
      .POST, "/v1/terminals/\(terminal)/replacement", Array(body))
    guard let number = answer["number"] else {
      throw .unavailable("the service speaks another version, restart it")
    }
    return TerminalID(number)
  }

  package func importBatches(
    _ file: [UInt8]
  ) async throws(ControlRefusal) -> [ImportedBatch] {
    try await ask(.POST, "/v1/batches", file)
  }

  package func terminals() async throws(ControlRefusal) -> [TerminalEntry] {
    try await ask(.GET, "/v1/terminals")
  }

  package func importAccounts(_ file: [UInt8]) async throws(ControlRefusal) -> ImportOutcome {
    try await ask(.POST, "/v1/accounts", file)
  }

  package func importItems(_ file: [UInt8]) async throws(ControlRefusal) -> ImportOutcome {
    try await ask(.POST, "/v1/items", file)
  }

  package func previewRulebook(_ file: [UInt8]) async throws(ControlRefusal) -> RulesPreview {
    try await ask(.POST, "/v1/rulebook/preview", file)
  }

  package func signRulebook(_ file: [UInt8]) async throws(ControlRefusal) -> Int64 {
    try await ask(.POST, "/v1/rulebook", file)
  }

  package func rulebooks() async throws(ControlRefusal) -> [Rulebook] {
    try await ask(.GET, "/v1/rulebook")
  }

  package func grantEpoch(
    to terminal: TerminalID
  ) async throws(ControlRefusal) -> EpochGrant {
    try await ask(.POST, "/v1/terminals/\(terminal)/epoch")
  }

  package func acceptEpoch(
    of terminal: TerminalID
  ) async throws(ControlRefusal) -> EpochGrant {
    try await ask(.POST, "/v1/terminals/\(terminal)/epoch/acceptance")
  }

  package func check() async throws(ControlRefusal) -> BooksCheck {
    try await ask(.GET, "/v1/check")
  }

  package func report() async throws(ControlRefusal) -> SettlementReport {
    try await ask(.GET, "/v1/report")
  }

  package func exposure(
    of account: AccountID
  ) async throws(ControlRefusal) -> AccountExposure {
    try await ask(.GET, "/v1/accounts/\(account)/exposure")
  }

  package func history(
    of account: AccountID, until day: Int32, knownOn known: Int32
  ) async throws(ControlRefusal) -> AccountHistory {
    try await ask(.GET, "/v1/accounts/\(account)/history?until=\(day)&known=\(known)")
  }

  package func holds() async throws(ControlRefusal) -> [HoldLine] {
    try await ask(.GET, "/v1/holds")
  }

  package func giveUpHold(_ id: HoldID) async throws(ControlRefusal) -> HoldLine {
    try await ask(.POST, "/v1/holds/\(id)/release")
  }

  package func programme(_ order: ProgrammeOrder) async throws(ControlRefusal) -> [UInt8] {
    let body: Data
    do {
      body = try JSONEncoder().encode(order)
    } catch {
      throw .invalid("the order cannot be sent: \(error)")
    }
    return Array(try await send(.POST, "/v1/programme", Array(body)))
  }

  package func records(
    of terminal: TerminalID, limit: Int
  ) async throws(ControlRefusal) -> [RecordLine] {
    try await ask(.GET, "/v1/terminals/\(terminal)/records?limit=\(limit)")
  }

  package func office(_ order: LocalOrder) async throws(ControlRefusal) -> [String] {
    let body: Data
    do {
      body = try JSONEncoder().encode(order)
    } catch {
      throw .invalid("the order cannot be sent: \(error)")
    }
    return try await ask(.POST, "/v1/office", Array(body))
  }

  func ask<Value: Decodable>(
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
    _ method: HTTPMethod, _ path: String, _ body: [UInt8], within limit: Duration? = nil
  ) async throws(ControlRefusal) -> Data {
    guard let url = URL(httpURLWithSocketPath: socketPath, uri: path) else {
      throw .invalid("\(socketPath) is not a path for a socket")
    }
    var request = HTTPClientRequest(url: url.absoluteString)
    request.method = method
    if let sudo = LocalCaller.sudo { request.headers.add(name: Self.sudoName, value: "\(sudo)") }
    if method == .POST { request.body = .bytes(ByteBuffer(bytes: body)) }
    let answer: HTTPAnswer
    do throws(HTTPCallError) {
      answer = try await Self.client.answer(
        to: request, within: limit ?? timeout, upTo: Self.answerLimit)
    } catch {
      throw .unavailable("the service does not answer at \(socketPath): \(error)")
    }
    let bytes = Data(answer.body.readableBytesView)
    guard answer.status != 200 else { return bytes }
    // Another server's body is shown as it is.
    let problem = try? JSONDecoder().decode(Problem.self, from: bytes)
    let detail = problem?.detail ?? String(decoding: bytes.prefix(300), as: UTF8.self)
    throw (400..<500).contains(answer.status) ? .invalid(detail) : .unavailable(detail)
  }
}
