import CanteenModel
import SyncProtocol
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct OfficialMealBooksTests {
  private static let accounts = """
    account,name,unit,status,subsidy,personal,cards,vouchers
    901,接待,财政局,active,5000.00,0.00,,GW2026-0117;GW2026-0118
    1,王小明,机关,active,200.00,50.00,04A1B2C3D4E580,
    """

  @Test("vouchers are fed with their account, and a number that is none is named by row and column")
  func imported() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try fixture.open()
    _ = try await books.importAccounts(Array(Self.accounts.utf8))
    try await books.add(SettlementFixture.entry(terminal))
    let row = try await books.rows(for: terminal.id).first { $0.account.number == 901 }
    #expect(
      row?.credentials
        == ["GW2026-0117", "GW2026-0118"].compactMap { VoucherNumber.credential($0) })
    let wrong = Self.accounts.replacing("GW2026-0118", with: "gw 7")
    await #expect {
      try await books.importAccounts(Array(wrong.utf8))
    } throws: { error in
      "\(error)".contains("row 2, column vouchers") && "\(error)".contains("holds gw 7:")
    }
    let without = """
      account,name,unit,status,subsidy,personal,cards
      901,接待,财政局,active,5000.00,0.00,
      """
    #expect(try await books.importAccounts(Array(without.utf8)).unchanged == 1)
    let fewer = Self.accounts.replacing("GW2026-0117;", with: "")
    #expect(try await books.importAccounts(Array(fewer.utf8)).changed == 1)
    let left = try await books.rows(for: terminal.id).first { $0.account.number == 901 }
    #expect(left?.credentials.count == 1)
    #expect(try await books.check().isGood)
    try books.close()
  }

  @Test("the rulebook's official meals survive file, signature and feed; a wrong one is refused")
  func rulebook() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    func file(_ version: Int, _ period: Int, _ perHead: String, _ heads: Int) -> [UInt8] {
      Array(
        ImportTests.rulebook(version: version).replacing(
          "\"version\"",
          with: "\"officialMeal\": {\"prices\": [{\"period\": \(period), \"perHead\": "
            + "\"\(perHead)\"}], \"mostHeads\": \(heads)}, \"version\""
        ).utf8)
    }
    #expect(try await books.signRulebook(file(1, 2, "40.00", 12)) == 1)
    let answer = try await books.feedPage(
      FeedRequest(
        terminal: terminal.id, cursor: FeedCursor(version: 0, rulebookVersion: 0),
        echoedNonce: nil))
    let page = try FeedCodec.open(answer.bytes, key: fixture.key.publicKey)
    #expect(
      page.rulebook?.officialMeal
        == OfficialMealRules(
          prices: [OfficialMealRules.Price(period: 2, perHead: Fen(4000))], mostHeads: 12))
    for wrong in [
      file(2, 9, "40.00", 12), file(2, 2, "0.00", 12), file(2, 2, "100.01", 12),
      file(2, 2, "40.00", 0), file(2, 2, "40.00", 1001),
    ] {
      await #expect(throws: StoreError.self) { try await books.signRulebook(wrong) }
    }
    try books.close()
  }

  @Test(
    "an official meal is posted to the unit's account, and its record is read back with its heads")
  func posted() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let books = try fixture.open()
    _ = try await books.importAccounts(Array(Self.accounts.utf8))
    try await books.add(SettlementFixture.entry(terminal))
    let sale = try SaleRecord(
      account: AccountID(901), lane: LaneID(1), medium: .keyed, mode: .officialMeal,
      slot: MealKey(day: 20_780, period: 2),
      spends: [Spend(purse: .subsidy, tranche: .none, amount: Fen(24_000))], place: .alone,
      rulebookVersion: 1, heads: 6)
    let record = TestTerminal.record(.sale(sale))
    #expect(try RecordCodec.decode(RecordCodec.encode(record)) == record)
    try terminal.append(.sale(sale))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    #expect(try await books.report().totals.payableFen == 24_000)
    let row = try await books.rows(for: terminal.id).first { $0.account.number == 901 }
    #expect(row?.balance == PurseAmounts(subsidy: Fen(476_000), personal: .zero))
    try books.close()
  }
}
