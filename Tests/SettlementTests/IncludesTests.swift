import CanteenModel
import SeededRandom
import SyncProtocol
import Testing

@testable import SettlementStore

/// A ledger that subtracts from what it was fed, as a terminal does, and nothing else.
private struct ModelLedger {
  var terminal = TestTerminal()
  /// What each record took, by account; one entry for each record.
  var sales: [(account: Int64, fen: Int64)] = []
  var acknowledged = 0
  var cursor: Int64 = 0
  var rows: [Int64: (balance: Int64, includes: JournalPosition?)] = [:]
  /// What the diner really had when the row was read: minus the own sales that were not posted.
  var truth: [Int64: Int64] = [:]

  mutating func sell(_ account: Int64, _ fen: Int64) throws {
    try terminal.sell(account, subsidy: fen)
    sales.append((account, fen))
    truth[account, default: 0] -= fen
  }

  func available(_ account: Int64) -> Int64 {
    guard let row = rows[account] else { return 0 }
    return sales.enumerated().reduce(row.balance) { sum, sale in
      let position = JournalPosition(
        epoch: terminal.epoch, sequence: SequenceNumber(UInt64(sale.offset) + 1))
      let isIncluded = row.includes.map { position <= $0 } ?? false
      return sum - (sale.element.account == account && !isIncluded ? sale.element.fen : 0)
    }
  }

  /// Hands in up to `limit` records; the ack may be lost.
  mutating func settle(
    _ books: Books, _ fixture: SettlementFixture, limit: Int, losesAck: Bool
  ) async throws {
    let answer = try await books.take(
      batch: try terminal.batch(after: acknowledged, count: limit), from: terminal.id)
    guard !losesAck else { return }
    let ack = try fixture.ack(answer)
    terminal.nonce = ack.nonce
    acknowledged = Int(ack.position.sequence.number)
  }

  mutating func feed(_ books: Books) async throws {
    let answer = try await books.feedPage(
      asked: try terminal.feedRequest(after: cursor), by: terminal.id)
    cursor = answer.page.toCursor
    let held = Set(try await books.records(of: terminal.id, limit: 10_000).map(\.id))
    for row in answer.page.accounts {
      let account = row.account.number
      rows[account] = (row.balance.subsidy.value, row.includes)
      truth[account] = zip(sales, terminal.heads).reduce(row.balance.subsidy.value) { sum, sale in
        sum - (sale.0.account == account && !held.contains(sale.1.description) ? sale.0.fen : 0)
      }
    }
  }
}

@Suite(.everyStore, .namingStore) struct IncludesTests {
  @Test(
    "no branch ever shows more than there is, and once all is handed in each shows just that",
    arguments: 1...20)
  func model(seed: UInt64) async throws {
    var generator = SplitMix64(seed: seed)
    let fixture = try SettlementFixture()
    var ledgers = [ModelLedger()]
    let books = try await fixture.openFilled(ledgers[0].terminal)
    for _ in 0..<60 {
      if ledgers.count < 3, Int.random(in: 0..<10, using: &generator) == 0 {
        ledgers.append(try #require(ledgers.randomElement(using: &generator)))
      }
      let index = Int.random(in: ledgers.indices, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0, 1:
        try ledgers[index].sell(
          Int64.random(in: 1...2, using: &generator), Int64.random(in: 1...99, using: &generator))
      case 2:
        try await ledgers[index].settle(
          books, fixture, limit: Int.random(in: 0...5, using: &generator),
          losesAck: Bool.random(using: &generator))
      default: try await ledgers[index].feed(books)
      }
      for ledger in ledgers {
        for (account, truth) in ledger.truth where ledger.rows[account] != nil {
          #expect(ledger.available(account) <= truth)
        }
      }
    }
    for index in ledgers.indices {
      while ledgers[index].acknowledged < ledgers[index].sales.count {
        try await ledgers[index].settle(books, fixture, limit: 5, losesAck: false)
      }
    }
    let balances = Dictionary(
      uniqueKeysWithValues: try await books.rows(for: TerminalID(3)).map {
        ($0.account.number, $0.balance.subsidy.value)
      })
    for index in ledgers.indices {
      // A terminal settles before it is fed, if only with a sign of life.
      try await ledgers[index].settle(books, fixture, limit: 0, losesAck: false)
      try await ledgers[index].feed(books)
      for (account, balance) in balances {
        #expect(ledgers[index].available(account) == balance, "nobody is starved")
      }
    }
    try books.close()
  }

  @Test("an image that sold nothing yet is not told that its next record is included")
  func freshImage() async throws {
    let fixture = try SettlementFixture()
    var old = ModelLedger()
    try old.sell(1, 100)
    let books = try await fixture.openFilled(old.terminal)
    try await old.settle(books, fixture, limit: 500, losesAck: false)
    try await old.feed(books)
    var image = old
    for _ in 0..<3 { try old.sell(1, 100) }
    try await old.settle(books, fixture, limit: 500, losesAck: false)
    try await image.settle(books, fixture, limit: 500, losesAck: false)
    try await image.feed(books)
    #expect(image.available(1) == 20_000 - 400)
    try image.sell(1, 50)
    #expect(image.available(1) == 20_000 - 450)
    try await image.settle(books, fixture, limit: 500, losesAck: false)
    try await image.feed(books)
    #expect(image.available(1) == 20_000 - 450)
    try await old.feed(books)
    #expect(old.available(1) == 20_000 - 450)
    try books.close()
  }
}
