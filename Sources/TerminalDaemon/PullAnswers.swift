import CanteenModel
import Journal
import LinkSecurity
import SyncProtocol
import SyncTransport
import TerminalCore

/// Settles by being pulled: answers what the centre asks.
struct PullAnswers: PullEndpoint {
  let link: SyncLink
  let journal: Journal
  let standing: LinkStanding

  func batch() async throws(PullRefusal) -> [UInt8] {
    do {
      for case .sendBatch(let limit) in await link.handle(.wake) {
        return try await link.batch(limit: limit)
      }
      throw PullRefusal.notNow("no batch is due")
    } catch {
      throw .notNow("\(error)")
    }
  }

  func acknowledge(_ ack: [UInt8]) async throws(PullRefusal) {
    do {
      _ = try await link.take(ack: ack)
      standing.succeeded()
    } catch {
      standing.failed("\(error)")
      throw refusal(error)
    }
  }

  func feed(_ page: [UInt8]) async throws(PullRefusal) -> [UInt8] {
    do {
      if !page.isEmpty { _ = try await link.take(feed: page) }
      return try await link.feedRequest()
    } catch {
      standing.failed("\(error)")
      throw refusal(error)
    }
  }

  func renewalRequest() async throws(PullRefusal) -> [UInt8] {
    do {
      return try await link.renewalRequest() ?? []
    } catch {
      throw .notNow("\(error)")
    }
  }

  func renew(_ enrolment: [UInt8]) async throws(PullRefusal) {
    do {
      try await link.take(renewal: enrolment)
    } catch {
      throw refusal(error)
    }
  }

  func judges(_ certificate: LinkCertificate) async -> Bool {
    !certificate.hasExpired(at: journal.linkTime)
  }

  /// Wrong bytes are the centre's fault, everything else is ours.
  private func refusal(_ error: any Error) -> PullRefusal {
    switch error {
    case let error as LinkSecurityError: .notAccepted("\(error)")
    case let error as WireError: .notAccepted("\(error)")
    case let error as AckRefusal: .notAccepted("ack refused: \(error.rawValue)")
    case JournalError.feedOutOfOrder(let expected, let found):
      .notAccepted("feed: expected cursor \(expected), found \(found)")
    default: .notNow("\(error)")
    }
  }
}
