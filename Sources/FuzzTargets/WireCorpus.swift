import CanteenModel
import SyncProtocol

/// One message of each kind, as our codecs make it.
enum WireCorpus {
  static func seeds(of target: FuzzTarget) -> [[UInt8]] {
    do throws(WireError) {
      return switch target {
      case .record: try records()
      case .batch: try batches()
      case .downlink: try downlinks()
      case .json: try bodies()
      case .neighbours: try neighbours()
      default: []
      }
    } catch {
      preconditionFailure("a good message cannot be made: \(error)")
    }
  }

  private static let digest = Digest32.zero
  private static let hold = HoldID(.zero)
  private static let position = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(9))
  private static let slot = MealKey(day: 20_780, period: 2)
  private static let spends = [
    Spend(purse: .subsidy, tranche: TrancheID(4), amount: Fen(1000)),
    Spend(purse: .personal, tranche: .none, amount: Fen(500)),
  ]

  private static let cashier = OperatorIdentity(userID: 1000, name: "cashier")

  private static func rotation() throws(WireError) -> KeyRotated {
    try KeyRotated(
      from: try SigningKey(rawBytes: [UInt8](repeating: 1, count: 32)),
      to: try SigningKey(rawBytes: [UInt8](repeating: 2, count: 32)), terminal: TerminalID(3),
      at: position, after: digest)
  }

  private static func records() throws(WireError) -> [[UInt8]] {
    var bodies: [JournalRecord.Body] = [
      .epochOpened(EpochOpened(previous: position, previousHead: digest)),
      .decline(
        DeclineRecord(
          reason: .insufficientBalance, account: AccountID(3), lane: LaneID(2), medium: .card,
          amount: Fen(300), count: 2)),
      .holdReleased(HoldReleased(hold: hold, account: AccountID(11))),
      .dayClosed(DayClosed(behind: position, totals: DayTotals(), unsettled: 3, by: cashier)),
      .keyRotated(try rotation()),
    ]
    do throws(MoneyError) {
      let counts = SaleCounts(
        meals: 1, guests: 0, amount: Fen(1500), alone: 1, aloneAmount: Fen(1500),
        marketAmount: .zero)
      bodies += [
        .correction(
          try CorrectionRecord(
            kind: .void, original: position, originalID: digest, account: AccountID(11),
            returns: spends, slot: slot, uncounted: counts, by: cashier, note: "测试")),
        .sale(
          try SaleRecord(
            account: AccountID(11), lane: LaneID(1), medium: .code, mode: .fixedPrice, slot: slot,
            spends: spends, place: .online, rulebookVersion: 7,
            holds: [HoldSpend(hold: hold, amount: Fen(1500))])),
        .sale(
          try SaleRecord(
            account: AccountID(11), lane: LaneID(1), medium: .card, mode: .items, slot: slot,
            spends: spends, place: .alone, rulebookVersion: 7, isGuest: true,
            items: [
              SoldItem(
                code: ItemCode(17), category: ItemCategory(2), quantity: 3, price: Fen(500))
            ])),
      ]
    } catch {
      throw .malformed("\(error)")
    }
    var records: [[UInt8]] = []
    for body in bodies {
      let time = RecordTime(
        wallMilliseconds: 1_795_406_400_000, bootMilliseconds: 5, isTrusted: true)
      records.append(try RecordCodec.encode(JournalRecord(time: time, body: body)))
    }
    return records
  }

  private static func batches() throws(WireError) -> [[UInt8]] {
    var seeds: [[UInt8]] = []
    for records in [try records(), []] {
      let sealed = try BatchCodec.seal(
        records, terminal: TerminalID(3), epoch: Epoch(1), first: SequenceNumber(1),
        previousHead: digest, echoedNonce: digest, challenge: digest, epochToken: nil,
        key: WireFuzz.key)
      seeds.append([0] + sealed.bytes)
      let header = Protobuf.firstField(of: Protobuf.firstField(of: sealed.bytes))
      seeds.append(
        [1, UInt8(header.count)] + header + records.flatMap { [UInt8($0.count & 0xFF)] + $0 })
    }
    return seeds
  }

  /// The first byte says which message, and whether it is JSON that is read or bytes that are written.
  private static func bodies() throws(WireError) -> [[UInt8]] {
    let batch = try BatchCodec.seal(
      [[1, 2], []], terminal: TerminalID(3), epoch: Epoch(1), first: SequenceNumber(1),
      previousHead: digest, echoedNonce: digest, challenge: digest, key: WireFuzz.key
    ).bytes
    let ack = try WireFuzz.key.signedMessage([1, 2, 3], as: .ack)
    return [
      [0] + (try WireForm.json.write(ack, as: .signed)),
      [1] + (try WireForm.json.write(batch, as: .batch)),
      [2] + Array("{\"format\": 1, \"name\": \"\\u4e00\", \"x\": [{\"y\": null}]}".utf8),
      [4] + ack, [5] + batch,
    ]
  }

  private static func downlinks() throws(WireError) -> [[UInt8]] {
    let (key, terminal, centre) = (WireFuzz.key, TerminalID(3), Int64(1_795_406_400_000))
    let signed = try RulebookCodec.sign(rulebook, key: key)
    let grant = try grant()
    let messages = [
      try AckCodec.seal(
        AckFacts(
          terminal: terminal, position: position, head: digest, nonce: digest, challenge: digest,
          timeMilliseconds: centre, nextSize: 500, nextEpoch: Epoch(2), epochToken: digest),
        key: key),
      try FeedCodec.seal(
        FeedPage(
          terminal: terminal, fromCursor: 4, toCursor: 9, hasMore: false, accounts: [account],
          rulebook: rulebook, timeMilliseconds: centre), signedRulebook: signed, key: key),
      try FeedCodec.encode(
        FeedCursor(version: 1, rulebookVersion: 0), terminal: terminal, echoedNonce: digest,
        key: key),
      signed,
      try HoldCodec.seal(
        HoldRequest(
          terminal: terminal, id: hold, account: AccountID(11), asked: Fen(5000), least: Fen(1500),
          ownSales: [HoldRequest.OwnSale(position: position, amount: Fen(100))],
          echoedNonce: digest, challenge: digest), key: key),
      try HoldCodec.seal(
        HoldAnswer(
          terminal: terminal, id: hold, verdict: .granted(Fen(1500)), account: account,
          challenge: digest, timeMilliseconds: centre), key: key),
      try RefundHoldCodec.seal(
        RefundHoldRequest(
          terminal: terminal, id: hold, seller: TerminalID(4), epoch: Epoch(1),
          sequence: SequenceNumber(9), amount: Fen(100), challenge: digest), key: key),
      try RefundHoldCodec.seal(
        RefundHoldAnswer(
          terminal: terminal, id: hold, verdict: .refused(.moreThanLeft(Fen(3))),
          challenge: digest, timeMilliseconds: centre), key: key),
      try EnrolmentCodec.seal(
        EnrolRequest(
          terminal: terminal, tokenSecret: Array(digest.bytes.prefix(16)),
          certificateRequest: [0x30, 0x00], recordKey: key.publicKey), key: key),
      try EnrolmentCodec.seal(
        RenewRequest(terminal: terminal, certificateRequest: [0x30, 0x00]), key: key),
      try HeadCodec.seal(head, key: key),
    ]
    let granted = try RefundHoldCodec.seal(
      RefundHoldAnswer(
        terminal: terminal, id: hold, verdict: .granted(grant), challenge: digest,
        timeMilliseconds: centre), key: key)
    return messages.enumerated().map { [UInt8($0)] + Protobuf.firstField(of: $1) }
      + [[7] + Protobuf.firstField(of: granted)]
  }

  private static let head = ChainHead(terminal: TerminalID(3), position: position, head: digest)

  /// The first byte says which message.
  private static func neighbours() throws(WireError) -> [[UInt8]] {
    let statement = SpendStatement(
      terminal: TerminalID(3), account: AccountID(11), slot: slot,
      number: StatementNumber(epoch: Epoch(1), run: 2, count: 3),
      entries: [
        SpendStatement.Entry(position: position, amount: Fen(1500)),
        SpendStatement.Entry(position: nil, amount: Fen(500)),
      ])
    return [
      [0] + (try PeerCodec.encode(statement)),
      [1]
        + (try PeerCodec.encode(
          ReservationRequest(statement: statement, cap: Fen(4000), approvals: 2))),
      [2] + (try PeerCodec.encode(ReservationAnswer(verdict: .overCap, own: statement))),
      [3]
        + (try PeerCodec.encode(
          news: [statement, statement], head: try HeadCodec.seal(head, key: WireFuzz.key))),
    ]
  }

  private static func grant() throws(WireError) -> RefundHoldAnswer.Grant {
    do throws(MoneyError) {
      return try RefundHoldAnswer.Grant(
        original: position, originalID: digest, account: AccountID(11), slot: slot,
        returns: spends)
    } catch {
      throw .malformed("\(error)")
    }
  }

  private static let account = AccountSnapshot(
    account: AccountID(11), maskedName: "王*明", status: .active,
    tranches: PurseAmounts(subsidy: Fen(1500), personal: Fen(200)).withoutTranches, version: 9,
    includes: position,
    credentials: [Credential(kind: .cardSerial, value: [4, 1, 2, 3, 4, 5, 6])])

  private static let rulebook = Rulebook(
    version: 7, legalBasis: "测试", utcOffsetMinutes: 480,
    mealPeriods: [
      MealPeriod(number: 2, name: "午餐", startMinute: 660, endMinute: 780, price: Fen(1500))
    ], spendOrder: [.personal, .subsidy], singleLimit: Fen(10_000), salesPerMeal: 2,
    repeatGuardSeconds: 60)
}
