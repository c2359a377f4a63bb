import CanteenModel
import SQLStore
import SyncProtocol
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct FeedTests {
  @Test("a tranche that was spent is fed until its last day, so that what goes back can be spent")
  func spentTranche() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    try terminal.sell(2, subsidy: 1200)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let row = try await books.rows(for: terminal.id).first { $0.account.number == 2 }
    #expect(
      row?.tranches == [
        TrancheBalance(purse: .subsidy, tranche: .none, amount: .zero, lastSpendingDay: nil)
      ])
    let today = Int32(SettlementFixture.noon / 86_400_000)
    for (day, isFed) in [(today, true), (today - 1, true), (today - 2, false)] {
      try await books.write { db in
        _ = try db.execute("UPDATE tranche SET last_day = ? WHERE account = 2", [day])
      }
      let fed = try await books.rows(for: terminal.id).first { $0.account.number == 2 }
      #expect(fed?.tranches.isEmpty == !isFed)
    }
    try books.close()
  }

  @Test("a row's balance holds exactly the receiving terminal's records up to what it includes")
  func includes() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    var other = TestTerminal(4)
    for fen in [100, 200, 400] as [Int64] { try terminal.sell(1, subsidy: fen) }
    try other.sell(1, subsidy: 50)
    let books = try await fixture.openFilled(terminal, other)
    _ = try await books.take(batch: try other.batch(), from: other.id)
    var taken: Int64 = 50
    for (index, fen) in ([100, 200, 400] as [Int64]).enumerated() {
      _ = try await books.take(batch: try terminal.batch(after: index, count: 1), from: terminal.id)
      taken += fen
      let row = try #require(try await books.rows(for: terminal.id).last)
      #expect(row.balance.subsidy == Fen(20_000 - taken))
      #expect(row.includes?.sequence == SequenceNumber(UInt64(index) + 1))
      let seenByOther = try #require(try await books.rows(for: other.id).last)
      #expect(seenByOther.includes?.sequence == SequenceNumber(1))
    }
    try books.close()
  }

  @Test("a sale in suspense is included too, so that the terminal gives its reservation back")
  func suspenseIsIncluded() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 10_000_001)
    let books = try await fixture.openFilled(terminal)
    let before = try await books.rows(for: terminal.id).map(\.version).max() ?? 0
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let row = try #require(try await books.rows(for: terminal.id, after: before).first)
    #expect(row.includes?.sequence == SequenceNumber(1))
    #expect(row.balance.subsidy == Fen(20_000))
    try books.close()
  }

  @Test("an account that was imported after its first sale begins with what it includes")
  func lateAccount() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(7, subsidy: 100)
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let file = "account,name,unit,status,subsidy,personal,cards\n7,韩梅梅,机关,active,10,0,"
    _ = try await books.importAccounts(Array(file.utf8))
    let row = try #require(try await books.rows(for: terminal.id).last)
    #expect(row.account == AccountID(7))
    #expect(row.balance.subsidy == Fen(1000))
    #expect(row.includes?.sequence == SequenceNumber(1))
    try books.close()
  }

  @Test("a decline changes no row")
  func declineIsSilent() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.append(.decline(TestTerminal.decline(1)))
    let books = try await fixture.openFilled(terminal)
    let before = try await books.rows(for: terminal.id)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    #expect(try await books.rows(for: terminal.id) == before)
    try books.close()
  }

  @Test("names are masked and cards are complete")
  func rows() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    let rows = try await books.rows(for: terminal.id)
    #expect(rows.map(\.maskedName) == ["王*明", "李*"])
    #expect(rows.map(\.credentials.count) == [1, 2])
    #expect(rows.map(\.status) == [.active, .active])
    try books.close()
  }

  @Test("1,000 rows fill a page, the next one comes on the next page", arguments: [1000, 1001])
  func pages(count: Int) async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try fixture.open()
    try await books.add(SettlementFixture.entry(terminal))
    let lines = (1...count).map {
      "\($0),王小明,机关,active,1.00,0,\(String(0x1000_0000 + $0, radix: 16))"
    }
    let file = "account,name,unit,status,subsidy,personal,cards\n" + lines.joined(separator: "\n")
    _ = try await books.importAccounts(Array(file.utf8))
    let answer = try await books.feedPage(asked: terminal.feedRequest(), by: terminal.id)
    let first = answer.page
    #expect(try FeedCodec.open(answer.bytes, key: fixture.key.publicKey) == first)
    #expect(first.accounts.count == 1000)
    #expect(first.hasMore == (count > 1000))
    let second = try await books.page(for: terminal.id, after: first.toCursor)
    #expect(second.accounts.count == count - 1000)
    #expect(second.fromCursor == first.toCursor)
    #expect(!second.hasMore)
    try books.close()
  }

  @Test("a rulebook travels to a terminal whose own is older, and to no other")
  func rulebook() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    #expect(try await books.signRulebook(Array(ImportTests.rulebook(version: 4).utf8)) == 4)
    for (known, expected) in [(0, 4), (3, 4), (4, nil), (5, nil)] as [(Int64, Int64?)] {
      let page = try await books.page(for: terminal.id, after: 2, rulebook: known)
      #expect(page.rulebook?.version == expected)
    }
    try books.close()
  }

  @Test("a stranger is fed nothing")
  func stranger() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openFilled()
    await #expect(throws: StoreError.unknownTerminal(TerminalID(9))) {
      try await books.rows(for: TerminalID(9))
    }
    try books.close()
  }
}
