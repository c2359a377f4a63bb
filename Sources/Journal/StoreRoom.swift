package import LedgerDisk

/// How much of the ledger's file system must be free for selling.
package struct StoreLimits: Sendable {
  /// The size of the ballast, in bytes.
  package let ballast: Int64
  /// So many bytes.
  package let least: Int64
  /// And of a thousand bytes of the file system so many.
  package let leastPermille: Int64
  /// Reads the free space of the file system that holds a folder.
  package let readSpace: @Sendable (String) -> DiskSpace?

  package init(
    ballast: Int64 = 32 * 1024 * 1024, least: Int64 = 64 * 1024 * 1024, leastPermille: Int64 = 50,
    readSpace: @escaping @Sendable (String) -> DiskSpace? = DiskSpace.read
  ) {
    self.ballast = ballast
    self.least = least
    self.leastPermille = leastPermille
    self.readSpace = readSpace
  }
}

/// Whether there is room to sell, as the free space of the ledger's file system says.
///
/// Approving stops while there is still room for what must be written all the same: acks, the feed and
/// the removal of old records. At that moment the ballast is thrown off. Selling begins again only when
/// there is room for a new ballast, so that it does not begin and stop with every file that somebody
/// deletes.
struct StoreRoom: Sendable {
  enum Action: Hashable, Sendable { case releaseBallast, makeBallast }

  let limits: StoreLimits
  /// Nothing is approved.
  private(set) var isFull = false

  init(_ limits: StoreLimits) {
    self.limits = limits
  }

  /// Looks at the free space.
  ///
  /// - Returns: What to do about the ballast; once it is made say ``ballastWasMade()``.
  mutating func look(at space: DiskSpace, hasBallast: Bool) -> Action? {
    let least = max(limits.least, space.total / 1000 * limits.leastPermille)
    guard space.free >= least else {
      isFull = true
      return hasBallast ? .releaseBallast : nil
    }
    if hasBallast {
      isFull = false
      return nil
    }
    return space.free - limits.ballast >= least ? .makeBallast : nil
  }

  /// There is room for everything.
  mutating func ballastWasMade() { isFull = false }
}
