import CanteenModel
import SyncProtocol

/// A record of a batch with what could be read from its bytes.
struct ReadRecord: Sendable {
  let bytes: [UInt8]
  /// The chain head after the record: its identity.
  let id: Digest32
  let position: JournalPosition
  /// `nil` when the bytes are no record that this version knows: it goes to suspense, with its
  /// bytes.
  let record: JournalRecord?

  /// Reads the records of a verified batch.
  static func all(of batch: OpenedBatch) -> [ReadRecord] {
    zip(batch.records, batch.heads).enumerated().map { index, pair in
      ReadRecord(
        bytes: pair.0, id: pair.1,
        position: JournalPosition(
          epoch: batch.facts.epoch,
          sequence: SequenceNumber(batch.facts.first.number + UInt64(index))),
        // Whatever is wrong with the bytes, they are kept, and the posting rule says what follows.
        record: try? RecordCodec.decode(pair.0))
    }
  }

  /// The same bytes as those of a record that nobody can read.
  var unread: ReadRecord { ReadRecord(bytes: bytes, id: id, position: position, record: nil) }

  /// How the books name the kind of record.
  enum Kind: String {
    case epochOpened, sale, decline, correction, dayClosed, holdReleased, keyRotated, unreadable
  }

  var kind: Kind {
    switch record?.body {
    case .epochOpened: .epochOpened
    case .sale: .sale
    case .decline: .decline
    case .correction: .correction
    case .dayClosed: .dayClosed
    case .holdReleased: .holdReleased
    case .keyRotated: .keyRotated
    case nil: .unreadable
    }
  }

  /// Whose takings it moves: those of the terminal whose record it is, unless it gives back what another
  /// one sold.
  func seller(or terminal: TerminalID) -> TerminalID {
    guard case .correction(let correction) = record?.body else { return terminal }
    return correction.elsewhere?.terminal ?? terminal
  }

  /// The account that a sale charges, a correction pays back, or that another record names.
  var account: AccountID? {
    switch record?.body {
    case .sale(let sale): sale.account
    case .decline(let decline): decline.account
    case .correction(let correction): correction.account
    case .holdReleased(let released): released.account
    case .epochOpened, .dayClosed, .keyRotated, nil: nil
    }
  }
}
