import CanteenModel
import Foundation
import SettlementStore
import SyncProtocol

/// What a release said on the wire and left on disk, as a folder that later releases must still understand.
///
/// One file for each message as it went over the wire, the ledgers and books as SQLite files, and an index that says
/// what they amount to. Public keys only: what signed is gone.
struct GoldenFolder {
  /// What was said, and by whom.
  enum Kind: String, Codable, Sendable {
    case batch
    case ack
    case feedRequest = "feed-request"
    case feed
    case holdRequest = "hold-request"
    case hold
    case refundRequest = "refund-request"
    case refund
  }

  struct Message: Codable, Sendable {
    let file: String
    let kind: Kind
    let terminal: UInt32
  }

  /// `index.json`
  struct Index: Codable, Sendable {
    /// The version of the formats (``WireLimit``): a batch's first field.
    let format: Int
    /// Hexadecimal digits, Ed25519.
    let centreKey: String
    let terminals: [Terminal]
    let messages: [Message]
    let expected: Expected
  }

  struct Terminal: Codable, Sendable {
    let number: UInt32
    /// With which it joined; a rotation's record names the next one.
    let key: String
  }

  /// What the messages amount to.
  struct Expected: Codable, Sendable {
    let totals: SettlementReport.Totals
    /// What each account has in the end, in fen.
    let balances: [Balance]
    /// Where the ledger of the first terminal ends, and its head.
    let position: JournalPosition
    let head: String
  }

  struct Balance: Codable, Sendable {
    let account: Int64
    /// The serial number of its card, hexadecimal digits.
    let card: String
    let fen: Int64
  }

  static let format = 1

  let path: String
  private(set) var messages: [Message] = []

  /// - Throws: ``LaboratoryError/program(_:)`` when there is such a folder already: a released one is never made anew.
  init(path: String) throws {
    guard !FileManager.default.fileExists(atPath: path) else {
      throw LaboratoryError.program("\(path) exists: what a release said is never written again")
    }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    self.path = path
  }

  /// Keeps a message and hands it on.
  mutating func keep(
    _ kind: Kind, of terminal: TerminalID, _ bytes: [UInt8]
  ) throws -> [UInt8] {
    let number = messages.count + 1
    let file = (number < 10 ? "0" : "") + "\(number)-\(kind.rawValue).bin"
    try Data(bytes).write(to: URL(filePath: path).appending(path: file))
    messages.append(Message(file: file, kind: kind, terminal: terminal.number))
    return bytes
  }

  func write(_ index: Index) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(index).write(to: URL(filePath: path).appending(path: "index.json"))
  }
}
