import CanteenModel
import Logging
import SettlementStore
import SyncTransport

/// One visit to a terminal that is pulled: every batch that waits, then the feed until it is
/// current.
struct TerminalVisit: Sendable {
  let terminal: TerminalID
  let client: TerminalClient
  let books: Books
  let logger: Logger

  /// A terminal that never comes to an end is left for the next visit: 100 batches are two and a
  /// half times all that a terminal may store (20,000 records).
  private static let batchLimit = 100
  private static let pageLimit = 1000

  /// Why a visit ended early although the terminal answered. Each text says what to do.
  enum Failure: Error, CustomStringConvertible {
    case unknownEpoch

    var description: String {
      switch self {
      case .unknownEpoch: FlagKind.unknownEpoch.advice
      }
    }
  }

  /// Settles, then feeds. A chain that is refused, or a terminal that refuses an ack, stops the
  /// settling only: the deny list still reaches the terminal.
  func run() async throws {
    var refusal: (any Error)?
    do {
      try await settle()
    } catch {
      refusal = error
    }
    do {
      try await feed()
    } catch {
      throw refusal ?? error
    }
    if let refusal { throw refusal }
  }

  private func settle() async throws {
    for _ in 0..<Self.batchLimit {
      guard try await settleOneBatch() else { return }
    }
  }

  /// - Returns: Whether the terminal has more to send: the batch carried records, or was answered
  ///   with what is missing before it.
  private func settleOneBatch() async throws -> Bool {
    let batch = try await client.batch()
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
