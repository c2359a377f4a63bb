import CanteenModel
import LinkSecurity
import Logging
import SettlementStore
import SyncTransport

/// One visit to a terminal that is pulled: every batch that waits, then the feed until it is
/// current.
struct TerminalVisit: Sendable {
  let terminal: TerminalID
  let client: TerminalClient
  let door: TerminalDoor
  let logger: Logger

  /// A terminal that never comes to an end is left for the next visit: 100 batches are two and a
  /// half times all that a terminal may store (20,000 records).
  private static let batchLimit = 100
  private static let pageLimit = 1000

  /// Why a visit ended early although the terminal answered. Each text says what to do.
  enum Failure: Error, CustomStringConvertible {
    case unknownEpoch
    /// It answered, and nobody knows who it was.
    case noCertificate

    var description: String {
      switch self {
      case .unknownEpoch: FlagKind.unknownEpoch.advice
      case .noCertificate: "the terminal showed no certificate"
      }
    }
  }

  /// Settles, then feeds, then gives a new certificate where one is due. What goes wrong with one of them does
  /// not keep the others from the terminal: the deny list reaches one whose chain is refused.
  func run() async throws {
    var failure: (any Error)?
    for step in [settle, feed, renew] {
      do {
        try await step()
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
  }

  private var books: Books { door.books }

  /// Who answers, once it has: nothing that it says is taken, and nothing is told to it, before this.
  private func admitted() async throws -> LinkCertificate {
    guard let shown = client.certificate else { throw Failure.noCertificate }
    _ = try await door.admit(shown, mayHaveExpired: true)
    return shown
  }

  private func settle() async throws {
    for _ in 0..<Self.batchLimit {
      let batch = try await client.batch()
      _ = try await admitted()
      guard try await settle(batch: batch) else { return }
    }
  }

  private func renew() async throws {
    let shown = try await admitted()
    guard shown.renewalDue <= books.now else { return }
    let request = try await client.renewalRequest()
    guard !request.isEmpty else { return }
    try await client.renew(try await door.renew(request, by: terminal))
    logger.notice("a new certificate", metadata: ["terminal": "\(terminal)"])
  }

  /// - Returns: Whether the terminal has more to send: the batch carried records, or was answered
  ///   with what is missing before it.
  private func settle(batch: [UInt8]) async throws -> Bool {
    switch try await books.take(batch: batch, from: terminal) {
    case .acknowledged(let receipt):
      logger.taken(receipt, from: terminal)
      try await client.acknowledge(receipt.ack)
      return receipt.carried > 0 || receipt.flags.contains(.gap)
    case .unknownEpoch: throw Failure.unknownEpoch
    }
  }

  private func feed() async throws {
    var request = try await client.feed([])
    // One that has expired gets a new certificate first.
    guard try await !admitted().hasExpired(at: books.now) else { return }
    for _ in 0..<Self.pageLimit {
      let answer = try await books.feedPage(asked: request, by: terminal)
      logger.seen(answer.flags, at: terminal)
      request = try await client.feed(answer.bytes)
      guard answer.page.hasMore else { return }
    }
  }
}
