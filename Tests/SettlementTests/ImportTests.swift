import CanteenModel
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct ImportTests {
  private static let full = """
    account,name,unit,status,subsidy,personal,cards,category,home,tranche,until
    7,赵六,机关,active,30.00,0.00,04A1B2C3D4E587,2,5,11,2026-12-31
    """

  @Test("a file without the optional columns leaves what is stored of them alone")
  func optionalColumns() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    _ = try await books.importAccounts(Array(Self.full.utf8))
    let short = """
      account,name,unit,status,subsidy,personal,cards
      7,赵六,机关,lost,30.00,0.00,04A1B2C3D4E587
      """
    #expect(try await books.importAccounts(Array(short.utf8)).changed == 1)
    let row = try #require(try await books.rows(for: terminal.id).last)
    #expect(row.status == .reportedLost)
    #expect((row.category, row.homeCanteen) == (DinerCategory(2), CanteenID(5)))
    #expect(row.tranches.map(\.tranche.number) == [11])
    #expect(row.tranches.map(\.lastSpendingDay) == [20_818])
    try books.close()
  }

  @Test("a corrected last spending day is taken and fed, another tranche is refused")
  func correctedTranche() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    _ = try await books.importAccounts(Array(Self.full.utf8))
    let before = try await books.rows(for: terminal.id).last?.version ?? 0
    let later = Self.full.replacing("2026-12-31", with: "2027-01-01")
    #expect(try await books.importAccounts(Array(later.utf8)).changed == 1)
    let row = try #require(try await books.rows(for: terminal.id, after: before).last)
    #expect(row.tranches.map(\.lastSpendingDay) == [20_819])
    #expect(try await books.importAccounts(Array(later.utf8)).unchanged == 1)
    await #expect(throws: StoreError.self) {
      try await books.importAccounts(Array(later.replacing(",11,", with: ",12,").utf8))
    }
    try books.close()
  }

  static let header = "account,name,unit,status,subsidy,personal,cards\n"

  static func rulebook(version: Int, price: String = "15.00") -> String {
    """
    {"version": \(version), "legalBasis": "株机管发〔2026〕3号", "utcOffsetMinutes": 480,
     "mealPeriods": [{"number": 2, "name": "午餐", "start": "11:00", "end": "13:30",
                      "price": "\(price)"}],
     "spendOrder": ["subsidy", "personal"], "singleLimit": "100.00", "salesPerMeal": 2,
     "repeatGuardSeconds": 60}
    """
  }

  /// Imports a file into books that know accounts 1 and 2.
  static func importing(_ text: String) async throws -> ImportOutcome {
    let fixture = try SettlementFixture()
    let books = try await fixture.openFilled()
    return try await books.importAccounts(Array(text.utf8))
  }

  @Test("the same file twice changes nothing")
  func twice() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openFilled()
    let before = try await books.report()
    let outcome = try await books.importAccounts(Array(SettlementFixture.accounts.utf8))
    #expect(outcome == ImportOutcome(added: 0, changed: 0, unchanged: 2))
    #expect(try await books.report() == before)
    #expect(before.totals.openingFundingFen == -26_200)
    #expect(try await books.check().isGood)
    try books.close()
  }

  @Test("a byte-order mark, CRLF, quotes, another order of columns and empty lines are read")
  func tolerated() async throws {
    let file =
      "\u{FEFF}cards,personal,subsidy,status,unit,name,account\r\n"
      + "\"04A1B2FF; 04A1B2FE\",0,\"12.5\",lost,\"局, \"\"一\"\"处\",韩梅梅,7\r\n\r\n"
    #expect(try await Self.importing(file) == ImportOutcome(added: 1, changed: 0, unchanged: 0))
  }

  @Test(
    "each fault names its row, its column and the cure",
    arguments: [
      ("x,王,a,active,1,1,", "row 2, column account: \"x\" is not a number of 1 or more"),
      ("0,王,a,active,1,1,", "row 2, column account: \"0\" is not a number of 1 or more"),
      (
        "7,,a,active,1,1,",
        "row 2, column name: \"\" is empty or too long for a display: shorten it"
      ),
      ("7,王,a,on,1,1,", "row 2, column status: \"on\" is not active, lost or closed"),
      (
        "7,王,a,active,1.234,1,",
        "row 2, column subsidy: \"1.234\" is not an amount: write yuan such as 12.50"
      ),
      (
        "7,王,a,active,1,-1,",
        "row 2, column personal: \"-1\" is not between 0 and ¥10,000,000,000.00"
      ),
      (
        "7,王,a,active,1,1,04A1",
        "row 2, column cards: \"04A1\" holds 04A1: a card's serial has 4, 7 or 10 bytes, 8 to 20 "
          + "digits of hex"
      ),
      (
        "7,王,a,active,1,1",
        "row 2: 6 fields, the header has 7: quote a field that contains a comma"
      ),
      (
        "7,王,a,active,1,1,\"04",
        "row 2, column 7: the quoted field does not end: close it with a quote"
      ),
      (
        "7,王\"x,a,active,1,1,",
        "row 2, column 2: a quote inside of a field: quote the whole field and double the quote"
      ),
      (
        "7,\"王\"x,a,active,1,1,",
        "row 2, column 2: something follows the closing quote: double quotes inside"
      ),
      (
        "7,王,a,active,1,1,\n\n7,李,a,active,1,1,",
        "row 4, column account: 7 is in row 2 already; keep one"
      ),
      (
        "7,王,a,active,1,1,04A1B2FF\n8,李,a,active,1,1,04a1b2ff",
        "row 3, column cards: 04a1b2ff is bound in row 2 already; a card pays from one account"
      ),
      (
        "7,王,a,active,1,1,04A1B2C3",
        "row 2, column cards: 04a1b2c3 is bound to account 2; list that account without it in the "
          + "same file"
      ),
      (
        "1,王小明,机关,active,201.00,50.00,04A1B2C3D4E580",
        "row 2, column subsidy: account 1 opened with 200.00, the file says 201.00: an opening "
          + "balance is booked once, put the first amount back"
      ),
    ])
  func faults(row: String, fault: String) async throws {
    await #expect(throws: StoreError.refused([fault])) {
      try await Self.importing(Self.header + row)
    }
  }

  @Test(
    "a header that lacks, repeats or invents a column is refused",
    arguments: [
      "", "account,name\n1,x", "account,account,name,unit,status,subsidy,personal,cards\n",
      "account,name,unit,status,subsidy,personal,cards,phone\n",
    ])
  func header(file: String) async throws {
    await #expect(throws: StoreError.self) { try await Self.importing(file) }
  }

  @Test("a file with one fault changes nothing, and every fault is listed")
  func allOrNothing() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openFilled()
    let before = try await books.report()
    let file = Self.header + "7,王,a,active,1,1,\n8,王,a,on,x,1,\n9,王,a,active,1,1,04A1B2C3"
    let error = await #expect(throws: StoreError.self) {
      try await books.importAccounts(Array(file.utf8))
    }
    guard case .refused(let faults) = error else { return #expect(Bool(false), "refused") }
    #expect(faults.count == 2)
    let clash = Self.header + "7,王,a,active,1,1,\n9,王,a,active,1,1,04A1B2C3"
    await #expect(throws: StoreError.self) { try await books.importAccounts(Array(clash.utf8)) }
    #expect(try await books.report() == before)
    try books.close()
  }

  @Test("name, status and cards become those of the file, and the feed carries them")
  func changes() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    let cursor = try await books.rows(for: terminal.id).map(\.version).max() ?? 0
    let file =
      Self.header + "1,王大明,机关,lost,200.00,50.00,04A1B2C3\n2,李雷,机关,active,12.00,0,04A1B2C4"
    #expect(
      try await books.importAccounts(Array(file.utf8))
        == ImportOutcome(added: 0, changed: 2, unchanged: 0))
    let rows = try await books.rows(for: terminal.id, after: cursor)
    #expect(rows.map(\.status) == [.reportedLost, .active])
    #expect(
      rows.map { $0.credentials.map { Hexadecimal.text($0.value) } } == [
        ["04a1b2c3"], ["04a1b2c4"],
      ])
    #expect(try await books.report().totals.openingFundingFen == -26_200)
    try books.close()
  }

  @Test("a unit is corrected without feeding the terminals again")
  func unit() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    let before = try await books.rows(for: terminal.id)
    let file = SettlementFixture.accounts.replacing("机关", with: "机关二处")
    #expect(try await books.importAccounts(Array(file.utf8)).changed == 2)
    #expect(try await books.rows(for: terminal.id) == before)
    try books.close()
  }

  @Test("text that is not UTF-8 is refused with its place")
  func encoding() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openFilled()
    let file = Array((Self.header + "7,").utf8) + [0xCD, 0xF5] + Array(",a,active,1,1,".utf8)
    await #expect(
      throws: StoreError.refused([
        "row 2, column 2: the text is not UTF-8: save the file as CSV UTF-8"
      ])
    ) { try await books.importAccounts(file) }
    try books.close()
  }

  @Test("a rulebook's version must rise; the one in force may come again")
  func rulebookVersions() async throws {
    let fixture = try SettlementFixture()
    let books = try fixture.open()
    for version in [2, 2, 3] {
      #expect(
        try await books.signRulebook(Array(Self.rulebook(version: version).utf8))
          == Int64(version))
    }
    for (version, price) in [(3, "16.00"), (2, "15.00")] {
      await #expect(throws: StoreError.self) {
        try await books.signRulebook(Array(Self.rulebook(version: version, price: price).utf8))
      }
    }
    #expect(try await books.report().totals.rulebookVersion == 3)
    try books.close()
  }

  @Test(
    "a rulebook with one wrong number is refused whole, and the fault names it",
    arguments: [
      (
        "\"11:00\"", "\"11\"",
        "mealPeriods, number 2, start: \"11\" is not a time of day such as 11:00"
      ),
      (
        "\"13:30\"", "\"24:00\"",
        "mealPeriods, number 2, end: \"24:00\" is not a time of day such as 11:00"
      ),
      (
        "\"15.00\"", "\"free\"",
        "mealPeriods, number 2, price: \"free\" is not an amount such as 15.00"
      ),
      ("\"15.00\"", "\"100.01\"", "mealPeriods.price: more than 0, at most singleLimit"),
      ("\"personal\"", "\"subsidy\"", "spendOrder names subsidy and personal, each once"),
      ("株机管发〔2026〕3号", "", "legalBasis names the document that the numbers rest on"),
      ("\"salesPerMeal\": 2,", "", "the file: salesPerMeal is missing"),
    ])
  func rulebookFaults(good: String, bad: String, fault: String) async throws {
    let fixture = try SettlementFixture()
    let books = try fixture.open()
    let file = Self.rulebook(version: 1).replacing(good, with: bad)
    await #expect(throws: StoreError.refused([fault])) {
      try await books.signRulebook(Array(file.utf8))
    }
    #expect(try await books.report().totals.rulebookVersion == 0)
    try books.close()
  }
}
