import CanteenModel
import Testing

@testable import SyncProtocol

@Suite struct RecordTests {
  static let sale = SaleRecord(
    account: AccountID(11), lane: LaneID(1), medium: .card, mode: .fixedPrice,
    meal: MealKey(day: 20_780, period: 2),
    paid: PurseAmounts(subsidy: Fen(1000), personal: Fen(500)), place: .alone, rulebookVersion: 7)
  static let time = RecordTime(
    wallMilliseconds: 1_795_406_400_000, bootMilliseconds: 5, isTrusted: true)

  @Test(
    "what was written is read back, for every kind of record",
    arguments: [
      JournalRecord.Body.sale(sale),
      .sale(
        SaleRecord(
          account: AccountID(.max), lane: LaneID(.max), medium: .card, mode: .keyedAmount,
          meal: nil,
          paid: PurseAmounts(personal: Fen(1)), place: .online, rulebookVersion: 0)),
      .decline(
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

  @Test("the bytes of a sale are these: a change of the contract shows here")
  func goldenBytes() throws {
    // Computed by this codec on 2026-11-21, and read by protoc --decode as the same fields: later
    // versions must write the same bytes.
    let bytes = try RecordCodec.encode(JournalRecord(time: Self.time, body: .sale(Self.sale)))
    #expect(
      Hexadecimal.text(bytes)
        == "0a0b088094beb4a034100518011a1a080b1001180120012a0608aca201100230e80738f40340034807")
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
    let bytes = try RecordCodec.encode(JournalRecord(time: Self.time, body: .sale(Self.sale)))
    #expect(throws: WireError.self) { try RecordCodec.decode(Array(bytes.dropLast())) }
    #expect(throws: WireError.self) { try RecordCodec.decode([]) }
    #expect(throws: WireError.tooLarge("record")) {
      try RecordCodec.decode([UInt8](repeating: 0, count: WireLimit.bytesPerRecord + 1))
    }
  }
}
