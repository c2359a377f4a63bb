import CanteenModel
import Testing

@testable import SyncProtocol

@Suite struct RecordTests {
  static func sale() throws -> SaleRecord {
    try SaleRecord(
      account: AccountID(11), lane: LaneID(1), medium: .card, mode: .fixedPrice,
      slot: MealKey(day: 20_780, period: 2),
      spends: [
        Spend(purse: .subsidy, tranche: TrancheID(4), amount: Fen(1000)),
        Spend(purse: .personal, tranche: .none, amount: Fen(500)),
      ], place: .alone, rulebookVersion: 7)
  }

  static let time = RecordTime(
    wallMilliseconds: 1_795_406_400_000, bootMilliseconds: 5, isTrusted: true)

  @Test(
    "what was written is read back, for every kind of record",
    arguments: [
      JournalRecord.Body.decline(
        DeclineRecord(
          reason: .insufficientBalance, account: nil, lane: LaneID(2), medium: .card,
          amount: Fen(-3), count: .max)),
      .epochOpened(EpochOpened(previous: nil, previousHead: .zero)),
      .epochOpened(
        EpochOpened(
          previous: JournalPosition(
            epoch: Epoch(1), sequence: SequenceNumber(UInt64(Int64.max) - 1)),
          previousHead: .random())),
    ])
  func roundTrip(body: JournalRecord.Body) throws {
    let record = JournalRecord(time: Self.time, body: body)
    #expect(try RecordCodec.decode(RecordCodec.encode(record)) == record)
  }

  @Test("a sale by items, for a guest, of nothing, and of the widest numbers are read back")
  func sales() throws {
    let items = [
      SoldItem(code: ItemCode(999_999), category: ItemCategory(.max), quantity: 999, price: Fen(1))
    ]
    for sale in [
      try Self.sale(),
      try SaleRecord(
        account: AccountID(.max), lane: LaneID(.max), medium: .card, mode: .items,
        slot: MealKey(day: 1, period: 0),
        spends: [Spend(purse: .personal, tranche: TrancheID(.max), amount: Fen(.max))],
        place: .online, rulebookVersion: 0, isGuest: true, items: items),
      try SaleRecord(
        account: AccountID(1), lane: LaneID(1), medium: .card, mode: .countOnly,
        slot: MealKey(day: .min, period: .max), spends: [], place: .lan, rulebookVersion: .max),
    ] {
      let record = JournalRecord(time: Self.time, body: .sale(sale))
      #expect(try RecordCodec.decode(RecordCodec.encode(record)) == record)
    }
  }

  @Test("a correction and a closed day are read back, at both ends of their ranges")
  func correctionsAndDays() throws {
    let long = OperatorIdentity(
      userID: .max, name: String(repeating: "刘", count: OperatorIdentity.nameLimit / 3))
    let nobody = OperatorIdentity(userID: 0, name: "")
    let place = JournalPosition(epoch: Epoch(.max), sequence: SequenceNumber(UInt64(Int64.max) - 1))
    let bodies: [JournalRecord.Body] = [
      .correction(
        try CorrectionRecord(
          kind: .reversal, original: place, originalID: .random(), account: AccountID(.max),
          returns: [Spend(purse: .personal, tranche: TrancheID(.max), amount: Fen(.max))],
          slot: MealKey(day: .min, period: .max),
          uncounted: SaleCounts(
            meals: 1, guests: 1, amount: Fen(.max), alone: 1, aloneAmount: Fen(.max),
            marketAmount: Fen(.max)), by: long,
          note: String(repeating: "x", count: CorrectionRecord.noteLimit))),
      .correction(
        try CorrectionRecord(
          kind: .void, original: place, originalID: .zero, account: AccountID(1), returns: [],
          slot: MealKey(day: 1, period: 0),
          uncounted: SaleCounts(
            meals: 0, guests: 0, amount: .zero, alone: 0, aloneAmount: .zero, marketAmount: .zero),
          by: nobody, note: "")),
      .dayClosed(
        DayClosed(
          behind: place,
          totals: DayTotals(
            sales: .max, sold: PurseAmounts(subsidy: Fen(.max), personal: .zero),
            corrections: .max, returned: PurseAmounts(subsidy: .zero, personal: Fen(.max)),
            declines: .max), unsettled: .max, by: long)),
    ]
    for body in bodies {
      let record = JournalRecord(time: Self.time, body: body)
      #expect(try RecordCodec.decode(RecordCodec.encode(record)) == record)
    }
  }

  @Test("a sale whose parts do not sum within 64 bits is refused")
  func overflow() throws {
    func bytes(_ fen: Int64) throws -> [UInt8] {
      let sale = try SaleRecord(
        account: AccountID(1), lane: LaneID(1), medium: .card, mode: .fixedPrice,
        slot: MealKey(day: 1, period: 0),
        spends: [Spend(purse: .subsidy, tranche: TrancheID(fen), amount: Fen(fen))], place: .alone,
        rulebookVersion: 1)
      return try RecordCodec.encode(JournalRecord(time: Self.time, body: .sale(sale)))
    }
    // Two messages one after the other are one with both lists.
    #expect(throws: WireError.malformed("sale: its parts do not sum")) {
      try RecordCodec.decode(try bytes(.max) + bytes(1))
    }
  }

  @Test("the bytes of a sale are these: a change of the contract shows here")
  func goldenBytes() throws {
    // Computed by this codec on 2026-11-21, and read by protoc --decode as the same fields: later
    // versions must write the same bytes.
    let bytes = try RecordCodec.encode(JournalRecord(time: Self.time, body: .sale(Self.sale())))
    #expect(
      Hexadecimal.text(bytes)
        == "0a0b088094beb4a034100518011a24080b1001180120012a0608aca201100232070801100418e8073205080218f40338034007"
    )
  }

  @Test("a record of a kind that this version does not know is refused, not guessed")
  func unknownKind() {
    // Field 15, length-delimited, empty, behind a valid time.
    let bytes = Hexadecimal.bytes("0a0608011002180172 00".replacing("72 00", with: "7a00")) ?? []
    #expect(throws: WireError.malformed("record.body: unknown kind")) {
      try RecordCodec.decode(bytes)
    }
  }

  @Test("bytes that are cut, or too many, are refused")
  func damaged() throws {
    let bytes = try RecordCodec.encode(JournalRecord(time: Self.time, body: .sale(Self.sale())))
    #expect(throws: WireError.self) { try RecordCodec.decode(Array(bytes.dropLast())) }
    #expect(throws: WireError.self) { try RecordCodec.decode([]) }
    #expect(throws: WireError.tooLarge("record")) {
      try RecordCodec.decode([UInt8](repeating: 0, count: WireLimit.bytesPerRecord + 1))
    }
  }
}
