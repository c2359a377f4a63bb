import CanteenModel
import SyncProtocol

/// A terminal that has a chain and nothing else: it makes records and seals batches as asked.
struct TestTerminal: Sendable {
  let id: TerminalID
  let key: SigningKey
  let epoch: Epoch
  private(set) var records: [[UInt8]] = []
  private(set) var heads: [Digest32] = []
  /// The nonce of the last ack that it stored.
  var nonce: Digest32?
  /// Opens its epoch.
  var token: Digest32?

  init(_ number: UInt32 = 3, epoch: UInt32 = 1, key: SigningKey = SigningKey()) {
    id = TerminalID(number)
    self.key = key
    self.epoch = Epoch(epoch)
  }

  mutating func append(_ bytes: [UInt8]) {
    let position = JournalPosition(
      epoch: epoch, sequence: SequenceNumber(UInt64(records.count) + 1))
    heads.append(
      Chain.head(after: heads.last ?? .zero, record: bytes, terminal: id, position: position))
    records.append(bytes)
  }

  mutating func append(_ body: JournalRecord.Body) throws {
    append(try RecordCodec.encode(Self.record(body, number: records.count)))
  }

  mutating func sell(_ account: Int64, subsidy: Int64 = 0, personal: Int64 = 0) throws {
    try append(.sale(Self.sale(account, subsidy: subsidy, personal: personal)))
  }

  /// The records after the first `skipped`, at most `count` of them, as a sealed batch.
  func batch(
    after skipped: Int = 0, count: Int = .max, challenge: Digest32 = .random(),
    newest: Int? = nil, witnessed: [[UInt8]] = []
  ) throws -> [UInt8] {
    let end = skipped + min(count, records.count - skipped)
    return try BatchCodec.seal(
      Array(records[skipped..<end]), terminal: id, epoch: epoch,
      first: SequenceNumber(UInt64(skipped) + 1),
      previousHead: skipped == 0 ? .zero : heads[skipped - 1], echoedNonce: nonce,
      challenge: challenge, epochToken: token,
      newest: newest.map { SequenceNumber(UInt64($0)) }, witnessed: witnessed, key: key
    ).bytes
  }

  /// Its head behind one of its records, signed.
  func head(behind count: Int) throws -> [UInt8] {
    try HeadCodec.seal(
      ChainHead(
        terminal: id,
        position: JournalPosition(epoch: epoch, sequence: SequenceNumber(UInt64(count))),
        head: heads[count - 1]), key: key)
  }

  /// A request for the feed.
  func feedRequest(after version: Int64 = 0) throws -> [UInt8] {
    try FeedCodec.encode(
      FeedCursor(version: version, rulebookVersion: 0), terminal: id, echoedNonce: nonce, key: key)
  }

  /// The records of another ledger of the same device, which begins an epoch with a token.
  func newLedger(epoch: UInt32, token: Digest32?) -> TestTerminal {
    var terminal = TestTerminal(id.number, epoch: epoch, key: key)
    terminal.token = token
    return terminal
  }

  static func record(_ body: JournalRecord.Body, number: Int = 0) -> JournalRecord {
    JournalRecord(
      time: RecordTime(
        wallMilliseconds: SettlementFixture.noon + Int64(number), bootMilliseconds: Int64(number),
        isTrusted: true), body: body)
  }

  static func sale(_ account: Int64, subsidy: Int64 = 0, personal: Int64 = 0) throws -> SaleRecord {
    let paid = PurseAmounts(subsidy: Fen(subsidy), personal: Fen(personal))
    return try SaleRecord(
      account: AccountID(account), lane: LaneID(1), medium: .card, mode: .keyedAmount,
      slot: MealKey(day: 20_780, period: 0),
      spends: Purse.allCases.filter { paid[$0] != .zero }.map {
        Spend(purse: $0, tranche: .none, amount: paid[$0])
      }, place: .alone, rulebookVersion: 1)
  }

  static func decline(_ account: Int64?, count: UInt32 = 1) -> DeclineRecord {
    DeclineRecord(
      reason: .insufficientBalance, account: account.map { AccountID($0) }, lane: LaneID(1),
      medium: .card, amount: Fen(1500), count: count)
  }
}
