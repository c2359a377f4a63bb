import CanteenModel
import Logging
import SettlementStore
import SyncProtocol
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
    case gap(want: SequenceNumber)
    case unknownEpoch

    var description: String {
      switch self {
      case .gap(let want): "records are missing from \(want) on: \(FlagKind.gap.advice)"
      case .unknownEpoch: FlagKind.unknownEpoch.advice
      }
    }
  }

  func run() async throws {
    for _ in 0..<Self.batchLimit {
      guard try await settleOneBatch() > 0 else { break }
    }
    try await feed()
  }

  /// - Returns: How many records the batch carried.
  private func settleOneBatch() async throws -> Int {
    let batch = try await client.batch()
    switch try await books.take(batch: batch, from: terminal) {
    case .acknowledged(let receipt):
      logger.taken(receipt, from: terminal)
      try await client.acknowledge(receipt.ack)
      return receipt.carried
    case .gap(let want): throw Failure.gap(want: want)
    case .unknownEpoch: throw Failure.unknownEpoch
    }
  }

  private func feed() async throws {
    var request = try await client.feed([])
    for _ in 0..<Self.pageLimit {
      let cursor = try FeedCodec.decodeCursor(request)
      let (bytes, page) = try await books.feedPage(for: terminal, after: cursor)
      guard !page.accounts.isEmpty || page.rulebook != nil else { return }
      request = try await client.feed(bytes)
      guard page.hasMore else { return }
    }
  }
}
