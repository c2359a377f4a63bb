import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import Synchronization
import TerminalCore
import Testing

@testable import Journal

/// The diner has ¥100.00; alone the terminal may approve ¥25.00 of it.
@Suite(.timeLimit(.minutes(1))) struct HoldTests {
  private let fixture: JournalFixture
  private static let dear = JournalFixture.request(11, price: .keyed(Fen(6_000)))

  init() throws {
    fixture = try JournalFixture()
  }

  private func open(
    trust: TrustClass = .medium, lease: Int64 = 0, salesPerMeal: Int = 100
  ) async throws -> Journal {
    let journal = try fixture.open()
    let rulebook = Rulebook(
      version: 1, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: JournalFixture.rulebook.mealPeriods, spendOrder: [.subsidy, .personal],
      singleLimit: Fen(10_000), salesPerMeal: salesPerMeal, repeatGuardSeconds: 60,
      offline: OfflineCaps(
        home: Fen(2_500), alone: Fen(2_500), approvals: 2, serialTrust: trust, lease: Fen(lease)))
    try await journal.apply(
      JournalFixture.page(
        [JournalFixture.account(11, subsidy: 10_000)], from: 0, to: 1, rulebook: rulebook))
    return journal
  }

  private func ask(_ journal: Journal, _ request: SaleRequest = dear) async throws -> HoldRequest {
    guard case .asks(let asked) = try await journal.authoriseOrAsk(request) else {
      throw JournalError.requestFailed("not asked")
    }
    return asked
  }

  private func answer(
    _ asked: HoldRequest, _ verdict: HoldAnswer.Verdict, account: AccountSnapshot? = nil
  ) -> HoldAnswer {
    HoldAnswer(
      terminal: asked.terminal, id: asked.id, verdict: verdict, account: account,
      challenge: asked.challenge, timeMilliseconds: JournalFixture.noon)
  }

  @Test("a sale that was taken back is named no more when the centre is asked")
  func correctedSalesAreNotNamed() async throws {
    let journal = try await open()
    let clerk = OperatorIdentity(userID: 0, name: "root")
    var sales: [JournalPosition] = []
    for amount in [Int64(1000), 900] {
      let request = JournalFixture.request(11, price: .keyed(Fen(amount)))
      sales.append(try await journal.authorise(request).position)
    }
    for (position, back) in zip(sales, [Fen?.none, Fen(400)]) {
      _ = try await journal.correct(
        CorrectionRequest(kind: .refund, original: position, amount: back, by: clerk, note: ""))
    }
    let asked = try await ask(journal)
    #expect(
      asked.ownSales == [HoldRequest.OwnSale(position: sales[1], amount: Fen(500))])
    try journal.close()
  }

  @Test("an official meal is asked of the centre and paid from what it set aside for the host unit")
  func officialMeal() async throws {
    let journal = try fixture.open()
    let voucher = try #require(VoucherNumber.credential("GW2026-0117"))
    let unit = AccountSnapshot(
      account: AccountID(901), maskedName: "接*", status: .active,
      tranches: [
        TrancheBalance(
          purse: .subsidy, tranche: .none, amount: Fen(100_000), lastSpendingDay: nil)
      ], version: 1, includes: nil, credentials: [voucher])
    let rulebook = Rulebook(
      version: 1, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: JournalFixture.rulebook.mealPeriods, spendOrder: [.subsidy, .personal],
      singleLimit: Fen(10_000), salesPerMeal: 1, repeatGuardSeconds: 60,
      officialMeal: OfficialMealRules(
        prices: [OfficialMealRules.Price(period: 2, perHead: Fen(4000))], mostHeads: 10))
    try await journal.apply(JournalFixture.page([unit], from: 0, to: 1, rulebook: rulebook))
    let request = SaleRequest(
      lane: LaneID(1), medium: .keyed, credential: voucher, price: .officialMeal(heads: 6))
    let asked = try await ask(journal, request)
    #expect((asked.asked, asked.least) == (Fen(24_000), Fen(24_000)))
    let outcome = try await journal.authorise(
      request, asked: asked, answer: answer(asked, .granted(Fen(24_000))))
    #expect(outcome.isApproved)
    #expect(try await kinds(journal) == ["online 24000"])
    let again = try await ask(journal, request)
    #expect(
      try await journal.authorise(request, asked: again, answer: nil).declineReason
        == .needsCentre)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  /// The kinds of the records after the first one, oldest first.
  private func kinds(_ journal: Journal) async throws -> [String] {
    try await journal.newest(1000).reversed().dropFirst().map { entry in
      switch entry.record.body {
      case .epochOpened: "epoch"
      case .sale(let sale): "\(sale.place) \(sale.total.value)"
      case .decline(let decline): decline.reason.code
      case .holdReleased: "released"
      case .keyRotated: "key"
      case .correction: "correction"
      case .dayClosed: "day"
      }
    }
  }

  private func openHolds(_ journal: Journal) async throws -> Int {
    let rows = try await journal.read { db in try HoldRows.count(db) }
    #expect(journal.state.withLock { $0.openHolds } == rows)
    return rows
  }

  @Test("a granted amount pays a sale above the cap, online, and leaves the cap as it was")
  func granted() async throws {
    let journal = try await open()
    let asked = try await ask(journal)
    #expect(asked.asked == Fen(6_000))
    #expect(asked.least == Fen(6_000))
    let outcome = try await journal.authorise(
      Self.dear, asked: asked, answer: answer(asked, .granted(Fen(6_000))))
    guard case .approved(let sale) = outcome.verdict else {
      Issue.record("not approved")
      return
    }
    #expect(sale.holds == [HoldSpend(hold: asked.id, amount: Fen(6_000))])
    let alone = JournalFixture.request(11, lane: 2, price: .keyed(Fen(2_500)))
    #expect(try await journal.authorise(alone).isApproved)
    #expect(try await kinds(journal) == ["online 6000", "alone 2500"])
    #expect(try await openHolds(journal) == 0)
    #expect(try await journal.verify().findings.isEmpty)
  }

  @Test("without an answer the terminal decides alone, and gives back what it asked for")
  func noAnswer() async throws {
    let journal = try await open()
    let asked = try await ask(journal)
    #expect(try await openHolds(journal) == 1)
    let outcome = try await journal.authorise(Self.dear, asked: asked, answer: nil)
    #expect(outcome.declineReason == .needsCentre)
    #expect(try await kinds(journal) == ["016", "released"])
    #expect(try await openHolds(journal) == 0)
    guard case .holdReleased(let released) = try await journal.newest(1).first?.record.body else {
      Issue.record("nothing was given back")
      return
    }
    #expect(released == HoldReleased(hold: asked.id, account: AccountID(11)))
  }

  @Test("what the centre refused is forgotten without a record")
  func refused() async throws {
    let journal = try await open()
    let asked = try await ask(journal)
    let outcome = try await journal.authorise(
      Self.dear, asked: asked, answer: answer(asked, .refused(.insufficient)))
    #expect(outcome.declineReason == .insufficientBalance)
    #expect(try await kinds(journal) == ["007"])
    #expect(try await openHolds(journal) == 0)
  }

  @Test("a crash between asking and deciding gives the amount back at the next opening, once")
  func crash() async throws {
    var journal = try await open()
    let asked = try await ask(journal)
    try fixture.crash(journal)
    journal = try fixture.open()
    #expect(try await kinds(journal) == ["released"])
    #expect(try await openHolds(journal) == 0)
    // The answer that comes late finds nothing that it could pay.
    let late = try await journal.authorise(
      Self.dear, asked: asked, answer: answer(asked, .granted(Fen(6_000))))
    #expect(late.declineReason == .needsCentre)
    try journal.close()
    journal = try fixture.open()
    #expect(try await kinds(journal) == ["released", "016"])
  }

  @Test("a hold that the decision does not need is given back")
  func notNeeded() async throws {
    let journal = try await open(salesPerMeal: 1)
    let asked = try await ask(journal)
    let other = JournalFixture.request(11, lane: 2, price: .keyed(Fen(1_000)))
    #expect(try await journal.authorise(other).isApproved)
    let outcome = try await journal.authorise(
      Self.dear, asked: asked, answer: answer(asked, .granted(Fen(6_000))))
    #expect(outcome.declineReason == .countLimit)
    #expect(try await kinds(journal) == ["alone 1000", "004", "released"])
  }

  @Test("the rules are judged on the account as the centre answers it, never on an older row")
  func freshRow() async throws {
    let journal = try await open()
    for (version, isTaken) in [(Int64(1), false), (2, true)] {
      let asked = try await ask(journal)
      let row = JournalFixture.account(11, subsidy: 3_000, version: version)
      let outcome = try await journal.authorise(
        Self.dear, asked: asked, answer: answer(asked, .granted(Fen(6_000)), account: row))
      #expect(outcome.isApproved == !isTaken)
      #expect(outcome.declineReason == (isTaken ? .insufficientBalance : nil))
      if !isTaken { try await settleAll(journal) }
    }
    #expect(try await openHolds(journal) == 0)
  }

  /// The centre feeds the account with everything included that was sold.
  private func settleAll(_ journal: Journal) async throws {
    let position = journal.state.withLock { $0.position }
    try await journal.write { db, _ in
      try db.execute(
        sql: "UPDATE account SET includes_epoch = ?, includes_sequence = ?",
        arguments: [position.epoch.number, Int64(position.sequence.number)])
    }
  }

  @Test("a card that moved while an answer was under way stays where the feed put it")
  func credentials() async throws {
    let journal = try await open()
    let asked = try await ask(journal)
    // The answer was read after card 12 had moved from account 12 to 11.
    var row = JournalFixture.account(11, subsidy: 10_000, version: 9)
    row = AccountSnapshot(
      account: row.account, maskedName: row.maskedName, status: row.status,
      homeCanteen: row.homeCanteen, tranches: row.tranches, version: 9, includes: nil,
      credentials: [JournalFixture.card(11), JournalFixture.card(12)])
    _ = try await journal.authorise(
      Self.dear, asked: asked, answer: answer(asked, .granted(Fen(6_000)), account: row))
    // A page that was read before comes after it, and then the feed goes on.
    try await journal.apply(
      JournalFixture.page([JournalFixture.account(12, version: 5)], from: 1, to: 5))
    let bare = AccountSnapshot(
      account: AccountID(12), maskedName: "李*", status: .active, tranches: [], version: 8,
      includes: nil, credentials: [])
    try await journal.apply(JournalFixture.page([bare, row], from: 5, to: 9))
    let owner = try await journal.read { db in
      try Int64.fetchOne(
        db, sql: "SELECT account FROM credential WHERE value = ?",
        arguments: [Data(JournalFixture.card(12).value)])
    }
    #expect(owner == 11)
  }

  @Test("own sales that the fed row does not include are named; those that a hold paid are not")
  func ownSales() async throws {
    let journal = try await open()
    let cheap = JournalFixture.request(11, price: .keyed(Fen(700)))
    #expect(try await journal.authorise(cheap).isApproved)
    let first = try await ask(journal)
    let place = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(2))
    #expect(first.ownSales == [HoldRequest.OwnSale(position: place, amount: Fen(700))])
    _ = try await journal.authorise(
      Self.dear, asked: first, answer: answer(first, .granted(Fen(6_000))))
    let next = try await ask(journal, JournalFixture.request(11, price: .keyed(Fen(3_000))))
    #expect(next.ownSales == first.ownSales)
  }

  @Test(
    "more own sales than a request may name are summed up at the youngest of the older ones",
    arguments: [(16, 10), (17, 20), (20, 50)] as [(Int, Int64)])
  func manyOwnSales(count: Int, first: Int64) async throws {
    let journal = try await open(trust: .anonymous, lease: 0)
    try await journal.write { db, draft in
      for _ in 0..<count {
        let time = draft.clock.stamp(fixture.configuration().readClock())
        let sale = try SaleRecord(
          account: AccountID(11), lane: LaneID(1), medium: .card, mode: .keyedAmount,
          slot: MealKey(day: 1, period: 2),
          spends: [Spend(purse: .subsidy, tranche: .none, amount: Fen(10))], place: .alone,
          rulebookVersion: 1)
        let place = try journal.append(JournalRecord(time: time, body: .sale(sale)), &draft, db)
        try SaleRows.insert(sale, at: place, time, db)
      }
    }
    let asked = try await ask(journal, JournalFixture.request(11, price: .keyed(Fen(100))))
    #expect(asked.ownSales.count == 16)
    #expect(asked.ownSales.first?.amount == Fen(first))
    #expect(asked.ownSales.first?.position.sequence == SequenceNumber(UInt64(count - 14)))
    #expect(asked.ownSales.reduce(0) { $0 + $1.amount.value } == Int64(count) * 10)
  }

  @Test("what a sale leaves of a lease pays later ones offline, also after a restart, and tops up")
  func lease() async throws {
    var journal = try await open(trust: .anonymous, lease: 4_000)
    let meal = JournalFixture.request(11)
    let asked = try await ask(journal, meal)
    #expect(asked.asked == Fen(4_000))
    #expect(asked.least == Fen(1_500))
    let first = try await journal.authorise(
      meal, asked: asked, answer: answer(asked, .granted(Fen(3_500))))
    #expect(first.isApproved)
    fixture.advance(seconds: 121)
    try fixture.crash(journal)
    journal = try fixture.open()
    let other = JournalFixture.request(11, lane: 2)
    #expect(try await journal.authorise(other).isApproved)
    #expect(try await openHolds(journal) == 1)
    fixture.advance(seconds: 61)
    #expect(try await journal.authorise(other).declineReason == .needsCentre)
    let more = try await ask(journal, other)
    #expect(more.least == Fen(1_000))
    let third = try await journal.authorise(
      other, asked: more, answer: answer(more, .granted(Fen(4_000))))
    guard case .approved(let sale) = third.verdict else {
      Issue.record("not approved")
      return
    }
    #expect(sale.holds.map(\.hold) == [asked.id, more.id])
    #expect(sale.holds.map(\.amount) == [Fen(500), Fen(1_000)])
    #expect(try await openHolds(journal) == 1)
    #expect(try await journal.releaseHolds() == 1)
    #expect(try await openHolds(journal) == 0)
    #expect(
      try await kinds(journal) == [
        "online 1500", "online 1500", "016", "online 1500", "released",
      ])
    #expect(try await journal.releaseHolds() == 0)
  }

  @Test("closing the day gives the leases back before it, and the next day begins without any")
  func dayClose() async throws {
    let journal = try await open(trust: .anonymous, lease: 4_000)
    let meal = JournalFixture.request(11)
    let asked = try await ask(journal, meal)
    _ = try await journal.authorise(
      meal, asked: asked, answer: answer(asked, .granted(Fen(4_000))))
    let closed = try await journal.closeDay(by: OperatorIdentity(userID: 1000, name: "wang"))
    #expect(closed.closed.totals.sales == 1)
    #expect(try await kinds(journal) == ["online 1500", "released", "day"])
    #expect(try await openHolds(journal) == 0)
  }

  @Test(
    "verification finds a lease of which more is left than the records say",
    arguments: ["spent_fen = spent_fen - 1", "spent_fen = granted_fen + 1", "granted_fen = 100"])
  func verified(change: String) async throws {
    let journal = try await open(trust: .anonymous, lease: 4_000)
    let meal = JournalFixture.request(11)
    let asked = try await ask(journal, meal)
    _ = try await journal.authorise(
      meal, asked: asked, answer: answer(asked, .granted(Fen(4_000))))
    #expect(try await journal.verify().findings.isEmpty)
    try await journal.write { db, _ in try db.execute(sql: "UPDATE hold SET \(change)") }
    #expect(try await journal.verify().findings.count == 1)
  }

  @Test("giving leases back leaves those alone that the centre is being asked for")
  func releaseWhileAsking() async throws {
    let journal = try await open()
    let asked = try await ask(journal)
    #expect(try await journal.releaseHolds() == 0)
    let outcome = try await journal.authorise(
      Self.dear, asked: asked, answer: answer(asked, .granted(Fen(6_000))))
    #expect(outcome.isApproved)
  }

  @Test("other lanes are served while the centre is asked for one")
  func others() async throws {
    let journal = try await open()
    let asked = try await ask(journal)
    for lane in 2..<4 {
      let cheap = JournalFixture.request(11, lane: UInt16(lane), price: .keyed(Fen(100)))
      #expect(try await journal.authorise(cheap).isApproved)
    }
    let outcome = try await journal.authorise(
      Self.dear, asked: asked, answer: answer(asked, .granted(Fen(6_000))))
    #expect(outcome.isApproved)
  }

  @Test("a sale whose light nobody saw is found behind a day's leases that were given back")
  func unlitBehindReleases() async throws {
    let crashed = try await open()
    #expect(try await crashed.authorise(JournalFixture.request(11)).isApproved)
    try await crashed.write { db, draft in
      for _ in 0..<100 {
        let time = draft.clock.stamp(fixture.configuration().readClock())
        let body = HoldReleased(hold: HoldID(.random()), account: AccountID(11))
        _ = try crashed.append(JournalRecord(time: time, body: .holdReleased(body)), &draft, db)
      }
    }
    try fixture.crash(crashed)
    let journal = try fixture.open()
    #expect(try await journal.authorise(JournalFixture.request(11)).isShownAgain)
  }
}
