import AsyncHTTPClient
package import CanteenModel
import Foundation
import HTTPCaller
import NIOCore
import NIOHTTP1

/// The operator's end of the local API. It waits a moment for a daemon that is just starting.
package struct LocalClient: TerminalControl {
  private let socketPath: String
  private let patience: Duration
  private let timeout: Duration

  private static let answerLimit = 4 * 1024 * 1024
  private static let pause = Duration.milliseconds(100)

  /// Recomputing the chain of a full ledger on a slow disk.
  private static let verificationTimeout = Duration.seconds(3600)

  private static let centreTimeout = Duration.seconds(30)

  /// An empty ledger made and synced on a slow disk.
  private static let openingTimeout = Duration.seconds(20)

  /// A person who is asked to look in five directions, and a recognition that must end first.
  private static let enrolmentTimeout = Duration.seconds(120)

  /// - Parameters:
  ///   - patience: How long a daemon that is not there yet is waited for.
  ///   - timeout: How long the daemon may take for one answer, head and body.
  package init(
    socketPath: String, patience: Duration = .seconds(2), timeout: Duration = .seconds(10)
  ) {
    self.socketPath = socketPath
    self.patience = patience
    self.timeout = timeout
  }

  package func status() async throws(ControlError) -> TerminalStatus {
    try await get(LocalRoute.status)
  }

  package func readers() async throws(ControlError) -> [ReaderStatus] {
    try await get(LocalRoute.readers)
  }

  package func journal(limit: Int) async throws(ControlError) -> [JournalLine] {
    try await get("\(LocalRoute.journal)?limit=\(limit)")
  }

  package func exportBatch(
    behind position: JournalPosition?
  ) async throws(ControlError) -> ExportedBatch {
    let place = position.map { "?epoch=\($0.epoch)&sequence=\($0.sequence)" } ?? ""
    return try await get(LocalRoute.export + place)
  }

  package func verify() async throws(ControlError) -> VerificationReport {
    try decoded(
      try await send(.POST, LocalRoute.verification, Data(), within: Self.verificationTimeout))
  }

  /// Waits as long as a centre far away may take, and then until the terminal has opened its first ledger: who
  /// asks it something right after this gets an answer.
  package func enrol(_ order: EnrolOrder) async throws(ControlError) -> EnrolmentLine {
    let line: EnrolmentLine = try await post(
      order, to: LocalRoute.enrolment, within: Self.centreTimeout)
    guard !line.mustRestart else { return line }
    let deadline = ContinuousClock.now + Self.openingTimeout
    while true {
      do throws(ControlError) {
        _ = try await readers()
        return line
      } catch {
        guard ContinuousClock.now < deadline, !Task.isCancelled else {
          throw .unavailable(
            "this is terminal \(line.terminal) now, but it does not answer (\(error)). Try: "
              + "systemctl status canteend")
        }
      }
      // Waiting is all that can be done here; a cancelled wait ends at once.
      try? await Task.sleep(for: Self.pause)
    }
  }

  package func rotateKey() async throws(ControlError) -> KeyRotationLine {
    try decoded(try await send(.POST, LocalRoute.keyRotation, Data()))
  }

  package func syncNow() async throws(ControlError) {
    _ = try await send(.POST, LocalRoute.sync, Data())
  }

  package func armSale(_ price: SalePrice, lane: LaneID) async throws(ControlError) {
    let body: Data
    do {
      body = try JSONEncoder().encode(SaleOrder(price, lane: lane))
    } catch {
      throw .invalid("the sale cannot be sent: \(error)")
    }
    _ = try await send(.POST, LocalRoute.sale, body)
  }

  package func clearSale(lane: LaneID) async throws(ControlError) {
    _ = try await send(.DELETE, "\(LocalRoute.sale)?lane=\(lane.number)", Data())
  }

  package func chargeOfficialMeal(
    _ order: OfficialMealOrder
  ) async throws(ControlError) -> OfficialMealLine {
    try await post(order, to: LocalRoute.officialMeal)
  }

  /// Waits as long as somebody may take to show their face.
  package func face(_ order: FaceModuleOrder) async throws(ControlError) -> FaceModuleReport {
    try await post(order, to: LocalRoute.face, within: Self.enrolmentTimeout)
  }

  package func correct(
    _ order: CorrectionOrder
  ) async throws(ControlError) -> CorrectionLine {
    try await post(order, to: LocalRoute.correction)
  }

  private func post<Value: Decodable>(
    _ order: some Encodable, to path: String, within limit: Duration? = nil
  ) async throws(ControlError) -> Value {
    let body: Data
    do {
      body = try JSONEncoder().encode(order)
    } catch {
      throw .invalid("the order cannot be sent: \(error)")
    }
    return try decoded(try await send(.POST, path, body, within: limit))
  }

  package func closeDay() async throws(ControlError) -> DayLine {
    try decoded(try await send(.POST, LocalRoute.days, Data(), within: Self.verificationTimeout))
  }

  package func closedDays(limit: Int) async throws(ControlError) -> [DayLine] {
    try await get("\(LocalRoute.days)?limit=\(limit)")
  }

  package func rulebook() async throws(ControlError) -> Rulebook {
    try await get(LocalRoute.rulebook)
  }

  package func exposure(naming limit: Int) async throws(ControlError) -> ExposureReport {
    try decoded(
      try await send(
        .GET, "\(LocalRoute.exposure)?top=\(limit)", Data(), within: Self.verificationTimeout))
  }

  private func get<Value: Decodable>(_ path: String) async throws(ControlError) -> Value {
    try decoded(try await send(.GET, path, Data()))
  }

  private func decoded<Value: Decodable>(_ bytes: Data) throws(ControlError) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: bytes)
    } catch {
      throw .unavailable("the daemon speaks another version: \(error)")
    }
  }

  private func send(
    _ method: HTTPMethod, _ path: String, _ body: Data, within limit: Duration? = nil
  ) async throws(ControlError) -> Data {
    guard let base = URL(httpURLWithSocketPath: socketPath, uri: path) else {
      throw .invalid("\(socketPath) is not a path for a socket")
    }
    var request = HTTPClientRequest(url: base.absoluteString)
    request.method = method
    request.body = .bytes(ByteBuffer(bytes: body))
    let deadline = ContinuousClock.now + patience
    while true {
      let answer: HTTPAnswer
      do throws(HTTPCallError) {
        answer = try await HTTPClient.shared.answer(
          to: request, within: limit ?? timeout, upTo: Self.answerLimit)
      } catch {
        guard case .failed(let reason) = error else {
          // It is there and may have done what it was asked: to ask again is the operator's choice.
          throw .unavailable("canteend does not answer properly at \(socketPath): \(error)")
        }
        guard ContinuousClock.now < deadline, !Task.isCancelled else {
          throw .notRunning(
            "canteend does not answer at \(socketPath) (\(reason)): is it running, and may you "
              + "open the socket? Try: systemctl status canteend")
        }
        // Waiting is all that can be done here; a cancelled wait ends at once.
        try? await Task.sleep(for: Self.pause)
        continue
      }
      let bytes = Data(answer.body.readableBytesView)
      guard answer.status != 200 else { return bytes }
      throw refusal(answer.status, bytes)
    }
  }

  private func refusal(_ status: Int, _ body: Data) -> ControlError {
    // Another server's body is shown as it is.
    let problem = try? JSONDecoder().decode(Problem.self, from: body)
    let detail = problem?.detail ?? String(decoding: body.prefix(300), as: UTF8.self)
    return status == 400 ? .invalid(detail) : .unavailable(detail)
  }
}
