import CanteenModel
import SQLStore
import SyncProtocol
import Testing

@testable import SettlementStore

/// Account 1 has ¥250.00, account 2 ¥12.00.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct HoldTests {
  private let fixture: SettlementFixture
  private let one = TestTerminal(3)
  private let other = TestTerminal(4)

  init() throws {
    fixture = try SettlementFixture()
  }

  private func request(
    _ terminal: TestTerminal, _ fen: Int64, least: Int64? = nil, account: Int64 = 1,
    id: Digest32 = .random(), ownSales: [HoldRequest.OwnSale] = [], nonce: Digest32? = nil,
    challenge: Digest32 = .random()
  ) -> HoldRequest {
    HoldRequest(
      terminal: terminal.id, id: HoldID(id), account: AccountID(account), asked: Fen(fen),
      least: Fen(least ?? fen), ownSales: ownSales, echoedNonce: nonce, challenge: challenge)
  }

  private func ask(
    _ books: Books, _ terminal: TestTerminal, _ request: HoldRequest
  ) async throws -> HoldDecision {
    try await books.hold(
      asked: try HoldCodec.seal(request, key: terminal.key), by: terminal.id)
  }

  private func grant(
    _ books: Books, _ terminal: TestTerminal, _ fen: Int64, least: Int64? = nil,
    ownSales: [HoldRequest.OwnSale] = []
  ) async throws -> HoldAnswer.Verdict {
    let asked = request(terminal, fen, least: least, ownSales: ownSales)
    return try await ask(books, terminal, asked).answer.verdict
  }

  private func sale(_ fen: Int64, holds: [HoldSpend]) throws -> JournalRecord.Body {
    .sale(
      try SaleRecord(
        account: AccountID(1), lane: LaneID(1), medium: .card, mode: .keyedAmount,
        slot: MealKey(day: 20_780, period: 2),
        spends: [Spend(purse: .subsidy, tranche: .none, amount: Fen(fen))], place: .online,
        rulebookVersion: 1, holds: holds))
  }

  private func flags(_ books: Books) async throws -> [String] {
    try await books.read { db in
      try db.values("SELECT kind FROM flag ORDER BY kind")
    }
  }

  @Test("together the terminals are granted no more than the account has")
  func together() async throws {
    let books = try await fixture.openFilled(one, other)
    #expect(try await grant(books, one, 15_000) == .granted(Fen(15_000)))
    #expect(try await grant(books, other, 10_001) == .refused(.insufficient))
    #expect(try await grant(books, other, 10_001, least: 1) == .granted(Fen(10_000)))
    #expect(try await grant(books, one, 1) == .refused(.insufficient))
    #expect(try await books.openHolds().map(\.grantedFen) == [15_000, 10_000])
    #expect(try await books.check().isGood)
  }

  @Test("the answer shows the account as the feed would, and is signed for the asking terminal")
  func answer() async throws {
    let books = try await fixture.openFilled(one)
    let asked = request(one, 100)
    let decision = try await ask(books, one, asked)
    #expect(try HoldCodec.open(answer: decision.bytes, key: fixture.key.publicKey).answers(asked))
    let rows = try await books.rows(for: one.id)
    #expect(decision.answer.account == rows.first { $0.account == AccountID(1) })
  }

  @Test("the same request again gets the same bytes and is set aside once")
  func again() async throws {
    let books = try await fixture.openFilled(one)
    let asked = request(one, 20_000)
    let first = try await ask(books, one, asked)
    #expect(try await ask(books, one, asked) == first)
    #expect(try await books.openHolds().count == 1)
    let refused = request(one, 20_000)
    let second = try await ask(books, one, refused)
    #expect(second.answer.verdict == .refused(.insufficient))
    #expect(try await ask(books, one, refused) == second)
    let stolen = request(one, 20_000, id: asked.id.digest)
    await #expect(throws: StoreError.self) { try await ask(books, one, stolen) }
  }

  @Test("what is set aside is there after a power cut")
  func durable() async throws {
    let books = try await fixture.openFilled(one, other)
    #expect(try await grant(books, one, 25_000) == .granted(Fen(25_000)))
    let image = try fixture.open(try fixture.image(of: books))
    #expect(try await grant(image, other, 1) == .refused(.insufficient))
  }

  @Test("a sale takes its part from the hold, and the rest can be given back by a record")
  func usedAndReleased() async throws {
    var terminal = one
    let books = try await fixture.openFilled(terminal, other)
    let asked = request(terminal, 20_000)
    _ = try await ask(books, terminal, asked)
    try terminal.append(sale(4_000, holds: [HoldSpend(hold: asked.id, amount: Fen(4_000))]))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    #expect(try await books.openHolds().map(\.usedFen) == [4_000])
    // ¥250.00 minus ¥40.00 eaten, ¥160.00 still set aside.
    #expect(try await grant(books, other, 5_001) == .refused(.insufficient))
    try terminal.append(.holdReleased(HoldReleased(hold: asked.id, account: AccountID(1))))
    _ = try await books.take(batch: try terminal.batch(after: 1), from: terminal.id)
    #expect(try await books.openHolds().isEmpty)
    #expect(try await grant(books, other, 21_000) == .granted(Fen(21_000)))
    #expect(try await ask(books, terminal, asked).answer.verdict == .refused(.released))
    #expect(try await flags(books).isEmpty)
    #expect(try await books.check().isGood)
    #expect(try await books.records(of: terminal.id, limit: 9).last?.kind == "holdReleased")
  }

  @Test("a request that was given back before it came is refused")
  func releasedFirst() async throws {
    var terminal = one
    let books = try await fixture.openFilled(terminal)
    let asked = request(terminal, 100)
    try terminal.append(.holdReleased(HoldReleased(hold: asked.id, account: AccountID(1))))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    #expect(try await ask(books, terminal, asked).answer.verdict == .refused(.released))
    #expect(try await books.openHolds().isEmpty)
    #expect(try await books.check().isGood)
  }

  @Test("own sales that are not posted yet are taken off, posted ones are not taken off twice")
  func ownSales() async throws {
    var terminal = one
    let books = try await fixture.openFilled(terminal)
    let place = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(1))
    let own = [HoldRequest.OwnSale(position: place, amount: Fen(5_000))]
    #expect(try await grant(books, terminal, 20_001, ownSales: own) == .refused(.insufficient))
    try terminal.sell(1, subsidy: 5_000)
    let ack = try fixture.ack(
      try await books.take(batch: try terminal.batch(), from: terminal.id))
    let asked = request(terminal, 20_000, ownSales: own, nonce: ack.nonce)
    #expect(try await ask(books, terminal, asked).answer.verdict == .granted(Fen(20_000)))
  }

  @Test("what may not be spent is not set aside")
  func accounts() async throws {
    let books = try await fixture.openFilled(one)
    let unknown = request(one, 100, account: 99)
    let answer = try await ask(books, one, unknown).answer
    #expect(answer.verdict == .refused(.unknownAccount))
    #expect(answer.account == nil)
    let lost = SettlementFixture.accounts.replacing("机关,active,12", with: "机关,lost,12")
    _ = try await books.importAccounts(Array(lost.utf8))
    let second = try await ask(books, one, request(one, 100, account: 2)).answer
    #expect(second.verdict == .refused(.notActive))
    #expect(second.account?.status == .reportedLost)
  }

  @Test("a tranche past its last day is not set aside")
  func lastDay() async throws {
    let books = try await fixture.openFilled(one)
    for (day, verdict) in [
      (20_780, HoldAnswer.Verdict.granted(Fen(20_000))), (20_779, .refused(.insufficient)),
    ] as [(Int64, HoldAnswer.Verdict)] {
      try await books.write { db in
        try db.execute(
          "UPDATE tranche SET last_day = ? WHERE account = 1 AND purse = 1",
          [day])
        _ = try db.execute("DELETE FROM hold")
      }
      #expect(try await grant(books, one, 20_000) == verdict)
    }
  }

  @Test(
    "only the terminal itself may ask, for what may be asked, and nothing is set aside otherwise")
  func refusals() async throws {
    let books = try await fixture.openFilled(one, other)
    let good = request(one, 100)
    let forged = try HoldCodec.seal(good, key: other.key)
    let bad = [
      (one.id, forged), (other.id, try HoldCodec.seal(good, key: one.key)),
      (other.id, forged), (one.id, [1, 2, 3]), (one.id, []),
      (one.id, try HoldCodec.seal(request(one, 0), key: one.key)),
      (one.id, try HoldCodec.seal(request(one, 10_000_001), key: one.key)),
    ]
    for (terminal, bytes) in bad {
      await #expect(throws: StoreError.self) {
        try await books.hold(asked: bytes, by: terminal)
      }
    }
    await #expect(throws: StoreError.unknownTerminal(TerminalID(9))) {
      try await books.hold(asked: forged, by: TerminalID(9))
    }
    #expect(try await books.openHolds().isEmpty)
    #expect(try await books.check().isGood)
  }

  @Test(
    "a sale is posted whatever becomes of its hold, and people are told",
    arguments: ["unknown", "small", "other account", "given up", "other terminal"])
  func mismatch(kind: String) async throws {
    var terminal = one
    let books = try await fixture.openFilled(terminal, other)
    let asker = kind == "other terminal" ? other : terminal
    let asked = request(
      asker, kind == "small" ? 999 : 1_000, account: kind == "other account" ? 2 : 1)
    if kind != "unknown" { _ = try await ask(books, asker, asked) }
    if kind == "given up" { _ = try await books.giveUpHold(asked.id) }
    try terminal.append(sale(1_000, holds: [HoldSpend(hold: asked.id, amount: Fen(1_000))]))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    #expect(try await books.report().totals.payableFen == 1_000)
    #expect(try await flags(books).contains("holdExceeded"))
    #expect(try await books.check().isGood)
  }

  @Test(
    "the operator can give up what a lost terminal holds, and the books say that it was an operator"
  )
  func givenUp() async throws {
    let books = try await fixture.openFilled(one, other)
    let asked = request(one, 25_000)
    _ = try await ask(books, one, asked)
    let line = try #require(try await books.openHolds().first)
    #expect(line.id == asked.id.description)
    #expect(line.terminal == 3)
    #expect(line.askedMilliseconds == SettlementFixture.noon)
    #expect(try await books.giveUpHold(asked.id) == line)
    #expect(try await flags(books) == ["holdGivenUp"])
    #expect(try await grant(books, other, 25_000) == .granted(Fen(25_000)))
    await #expect(throws: StoreError.self) { try await books.giveUpHold(asked.id) }
    #expect(try await ask(books, one, asked).answer.verdict == .refused(.released))
    #expect(try await books.check().isGood)
  }

  @Test(
    "the check notices holds that are not what sales took",
    arguments: [
      "UPDATE hold SET used_fen = used_fen + 1", "UPDATE hold SET used_fen = granted_fen",
      "UPDATE hold SET granted_fen = asked_fen + 1", "DELETE FROM hold_use",
      "UPDATE hold_use SET fen = fen + 1", "UPDATE hold_use SET record = hold",
      "UPDATE hold SET closed_ms = 1, closed_by = 'used'",
    ])
  func check(change: String) async throws {
    var terminal = one
    let books = try await fixture.openFilled(terminal)
    let asked = request(terminal, 5_000)
    _ = try await ask(books, terminal, asked)
    try terminal.append(sale(1_000, holds: [HoldSpend(hold: asked.id, amount: Fen(1_000))]))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    #expect(try await books.check().isGood)
    try await books.write { db in _ = try db.execute(change) }
    #expect(try await books.check().differingHolds == 1)
  }
}
