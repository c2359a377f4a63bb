import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol
import Testing

@testable import SettlementStore

/// Terminal 4 sold ¥15.00 to account 1: ¥12.00 of subsidy and ¥3.00 of the diner's own. Terminals 3 and 5
/// give it back.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct RefundHoldTests {
  private let fixture: SettlementFixture
  private var seller = TestTerminal(4)
  private var one = TestTerminal(3)
  private var two = TestTerminal(5)
  private let books: Books

  init() async throws {
    fixture = try SettlementFixture()
    books = try await fixture.openFilled(seller, one, two)
    try seller.sell(1, subsidy: 1200, personal: 300)
    _ = try await books.take(batch: try seller.batch(), from: seller.id)
  }

  private func request(
    _ terminal: TestTerminal, fen: Int64? = nil, sequence: UInt64 = 1, epoch: UInt32? = 1
  ) -> RefundHoldRequest {
    RefundHoldRequest(
      terminal: terminal.id, id: HoldID(.random()), seller: seller.id,
      epoch: epoch.map { Epoch($0) }, sequence: SequenceNumber(sequence),
      amount: fen.map { Fen($0) }, challenge: .random())
  }

  private func ask(
    _ request: RefundHoldRequest, _ terminal: TestTerminal, _ books: Books? = nil
  ) async throws -> RefundHoldAnswer {
    let books = books ?? self.books
    let bytes = try await books.refundHold(
      asked: try RefundHoldCodec.seal(request, key: terminal.key), by: terminal.id)
    let answer = try RefundHoldCodec.open(answer: bytes, key: fixture.key.publicKey)
    #expect(answer.answers(request) || answer.verdict == .refused(.released))
    return answer
  }

  private func granted(
    _ request: RefundHoldRequest, _ terminal: TestTerminal
  ) async throws -> RefundHoldAnswer.Grant {
    guard case .granted(let grant) = try await ask(request, terminal).verdict else {
      throw StoreError.refused(["not granted"])
    }
    return grant
  }

  private func correction(
    _ asked: RefundHoldRequest, _ grant: RefundHoldAnswer.Grant, account: Int64 = 1,
    fen: Int64? = nil
  ) throws -> JournalRecord.Body {
    let returns = fen.map { [Spend(purse: .personal, tranche: .none, amount: Fen($0))] }
    return .correction(
      try CorrectionRecord(
        kind: .refund, original: grant.original, originalID: grant.originalID,
        account: AccountID(account), returns: returns ?? grant.returns, slot: grant.slot,
        uncounted: SaleCounts(
          meals: 0, guests: 0, amount: grant.total, alone: 0, aloneAmount: .zero,
          marketAmount: .zero), by: OperatorIdentity(userID: 0, name: "root"), note: "错单",
        elsewhere: SoldElsewhere(terminal: seller.id, hold: asked.id)))
  }

  /// What the seller gives back itself.
  private func own(_ back: [Spend]) throws -> JournalRecord.Body {
    .correction(
      try CorrectionRecord(
        kind: .void, original: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(1)),
        originalID: seller.heads[0], account: AccountID(1), returns: back,
        slot: MealKey(day: 20_780, period: 0),
        uncounted: SaleCounts(
          meals: 0, guests: 0, amount: .zero, alone: 0, aloneAmount: .zero, marketAmount: .zero),
        by: OperatorIdentity(userID: 0, name: "root"), note: ""))
  }

  private func flags() async throws -> [String] {
    try await books.read { db in
      try db.values("SELECT kind FROM flag ORDER BY kind")
    }
  }

  private static let subsidy = Spend(purse: .subsidy, tranche: .none, amount: Fen(1200))
  private static let personal = Spend(purse: .personal, tranche: .none, amount: Fen(300))

  @Test(
    "what another terminal gives back is the diner's again, and the canteen that sold is owed less")
  func posted() async throws {
    var one = one
    let asked = request(one, fen: 500)
    let grant = try await granted(asked, one)
    #expect(grant.originalID == seller.heads[0])
    #expect(grant.account == AccountID(1))
    #expect(grant.slot == MealKey(day: 20_780, period: 0))
    // The last payer first.
    #expect(
      grant.returns == [
        Self.personal, Spend(purse: .subsidy, tranche: .none, amount: Fen(200)),
      ])
    try one.append(try correction(asked, grant))
    let receipt = try await books.take(batch: try one.batch(), from: one.id)
    one.nonce = try fixture.ack(receipt).nonce
    let report = try await books.report()
    #expect(report.terminals.map(\.payableFen) == [0, 1000, 0])
    #expect(report.terminals.map(\.corrections) == [0, 1, 0])
    #expect(report.terminals.map(\.records) == [1, 1, 0])
    #expect(report.totals.sumFen == 0)
    // The terminal that gave it back is fed a row that has the record in it.
    let row = try await books.rows(for: one.id).first { $0.account == AccountID(1) }
    #expect(row?.balance == PurseAmounts(subsidy: Fen(19_000), personal: Fen(5_000)))
    #expect(row?.includes?.sequence == SequenceNumber(1))
    #expect(try await books.openHolds().isEmpty)
    #expect(try await flags().isEmpty)
    #expect(try await books.check().isGood)
    // Handed in again it counts once.
    _ = try await books.take(batch: try one.batch(), from: one.id)
    #expect(try await books.report().terminals.map(\.payableFen) == [0, 1000, 0])
  }

  @Test("together the terminals are let give back no more than the sale")
  func together() async throws {
    let first = try await granted(request(one, fen: 1000), one)
    #expect(first.total == Fen(1000))
    #expect(
      try await ask(request(two, fen: 501), two).verdict == .refused(.moreThanLeft(Fen(500))))
    let rest = try await granted(request(two), two)
    #expect(rest.returns == [Spend(purse: .subsidy, tranche: .none, amount: Fen(500))])
    #expect(try await ask(request(one, fen: 1), one).verdict == .refused(.nothingLeft))
    let lines = try await books.openHolds()
    #expect(lines.map(\.grantedFen) == [1000, 500])
    #expect(
      lines.allSatisfy {
        $0.refundOf == HoldLine.Original(terminal: 4, epoch: 1, sequence: 1) && $0.account == 1
      })
    #expect(try await books.check().isGood)
  }

  @Test("what is set aside for a refund is none of the account's money, and no sale takes it")
  func apart() async throws {
    var one = one
    let asked = request(one)
    _ = try await granted(asked, one)
    // ¥235.00 are left of ¥250.00, and all of it may be set aside for sales.
    let hold = HoldRequest(
      terminal: two.id, id: HoldID(.random()), account: AccountID(1), asked: Fen(23_500),
      least: Fen(23_500), ownSales: [], echoedNonce: nil, challenge: .random())
    let answer = try await books.hold(
      asked: try HoldCodec.seal(hold, key: two.key), by: two.id
    ).answer
    #expect(answer.verdict == .granted(Fen(23_500)))
    try one.append(
      .sale(
        try SaleRecord(
          account: AccountID(1), lane: LaneID(1), medium: .card, mode: .keyedAmount,
          slot: MealKey(day: 20_780, period: 2), spends: [Self.personal], place: .online,
          rulebookVersion: 1, holds: [HoldSpend(hold: asked.id, amount: Fen(300))])))
    _ = try await books.take(batch: try one.batch(), from: one.id)
    #expect(try await flags() == ["holdExceeded"])
    #expect(try await books.openHolds().map(\.usedFen) == [0, 0])
    #expect(try await books.check().isGood)
  }

  @Test(
    "what the seller gives back meanwhile exceeds the rest and goes to suspense; the refund stands")
  func sellerComesLate() async throws {
    var (seller, one) = (seller, one)
    let asked = request(one, fen: 400)
    let grant = try await granted(asked, one)
    try seller.append(try own([Self.personal, Self.subsidy]))
    try seller.append(try own([Spend(purse: .subsidy, tranche: .none, amount: Fen(1100))]))
    _ = try await books.take(batch: try seller.batch(after: 1), from: seller.id)
    #expect(
      try await books.records(of: seller.id, limit: 9).map(\.suspenseReason) == [
        nil, "moreThanSold", nil,
      ])
    try one.append(try correction(asked, grant))
    _ = try await books.take(batch: try one.batch(), from: one.id)
    #expect(try await books.records(of: one.id, limit: 9).map(\.standing) == ["posted"])
    #expect(try await books.report().totals.payableFen == 0)
    #expect(try await flags().isEmpty)
    #expect(try await books.check().isGood)
  }

  @Test("what the seller gave back first is not given back again")
  func sellerComesFirst() async throws {
    var seller = seller
    try seller.append(try own([Self.personal, Self.subsidy]))
    _ = try await books.take(batch: try seller.batch(after: 1), from: seller.id)
    #expect(try await ask(request(one), one).verdict == .refused(.nothingLeft))
    #expect(try await books.check().isGood)
  }

  @Test("a record gives back what was asked for, before or after the centre saw it")
  func released() async throws {
    var one = one
    let asked = request(one)
    _ = try await granted(asked, one)
    let never = request(one)
    for request in [asked, never] {
      try one.append(.holdReleased(HoldReleased(hold: request.id, account: nil)))
    }
    _ = try await books.take(batch: try one.batch(), from: one.id)
    #expect(try await books.openHolds().isEmpty)
    for request in [asked, never] {
      #expect(try await ask(request, one).verdict == .refused(.released))
    }
    // The command again is another request.
    #expect(try await granted(request(one), one).total == Fen(1500))
    #expect(try await books.check().isGood)
  }

  @Test("the same request again gets the same bytes, and is set aside once, over a power cut too")
  func again() async throws {
    let asked = request(one, fen: 1000)
    let bytes = try RefundHoldCodec.seal(asked, key: one.key)
    let first = try await books.refundHold(asked: bytes, by: one.id)
    #expect(try await books.refundHold(asked: bytes, by: one.id) == first)
    let refused = request(two, fen: 1000)
    #expect(try await ask(refused, two) == (try await ask(refused, two)))
    let image = try fixture.open(try fixture.image(of: books))
    #expect(try await image.refundHold(asked: bytes, by: one.id) == first)
    #expect(
      try await ask(request(two, fen: 1000), two, image).verdict
        == .refused(.moreThanLeft(Fen(500))))
    #expect(try await image.openHolds().count == 1)
    let other = RefundHoldRequest(
      terminal: one.id, id: asked.id, seller: seller.id, epoch: nil, sequence: SequenceNumber(1),
      amount: nil, challenge: .random())
    await #expect(throws: StoreError.self) { try await ask(other, one) }
  }

  @Test("only a sale that the books have, and that somebody was charged for, can be given back")
  func refusals() async throws {
    var seller = seller
    try seller.append(.decline(TestTerminal.decline(1)))
    try seller.sell(9, subsidy: 100)
    try seller.append(
      .sale(
        try SaleRecord(
          account: AccountID(1), lane: LaneID(1), medium: .card, mode: .countOnly,
          slot: MealKey(day: 20_780, period: 2), spends: [], place: .alone, rulebookVersion: 1)))
    _ = try await books.take(batch: try seller.batch(after: 1), from: seller.id)
    for (sequence, refusal) in [
      (2, .notASale), (3, .notCharged), (4, .notCharged), (5, .unknownSale),
    ] as [(UInt64, RefundHoldRefusal)] {
      #expect(try await ask(request(one, sequence: sequence), one).verdict == .refused(refusal))
    }
    #expect(try await ask(request(one, epoch: 2), one).verdict == .refused(.unknownSale))
    #expect(try await granted(request(one, epoch: nil), one).original.epoch == Epoch(1))
    let forged = try RefundHoldCodec.seal(request(one), key: two.key)
    await #expect(throws: StoreError.self) { try await books.refundHold(asked: forged, by: one.id) }
    await #expect(throws: StoreError.self) { try await books.refundHold(asked: forged, by: two.id) }
    #expect(try await books.check().isGood)
  }

  @Test(
    "a refund without its hold is posted as far as the sale has it, and people are told",
    arguments: ["unknown", "given up", "less", "other account", "nothing left"])
  func mismatch(kind: String) async throws {
    var (one, seller) = (one, seller)
    let asked = request(one, fen: 300)
    let grant = try await granted(asked, one)
    if kind == "given up" || kind == "nothing left" { _ = try await books.giveUpHold(asked.id) }
    if kind == "nothing left" {
      try seller.append(try own([Self.personal]))
      _ = try await books.take(batch: try seller.batch(after: 1), from: seller.id)
    }
    try one.append(
      try correction(
        kind == "unknown" ? request(one) : asked, grant, account: kind == "other account" ? 2 : 1,
        fen: kind == "less" ? 299 : nil))
    _ = try await books.take(batch: try one.batch(), from: one.id)
    #expect(try await flags().contains("holdExceeded"))
    let line = try #require(try await books.records(of: one.id, limit: 1).first)
    // While the hold that it should have named is open, nothing of it is left for another.
    let reasons = [
      "unknown": "moreThanSold", "other account": "unknownOriginal", "nothing left": "moreThanSold",
    ]
    #expect(line.suspenseReason == reasons[kind])
    #expect(try await books.openHolds().count == (kind == "unknown" ? 1 : 0))
    #expect(try await books.report().totals.sumFen == 0)
    #expect(try await books.check().isGood)
  }

  @Test("the refund of a sale that the terminal which it names never handed in books nothing")
  func unknownOriginal() async throws {
    var one = one
    let asked = request(one)
    let grant = try await granted(asked, one)
    for named in [one.id, TerminalID(9), two.id] {
      try one.append(
        .correction(
          try CorrectionRecord(
            kind: .refund, original: grant.original, originalID: grant.originalID,
            account: AccountID(1), returns: grant.returns, slot: grant.slot,
            uncounted: SaleCounts(
              meals: 0, guests: 0, amount: grant.total, alone: 0, aloneAmount: .zero,
              marketAmount: .zero), by: OperatorIdentity(userID: 0, name: "root"), note: "",
            elsewhere: SoldElsewhere(terminal: named, hold: asked.id))))
    }
    _ = try await books.take(batch: try one.batch(), from: one.id)
    #expect(
      try await books.records(of: one.id, limit: 9).map(\.suspenseReason)
        == Array(repeating: "unknownOriginal", count: 3))
    #expect(try await books.openHolds().count == 1)
    #expect(try await books.report().totals.payableFen == 1500)
    #expect(try await books.check().isGood)
  }

  @Test(
    "the check notices a sale of which more went back than it took, and holds that are not their parts",
    arguments: [
      "UPDATE record SET subsidy_fen = 1 WHERE kind = 'sale'",
      "UPDATE hold_part SET fen = fen + 1", "DELETE FROM hold_part",
      "UPDATE hold SET granted_fen = granted_fen + 1001, asked_fen = 2000",
      "UPDATE record SET seller = terminal", "DELETE FROM correction",
    ])
  func check(change: String) async throws {
    var one = one
    let asked = request(one, fen: 500)
    try one.append(try correction(asked, try await granted(asked, one)))
    _ = try await books.take(batch: try one.batch(), from: one.id)
    _ = try await granted(request(two, fen: 1000), two)
    #expect(try await books.check().isGood)
    try await books.write { db in _ = try db.execute(change) }
    #expect(try await !books.check().isGood)
  }
}
