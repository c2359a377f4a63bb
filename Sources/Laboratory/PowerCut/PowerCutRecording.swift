import CanteenModel
import RecordingDisk

/// What the terminal told the world, so that no power cut may take it back.
enum Promise: Hashable, Sendable {
  /// The light went on for this sale.
  case lit(JournalPosition, SaleRecord)
  /// The operator was told that this went back.
  case corrected(JournalPosition, CorrectionRecord)
  /// The journal said that it keeps an ack.
  case acknowledged(JournalPosition)
  /// The journal said that it keeps the pages up to this cursor.
  case fed(Int64)
}

/// A terminal's day as its disk saw it.
struct PowerCutRecording: Sendable {
  let log: [DiskOperation]
  /// What each mark of the log stands for.
  let promises: [Promise]
  let pages: [FeedPage]
  /// Every record, also those that were removed later.
  let records: [JournalPosition: LedgerFacts.Record]
  /// What went wrong without any power cut; nothing may.
  let findings: [PowerCutFinding]
}

/// Something that must not be, and who noticed.
struct PowerCutFinding: Hashable, Sendable, CustomStringConvertible {
  /// Who notices.
  enum Check: String, Hashable, Sendable, CaseIterable {
    /// The rules of the connection, and the terminal's day itself.
    case recording
    /// The journal does not open what the cut left.
    case opening
    /// A sale was lit and is not there, or is another one.
    case litSales
    /// An ack or a page that was kept is not there.
    case promises
    /// The chain, recomputed by the laboratory.
    case chain
    /// The rows beside the records are not theirs.
    case rows
    /// The fed rows are not those of the pages. Nothing on a terminal proves them: the centre's next
    /// page does.
    case fedRows
    /// Somebody spent what was not there, or the journal reckons otherwise than the laboratory.
    case money
    /// `verify()`.
    case verification
    /// Opening a second time changed something.
    case recovery
    /// The terminal does not go on selling.
    case selling
  }

  let check: Check
  let text: String

  var description: String { "\(check.rawValue): \(text)" }
}
