import CanteenModel
import SettlementStore
import SyncProtocol

/// A terminal of the city: its chain, what it has not handed in, and the centre's last ack. It keeps no ledger; what it
/// writes down was decided by ``CityLife``.
struct CityTerminal: Sendable {
  /// A sale that is at the centre and may be given back.
  struct Sold: Sendable {
    let terminal: TerminalID
    let position: JournalPosition
    let id: Digest32
    let account: AccountID
    let spends: [Spend]
  }

  let id: TerminalID
  let key: SigningKey
  /// Some of the sales that were handed in last.
  var sold: [Sold] = []
  /// The place and the head behind the last record that was written.
  private var last = SequenceNumber.none
  private var head = Digest32.zero
  /// What was not handed in, the last sequence and the head before it.
  private var kept: [[UInt8]] = []
  private var keptSales: [Sold] = []
  private var behind = SequenceNumber.none
  private var headBehind = Digest32.zero
  private var nonce: Digest32?

  private static let epoch = Epoch(1)
  /// One sale in so many is kept in mind, to be given back.
  private let sample: UInt64

  /// - Parameter plan: The same seed gives the same keys.
  init(_ number: Int, of plan: CityPlan) throws {
    id = TerminalID(UInt32(number))
    key = try Self.key("terminal \(number) of city \(plan.seed)")
    sample = plan.salesPerCorrection
    try append(
      .epochOpened(EpochOpened(previous: nil, previousHead: .zero)),
      at: CityPlan.time(CityPlan.day(1, 1), hour: 0))
  }

  static func key(_ name: String) throws -> SigningKey {
    try SigningKey(rawBytes: Digest32(sha256: Array(name.utf8)).bytes)
  }

  func entry(canteen: Int) -> TerminalEntry {
    TerminalEntry(
      number: id.number, name: "\(id)号窗口", publicKey: Hexadecimal.text(key.publicKey.rawBytes),
      pullURL: nil, canteen: UInt32(canteen))
  }

  /// Writes a record down.
  mutating func append(_ body: JournalRecord.Body, at milliseconds: Int64) throws {
    let bytes = try RecordCodec.encode(
      JournalRecord(
        time: RecordTime(
          wallMilliseconds: milliseconds, bootMilliseconds: milliseconds, isTrusted: true),
        body: body))
    last = last.next
    let position = JournalPosition(epoch: Self.epoch, sequence: last)
    head = Chain.head(after: head, record: bytes, terminal: id, position: position)
    kept.append(bytes)
    guard case .sale(let sale) = body, last.number.isMultiple(of: sample) else { return }
    keptSales.append(
      Sold(
        terminal: id, position: position, id: head, account: sale.account, spends: sale.spends))
  }

  /// Hands in everything, batch by batch, and reads each ack.
  ///
  /// - Returns: How many records the centre took.
  mutating func handIn(to books: Books) async throws -> Int {
    var taken = 0
    while !kept.isEmpty {
      let count = min(kept.count, WireLimit.recordsPerBatch)
      let (bytes, facts) = try BatchCodec.seal(
        Array(kept[..<count]), terminal: id, epoch: Self.epoch, first: behind.next,
        previousHead: headBehind, echoedNonce: nonce,
        challenge: Digest32(sha256: headBehind.bytes + kept[0]), key: key)
      guard case .acknowledged(let receipt) = try await books.take(batch: bytes, from: id) else {
        throw LaboratoryError.broken("terminal \(id): its epoch is not open")
      }
      let ack = try AckCodec.open(receipt.ack, key: books.publicKey)
      guard ack.head == facts.head, receipt.added == count else {
        throw LaboratoryError.broken("terminal \(id): the centre holds another end")
      }
      taken += receipt.added
      kept.removeFirst(count)
      (behind, headBehind, nonce) = (facts.last, facts.head, ack.nonce)
    }
    sold += keptSales
    keptSales = []
    return taken
  }
}
