import CanteenModel
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct ItemImportTests {
  private static func file(_ rows: [String]) -> [UInt8] {
    Array((["code,name,category,price,ceiling"] + rows).joined(separator: "\n").utf8)
  }

  @Test("the same file twice changes nothing, and a new price is fed")
  func twice() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    let rows = ["101,饺子,0,8.00,", "5001,香皂,2,4.50,5.00"]
    #expect(
      try await books.importItems(Self.file(rows))
        == ImportOutcome(added: 2, changed: 0, unchanged: 0))
    let page = try await books.page(for: terminal.id, after: 0)
    #expect(page.items.map(\.item.code.number) == [101, 5001])
    #expect(page.items.map(\.item.ceiling) == [nil, Fen(500)])
    #expect(try await books.importItems(Self.file(rows)).unchanged == 2)
    #expect(try await books.page(for: terminal.id, after: page.toCursor).items.isEmpty)
    #expect(try await books.importItems(Self.file(["101,饺子,0,0,"])).changed == 1)
    let next = try await books.page(for: terminal.id, after: page.toCursor)
    #expect(next.items.map(\.item.price) == [.zero])
    try books.close()
  }

  @Test(
    "each fault names its row, its column and the cure, and nothing is taken",
    arguments: [
      ("0,a,0,1,", "row 2, column code: \"0\" is not a number of 1 to 999999"),
      ("1,,0,1,", "row 2, column name: \"\" is empty or longer than 128 bytes"),
      ("1,a,x,1,", "row 2, column category: \"x\" is not a number of 0 or more"),
      ("1,a,0,1.234,", "row 2, column price: \"1.234\" is not an amount: write yuan such as 12.50"),
      (
        "1,a,2,5.01,5.00",
        "row 2, column price: \"5.01\" is more than the ceiling ¥5.00: lower it, no terminal sells it (S12)"
      ),
    ])
  func faults(row: String, fault: String) async throws {
    let fixture = try SettlementFixture()
    let books = try fixture.open()
    await #expect(throws: StoreError.refused([fault])) {
      try await books.importItems(Self.file([row]))
    }
    try books.close()
  }

  @Test("accounts and items share one counter: paging through both misses nothing")
  func paging() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    let limit = WireLimit.accountsPerFeedPage
    _ = try await books.importItems(Self.file((1...(limit + 5)).map { "\($0),a,0,1.00," }))
    let late = """
      account,name,unit,status,subsidy,personal,cards
      9,孙七,机关,active,1.00,0.00,04A1B2C3D4E599
      """
    _ = try await books.importAccounts(Array(late.utf8))
    var (items, accounts, cursor, hasMore) = (0, 0, Int64(0), true)
    while hasMore {
      let page = try await books.page(for: terminal.id, after: cursor)
      items += page.items.count
      accounts += page.accounts.count
      #expect(page.toCursor > cursor)
      (cursor, hasMore) = (page.toCursor, page.hasMore)
    }
    #expect((items, accounts) == (limit + 5, 3))
    try books.close()
  }

  @Test("an account with more tranches than a terminal takes is fed all the same, its debts as one")
  func manyTranches() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    for tranche in 1...40 {
      let sale = try SaleRecord(
        account: AccountID(1), lane: LaneID(1), medium: .card, mode: .keyedAmount,
        slot: MealKey(day: 1, period: 0),
        spends: [Spend(purse: .subsidy, tranche: TrancheID(Int64(tranche)), amount: Fen(1))],
        place: .alone, rulebookVersion: 1)
      try terminal.append(.sale(sale))
    }
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let row = try #require(
      try await books.rows(for: terminal.id).first { $0.account == AccountID(1) })
    #expect(row.tranches.count <= AccountSnapshot.trancheLimit)
    #expect(row.balance == PurseAmounts(subsidy: Fen(20_000 - 40), personal: Fen(5_000)))
    #expect(try await books.check().isGood)
    try books.close()
  }
}
