import CanteenModel
import Foundation
import SyncProtocol
import Testing

@testable import Journal
@testable import SettlementStore

/// Two terminals of one canteen that hear of one another, and their centre: what a balance includes of the
/// other's sales.
@Suite(.everyStore, .namingStore) struct GroupFeedTests {
  private struct Till {
    let id: TerminalID
    let key: SigningKey
    let journal: Journal
  }

  private static let card = Credential(kind: .cardSerial, value: [4, 1, 2, 3, 4, 5, 6])
  private static let account = AccountID(1)
  private static let slot = MealKey(day: 20_780, period: 2)

  private static let rulebook = """
    {"version": 1, "legalBasis": "测试〔2026〕1号", "utcOffsetMinutes": 480, "spendOrder":
    ["subsidy", "personal"], "singleLimit": "100.00", "salesPerMeal": 1000,
    "repeatGuardSeconds": 0, "mealPeriods": [{"number": 2, "name": "午餐", "start": "00:00",
    "end": "23:59", "price": "1.00"}],
    "offline": {"home": "40.00", "alone": "40.00", "approvals": 100, "serialTrust": "medium",
    "groups": "any"}}
    """

  private static func site(
    _ fixture: SettlementFixture
  ) async throws -> (books: Books, tills: [Till]) {
    let books = try fixture.open()
    let accounts = """
      account,name,unit,status,subsidy,personal,cards
      1,王小明,机关,active,30.00,0.00,04010203040506
      """
    _ = try await books.importAccounts(Array(accounts.utf8))
    _ = try await books.signRulebook(Array(rulebook.utf8))
    var tills: [Till] = []
    for number in UInt32(3)...5 {
      let key = SigningKey()
      // The last one stands elsewhere.
      try await books.add(
        TerminalEntry(
          number: number, name: "\(number)号", publicKey: Hexadecimal.text(key.publicKey.rawBytes),
          pullURL: nil, peerURL: number == 4 ? nil : "https://canteen.example.org:870\(number)",
          canteen: number == 5 ? 2 : 1))
      let journal = try Journal(
        Journal.Configuration(
          path: fixture.folder.appending(path: "till-\(number).sqlite").path,
          terminal: TerminalID(number), key: key, bootID: "boot", clockFloorMilliseconds: 0,
          readClock: {
            ClockReading(wallMilliseconds: SettlementFixture.noon, bootMilliseconds: 1_000_000)
          }))
      tills.append(Till(id: TerminalID(number), key: key, journal: journal))
    }
    for till in tills { _ = try await feed(till, books) }
    return (books, tills)
  }

  private static func feed(_ till: Till, _ books: Books) async throws -> FeedPage {
    let request = try FeedCodec.encode(
      till.journal.feedCursor, terminal: till.id, echoedNonce: till.journal.storedNonce,
      key: till.key)
    let answer = try await books.feedPage(asked: request, by: till.id)
    let page = try FeedCodec.open(answer.bytes, key: books.publicKey)
    try await till.journal.apply(page)
    return page
  }

  private static func settle(
    _ till: Till, _ books: Books, _ fixture: SettlementFixture
  ) async throws {
    let batch = try await till.journal.nextBatch(limit: 500, challenge: .random())
    let ack = try fixture.ack(try await books.take(batch: batch.bytes, from: till.id))
    try await till.journal.store(ack)
  }

  private static func sell(_ fen: Int64, at till: Till) async throws -> SaleOutcome {
    try await till.journal.authorise(
      SaleRequest(lane: LaneID(1), medium: .card, credential: card, price: .keyed(Fen(fen))))
  }

  /// What one tells the other of the account.
  private static func tell(_ till: Till, to other: Till) async throws {
    try await other.journal.hear([till.journal.statement(of: account, in: slot)])
  }

