package import CanteenModel

/// Sales that are on disk and whose light nobody may have seen: *committed-unlit*.
///
/// There are two ways to become one: the terminal died between commit and light, so that the last
/// record of a lane is a sale when the ledger is opened after an unclean end; or the reader was gone
/// when the light was due. The diner comes again, and must not be charged again: each such sale stands
/// for one equal presentation, within ``windowMilliseconds``. It stands for one only, because the
/// diner was shown it then.
package struct UnlitSales: Hashable, Sendable {
  /// How long a sale waits for its diner, by the boot clock, from the moment it was known to be unlit:
  /// the opening of the ledger, or the failed light.
  ///
  /// Source: ARCHITECTURE.md, Durability, "committed-unlit".
  package static let windowMilliseconds: Int64 = 120_000
  /// More wait at no counter; at the limit the oldest is forgotten, and its diner must ask the cashier.
  package static let limit = 64

  private struct Waiting: Hashable {
    let earlier: EarlierSale
    let sinceBootMilliseconds: Int64
  }

  /// Oldest first.
  private var waiting: [Waiting] = []

  package init() {}

  package var isEmpty: Bool { waiting.isEmpty }

  /// A sale was found to be unlit. One that waits already waits anew.
  package mutating func add(_ earlier: EarlierSale, bootMilliseconds: Int64) {
    settle(earlier.position)
    waiting.append(Waiting(earlier: earlier, sinceBootMilliseconds: bootMilliseconds))
    if waiting.count > Self.limit { waiting.removeFirst() }
  }

  /// The account's sales that still wait, newest first.
  package func sales(of account: AccountID, bootMilliseconds: Int64) -> [EarlierSale] {
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .unlitIsForgotten { return [] }
    #endif
    return waiting.reversed().filter {
      $0.earlier.sale.account == account
        && bootMilliseconds - $0.sinceBootMilliseconds < Self.windowMilliseconds
    }.map(\.earlier)
  }

  /// The sale was shown to its diner.
  package mutating func settle(_ position: JournalPosition) {
    waiting.removeAll { $0.earlier.position == position }
  }

  /// Forgets what waits no more.
  package mutating func expire(bootMilliseconds: Int64) {
    waiting.removeAll { bootMilliseconds - $0.sinceBootMilliseconds >= Self.windowMilliseconds }
  }
}
