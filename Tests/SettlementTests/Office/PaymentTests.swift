import CanteenModel
import SQLStore
import SettlementCore
import Testing

@testable import SettlementStore

/// What caterers are paid: every fen that approved statements owe, once.
@Suite(.everyStore, .namingStore) struct PaymentTests {
  private typealias Year = StatementYear

  private static func book(
    _ kind: OfficeEntry.Kind, _ name: String, owed fen: Int64, at books: Books
  ) async throws {
    let caterer = CatererID(1)
    let (account, other): (LedgerAccount, LedgerAccount) =
      kind == .bank ? (.ordered(caterer), .bank(.spending)) : (.owed(caterer), .fee)
    try await books.write { db in
      try books.book(
        [
          OfficeEntry(
            name: "\(kind):\(name)", kind: kind, day: Year.day("2027-01-05"), proposer: "zhao",
            approver: "qian", note: "",
            legs: [
              Leg(account, Fen(fen)),
              Leg(other, Fen(-fen)),
            ])
        ], db)
    }
  }

  private static func order(_ year: Year) async throws -> [Int64] {
    try await year.books.orderPayments(by: Year.people).lines.map(\.amount.value)
  }

  @Test("the bank is asked for what each caterer is owed, once, and the file stays what it was")
  func once() async throws {
    let year = try await Year()
    try await year.eat()
    _ = try await year.books.close(Year.quarter, by: Year.people)
    let drafts = try await year.books.draftStatements(of: Year.quarter)
    try await year.approve(drafts[0])
    let first = try await year.books.orderPayments(by: Year.people)
    try await year.approve(drafts[1])
    let second = try await year.books.orderPayments(by: Year.people)
    let sums = (first.lines + second.lines).reduce(into: [:]) { sums, line in
      sums[line.caterer.number, default: 0] += line.amount.value
    }
    #expect(sums == [1: 8_119, 2: 3_000])
    await #expect(throws: StoreError.self) {
      try await year.books.orderPayments(by: Year.people)
    }
    let file = try await year.books.paymentFile(of: first.number)
    _ = try await year.books.write { db in
      try db.execute("UPDATE caterer SET name = '别人', bank_account = '1' WHERE number = 1")
    }
    #expect(try await year.books.paymentFile(of: first.number) == file)
    #expect(
      String(decoding: file, as: UTF8.self).hasPrefix(
        "\u{FEFF}caterer,name,bank_account,amount\r\n1,\"好味, 餐饮\",6222000000000001,"))
    #expect(try await year.books.paymentOrders() == [first, second])
    await #expect(throws: StoreError.self) { try await year.books.paymentFile(of: 3) }
    try year.books.close()
  }

  @Test("a caterer who owes is paid when later statements have made up for it")
  func debt() async throws {
    let year = try await Year()
    try await Self.book(.statement, "a", owed: -500, at: year.books)
    await #expect(throws: StoreError.self) { try await Self.order(year) }
    try await Self.book(.statement, "b", owed: 300, at: year.books)
    await #expect(throws: StoreError.self) { try await Self.order(year) }
    try await Self.book(.statement, "c", owed: 700, at: year.books)
    #expect(try await Self.order(year) == [500])
    try year.books.close()
  }

  @Test("what the bank paid without an order is not ordered, and what it paid of one counts once")
  func paid() async throws {
    let year = try await Year()
    try await Self.book(.statement, "a", owed: 1_000, at: year.books)
    try await Self.book(.bank, "a", owed: -400, at: year.books)
    #expect(try await Self.order(year) == [600])
    await #expect(throws: StoreError.self) { try await Self.order(year) }
    try await Self.book(.bank, "b", owed: -600, at: year.books)
    await #expect(throws: StoreError.self) { try await Self.order(year) }
    try await Self.book(.statement, "b", owed: 250, at: year.books)
    #expect(try await Self.order(year) == [250])
    try year.books.close()
  }

  #if SEEDED_BUGS
    @Test("an order that forgets the one before it is noticed")
    func forgotten() async throws {
      let year = try await Year()
      try await Self.book(.statement, "a", owed: 1_000, at: year.books)
      let first = try await SeededStatementBug.$planted.withValue(.forgetsOrders) {
        try await Self.order(year)
      }
      #expect(try await Self.order(year) == first)
    }
  #endif
}
