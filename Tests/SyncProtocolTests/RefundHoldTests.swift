import CanteenModel
import Testing

@testable import SyncProtocol

@Suite struct RefundHoldTests {
  private static let terminal = SigningKey()
  private static let centre = SigningKey()

  private static func made(
    seller: UInt32 = 4, epoch: UInt32? = 1, sequence: UInt64 = 12, fen: Int64? = 350
  ) -> RefundHoldRequest {
    RefundHoldRequest(
      terminal: TerminalID(3), id: HoldID(.random()), seller: TerminalID(seller),
      epoch: epoch.map { Epoch($0) }, sequence: SequenceNumber(sequence),
      amount: fen.map { Fen($0) }, challenge: .random())
  }

  private static func grant(
    _ parts: [Int64] = [300, 50], epoch: UInt32 = 1, sequence: UInt64 = 12
  ) throws -> RefundHoldAnswer.Grant {
    try RefundHoldAnswer.Grant(
      original: JournalPosition(epoch: Epoch(epoch), sequence: SequenceNumber(sequence)),
      originalID: .random(), account: AccountID(11), slot: MealKey(day: 20_780, period: 2),
      returns: parts.enumerated().map { number, fen in
        Spend(purse: .subsidy, tranche: TrancheID(Int64(number)), amount: Fen(fen))
      })
  }

  private static func answered(
    _ request: RefundHoldRequest, _ verdict: RefundHoldAnswer.Verdict
  ) -> RefundHoldAnswer {
    RefundHoldAnswer(
      terminal: request.terminal, id: request.id, verdict: verdict, challenge: request.challenge,
      timeMilliseconds: 7)
  }

  @Test(
    "a request opens to what was sealed, with the most and the least that it may say",
    arguments: [
      made(), made(epoch: nil, fen: nil),
      made(
        seller: .max, epoch: .max, sequence: UInt64(Int64.max) - 1,
        fen: HoldRequest.largest.value),
    ])
  func request(request: RefundHoldRequest) throws {
    let bytes = try RefundHoldCodec.seal(request, key: Self.terminal)
    #expect(bytes.count <= RefundHoldCodec.requestBytesLimit)
    #expect(try RefundHoldCodec.open(request: bytes, key: Self.terminal.publicKey) == request)
  }

