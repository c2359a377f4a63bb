import AsyncHTTPClient
import Dispatch
import Foundation
import HTTPCaller
package import LinkSecurity
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// The calling end of a link: requests over TLS 1.3 to one peer, whose certificate is judged before a byte of
/// a request leaves.
///
/// It follows nobody elsewhere, and a refusal is reported at once: when to try again is the business of the
/// schedule above.
package final class LinkCaller: Sendable {
  /// Who must be at the other end.
  package struct Peer: Sendable {
    let anchor: TrustAnchor
    let role: LinkRole
    let mayExpire: Bool
    let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - mayExpire: Whether one that has expired is spoken to all the same.
    ///   - now: Unix time in milliseconds, as well as it is known.
    package init(
      _ role: LinkRole, of anchor: TrustAnchor, mayExpire: Bool = false,
      now: @escaping @Sendable () -> Int64
    ) {
      self.role = role
      self.anchor = anchor
      var mayExpire = mayExpire
      #if SEEDED_BUGS
        if SeededLinkBug.planted == .forgetsTime { mayExpire = true }
      #endif
      self.mayExpire = mayExpire
      self.now = now
    }

    /// - Throws: ``LinkError/notTrusted(_:)``.
    fileprivate func judge(_ der: [UInt8]) async throws(LinkError) -> LinkCertificate {
      let certificate: LinkCertificate
      do {
        certificate = try await anchor.verified(der)
      } catch {
        throw .notTrusted("\(error)")
      }
      guard certificate.role == role else {
        throw .notTrusted("\(certificate.role.uri) answers, not \(role.uri)")
      }
      guard mayExpire || !certificate.hasExpired(at: now()) else {
        throw .notTrusted("the certificate of \(role.uri) has expired")
      }
      return certificate
    }
  }

  /// Whom the last connection found.
  private final class LastPeer: Sendable {
    let certificate = Mutex<LinkCertificate?>(nil)
  }

  private let peer: Peer?
  private let lastPeer = LastPeer()
  private let shown: Mutex<Shown>

  private struct Shown {
    var client: HTTPClient
    /// Of the certificate that it shows.
    var serial: String?
  }

  /// - Parameters:
  ///   - identity: What is shown; `nil` for a terminal that has not joined yet.
  ///   - peer: `nil` when what comes proves itself, whoever sends it.
  package init(_ identity: LinkIdentity?, to peer: Peer?) throws(LinkSecurityError) {
    self.peer = peer
    shown = Mutex(
      Shown(
        client: try Self.client(identity, peer, lastPeer), serial: identity?.certificate.serial))
  }

  deinit {
    Self.leave(shown.withLock { $0.client })
  }

  /// Shows an identity from the next request on, over new connections if it is another than before.
  package func show(_ identity: LinkIdentity) throws(LinkSecurityError) {
    let serial = identity.certificate.serial
    guard shown.withLock({ $0.serial }) != serial else { return }
    let next = Shown(client: try Self.client(identity, peer, lastPeer), serial: serial)
    Self.leave(
      shown.withLock { shown in
        defer { shown = next }
        return shown.client
      })
  }

  /// The certificate of whom the last connection found; `nil` before the first.
  package var peerCertificate: LinkCertificate? { lastPeer.certificate.withLock { $0 } }

  /// Sends a request and reads its answer whole.
  ///
  /// - Parameter limit: For the whole answer, head and body.
  func answer(
    to request: HTTPClientRequest, within limit: Duration, upTo bytes: Int
  ) async throws(LinkError) -> [UInt8] {
    let answer = try await whole(request, within: limit, upTo: bytes)
    let bytes = Array(answer.body.readableBytesView)
    guard !(200..<300).contains(answer.status) else { return bytes }
    let reason = Self.words(bytes)
    if answer.status == 429 || answer.status == 503, let seconds = answer.retryAfter {
      throw .notNow(seconds: seconds, reason)
    }
    throw .refused(status: answer.status, reason)
  }

  /// Sends a request and reads its answer whole, whatever it says: for those who look at the answer itself.
  ///
  /// - Parameters:
  ///   - limit: For the whole answer, head and body.
  ///   - bytes: The most that the body may have.
  package func send(
    _ request: RawRequest, to address: LinkAddress, within limit: Duration, upTo bytes: Int
  ) async throws(LinkError) -> RawAnswer {
    var sent = HTTPClientRequest(url: address.url + request.path)
    sent.method = HTTPMethod(rawValue: request.method)
    for (name, value) in request.fields { sent.headers.add(name: name, value: value) }
    if !request.body.isEmpty { sent.body = .bytes(ByteBuffer(bytes: request.body)) }
    let answer = try await whole(sent, within: limit, upTo: bytes)
    return RawAnswer(
      status: answer.status, fields: answer.headers.map { ($0.name, $0.value) },
      retryAfter: answer.retryAfter, body: Array(answer.body.readableBytesView))
  }

  private func whole(
    _ request: HTTPClientRequest, within limit: Duration, upTo bytes: Int
  ) async throws(LinkError) -> HTTPAnswer {
    let client = shown.withLock { $0.client }
    do throws(HTTPCallError) {
      return try await client.answer(to: request, within: limit, upTo: bytes)
    } catch {
      switch error {
      case .tooLarge: throw .tooLarge
      case .failed(let refusal as LinkError): throw refusal
      case .failed, .late: throw .unreachable(error.description)
      }
    }
  }

  /// What a refusal says: the detail of a problem (RFC 9457), or the body as it is.
  private static func words(_ body: [UInt8]) -> String {
    struct Problem: Decodable {
      let detail: String
    }
    // try?: another server's body is shown as it is.
    let problem = try? JSONDecoder().decode(Problem.self, from: Data(body))
    return String((problem?.detail ?? String(decoding: body, as: UTF8.self)).prefix(300))
  }

  private static func client(
    _ identity: LinkIdentity?, _ peer: Peer?, _ lastPeer: LastPeer
  ) throws(LinkSecurityError) -> HTTPClient {
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: try LinkIdentity.callerConfiguration(identity),
      redirectConfiguration: .disallow)
    configuration.httpVersion = .http1Only
    configuration.timeout.connect = .seconds(10)
    // No request has longer; here it closes the connection of one that nobody waits for any more.
    configuration.timeout.read = .seconds(40)
    configuration.connectionPool.retryConnectionEstablishment = false
    guard let peer else { return HTTPClient(configuration: configuration) }
    #if SEEDED_BUGS
      if SeededLinkBug.planted == .trustsAnybody { return HTTPClient(configuration: configuration) }
    #endif
    // Called when the handshake is done, before the first request is written; a failure ends both.
    configuration.http1_1ConnectionDebugInitializer = { channel in
      let judged = channel.eventLoop.makePromise(of: Void.self)
      judged.completeWithTask {
        do {
          guard let shown = try await channel.nioSSL_peerCertificate().get() else {
            throw LinkError.notTrusted("it shows no certificate")
          }
          let certificate = try await peer.judge(try shown.toDERBytes())
          lastPeer.certificate.withLock { $0 = certificate }
        } catch {
          channel.close(promise: nil)
          throw error
        }
      }
      return judged.futureResult
    }
    return HTTPClient(configuration: configuration)
  }

  /// Lets a client go. What it still waits for fails.
  private static func leave(_ client: HTTPClient) {
    client.shutdown(queue: .global()) { _ in }
  }
}
