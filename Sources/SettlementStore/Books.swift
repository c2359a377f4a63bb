package import CanteenModel
import Foundation
package import SQLStore
import SettlementCore
package import SyncProtocol
import Synchronization

/// The books of the centre: what every terminal recorded, and what it means in money.
///
/// One process, one connection, one writer, on whichever store.
package final class Books: Sendable {
  /// Where the books are, and what they ask of the world.
  package struct Configuration: Sendable {
    package let store: StoreLocation
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
      store: StoreLocation, key: SigningKey, now: @escaping @Sendable () -> Int64,
      draw: @escaping @Sendable () -> Digest32 = { .random() },
      nextSize: Int = WireLimit.recordsPerBatch
    ) {
      precondition((1...WireLimit.recordsPerBatch).contains(nextSize), "a batch size of the wire")
      self.store = store
      self.key = key
      self.now = now
      self.draw = draw
      self.nextSize = nextSize
    }
  }

  let configuration: Configuration
  let store: any Store
  /// Why nothing is taken any more; `nil` while the books are open.
  let stop = Mutex<StoreError?>(nil)
  #if SEEDED_BUGS
    let planted = SeededBooksBug.planted
    let plantedAccess = SeededAccessBug.planted
    let plantedOffice = SeededOfficeBug.planted
    let plantedLine = SeededRuleLineBug.planted
  #endif
  /// Rung when a terminal must not wait for what is new.
  package let news: NewsBoard
  /// What each terminal showed to have taken of the feed since the books were opened.
  let progress = Mutex<[TerminalID: FeedProgress]>([:])
  /// When the last transaction was committed.
  let lastCommit = Mutex(ContinuousClock.now)

  /// A write-ahead log of this size is moved into the file in the next quiet moment: 4 MiB.
  static let checkpointBytes: Int64 = 4 * 1024 * 1024
  /// One of this size is moved whatever goes on, which takes a second or two: a city that settles day and night
  /// leaves no quiet moment, and the log would take the disk. 256 MiB.
  static let busyCheckpointBytes: Int64 = 256 * 1024 * 1024
  /// How long nothing was written before a moment counts as quiet.
  static let quietTime = Duration.seconds(2)

  /// Opens the books, creates them when they are missing, migrates them, and checks that each chain
  /// ends in a record that is there: what the next batch builds on.
  ///
  /// - Throws: ``StoreError/inUse``, ``StoreError/unusable(code:_:)``, ``StoreError/damaged(_:)``,
  ///   ``StoreError/fromNewerVersion(schema:)``.
  package init(_ configuration: Configuration) throws(StoreError) {
    self.configuration = configuration
    // Another number after each start: what was posted meanwhile, nobody heard.
    news = NewsBoard(start: max(1, configuration.now()))
    do {
      store = try configuration.store.open(label: Self.label)
      try store.runAndWait { db in
        try Schema.migrate(db)
        try Self.checkChainEnds(db)
      }
    } catch {
      throw StoreError(error)
    }
  }

  /// Whether there are books, also such as cannot be opened.
  package static func exist(in store: StoreLocation) throws(StoreError) -> Bool {
    if case .file(let path) = store { return FileManager.default.fileExists(atPath: path) }
    do {
      let store = try store.open(label: label)
      let version = try store.runAndWait { db in try db.schemaVersion() }
      try store.close()
      return version > 0
    } catch {
      throw StoreError(error)
    }
  }

  private static let label = "canteen books"

  /// The key that terminals check acks and feed pages with.
  package var publicKey: VerifyingKey { configuration.key.publicKey }

  /// Unix time in milliseconds, as the books know it.
  package var now: Int64 { configuration.now() }

  /// Why the books take nothing any more; `nil` while they are open.
  package var failure: StoreError? { stop.withLock { $0 } }

  /// Takes no more requests, moves the write-ahead log into the file and closes the store.
  package func close() throws(StoreError) {
    stop.withLock { $0 = $0 ?? .stopped }
    do {
      _ = try store.runAndWait { db in try db.checkpoint(above: 0) }
      try store.close()
    } catch {
      throw StoreError(error)
    }
  }

  /// Moves a grown write-ahead log into the file when nothing was written for a while, or when it has grown large. A
  /// checkpoint is the only moment at which a lying disk can corrupt the file, so there are few.
  ///
  /// - Returns: Whether it was moved.
  package func checkpointIfGrown() async throws(StoreError) -> Bool {
    try await checkpointIfGrown(busyAbove: Self.busyCheckpointBytes)
  }

  func checkpointIfGrown(busyAbove busyBytes: Int64) async throws(StoreError) -> Bool {
    let isQuiet = lastCommit.withLock { ContinuousClock.now - $0 >= Self.quietTime }
    let bytes = isQuiet ? Self.checkpointBytes : busyBytes
    return try await read { db in try db.checkpoint(above: bytes) }
  }
}
