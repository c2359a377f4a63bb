package import CanteenModel
import Foundation
import GRDB
import LedgerDisk
package import SyncProtocol
import Synchronization

/// The books of the centre: what every terminal recorded, and what it means in money.
///
/// One process, one connection, one writer. Everything that touches the file runs on the
/// connection's own serial queue, so that an fsync never blocks a thread of the shared pool.
package final class Books: Sendable {
  /// Where the books are, and what they ask of the world.
  package struct Configuration: Sendable {
    package let path: String
    /// Signs acks and feed pages.
    package let key: SigningKey
    /// Unix time in milliseconds.
    package let now: @Sendable () -> Int64
    /// 32 bytes that nobody can guess, for nonces and epoch tokens.
    package let draw: @Sendable () -> Digest32
    /// How many records the next batch may carry. 1...``WireLimit/recordsPerBatch``.
    package let nextSize: Int

    /// - Precondition: `nextSize` is 1...``WireLimit/recordsPerBatch``.
    package init(
      path: String, key: SigningKey, now: @escaping @Sendable () -> Int64,
      draw: @escaping @Sendable () -> Digest32 = { .random() },
      nextSize: Int = WireLimit.recordsPerBatch
    ) {
      precondition((1...WireLimit.recordsPerBatch).contains(nextSize), "a batch size of the wire")
      self.path = path
      self.key = key
      self.now = now
      self.draw = draw
      self.nextSize = nextSize
    }
  }

  let configuration: Configuration
  let connection: DatabaseQueue
  /// Why nothing is taken any more; `nil` while the books are open.
  let stop = Mutex<StoreError?>(nil)
  #if SEEDED_BUGS
    let planted = SeededBooksBug.planted
  #endif
  /// When the last transaction was committed.
  let lastCommit = Mutex(ContinuousClock.now)

  /// A write-ahead log of this size is moved into the file in the next quiet moment: 4 MiB.
  static let checkpointBytes: Int64 = 4 * 1024 * 1024
  /// How long nothing was written before a moment counts as quiet.
  static let quietTime = Duration.seconds(2)

  /// Opens the books, creates them when they are missing, migrates them, and checks that each chain
  /// ends in a record that is there: what the next batch builds on.
  ///
  /// - Throws: ``StoreError/inUse``, ``StoreError/unusable(code:_:)``, ``StoreError/damaged(_:)``,
  ///   ``StoreError/fromNewerVersion(schema:)``.
  package init(_ configuration: Configuration) throws(StoreError) {
    self.configuration = configuration
    do {
      // After a failed sync the log may be in the kernel's memory only: it is made durable before
      // anything is built on it.
      try LogRewrite.run(database: configuration.path)
      connection = try BooksConnection.open(path: configuration.path)
      try connection.inDatabase { db in
        _ = try db.checkpoint(.truncate)
        try Schema.migrate(db)
        try Self.checkChainEnds(db)
      }
    } catch {
      throw StoreError(error)
    }
  }

  /// The key that terminals check acks and feed pages with.
  package var publicKey: VerifyingKey { configuration.key.publicKey }

  /// Unix time in milliseconds, as the books know it.
  package var now: Int64 { configuration.now() }

  /// Why the books take nothing any more; `nil` while they are open.
  package var failure: StoreError? { stop.withLock { $0 } }

  /// Takes no more requests, moves the write-ahead log into the file and closes it.
  package func close() throws(StoreError) {
    stop.withLock { $0 = $0 ?? .stopped }
    do {
      try connection.inDatabase { db in _ = try db.checkpoint(.truncate) }
      try connection.close()
    } catch {
      throw StoreError(error)
    }
  }

  /// Moves a grown write-ahead log into the file when nothing was written for a while. A checkpoint
  /// is the only moment at which a lying disk can corrupt the file, so there are few.
  ///
  /// - Returns: Whether it was moved.
  package func checkpointIfGrown() async throws(StoreError) -> Bool {
    let isQuiet = lastCommit.withLock { ContinuousClock.now - $0 >= Self.quietTime }
    guard isQuiet, logBytes > Self.checkpointBytes else { return false }
    return try await read { db in
      _ = try db.checkpoint(.truncate)
      return true
    }
  }

  /// The size of the write-ahead log.
  private var logBytes: Int64 {
    // No log is a log of no size.
    let facts = try? FileManager.default.attributesOfItem(atPath: configuration.path + "-wal")
    return (facts?[.size] as? NSNumber)?.int64Value ?? 0
  }
}
