import CanteenModel
import SettlementStore
import SyncProtocol

/// A terminal with a chain of sales to hand in, without a ledger: it is the centre that is measured.
struct IngestTerminal: Sendable {
  let id: TerminalID
  let key = SigningKey()
  private let count: Int
  private let accounts: Int
  private let now: Int64
  /// Made before the measuring begins; `nil` when each batch makes its own.
  private let records: [[UInt8]]?
  private var done = 0
  private var head = Digest32.zero
  private var nonce: Digest32?

  /// - Parameters:
  ///   - accounts: Sales go round the accounts 1 to that number; neighbours in time are none in the books.
  ///   - now: Unix time in milliseconds.
  ///   - isReady: Whether its records are made now, and not with their batch.
  init(
    _ number: Int, records count: Int, accounts: Int, now: Int64, isReady: Bool = true
  ) throws {
    id = TerminalID(UInt32(number))
    (self.count, self.accounts, self.now) = (count, accounts, now)
    records =
      try isReady
      ? (0..<count).map { place in
        try Self.record(place, of: number, accounts: accounts, now: now)
      } : nil
  }

  private static func record(
    _ place: Int, of number: Int, accounts: Int, now: Int64
  ) throws -> [UInt8] {
    let sale = try SaleRecord(
      account: AccountID(Int64((place + number * 613) * 7919 % accounts + 1)), lane: LaneID(1),
      medium: .card, mode: .fixedPrice, slot: MealKey(day: 20_780, period: 2),
      spends: [Spend(purse: .subsidy, tranche: .none, amount: Fen(1500))], place: .alone,
      rulebookVersion: 1)
    let time = RecordTime(
      wallMilliseconds: now + Int64(place), bootMilliseconds: Int64(place), isTrusted: true)
    return try RecordCodec.encode(JournalRecord(time: time, body: .sale(sale)))
  }

  var entry: TerminalEntry {
    TerminalEntry(
      number: id.number, name: "一号窗口", publicKey: Hexadecimal.text(key.publicKey.rawBytes),
      pullURL: nil)
  }

  var isDone: Bool { done == count }

  /// The next records as a batch, as full as the wire allows.
  func nextBatch() throws -> (bytes: [UInt8], facts: BatchFacts) {
    let places = done..<min(count, done + WireLimit.recordsPerBatch)
    let some =
      try records.map { Array($0[places]) }
      ?? places.map { place in
        try Self.record(place, of: Int(id.number), accounts: accounts, now: now)
      }
    return try BatchCodec.seal(
      some, terminal: id, epoch: Epoch(1), first: SequenceNumber(UInt64(done) + 1),
      previousHead: head, echoedNonce: nonce, challenge: .random(), key: key)
  }

  /// - Throws: ``LaboratoryError/broken(_:)`` when the centre took something else than the whole batch.
  mutating func take(ack bytes: [UInt8], for facts: BatchFacts, from centre: VerifyingKey) throws {
    let ack = try AckCodec.open(bytes, key: centre)
    guard ack.head == facts.head else {
      throw LaboratoryError.broken("terminal \(id): the centre holds another end")
    }
    done += facts.count
    (head, nonce) = (ack.head, ack.nonce)
  }
}
