import CanteenModel
import SQLStore
import SyncProtocol
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct CheckTests {
  @Test(
    "the check notices every figure that is not what the records and legs say",
    arguments: [
      "UPDATE leg SET fen = fen + 1 WHERE ledger_account = 'payable:terminal:3'",
      "UPDATE account SET subsidy_fen = subsidy_fen - 1 WHERE number = 1",
      "UPDATE record SET personal_fen = 7 WHERE sequence = 2",
      "UPDATE tally SET sales = sales + 1",
      "UPDATE tally SET declines = 0",
      "DELETE FROM tally",
      "DELETE FROM record WHERE sequence = 3",
    ])
  func noticed(change: String) async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    try terminal.sell(1, subsidy: 100)
    try terminal.sell(1, subsidy: 100, personal: 30)
    try terminal.append(.decline(TestTerminal.decline(2, count: 3)))
    let books = try await fixture.openFilled(terminal)
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let good = try await books.check()
    #expect(good.isGood)
    #expect(good.records == 3)
    try await books.write { db in _ = try db.execute(change) }
    #expect(try await books.check().isGood == false)
    try books.close()
  }

  @Test("batches are taken while the check runs, and it stays good")
  func meanwhile() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    for _ in 0..<200 { try terminal.sell(1, subsidy: 1) }
    let (books, chain) = (try await fixture.openFilled(terminal), terminal)
    async let taken: Void = {
      for start in stride(from: 0, to: 200, by: 10) {
        _ = try await books.take(batch: try chain.batch(after: start, count: 10), from: chain.id)
      }
    }()
    for _ in 0..<20 { #expect(try await books.check().isGood) }
    try await taken
    #expect(try await books.check().records == 200)
    #expect(try await books.report().totals.sumFen == 0)
    try books.close()
  }
}
