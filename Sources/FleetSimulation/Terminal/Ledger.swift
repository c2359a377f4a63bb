import CanteenModel
import TerminalCore

/// What a simulated terminal has on its disk: the tables of the journal as values.
///
/// One epoch only: a ledger that was lost begins anew in the epoch that the operator was granted. Salvage
/// is not simulated.
struct Ledger {
  /// A record as it is kept.
  struct Stored {
    let record: JournalRecord
    let bytes: [UInt8]
    let head: Digest32
  }

  /// What the centre has, by the last ack.
  struct Acknowledged: Equatable {
    var position: JournalPosition
    var head = Digest32.zero
    var nonce: Digest32?
    var timeMilliseconds: Int64 = 0
    var nextSize = WireLimit.recordsPerBatch
    /// Opens the next epoch.
    var nextEpoch = Epoch(0)
    var token = Digest32.zero
  }

  /// Up to where records were removed.
  struct Pruned: Equatable {
    var position: JournalPosition
    var head = Digest32.zero
  }

  /// An amount that the centre was asked to set aside.
  struct Hold: Equatable {
    let id: HoldID
    let account: AccountID
    let asked: Fen
    let isLease: Bool
    var granted: Fen?
    var spent = Fen.zero
  }

  /// A record that hands over from one key to the next.
  struct Rotation: Equatable {
    let position: JournalPosition
    let previous: Digest32
    let next: Digest32
    var isAcknowledged = false
  }

  /// The newest head of another terminal, as it signed it.
  struct Witnessed {
    let head: ChainHead
    let bytes: [UInt8]
    var isHandedIn = false
  }

  var position: JournalPosition
  var head = Digest32.zero
  /// Behind ``pruned``, in order.
  var records: [Stored] = []
  var pruned: Pruned
  var acknowledged: Acknowledged
  var openingToken: Digest32?
  var feedCursor: Int64 = 0
  /// In order of version; the one in force and those that are to come.
  var rulebooks: [Rulebook] = []
  var place: TerminalPlace?
  /// What is sold by its number.
  var catalogue: [Item] = []
  /// By account number, from 1 on.
  var shelves: [AccountShelf] = []
  var credentials: [Credential: Int] = [:]
  var holds: [Hold] = []
  /// By the hold's number; of sales that were corrected, where their corrections stand.
  var corrections: [JournalPosition: [JournalPosition]] = [:]
  var unsettled = Fen.zero
  var closedUpTo: JournalPosition
  var rotations: [Rotation] = []
  /// Of the other terminals of the canteen, one each.
  var witnessed: [Witnessed] = []
  /// How often it was opened.
  var openings: UInt32 = 0
  /// Whether the ledger was left without being closed.
  var isOpen = false
  var bootID: UInt64 = 0
  var bootStart: JournalPosition
  var isRetired = false

  /// An empty ledger in an epoch.
  init(epoch: Epoch, token: Digest32?) {
    let start = JournalPosition(epoch: epoch, sequence: .none)
    position = start
    pruned = Pruned(position: start)
    acknowledged = Acknowledged(position: start)
    openingToken = token
    closedUpTo = start
    bootStart = start
  }

  /// The record at a place; `nil` when there is none, or no longer.
  func stored(_ place: JournalPosition) -> Stored? {
    guard place.epoch == position.epoch, place > pruned.position, place <= position else {
      return nil
    }
    return records[Int(place.sequence.number - pruned.position.sequence.number) - 1]
  }

  /// The head after a place of which something is known.
  func head(at place: JournalPosition) -> Digest32? {
    if place == acknowledged.position { return acknowledged.head }
    if place == pruned.position { return pruned.head }
    if place < pruned.position { return nil }
    if place.sequence == .none { return place.epoch == position.epoch ? .zero : nil }
    return stored(place)?.head
  }

  /// The oldest record behind the last ack.
  var unsettledSince: Int64? {
    let next = JournalPosition(
      epoch: acknowledged.position.epoch, sequence: acknowledged.position.sequence.next)
    return stored(next)?.record.time.wallMilliseconds
  }

  /// What waits for the centre.
  var backlog: Backlog {
    let acked = acknowledged.position
    guard acked < position else { return .none }
    return Backlog(
      total: unsettled, records: Int(position.sequence.number - acked.sequence.number),
      sinceWallMilliseconds: unsettledSince)
  }

  /// The shelf of an account that the centre fed.
  mutating func shelf(_ account: AccountID) -> Int {
    let index = Int(account.number) - 1
    while shelves.count <= index { shelves.append(AccountShelf()) }
    return index
  }
}