  @Test("a balance is what is there: nobody's sale is taken off twice, and none is forgotten")
  func neitherTwiceNorNever() async throws {
    let fixture = try SettlementFixture()
    let (books, tills) = try await Self.site(fixture)
    let (first, second) = (tills[0], tills[1])
    #expect(try await Self.sell(1_000, at: first).wasApproved)
    #expect(try await Self.sell(500, at: first).wasApproved)
    try await Self.tell(first, to: second)
    // ¥30.00 minus ¥15.00 that only the first one's statement knows.
    #expect(try await Self.sell(1_501, at: second).whyNot == .insufficientBalance)
    try await Self.settle(first, books, fixture)
    #expect(try await Self.sell(1_501, at: second).whyNot == .insufficientBalance)
    let page = try await Self.feed(second, books)
    let row = try #require(page.accounts.first)
    #expect(row.tranches.map(\.amount) == [Fen(1_500)])
    #expect(row.includes == nil)
    #expect(row.peerIncludes.map(\.terminal) == [first.id])
    // Now the balance has it, and the statement is taken off no more.
    #expect(try await Self.sell(1_501, at: second).whyNot == .insufficientBalance)
    #expect(try await Self.sell(100, at: first).wasApproved)
    try await Self.tell(first, to: second)
    #expect(try await Self.sell(1_401, at: second).whyNot == .insufficientBalance)
    #expect(try await Self.sell(1_400, at: second).wasApproved)
    for till in [first, second] { try await Self.settle(till, books, fixture) }
    let last = try #require(try await Self.feed(first, books).accounts.first)
    #expect(last.tranches.allSatisfy { $0.amount == .zero })
    #expect(try await books.check().isGood)
    for till in tills { try till.journal.close() }
    try books.close()
  }

  @Test("a terminal of another canteen is told nothing of it")
  func elsewhere() async throws {
    let fixture = try SettlementFixture()
    let (books, tills) = try await Self.site(fixture)
    #expect(try await Self.sell(1_000, at: tills[0]).wasApproved)
    try await Self.settle(tills[0], books, fixture)
    #expect(try await Self.feed(tills[2], books).accounts.first?.peerIncludes.isEmpty == true)
    for till in tills { try till.journal.close() }
    try books.close()
  }

  @Test("the roster names the others of the canteen and where they listen, and outlives a restart")
  func roster() async throws {
    let fixture = try SettlementFixture()
    let (books, tills) = try await Self.site(fixture)
    #expect(
      tills[1].journal.place
        == TerminalPlace(
          canteen: CanteenID(1), isOnlyTerminal: false,
          peers: [
            PeerAddress(terminal: TerminalID(3), url: "https://canteen.example.org:8703")
          ]))
    #expect(
      tills[0].journal.place?.peers == [PeerAddress(terminal: TerminalID(4), url: nil)])
    #expect(tills[2].journal.place?.peers == [])
    #expect(tills[2].journal.place?.isOnlyTerminal == true)
    // Who is shut out is in the roster, so that a group is not whole without it, and is not asked.
    _ = try await books.revoke(TerminalID(3))
    _ = try await Self.feed(tills[1], books)
    #expect(tills[1].journal.place?.peers == [PeerAddress(terminal: TerminalID(3), url: nil)])
    let (key, path) = (tills[1].key, tills[1].journal.configuration.path)
    for till in tills { try till.journal.close() }
    let again = try Journal(
      Journal.Configuration(
        path: path, terminal: TerminalID(4), key: key, bootID: "boot", clockFloorMilliseconds: 0,
        readClock: {
          ClockReading(wallMilliseconds: SettlementFixture.noon, bootMilliseconds: 1_000_000)
        }))
    #expect(again.place?.peers == [PeerAddress(terminal: TerminalID(3), url: nil)])
    try again.close()
    try books.close()
  }
}

extension SaleOutcome {
  fileprivate var wasApproved: Bool {
    if case .approved = verdict { true } else { false }
  }

  fileprivate var whyNot: DeclineReason? {
    if case .declined(let record, _) = verdict { record.reason } else { nil }
  }
}
