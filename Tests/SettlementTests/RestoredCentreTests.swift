import CanteenModel
import SyncProtocol
import Testing

@testable import SettlementStore

/// Books that were put back from a backup, and terminals that know more than they do.
@Suite(.everyStore, .namingStore) struct RestoredCentreTests {
  @Test("a terminal that was ahead sees every row again, and so does every other terminal")
  func cursorAhead() async throws {
    let fixture = try SettlementFixture()
    let (terminal, other) = (TestTerminal(), TestTerminal(4))
    let books = try await fixture.openFilled(terminal, other)
    let version = try await books.rows(for: terminal.id).map(\.version).max() ?? 0
    let answer = try await books.feedPage(
      asked: try terminal.feedRequest(after: version + 80), by: terminal.id)
    #expect(answer.flags == [.feedAhead])
    #expect(answer.page.fromCursor == version + 80)
    #expect(answer.page.accounts.map(\.account.number) == [1, 2], "in the same order")
    #expect(answer.page.accounts.allSatisfy { $0.version > version + 80 })
    #expect(Set(answer.page.accounts.map(\.version)).count == 2)
    // Another terminal saw even more of what was lost; it need not be the first to ask.
    let seen = try await books.feedPage(
      asked: try other.feedRequest(after: version + 90), by: other.id)
    #expect(seen.page.accounts.count == 2)
    #expect(seen.flags.isEmpty)
    let line = try #require(try await books.report().terminals.first)
    #expect((line.flags.map(\.kind), line.flags.map(\.times)) == ([.feedAhead], [1]))
    let current = try await books.feedPage(
      asked: try terminal.feedRequest(after: answer.page.toCursor), by: terminal.id)
    #expect(current.page.accounts.isEmpty)
    #expect(current.flags.isEmpty)
    try books.close()
  }

  @Test("a cursor as far ahead as no backup explains is refused and changes nothing")
  func farAhead() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    let before = try await books.rows(for: terminal.id)
    let version = before.map(\.version).max() ?? 0
    for far in [version + Books.farthestCursor + 1, .max] {
      await #expect {
        try await books.feedPage(asked: try terminal.feedRequest(after: far), by: terminal.id)
      } throws: { "\($0)".contains("far ahead") }
    }
    #expect(try await books.rows(for: terminal.id) == before)
    _ = try await books.feedPage(
      asked: try terminal.feedRequest(after: version + Books.farthestCursor), by: terminal.id)
    #expect(try await books.rows(for: terminal.id).count == 2)
    try books.close()
  }

  @Test("a newer rulebook at a terminal is flagged once an hour and changes nothing")
  func rulebookAhead() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    _ = try await books.signRulebook(Array(ImportTests.rulebook(version: 4).utf8))
    for _ in 0..<3 {
      #expect(try await books.page(for: terminal.id, after: 0, rulebook: 5).rulebook == nil)
    }
    let line = try #require(try await books.report().terminals.first)
    #expect((line.flags.map(\.kind), line.flags.map(\.times)) == ([.rulebookAhead], [1]))
    try books.close()
  }

  @Test("books from a backup get the lost records again and post each once")
  func lostRecords() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    for _ in 0..<3 { try terminal.sell(1, subsidy: 100) }
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let backup = try fixture.image()
    for _ in 0..<4 { try terminal.sell(1, subsidy: 10) }
    var acknowledged = 3
    let lost = try fixture.ack(
      try await books.take(batch: try terminal.batch(after: 3), from: terminal.id))
    terminal.nonce = lost.nonce
    let ahead = try await books.page(for: terminal.id, after: 0).toCursor
    try books.close()
    let restored = try fixture.open(backup)
    acknowledged = 7
    while true {
      let answer = try await restored.take(
        batch: try terminal.batch(after: acknowledged), from: terminal.id)
      let ack = try fixture.ack(answer)
      terminal.nonce = ack.nonce
      let isGap = try fixture.receipt(answer).flags == [.gap]
      acknowledged = Int(ack.position.sequence.number)
      guard isGap else { break }
      #expect(acknowledged == 3)
    }
    let report = try await restored.report()
    #expect(report.totals.payableFen == 340)
    #expect(
      report.terminals.first?.flags.map(\.kind) == [.feedAhead, .gap], "no copy is suspected")
    let page = try await restored.feedPage(
      asked: try terminal.feedRequest(after: ahead), by: terminal.id
    ).page
    let row = try #require(page.accounts.first { $0.account.number == 1 })
    #expect((row.balance.subsidy, row.includes?.sequence.number) == (Fen(20_000 - 340), 7))
    #expect(page.accounts.count == 2, "whatever else was lost is fed again, too")
    #expect(try await restored.check().isGood)
    try restored.close()
  }

  @Test("a ledger whose ack was forgotten is told that nothing is included, until it settles again")
  func blind() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 100)
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    terminal.nonce = .random()
    let first = try await books.feedPage(asked: try terminal.feedRequest(), by: terminal.id).page
    #expect(first.accounts.map(\.includes) == [nil, nil])
    let ack = try fixture.ack(
      try await books.take(batch: try terminal.batch(after: 1), from: terminal.id))
    terminal.nonce = ack.nonce
    let again = try await books.feedPage(
      asked: try terminal.feedRequest(after: first.toCursor), by: terminal.id
    ).page
    #expect(again.accounts.map(\.account.number) == [1])
    #expect(again.accounts.first?.includes?.sequence == SequenceNumber(1))
    try books.close()
  }

  @Test("only the terminal itself is fed: another key, or another number, is refused")
  func signedRequests() async throws {
    let fixture = try SettlementFixture()
    let (terminal, other) = (TestTerminal(), TestTerminal(4))
    let books = try await fixture.openFilled(terminal, other)
    await #expect(throws: StoreError.notGenuine(.badSignature)) {
      try await books.feedPage(asked: try other.feedRequest(), by: terminal.id)
    }
    let borrowed = TestTerminal(4, key: terminal.key)
    await #expect(throws: StoreError.notGenuine(.malformed("feed request.terminal is 4"))) {
      try await books.feedPage(asked: try borrowed.feedRequest(), by: terminal.id)
    }
    await #expect(throws: StoreError.unknownTerminal(TerminalID(9))) {
      try await books.feedPage(asked: try terminal.feedRequest(), by: TerminalID(9))
    }
    try books.close()
  }
}
