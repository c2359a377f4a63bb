import CanteenModel
import GRDB
import SyncProtocol
import Synchronization
import TerminalCore
import Testing

@testable import Journal

/// Refunds of what terminal 4 sold, at terminal 3. Its account 1 has ¥90.00.
@Suite(.timeLimit(.minutes(1))) struct RefundTests {
  private static let clerk = OperatorIdentity(userID: 1000, name: "liu")
  private static let seller = TerminalID(4)
  private let fixture: JournalFixture

  init() throws {
    fixture = try JournalFixture()
  }

  private func open() async throws -> Journal {
    try await fixture.openFed([JournalFixture.account(1, subsidy: 9000)])
  }

  private func ask(
    _ journal: Journal, _ place: JournalPosition, fen: Int64? = nil
  ) async throws -> RefundHoldRequest {
    try await journal.askRefund(
      of: Self.seller, epoch: place.epoch, sequence: place.sequence,
      amount: fen.map { Fen($0) })
  }

  private func answer(
    _ asked: RefundHoldRequest, _ verdict: RefundHoldAnswer.Verdict
  ) -> RefundHoldAnswer {
    RefundHoldAnswer(
      terminal: asked.terminal, id: asked.id, verdict: verdict, challenge: asked.challenge,
      timeMilliseconds: JournalFixture.noon)
  }

  private func granted(
    _ asked: RefundHoldRequest, fen: Int64 = 1500
  ) throws -> RefundHoldAnswer {
    answer(
      asked,
      .granted(
        try RefundHoldAnswer.Grant(
          original: JournalPosition(epoch: asked.epoch ?? Epoch(1), sequence: asked.sequence),
          originalID: .random(), account: AccountID(1),
          slot: MealKey(day: 20_780, period: 2),
          returns: [Spend(purse: .subsidy, tranche: .none, amount: Fen(fen))])))
  }

  private func refund(
    _ journal: Journal, _ asked: RefundHoldRequest, _ answer: RefundHoldAnswer?
  ) async throws -> RefundOutcome {
    try await journal.refund(asked: asked, answer: answer, by: Self.clerk, note: "冷菜")
  }

  private func openHolds(_ journal: Journal) async throws -> Int {
    let rows = try await journal.read { db in try HoldRows.count(db) }
    #expect(journal.state.withLock { $0.openHolds } == rows)
    return rows
  }

  private func lastBody(_ journal: Journal) async throws -> JournalRecord.Body? {
    try await journal.newest(1).first?.record.body
  }

  private func counters(_ journal: Journal) async throws -> [String] {
    try await journal.read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM meal_counter").map(\.description)
    }
  }

  private func rows(_ table: String, _ journal: Journal) async throws -> Int? {
    try await journal.read { db in
      try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.quotedDatabaseIdentifier)")
    }
  }

  @Test(
    "what the centre set aside goes back by one record that names the sale, the hold and who did it"
  )
  func refunded() async throws {
    let journal = try await open()
    let place = JournalPosition(epoch: Epoch(2), sequence: SequenceNumber(208))
    let asked = try await ask(journal, place, fen: 1500)
    #expect(try await openHolds(journal) == 1)
    let answer = try granted(asked)
    guard
      case .refunded(let record, let position) = try await refund(journal, asked, answer),
      case .granted(let grant) = answer.verdict
    else {
      Issue.record("not refunded")
      return
    }
    #expect(record.kind == .refund)
    #expect(record.original == place)
    #expect(record.originalID == grant.originalID)
    #expect(record.elsewhere == SoldElsewhere(terminal: Self.seller, hold: asked.id))
    #expect(record.returns == grant.returns)
    #expect(record.slot == grant.slot)
    #expect(record.by == Self.clerk)
    #expect(record.note == "冷菜")
    #expect(try await journal.standing().position == position)
    #expect(try await lastBody(journal) == .correction(record))
    #expect(try await openHolds(journal) == 0)
    #expect(try await journal.verify().findings.isEmpty)
    // The same answer once more finds nothing that it could use.
    #expect(try await refund(journal, asked, answer) == .unanswered)
    #expect(try await journal.standing().position == position)
    try journal.close()
  }

  @Test(
    "a sale of this terminal at the same place stays as it is, with its meal, its light and its void"
  )
  func samePlace() async throws {
    var journal = try await open()
    let sale = try await journal.authorise(JournalFixture.request(1))
    let before = try await counters(journal)
    let asked = try await ask(journal, sale.position)
    _ = try await refund(journal, asked, try granted(asked))
    #expect(try await counters(journal) == before)
    #expect(try await rows("correction", journal) == 0)
    #expect(try await rows("sale", journal) == 1)
    // Within the repeat guard, and after a crash as one that nobody saw.
    #expect(try await journal.authorise(JournalFixture.request(1)).isShownAgain)
    try fixture.crash(journal)
    journal = try fixture.open()
    #expect(try await journal.authorise(JournalFixture.request(1)).isShownAgain)
    let void = try await journal.correct(
      CorrectionRequest(kind: .void, original: sale.position, by: Self.clerk, note: ""))
    guard case .corrected(let record, _) = void else {
      Issue.record("\(void)")
      return
    }
    #expect(record.total == Fen(1500))
    #expect(record.elsewhere == nil)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("a sale that nobody saw is found behind a refund of another terminal's sale at its place")
  func unlitBehind() async throws {
    var journal = try await open()
    let sale = try await journal.authorise(JournalFixture.request(1))
    let asked = try await ask(journal, sale.position)
    _ = try await refund(journal, asked, try granted(asked))
    try fixture.crash(journal)
    journal = try fixture.open()
    fixture.advance(seconds: 61)
    #expect(try await journal.authorise(JournalFixture.request(1)).isShownAgain)
    try journal.close()
  }

  @Test("the diner has the money here when the centre feeds it, not before, and once")
  func balance() async throws {
    let journal = try await open()
    let meal = JournalFixture.request(1, price: .keyed(Fen(1000)))
    let asked = try await ask(
      journal, JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(9)))
    guard
      case .refunded(_, let position) = try await refund(journal, asked, try granted(asked))
    else {
      Issue.record("not refunded")
      return
    }
    #expect(try await journal.authorise(meal).diner?.available.subsidy == Fen(8000))
    try await journal.apply(
      JournalFixture.page(
        [JournalFixture.account(1, subsidy: 10_500, version: 2, includes: position)], from: 1, to: 2
      ))
    fixture.advance(seconds: 61)
    #expect(try await journal.authorise(meal).diner?.available.subsidy == Fen(8500))
    try journal.close()
  }

  @Test("what the centre refused is forgotten, and nothing is written")
  func refused() async throws {
    let journal = try await open()
    let before = try await journal.standing().position
    for refusal in [RefundHoldRefusal.unknownSale, .nothingLeft, .moreThanLeft(Fen(3))] {
      let asked = try await ask(
        journal, JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(9)))
      #expect(
        try await refund(journal, asked, answer(asked, .refused(refusal))) == .refused(refusal))
    }
    #expect(try await journal.standing().position == before)
    #expect(try await openHolds(journal) == 0)
    try journal.close()
  }

  @Test("without an answer nothing goes back, and a record gives back what was asked for")
  func unanswered() async throws {
    let journal = try await open()
    let asked = try await ask(
      journal, JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(9)))
    #expect(try await refund(journal, asked, nil) == .unanswered)
    #expect(
      try await lastBody(journal) == .holdReleased(HoldReleased(hold: asked.id, account: nil)))
    #expect(try await openHolds(journal) == 0)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test(
    "a crash between asking and the record gives back what was asked for at the next opening, once")
  func crash() async throws {
    var journal = try await open()
    let asked = try await ask(
      journal, JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(9)))
    let answer = try granted(asked)
    // Closing a day gives leases back, and leaves this to whoever waits for it.
    _ = try await journal.closeDay(by: Self.clerk)
    #expect(try await openHolds(journal) == 1)
    try fixture.crash(journal)
    journal = try fixture.open()
    let end = try await journal.standing().position
    #expect(
      try await lastBody(journal) == .holdReleased(HoldReleased(hold: asked.id, account: nil)))
    #expect(try await refund(journal, asked, answer) == .unanswered)
    #expect(try await refund(journal, asked, nil) == .unanswered)
    try journal.close()
    journal = try fixture.open()
    #expect(try await journal.standing().position == end)
    #expect(try await openHolds(journal) == 0)
    try journal.close()
  }

  @Test("a note that no record can hold gives nothing back, and what was set aside is given back")
  func failed() async throws {
    let journal = try await open()
    let asked = try await ask(
      journal, JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(9)))
    let note = String(repeating: "x", count: WireLimit.bytesPerRecord)
    await #expect(throws: JournalError.self) {
      try await journal.refund(
        asked: asked, answer: try granted(asked), by: Self.clerk, note: note)
    }
    #expect(
      try await lastBody(journal) == .holdReleased(HoldReleased(hold: asked.id, account: nil)))
    #expect(try await openHolds(journal) == 0)
    try journal.close()
  }

  @Test("a closed day counts what was given back for others apart from its own takings")
  func closedDay() async throws {
    let journal = try await open()
    _ = try await journal.authorise(JournalFixture.request(1))
    let asked = try await ask(
      journal, JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(9)), fen: 700)
    _ = try await refund(journal, asked, try granted(asked, fen: 700))
    let totals = try await journal.closeDay(by: Self.clerk).closed.totals
    #expect(totals.corrections == 0)
    #expect(totals.refundsForOthers == 1)
    #expect(totals.returnedForOthers == Fen(700))
    #expect(try totals.net == Fen(1500))
    #expect(try await journal.standing().today.corrected == 0)
    try journal.close()
  }

  @Test("a record that gives back for others is salvaged with the chain, and hangs nothing on it")
  func salvaged() async throws {
    var journal = try await open()
    let sale = try await journal.authorise(JournalFixture.request(1))
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    try await journal.store(SyncTests.ack(batch.facts, head: batch.facts.head))
    let asked = try await ask(journal, sale.position)
    let waiting = try await ask(journal, sale.position)
    _ = try await refund(journal, asked, try granted(asked))
    try fixture.crash(journal)
    let queue = try DatabaseQueue(path: fixture.path)
    try queue.inDatabase { db in
      try db.execute(sql: "UPDATE terminal_state SET head = zeroblob(32)")
    }
    try queue.close()
    journal = try Journal.openOrSalvage(fixture.configuration()).journal
    #expect(try await rows("correction", journal) == 0)
    #expect(try await rows("sale", journal) == 1)
    #expect(try await journal.verify().findings.isEmpty)
    #expect(
      try await lastBody(journal)
        == .holdReleased(HoldReleased(hold: waiting.id, account: nil)))
    #expect(try await openHolds(journal) == 0)
    try journal.close()
  }

  @Test("an old record that gives back for others is removed without the feed including it")
  func pruned() async throws {
    let journal = try await open()
    let asked = try await ask(
      journal, JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(9)))
    _ = try await refund(journal, asked, try granted(asked))
    fixture.advance(seconds: 40 * 86_400)
    _ = try await journal.authorise(JournalFixture.request(99))
    let batch = try await journal.nextBatch(limit: 500, challenge: .random())
    try await journal.store(SyncTests.ack(batch.facts, head: batch.facts.head))
    fixture.advance(seconds: 10)
    #expect(try await journal.prune())
    #expect(try await rows("record", journal) == 1)
    #expect(try await journal.verify().findings.isEmpty)
    try journal.close()
  }

  @Test("a journal that stopped gives nothing back: the next opening does")
  func stopped() async throws {
    struct Failure: Error {}
    let journal = try await open()
    let asked = try await ask(
      journal, JournalPosition(epoch: Epoch(2), sequence: SequenceNumber(208)))
    _ = try await journal.read { db in journal.stop(after: Failure(), db) }
    await #expect(throws: JournalError.stopped) { try await self.refund(journal, asked, nil) }
    try journal.close()
    let again = try fixture.open()
    #expect(try await openHolds(again) == 0)
    try again.close()
  }

  @Test("to ask for a sale of one's own, or to bring another's answer, is a mistake of the caller")
  func foreignAnswer() async throws {
    await #expect(processExitsWith: .failure) {
      let fixture = try JournalFixture()
      let journal = try fixture.open()
      _ = try await journal.askRefund(
        of: TerminalID(3), epoch: nil, sequence: SequenceNumber(1), amount: nil)
    }
    await #expect(processExitsWith: .failure) {
      let fixture = try JournalFixture()
      let journal = try fixture.open()
      let asked = try await journal.askRefund(
        of: TerminalID(4), epoch: nil, sequence: SequenceNumber(1), amount: nil)
      let answer = RefundHoldAnswer(
        terminal: asked.terminal, id: HoldID(.random()), verdict: .refused(.nothingLeft),
        challenge: asked.challenge, timeMilliseconds: 0)
      _ = try await journal.refund(
        asked: asked, answer: answer, by: OperatorIdentity(userID: 0, name: "root"), note: "")
    }
  }
}
