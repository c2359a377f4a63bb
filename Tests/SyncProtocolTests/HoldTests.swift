import CanteenModel
import Testing

@testable import SyncProtocol

@Suite struct HoldTests {
  private static let terminal = SigningKey()

  private static func made(
    asked: Int64 = 6_000, least: Int64 = 6_000, sales: Int = 2, saleFen: Int64 = 100,
    account: Int64 = 11
  ) -> HoldRequest {
    HoldRequest(
      terminal: TerminalID(3), id: HoldID(.random()), account: AccountID(account),
      asked: Fen(asked), least: Fen(least),
      ownSales: (0..<sales).map { number in
        HoldRequest.OwnSale(
          position: JournalPosition(
            epoch: Epoch(1), sequence: SequenceNumber(UInt64(number) + 1)), amount: Fen(saleFen))
      }, echoedNonce: sales % 2 == 0 ? nil : .random(), challenge: .random())
  }

  @Test("a request opens to what was sealed, with the most that it may say", arguments: [0, 1, 16])
  func request(sales: Int) throws {
    let request = Self.made(asked: 10_000_000, least: 1, sales: sales)
    let bytes = try HoldCodec.seal(request, key: Self.terminal)
    #expect(bytes.count <= HoldCodec.requestBytesLimit)
    #expect(try HoldCodec.open(request: bytes, key: Self.terminal.publicKey) == request)
  }

  @Test("no changed byte of a request passes")
  func changed() throws {
    let bytes = try HoldCodec.seal(Self.made(), key: Self.terminal)
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x10
      #expect(throws: WireError.self, "byte \(index)") {
        try HoldCodec.open(request: changed, key: Self.terminal.publicKey)
      }
    }
    #expect(throws: WireError.badSignature) {
      try HoldCodec.open(request: bytes, key: SigningKey().publicKey)
    }
  }

  @Test(
    "a request outside of its limits is refused",
    arguments: [
      made(asked: 0, least: 0), made(asked: -1, least: -1), made(asked: 10, least: 11),
      made(asked: 10_000_001, least: 1), made(sales: 17), made(saleFen: 0),
      made(account: 0),
    ])
  func limits(request: HoldRequest) throws {
    let bytes = try HoldCodec.seal(request, key: Self.terminal)
    #expect(throws: WireError.self) {
      try HoldCodec.open(request: bytes, key: Self.terminal.publicKey)
    }
  }

  @Test("a request never passes for one to be fed, nor an answer for a page of the feed")
  func kinds() throws {
    let bytes = try HoldCodec.seal(Self.made(), key: Self.terminal)
    #expect(throws: WireError.self) {
      try FeedCodec.decode(request: bytes, key: Self.terminal.publicKey)
    }
    let answer = try HoldCodec.seal(
      Self.answered(Self.made(), .granted(Fen(1))), key: DownlinkTests.centre)
    #expect(throws: WireError.self) {
      try FeedCodec.open(answer, key: DownlinkTests.centre.publicKey)
    }
  }

  private static func answered(
    _ request: HoldRequest, _ verdict: HoldAnswer.Verdict, account: Int64? = 11
  ) -> HoldAnswer {
    let snapshot = account.map {
      AccountSnapshot(
        account: AccountID($0), maskedName: "王*明", status: .active,
        tranches: [
          TrancheBalance(
            purse: .subsidy, tranche: .none, amount: Fen(500), lastSpendingDay: nil)
        ], version: 4, includes: nil, credentials: [])
    }
    return HoldAnswer(
      terminal: request.terminal, id: request.id, verdict: verdict, account: snapshot,
      challenge: request.challenge, timeMilliseconds: 7)
  }

  @Test(
    "an answer opens to what was sealed",
    arguments: [HoldAnswer.Verdict.granted(Fen(6_000))]
      + HoldRefusal.allCases.map { .refused($0) })
  func answer(verdict: HoldAnswer.Verdict) throws {
    for account in [nil, 11] as [Int64?] {
      let answer = Self.answered(Self.made(), verdict, account: account)
      let bytes = try HoldCodec.seal(answer, key: DownlinkTests.centre)
      #expect(try HoldCodec.open(answer: bytes, key: DownlinkTests.centre.publicKey) == answer)
    }
  }

  @Test("only an answer to this very request, within what was asked, is believed")
  func believed() {
    let request = Self.made(asked: 6_000, least: 2_000)
    #expect(Self.answered(request, .granted(Fen(2_000))).answers(request))
    #expect(Self.answered(request, .granted(Fen(6_000))).answers(request))
    #expect(Self.answered(request, .refused(.insufficient), account: nil).answers(request))
    #expect(!Self.answered(request, .granted(Fen(1_999))).answers(request))
    #expect(!Self.answered(request, .granted(Fen(6_001))).answers(request))
    #expect(!Self.answered(request, .granted(Fen(6_000)), account: 12).answers(request))
    #expect(!Self.answered(Self.made(), .granted(Fen(6_000))).answers(request))
  }

  @Test("records name their holds and come back as they were")
  func records() throws {
    let spends = (0..<HoldSpend.limit).map { _ in
      HoldSpend(hold: HoldID(.random()), amount: Fen(10))
    }
    let sale = try SaleRecord(
      account: AccountID(11), lane: LaneID(1), medium: .card, mode: .keyedAmount,
      slot: MealKey(day: 1, period: 2),
      spends: [Spend(purse: .subsidy, tranche: .none, amount: Fen(80))], place: .online,
      rulebookVersion: 1, holds: spends)
    let released = HoldReleased(hold: HoldID(.random()), account: AccountID(11))
    let time = RecordTime(wallMilliseconds: 5, bootMilliseconds: 1, isTrusted: true)
    for body in [JournalRecord.Body.sale(sale), .holdReleased(released)] {
      let record = JournalRecord(time: time, body: body)
      #expect(try RecordCodec.decode(try RecordCodec.encode(record)) == record)
    }
  }

  @Test("a sale that names a hold twice, or takes nothing from one, is no record")
  func badSpends() throws {
    let spend = Canteen_V1_HoldSpend(HoldSpend(hold: HoldID(.random()), amount: Fen(10)))
    var nothing = spend
    nothing.fen = 0
    var short = spend
    short.hold.removeLast()
    for spends in [[spend, spend], [nothing], [short], Array(repeating: spend, count: 9)] {
      #expect(throws: WireError.self) { try Canteen_V1_HoldSpend.models(spends) }
    }
  }
}
