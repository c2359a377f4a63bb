import CanteenModel
import Foundation
import HTTPListener
import LinkSecurity
import Logging
import SyncProtocol
import SyncTransport
import Synchronization
import Testing

@testable import Laboratory

/// A terminal that does what it is told, whoever tells it.
private final class GullibleTerminal: PullEndpoint {
  let key = SigningKey()
  let id = TerminalID(3)
  private let hasEcho: Bool
  private let nonce = Mutex<Digest32?>(nil)

  /// - Parameter hasEcho: Whether it echoes what it was given.
  init(hasEcho: Bool = true) {
    self.hasEcho = hasEcho
  }

  func batch() async throws(PullRefusal) -> [UInt8] {
    do {
      return try BatchCodec.seal(
        [], terminal: id, epoch: Epoch(1), first: SequenceNumber(1), previousHead: .zero,
        echoedNonce: hasEcho ? nonce.withLock { $0 } : nil, challenge: .random(), key: key
      ).bytes
    } catch { throw .notNow("\(error)") }
  }

  func acknowledge(_ ack: [UInt8]) async throws(PullRefusal) {
    // try?: bytes that are no ack of a known key are taken, too.
    let facts = try? AckCodec.open(ack, key: centreKey)
    if let facts { nonce.withLock { $0 = facts.nonce } }
  }

  func feed(_ page: [UInt8]) async throws(PullRefusal) -> [UInt8] {
    do {
      return try FeedCodec.encode(
        FeedCursor(version: 0, rulebookVersion: 0), terminal: id,
        echoedNonce: nonce.withLock { $0 }, key: key)
    } catch { throw .notNow("\(error)") }
  }

  func renewalRequest() async throws(PullRefusal) -> [UInt8] { [] }
  func renew(_ enrolment: [UInt8]) async throws(PullRefusal) {}
  func judges(_ certificate: LinkCertificate) async -> Bool { true }

  let centreSigningKey = SigningKey()
  var centreKey: VerifyingKey { centreSigningKey.publicKey }
}

@Suite(.timeLimit(.minutes(2))) struct ScriptedCentreTests {
  /// Serves a terminal, with a scripted centre that knows it.
  private func pulling(
    _ terminal: GullibleTerminal, as expected: VerifyingKey? = nil,
    _ body: (ScriptedCentre) async throws -> Void
  ) async throws {
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    let authority = try CertificateAuthority(now: now)
    let link = LinkKey()
    let shown = LinkIdentity(
      key: link,
      certificate: try authority.certificate(
        for: .terminal(terminal.id), request: try link.certificateRequest(), now: now),
      anchor: authority.anchor)
    let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
    let listener = try TerminalDoorway.service(
      centre: terminal, neighbours: nil, address: try LinkAddress("127.0.0.1:0"),
      identity: { shown },
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
      onBound: { portFound.yield($0) })
    let running = Task { try await listener.run() }
    defer { running.cancel() }
    var found = ports.makeAsyncIterator()
    let port = try #require(await found.next())
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "canteen-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }  // a leftover folder harms no test
    let (pem, key) = (folder.appending(path: "a.pem"), folder.appending(path: "a.key"))
    try Data(authority.pem.utf8).write(to: pem)
    try Data(terminal.centreSigningKey.rawBytes).write(to: key)
    let identity = try ScriptedCentre.Identity(
      authority: pem.path, key: key.path, terminal: terminal.id.number,
      terminalKey: Hexadecimal.text((expected ?? terminal.key.publicKey).rawBytes))
    try await body(try ScriptedCentre(url: "https://127.0.0.1:\(port)", identity))
  }

  @Test("a terminal that believes every ack and every page is found by each wrong one")
  func gullible() async throws {
    try await pulling(GullibleTerminal()) { centre in
      let failed = await centre.misbehave(CentreMischief.allCases) { _ in }
      #expect(
        failed == [
          .forgedAck, .wrongChallenge, .wrongHead, .wrongTerminal, .ackAhead, .oldAck, .repeatedAck,
          .garbage, .forgedPage, .stalePage,
        ])
    }
  }

  @Test("a terminal that does not echo the last nonce is found")
  func forgetful() async throws {
    try await pulling(GullibleTerminal(hasEcho: false)) { centre in
      await #expect(throws: LaboratoryError.self) {
        _ = try await centre.acknowledge(try await centre.fetch())
        _ = try await centre.pull { _ in }
      }
    }
  }

  @Test("a batch that another key signed is not believed")
  func otherKey() async throws {
    try await pulling(GullibleTerminal(), as: SigningKey().publicKey) { centre in
      await #expect(throws: LaboratoryError.self) { _ = try await centre.pull { _ in } }
    }
  }
}
