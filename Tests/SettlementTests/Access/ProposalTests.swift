import CanteenModel
import SettlementCore
import SyncProtocol
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct ProposalTests {
  private let fixture = OfficeFixture()
  private static let file = Array("code,name,category,price,ceiling\n7,米饭,1,1.00,\n".utf8)

  private func proposed(
    _ other: OfficeFixture? = nil
  ) async throws -> (Books, ProposalLine) {
    let books = try await (other ?? fixture).openStaffed()
    let (outcome, _, basis) = try await books.rehearsing { () throws(StoreError) in
      try await books.importItems(Self.file)
    }
    let line = try await books.propose(
      .importAccounts, on: "", body: Self.file, preview: "\(outcome)", basis: basis, by: "li")
    return (books, line)
  }

  private func execute(_ number: Int64, _ books: Books) async throws -> ImportOutcome {
    let people = try #require(TwoPeople(proposer: "li", approver: "wang"))
    return try await books.execute(proposal: number, by: people) { () throws(StoreError) in
      try await books.importItems(Self.file)
    }
  }

  @Test("what one proposes and another one approves is done, decided and logged together")
  func executed() async throws {
    let (books, line) = try await proposed()
    #expect(line.number == 1 && line.state == "open")
    #expect(try await books.count("SELECT COUNT(*) FROM item") == 0)
    #expect(try await execute(1, books).added == 1)
    let after = try await books.proposal(1).line
    #expect(after.state == "executed" && after.decider == "wang")
    #expect(try await books.auditLines(behind: 0).map(\.outcome) == ["proposed", "done"])
    #expect(try await books.proposals(isOpen: true) == [])
    #expect(try await books.proposals(isOpen: false).count == 1)
  }

  private func runsOnce() async throws -> Bool {
    let fixture = OfficeFixture()
    let (books, _) = try await proposed(fixture)
    _ = try await execute(1, books)
    try await books.change("DELETE FROM item")
    do {
      _ = try await execute(1, books)
      return false
    } catch {
      return try await books.count("SELECT COUNT(*) FROM item") == 0
    }
  }

  @Test("a proposal is executed once")
  func once() async throws {
    #expect(try await runsOnce())
    let once = try await SeededAccessBug.$planted.withValue(.proposalRunsTwice) {
      try await runsOnce()
    }
    #expect(!once)
  }

  private func changedIsRefused() async throws -> Bool {
    let fixture = OfficeFixture()
    let (books, _) = try await proposed(fixture)
    _ = try await books.importItems(Self.file)
    do {
      _ = try await execute(1, books)
      return false
    } catch {
      return try await books.proposal(1).line.state == "open"
    }
  }

  @Test("a proposal that would do something else than what was shown is refused")
  func changed() async throws {
    #expect(try await changedIsRefused())
    let refused = try await SeededAccessBug.$planted.withValue(.changedBasisRuns) {
      try await changedIsRefused()
    }
    #expect(!refused)
  }

  @Test("who proposed may take it back, who did not may refuse it, and neither may be run then")
  func closed() async throws {
    let (books, _) = try await proposed()
    let withdrawn = try await books.close(proposal: 1, reason: "又错了", by: "li")
    #expect(withdrawn.state == "withdrawn")
    await #expect(throws: StoreError.self) { try await execute(1, books) }
    await #expect(throws: StoreError.self) {
      try await books.close(proposal: 1, reason: "no", by: "wang")
    }
    await #expect(throws: StoreError.self) {
      try await books.close(proposal: 2, reason: "no", by: "wang")
    }
  }

  @Test("the store itself keeps one person from being two")
  func storeKeeps() async throws {
    let (books, _) = try await proposed()
    await #expect(throws: StoreError.self) {
      try await books.change(
        "UPDATE proposal SET state = 'executed', decider = 'li', decided_ms = 1 WHERE number = 1")
    }
  }

  @Test("a file in parts survives a restart, and is whole or refused")
  func parts() async throws {
    var books = try await fixture.openStaffed()
    let (one, two) = (Array(Self.file.prefix(20)), Array(Self.file.dropFirst(20)))
    let whole = Digest32(sha256: Self.file)
    let first = try await books.keepPart(
      2, of: "items", by: "li", bytes: two, digest: Digest32(sha256: two))
    #expect(first.parts == [2])
    await #expect(throws: StoreError.self) {
      try await books.upload("items", by: "li", digest: whole)
    }
    await #expect(throws: StoreError.self) {
      try await books.keepPart(1, of: "items", by: "li", bytes: one, digest: whole)
    }
    try books.close()
    books = try fixture.open()
    #expect(try await books.uploadProgress(of: "items", by: "li").parts == [2])
    for _ in 0..<2 {
      _ = try await books.keepPart(
        1, of: "items", by: "li", bytes: one, digest: Digest32(sha256: one))
    }
    #expect(try await books.upload("items", by: "li", digest: whole) == Self.file)
    #expect(try await books.uploadProgress(of: "items", by: "wang").parts == [])
    try await books.dropUpload("items", by: "li")
    #expect(try await books.uploadProgress(of: "items", by: "li").parts == [])
  }

  @Test("every listing can be read, and narrowed as it says")
  func listings() async throws {
    let books = try await fixture.openStaffed()
    for listing in OfficeListing.allCases {
      #expect(try await books.page(of: listing).next == nil, "\(listing)")
      for narrowing in OfficeListing.Narrowing.allCases {
        // A refusal is expected.
        let page = try? await books.page(of: listing, narrowedTo: (narrowing, 1))
        #expect((page != nil) == listing.narrowings.contains(narrowing), "\(listing) \(narrowing)")
      }
    }
  }

  @Test("an account, a terminal and a canteen lie where the registry says")
  func subjects() async throws {
    let books = try await fixture.openStaffed()
    for sql in [
      "INSERT INTO region (number, name, level) VALUES (1, '株洲市', 'city')",
      "INSERT INTO region (number, name, level, parent) VALUES (2, '攸县', 'county', 1)",
      "INSERT INTO unit (number, name, region) VALUES (7, '财政局', 2)",
      "INSERT INTO canteen (number, name, unit, place, contact, phone) VALUES (3, '一食堂', 7, '', '', '')",
      "INSERT INTO caterer (number, name, bank_account) VALUES (5, '承包商', '6222')",
      "INSERT INTO canteen_term (canteen, from_day, mode, caterer, contract) VALUES (3, 0, 'contracted', 5, 'c')",
      "INSERT INTO terminal (number, name, canteen) VALUES (4, '一号窗口', 3)",
    ] { try await books.change(sql) }
    let subject = try await books.subject(.terminal(TerminalID(4)))
    #expect(subject.regions == [2, 1])
    #expect(subject.unit == UnitID(7) && subject.canteen == CanteenID(3))
    #expect(subject.caterer == CatererID(5))
    #expect(try await books.subject(.unit(UnitID(7))).regions == [2, 1])
    #expect(try await books.subject(.terminal(TerminalID(99))) == .whole)
    #expect(try await books.subject(.account(AccountID(99))) == .whole)
    #expect(try await books.subject(.caterer(CatererID(5))).caterer == CatererID(5))
    #expect(try await books.page(of: .canteens, narrowedTo: (.unit, 7)).rows.count == 1)
    #expect(try await books.page(of: .canteens, narrowedTo: (.unit, 8)).rows.isEmpty)
  }
}
