import CanteenModel
import Foundation
import SettlementCore
import SettlementService
import SyncProtocol
import SyncTransport
import Testing

@testable import SettlementStore

/// What a terminal must not wait for.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(5))) struct NewsTests {
  static func file(_ rows: String...) -> [UInt8] {
    Array(
      (["account,name,unit,status,subsidy,personal,cards"] + rows).joined(separator: "\n").utf8)
  }

  @Test("who waits hears of a card that was reported lost, and of nothing that can wait")
  func lostCard() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openFilled()
    let before = books.news.number
    _ = try await books.importAccounts(
      Self.file("1,王小红,机关,active,200.00,50.00,04A1B2C3D4E580", "9,新人,机关,active,1.00,0,"))
    #expect(books.news.number == before, "a name and a newcomer can wait")
    async let heard = books.news.number(otherThan: before, within: .seconds(60))
    while books.news.waiting == 0 { await Task.yield() }
    _ = try await books.importAccounts(
      Self.file("1,王小红,机关,lost,200.00,50.00,04A1B2C3D4E580"))
    let number = await heard
    #expect(number != before)
    #expect(books.news.waiting == 0)
    try books.close()
  }

  @Test(
    "a card that was taken away and new rules are news, the same once more is not",
    arguments: ["card", "rules", "closed"])
  func kinds(kind: String) async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openFilled()
    let change = {
      switch kind {
      case "card":
        _ = try await books.importAccounts(
          Self.file("1,王小明,机关,active,200.00,50.00,04A1B2C3D4E581"))
      case "rules":
        _ = try await books.signRulebook(Array(ImportTests.rulebook(version: 4).utf8))
      default:
        _ = try await books.importAccounts(Self.file("2,李雷,机关,closed,12.00,0.00,04A1B2C3"))
      }
    }
    let before = books.news.number
    try await change()
    let after = books.news.number
    #expect(after != before)
    try await change()
    #expect(books.news.number == after)
    try books.close()
  }

  @Test("nobody waits longer than asked, and who knows nothing is answered at once")
  func limits() async throws {
    let board = NewsBoard(start: 7)
    #expect(await board.number(otherThan: 0, within: .seconds(3600)) == 7)
    #expect(await board.number(otherThan: 6, within: .seconds(3600)) == 7)
    #expect(await board.number(otherThan: 7, within: .zero) == 7)
    #expect(await board.number(otherThan: 7, within: .milliseconds(1)) == 7)
    let waiter = Task { await board.number(otherThan: 7, within: .seconds(3600)) }
    while board.waiting == 0 { await Task.yield() }
    waiter.cancel()
    #expect(await waiter.value == 7)
    #expect(board.waiting == 0)
  }

  @Test("a terminal that is connected hears at once, and nobody else is told anything")
  func overTheLink() async throws {
    try await CentreFixture.run { centre in
      _ = try await centre.control.importAccounts(Array(SettlementFixture.accounts.utf8))
      let terminal = TestTerminal(8)
      try await centre.control.add(SettlementFixture.entry(terminal))
      let client = try centre.client(of: terminal.id)
      let first = try NewsCodec.decode(
        news: try await client.news(
          request: try NewsCodec.encode(known: 0, wait: .seconds(25)), within: .seconds(20)))
      async let heard = client.news(
        request: try NewsCodec.encode(known: first, wait: .seconds(25)), within: .seconds(40))
      _ = try await centre.control.importAccounts(
        Self.file("1,王小明,机关,lost,200.00,50.00,04A1B2C3D4E580"))
      #expect(try NewsCodec.decode(news: try await heard) != first)
      let stranger = try centre.client(showing: nil)
      await #expect(throws: (any Error).self) {
        try await stranger.news(
          request: try NewsCodec.encode(known: 0, wait: .zero), within: .seconds(20))
      }
    }
  }

  @Test("the deny list goes before what was eaten meanwhile, once, and the rest in its order")
  func deniedFirst() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    let many = (10..<2510).map { "\($0),顾客,机关,active,1.00,0," }
    let header = "account,name,unit,status,subsidy,personal,cards"
    _ = try await books.importAccounts(Array(([header] + many).joined(separator: "\n").utf8))
    _ = try await books.importAccounts(
      Self.file("2,李雷,机关,lost,12.00,0.00,04A1B2C3;04A1B2C4"))
    // It knows the first two accounts only.
    var cursor = FeedCursor(version: 2, rulebookVersion: 0)
    var pages: [FeedPage] = []
    repeat {
      let request = FeedRequest(terminal: terminal.id, cursor: cursor, echoedNonce: nil)
      let page = try await books.feedPage(request).page
      cursor = FeedCursor(
        version: page.toCursor, rulebookVersion: 0, denied: page.deniedCursor)
      pages.append(page)
    } while pages.last?.hasMore == true
    let first = try #require(pages.first?.accounts.first)
    #expect((first.account, first.status) == (AccountID(2), .reportedLost))
    #expect(pages.count == 3)
    let lost = pages.flatMap(\.accounts).filter { $0.account == AccountID(2) }
    #expect(lost.count == 2, "ahead, and in its own place at the end")
    let others = pages.flatMap(\.accounts).filter { $0.account != AccountID(2) }.map(\.version)
    #expect(others == others.sorted() && Set(others).count == 2500)
    #expect(pages.allSatisfy { $0.accounts.count <= WireLimit.accountsPerFeedPage })
    try books.close()
  }

  @Test(
    "a deny list that fills more than a page comes whole, and a terminal at the very start needs none"
  )
  func longDenyList() async throws {
    let fixture = try SettlementFixture()
    let terminal = TestTerminal()
    let books = try await fixture.openFilled(terminal)
    let many = (10..<1010).map { "\($0),顾客,机关,closed,1.00,0," }
    let header = "account,name,unit,status,subsidy,personal,cards"
    _ = try await books.importAccounts(Array(([header] + many).joined(separator: "\n").utf8))
    var known: Set<AccountID> = []
    var cursor = FeedCursor(version: 2, rulebookVersion: 0)
    var count = 0
    repeat {
      let request = FeedRequest(terminal: terminal.id, cursor: cursor, echoedNonce: nil)
      let page = try await books.feedPage(request).page
      known.formUnion(page.accounts.map(\.account))
      // What comes in order is not taken: only the deny list is looked at.
      guard page.deniedCursor > cursor.denied else { break }
      cursor = FeedCursor(version: 2, rulebookVersion: 0, denied: page.deniedCursor)
      count += 1
    } while count < 10
    #expect(known.count == 1000)
    let start = FeedRequest(
      terminal: terminal.id, cursor: FeedCursor(version: 0, rulebookVersion: 0), echoedNonce: nil)
    let page = try await books.feedPage(start).page
    #expect(page.accounts.map(\.version) == page.accounts.map(\.version).sorted())
    #expect(page.deniedCursor > 0)
    try books.close()
  }

  @Test("what a lost card can still spend is stated by the terminals that do not know it")
  func exposure() async throws {
    let fixture = try SettlementFixture()
    let (one, two) = (TestTerminal(), TestTerminal(4))
    let books = try await fixture.openFilled(one, two)
    let caps =
      #""offline": {"home": "40.00", "alone": "25.00", "approvals": 2, "serialTrust": "medium"},"#
    _ = try await books.signRulebook(
      Array(
        ImportTests.rulebook(version: 4).replacing("{\"version\"", with: "{\(caps) \"version\"")
          .utf8))
    #expect(try await books.exposure(of: AccountID(1)).terminals.map(\.terminal) == [3, 4])
    _ = try await books.importAccounts(
      Self.file("1,王小明,机关,lost,200.00,50.00,04A1B2C3D4E580"))
    let before = try await books.exposure(of: AccountID(1))
    #expect(before.status == "lost")
    #expect(before.balanceFen == 25_000)
    #expect(before.terminals.map(\.terminal) == [3, 4])
    #expect(before.everFen == 50_000 && before.perPeriodFen <= before.untilBrakeFen)
    // One asks behind the row, and so shows that it has it.
    let page = try await books.feedPage(
      asked: try one.feedRequest(), by: one.id
    ).page
    _ = try await books.feedPage(asked: try one.feedRequest(after: page.toCursor), by: one.id)
    let after = try await books.exposure(of: AccountID(1))
    #expect(after.terminals.map(\.terminal) == [4])
    #expect(after.everFen == 25_000)
    #expect(after.terminals.first?.heardMilliseconds == nil)
    // What it ate before comes in, and changes the row, but not what the other one knows of its status.
    _ = try await books.feedPage(asked: try two.feedRequest(after: page.toCursor), by: two.id)
    let known = try await books.exposure(of: AccountID(1))
    #expect(known.terminals.isEmpty && known.everFen == 0)
    await #expect(throws: StoreError.self) { try await books.exposure(of: AccountID(99)) }
    try books.close()
  }

  @Test("news hurry the visits that went well, and leave those that failed their rest")
  func hurried() {
    var schedule = PullSchedule(intervalMilliseconds: 10_000)
    let all = [TerminalID(1), TerminalID(2), TerminalID(3)]
    schedule.set(all, now: 0)
    #expect(schedule.start(limit: 9, now: 0) == all)
    schedule.succeeded(TerminalID(1), now: 100)
    schedule.failed(TerminalID(2), jitterPermille: 1000, now: 100)
    schedule.hurry(now: 200)
    #expect(schedule.start(limit: 9, now: 200) == [TerminalID(1)])
    schedule.succeeded(TerminalID(3), now: 300)
    #expect(
      schedule.start(limit: 9, now: 300) == [TerminalID(3)],
      "once more, because it was visited then")
    schedule.succeeded(TerminalID(3), now: 400)
    #expect(schedule.start(limit: 9, now: 401) == [])
  }
}
