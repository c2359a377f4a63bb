import CanteenModel
import Journal
import LinkSecurity
import SyncProtocol
import SyncTransport
import Synchronization

/// Answers the other terminals of the canteen: who they are comes from their certificates, and whether they are
/// neighbours from the roster that the centre signed.
///
/// What they say can only lower what may be spent here.
final class PeerAnswers: PeerEndpoint {
  private let journal: Journal
  private let desk: PeerDesk
  /// Of each terminal. A counter sells some meals a second, and each is a reservation and a piece of news; every
  /// one is a commit here.
  private let rate = Mutex(RateLimit(capacity: 60, perSecond: 20))

  init(journal: Journal, desk: PeerDesk) {
    self.journal = journal
    self.desk = desk
  }

  func admit(_ certificate: LinkCertificate) async throws(PeerRefusal) -> TerminalID {
    guard case .terminal(let terminal) = certificate.role,
      let peer = journal.place?.peers.first(where: { $0.terminal == terminal }), peer.url != nil
    else { throw .notAdmitted("only the terminals of this canteen may ask here") }
    guard !certificate.hasExpired(at: journal.linkTime) else { throw .expired }
    let now = SystemClock.read().bootMilliseconds
    if let wait = rate.withLock({ $0.take(terminal, now: now) }) {
      throw .tooOften(seconds: Int(wait / 1000) + 1)
    }
    desk.noticed(terminal)
    return terminal
  }

  func reserve(
    _ reservation: [UInt8], from terminal: TerminalID
  ) async throws(PeerRefusal) -> [UInt8] {
    do {
      let request = try PeerCodec.decode(reservation: reservation)
      try Self.check([request.statement], areOf: terminal)
      return try PeerCodec.encode(try await journal.reserve(request))
    } catch {
      throw Self.refusal(error)
    }
  }

  func tell(_ news: [UInt8], from terminal: TerminalID) async throws(PeerRefusal) {
    do {
      let news = try PeerCodec.decode(news: news)
      try Self.check(news.statements, areOf: terminal)
      guard news.head?.claim.terminal ?? terminal == terminal else {
        throw PeerRefusal.notAdmitted("terminal \(terminal) speaks for itself only")
      }
      try await journal.hear(news.statements)
      if let head = news.head { try await journal.witness(head.bytes, head.claim) }
    } catch {
      throw Self.refusal(error)
    }
  }

  /// Nobody speaks for another.
  private static func check(
    _ statements: [SpendStatement], areOf terminal: TerminalID
  ) throws(PeerRefusal) {
    guard statements.allSatisfy({ $0.terminal == terminal }) else {
      throw .notAdmitted("terminal \(terminal) speaks for itself only")
    }
  }

  /// Wrong bytes are the other one's fault, everything else is ours.
  private static func refusal(_ error: any Error) -> PeerRefusal {
    switch error {
    case let refusal as PeerRefusal: refusal
    case let error as WireError: .wire(error)
    default: .notNow("\(error)")
    }
  }
}