  @Test(
    "a request outside of its limits is refused",
    arguments: [
      made(seller: 0), made(seller: 3), made(sequence: 0), made(sequence: UInt64(Int64.max)),
      made(fen: -1), made(fen: HoldRequest.largest.value + 1),
    ])
  func limits(request: RefundHoldRequest) throws {
    let bytes = try RefundHoldCodec.seal(request, key: Self.terminal)
    #expect(throws: WireError.self) {
      try RefundHoldCodec.open(request: bytes, key: Self.terminal.publicKey)
    }
  }

  @Test("no changed byte of a request passes, and no request passes for one of another kind")
  func changed() throws {
    let bytes = try RefundHoldCodec.seal(Self.made(), key: Self.terminal)
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x10
      #expect(throws: WireError.self, "byte \(index)") {
        try RefundHoldCodec.open(request: changed, key: Self.terminal.publicKey)
      }
    }
    #expect(throws: WireError.badSignature) {
      try RefundHoldCodec.open(request: bytes, key: Self.centre.publicKey)
    }
    #expect(throws: WireError.badSignature) {
      try HoldCodec.open(request: bytes, key: Self.terminal.publicKey)
    }
  }

  @Test(
    "an answer opens to what was sealed",
    arguments: [
      .granted(try grant()), .granted(try grant(Array(repeating: 1, count: 64))),
      .refused(.unknownSale), .refused(.notASale), .refused(.notCharged), .refused(.nothingLeft),
      .refused(.moreThanLeft(Fen(7))), .refused(.released),
    ] as [RefundHoldAnswer.Verdict])
  func answer(verdict: RefundHoldAnswer.Verdict) throws {
    let answer = Self.answered(Self.made(), verdict)
    let bytes = try RefundHoldCodec.seal(answer, key: Self.centre)
    #expect(bytes.count <= RefundHoldCodec.answerBytesLimit)
    #expect(try RefundHoldCodec.open(answer: bytes, key: Self.centre.publicKey) == answer)
  }

  @Test("an answer that names a tranche twice, gives nothing back or too little is refused")
  func badAnswers() throws {
    let twice = Spend(purse: .personal, tranche: .none, amount: Fen(5))
    let good = try Self.grant()
    for parts in [[twice, twice], [Spend(purse: .personal, tranche: .none, amount: .zero)]] {
      let grant = try RefundHoldAnswer.Grant(
        original: good.original, originalID: good.originalID, account: good.account,
        slot: good.slot, returns: parts)
      let bytes = try RefundHoldCodec.seal(
        Self.answered(Self.made(), .granted(grant)), key: Self.centre)
      #expect(throws: WireError.self) {
        try RefundHoldCodec.open(answer: bytes, key: Self.centre.publicKey)
      }
    }
    let nothingLeft = try RefundHoldCodec.seal(
      Self.answered(Self.made(), .refused(.moreThanLeft(.zero))), key: Self.centre)
    #expect(throws: WireError.self) {
      try RefundHoldCodec.open(answer: nothingLeft, key: Self.centre.publicKey)
    }
  }

  @Test("only an answer to this very request, with exactly what was asked, is believed")
  func believed() throws {
    let request = Self.made()
    let good = try Self.grant()
    #expect(Self.answered(request, .granted(good)).answers(request))
    #expect(Self.answered(request, .refused(.nothingLeft)).answers(request))
    #expect(!Self.answered(Self.made(), .granted(good)).answers(request))
    #expect(!Self.answered(request, .granted(try Self.grant([349]))).answers(request))
    #expect(!Self.answered(request, .granted(try Self.grant([351]))).answers(request))
    #expect(!Self.answered(request, .granted(try Self.grant(epoch: 2))).answers(request))
    #expect(!Self.answered(request, .granted(try Self.grant(sequence: 13))).answers(request))
    let anything = Self.made(epoch: nil, fen: nil)
    #expect(Self.answered(anything, .granted(try Self.grant([7], epoch: 9))).answers(anything))
    #expect(!Self.answered(anything, .granted(try Self.grant([]))).answers(anything))
  }

  private static func correction(
    _ kind: CorrectionKind = .refund, meals: Int64 = 0, elsewhere: SoldElsewhere?
  ) throws -> JournalRecord {
    JournalRecord(
      time: RecordTests.time,
      body: .correction(
        try CorrectionRecord(
          kind: kind,
          original: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(12)),
          originalID: .zero, account: AccountID(11),
          returns: [Spend(purse: .personal, tranche: .none, amount: Fen(350))],
          slot: MealKey(day: 20_780, period: 2),
          uncounted: SaleCounts(
            meals: meals, guests: 0, amount: Fen(350), alone: 0, aloneAmount: .zero,
            marketAmount: .zero), by: OperatorIdentity(userID: 1000, name: "liu"), note: "冷菜",
          elsewhere: elsewhere)))
  }

  @Test("a refund of another terminal's sale, and what was asked for it, are read back")
  func records() throws {
    let elsewhere = SoldElsewhere(terminal: TerminalID(.max), hold: HoldID(.random()))
    let released = JournalRecord(
      time: RecordTests.time,
      body: .holdReleased(HoldReleased(hold: HoldID(.random()), account: nil)))
    let day = JournalRecord(
      time: RecordTests.time,
      body: .dayClosed(
        DayClosed(
          behind: JournalPosition(epoch: Epoch(1), sequence: .none),
          totals: DayTotals(
            sales: 0, sold: .zero, corrections: 0, returned: .zero, declines: 0,
            refundsForOthers: .max, returnedForOthers: Fen(.max)), unsettled: 0,
          by: OperatorIdentity(userID: 0, name: "root"))))
    for record in [try Self.correction(elsewhere: elsewhere), released, day] {
      #expect(try RecordCodec.decode(try RecordCodec.encode(record)) == record)
    }
  }

  @Test("the bytes of a correction of an own sale are those from before there were others")
  func goldenBytes() throws {
    // Encoded by protoc with the contract of the commit before these fields came.
    #expect(
      Hexadecimal.text(try RecordCodec.encode(try Self.correction(elsewhere: nil)))
        == "0a0b088094beb4a034100518012a4b08021001180c222000000000000000000000000000"
        + "00000000000000000000000000000000000000280b3205080218de023a0608aca2011002"
        + "6a0808e80712036c69757206e586b7e88f9c")
  }

  @Test("only a refund names another terminal's sale, with its hold and without counters")
  func badRecords() throws {
    let elsewhere = SoldElsewhere(terminal: TerminalID(4), hold: HoldID(.random()))
    for record in [
      try Self.correction(.void, elsewhere: elsewhere),
      try Self.correction(.reversal, elsewhere: elsewhere),
      try Self.correction(meals: 1, elsewhere: elsewhere),
      try Self.correction(
        elsewhere: SoldElsewhere(terminal: TerminalID(0), hold: HoldID(.random()))),
    ] {
      let bytes = try RecordCodec.encode(record)
      #expect(throws: WireError.self) { try RecordCodec.decode(bytes) }
    }
    guard case .correction(let correction) = try Self.correction(elsewhere: elsewhere).body else {
      return
    }
    var message = Canteen_V1_Correction(correction)
    message.hold.removeLast()
    #expect(throws: WireError.self) { try message.model() }
    message.hold.removeAll()
    #expect(throws: WireError.self) { try message.model() }
  }
}
