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

  /// Settles, then feeds, then gives a new certificate where one is due. A chain that is refused, or a
  /// terminal that refuses an ack, stops the settling only: the deny list still reaches the terminal.
  func run() async throws {
    let first = try await client.batch()
    guard let shown = client.certificate else { throw Failure.noCertificate }
    _ = try await door.admit(shown, mayHaveExpired: true)
    var refusal: (any Error)?
    do {
      try await settle(first)
    } catch {
      refusal = error
    }
    do {
      if shown.renewalDue <= books.now { try await renew() }
      if !shown.hasExpired(at: books.now) { try await feed() }
    } catch {
      throw refusal ?? error
    }
    if let refusal { throw refusal }
  }

  private var books: Books { door.books }

  private func settle(_ first: [UInt8]) async throws {
    guard try await settle(batch: first) else { return }
    for _ in 1..<Self.batchLimit {
      guard try await settle(batch: try await client.batch()) else { return }
    }
  }

  private func renew() async throws {
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
    for _ in 0..<Self.pageLimit {
      let answer = try await books.feedPage(asked: request, by: terminal)
      logger.seen(answer.flags, at: terminal)
      request = try await client.feed(answer.bytes)
      guard answer.page.hasMore else { return }
    }
  }
}
