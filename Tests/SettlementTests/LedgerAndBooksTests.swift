import CanteenModel
import Foundation
import SQLStore
import SyncProtocol
import Testing

@testable import Journal
@testable import SettlementStore

/// The real ledger and the real books, with nothing but bytes between them.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(5))) struct LedgerAndBooksTests {
  @Test(
    "a terminal that lost its ledger begins in the granted epoch, and its sales are settled there")
  func lostLedger() async throws {
    let site = try await LedgerSite()
    var journal = try await site.open()
    try await site.sell(3, at: journal)
    try await site.settle(journal)
    try await site.sell(2, at: journal)  // never handed in: these are lost with the ledger
    try journal.close()
    try site.loseLedger()
    #expect(throws: JournalError.lost(path: site.path)) { try Journal(site.configuration) }
    let grant = try await site.books.grantEpoch(to: site.terminal)
    let token = try #require(Hexadecimal.bytes(grant.token).flatMap { Digest32($0) })
    try Journal.begin(GrantedEpoch(epoch: Epoch(grant.epoch), token: token), site.configuration)
    journal = try await site.open()
    #expect(try await site.available(at: journal) == 10_000 - 300)
    try await site.sell(4, at: journal)
    try await site.settle(journal)
    #expect(try await site.settledFen() == 700)
    #expect(try await site.available(at: journal) == 10_000 - 700)
    try await site.expectClean(journal)
  }

  @Test("a restored image of a ledger: every sale of both branches is settled once, however many")
  func restoredImage() async throws {
    let site = try await LedgerSite()
    var journal = try await site.open()
    try await site.sell(2, at: journal)
    try await site.settle(journal)
    try journal.close()
    try site.copyLedger()
    journal = try await site.open()
    try await site.sell(3, at: journal)
    try await site.settle(journal)
    try journal.close()
    try site.restoreLedger()
    journal = try await site.open()
    // More than one batch carries.
    for _ in 0..<WireLimit.recordsPerBatch { _ = try await journal.authorise(site.unknownCard) }
    try await site.sell(5, at: journal)
    try await site.settle(journal)
    #expect(try await journal.standing().unsynced == 0)
    #expect(try await site.settledFen() == 1_000)
    #expect(try await site.available(at: journal) == 10_000 - 1_000)
    try await site.sell(1, at: journal)
    #expect(try await site.available(at: journal) == 10_000 - 1_100)
    try await site.expectClean(journal)
  }

  @Test("a centre that was restored from a backup is handed what it lost, and posts it once")
  func restoredCentre() async throws {
    let site = try await LedgerSite()
    let journal = try await site.open()
    try await site.sell(3, at: journal)
    try await site.settle(journal)
    let backup = try site.fixture.image(of: site.books)
    try await site.sell(4, at: journal)
    try await site.settle(journal)
    try site.books.close()
    site.books = try site.fixture.open(backup)
    #expect(try await site.settledFen() == 300)
    try await site.sell(2, at: journal)
    try await site.settle(journal)
    try await site.settle(journal)
    #expect(try await site.settledFen() == 900)
    #expect(try await site.available(at: journal) == 10_000 - 900)
    try await site.expectClean(journal)
  }
}

/// What happens when the centre forgot a part of a branch, or an epoch.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(5))) struct ForgetfulCentreTests {
  @Test("a centre that forgot the end of a living branch is handed it again")
  func branchEnd() async throws {
    let site = try await LedgerSite()
    var journal = try await site.open()
    try await site.sell(2, at: journal)
    try await site.settle(journal)
    try journal.close()
    try site.copyLedger()
    journal = try await site.open()
    try await site.sell(9, at: journal)
    try await site.settle(journal)
    try journal.close()
    try site.restoreLedger()
    journal = try await site.open()
    try await site.sell(2, at: journal)
    try await site.settle(journal)
    let backup = try site.fixture.image(of: site.books)
    try await site.sell(3, at: journal)
    try await site.settle(journal)
    try site.forget(since: backup)
    try await site.sell(1, at: journal)
    try await site.settle(journal)
    #expect(try await site.settledFen() == 1_700)
    try await site.expectClean(journal)
  }

  @Test("a centre that forgot a whole branch is handed the epoch again, and posts nothing twice")
  func branchWhole() async throws {
    let site = try await LedgerSite()
    var journal = try await site.open()
    try await site.sell(2, at: journal)
    try await site.settle(journal)
    try journal.close()
    try site.copyLedger()
    journal = try await site.open()
    try await site.sell(3, at: journal)
    try await site.settle(journal)
    try journal.close()
    let backup = try site.fixture.image(of: site.books)
    try site.restoreLedger()
    journal = try await site.open()
    try await site.sell(6, at: journal)
    try await site.settle(journal)
    try site.forget(since: backup)
    try await site.sell(1, at: journal)
    try await site.settle(journal)
    #expect(try await site.settledFen() == 1_200)
    try await site.expectClean(journal)
  }

  @Test("a centre that forgot that a granted epoch was opened opens it again by its token")
  func epoch() async throws {
    let site = try await LedgerSite()
    var journal = try await site.open()
    try await site.sell(3, at: journal)
    try await site.settle(journal)
    try journal.close()
    try site.loseLedger()
    let grant = try await site.books.grantEpoch(to: site.terminal)
    let token = try #require(Hexadecimal.bytes(grant.token).flatMap { Digest32($0) })
    try Journal.begin(GrantedEpoch(epoch: Epoch(grant.epoch), token: token), site.configuration)
    let backup = try site.fixture.image(of: site.books)
    journal = try await site.open()
    try await site.sell(4, at: journal)
    try await site.settle(journal)
    try site.forget(since: backup)
    try await site.sell(1, at: journal)
    try await site.settle(journal)
    #expect(try await site.settledFen() == 800)
    try await site.expectClean(journal)
  }
}

/// One terminal and its centre in one folder. The diner has ¥100.00; a sale takes ¥1.00.
final class LedgerSite {
  let fixture: SettlementFixture
  var books: Books
  let terminal = TerminalID(3)
  /// What the terminal's key files hold.
  var key = SigningKey()
  var nextKey: SigningKey?
  private var lane = LaneID(1)

  static let card = Credential(kind: .cardSerial, value: [4, 1, 2, 3, 4, 5, 6])
  let unknownCard = SaleRequest(
    lane: LaneID(1), medium: .card, credential: Credential(kind: .cardSerial, value: [9, 9, 9, 9]),
    price: .keyed(Fen(100)))

  init() async throws {
    fixture = try SettlementFixture()
    books = try fixture.open()
    let accounts = """
      account,name,unit,status,subsidy,personal,cards
      1,王小明,机关,active,100.00,0.00,04010203040506
      """
    _ = try await books.importAccounts(Array(accounts.utf8))
    _ = try await books.signRulebook(Array(Self.rulebook.utf8))
    try await books.add(
      TerminalEntry(
        number: 3, name: "一号窗口", publicKey: Hexadecimal.text(key.publicKey.rawBytes),
        pullURL: nil))
  }

  private static let rulebook = """
    {"version": 1, "legalBasis": "测试〔2026〕1号", "utcOffsetMinutes": 480, "spendOrder":
    ["subsidy", "personal"], "singleLimit": "100.00", "salesPerMeal": 1000,
    "repeatGuardSeconds": 0, "mealPeriods": [{"number": 2, "name": "午餐", "start": "00:00",
    "end": "23:59", "price": "1.00"}],
    "offline": {"home": "100.00", "alone": "100.00", "approvals": 100, "serialTrust": "medium"}}
    """

  var path: String { fixture.folder.appending(path: "ledger.sqlite").path }

  var configuration: Journal.Configuration {
    Journal.Configuration(
      path: path, terminal: terminal, key: key, nextKey: nextKey, bootID: "boot",
      clockFloorMilliseconds: 0,
      readClock: {
        ClockReading(wallMilliseconds: SettlementFixture.noon, bootMilliseconds: 1_000_000)
      })
  }

  func open() async throws -> Journal {
    let journal = try Journal(configuration)
    try await feed(journal)
    return journal
  }

  func sell(_ count: Int, at journal: Journal) async throws {
    for _ in 0..<count {
      let outcome = try await journal.authorise(request)
      guard case .approved = outcome.verdict else {
        Issue.record("not approved: \(outcome)")
        return
      }
    }
  }

  /// Hands in until nothing waits, then fetches the feed.
  func settle(_ journal: Journal) async throws {
    try await handIn(journal)
    try await feed(journal)
  }

  /// Hands in until nothing waits.
  func handIn(_ journal: Journal) async throws {
    var tries = 0
    repeat {
      let batch = try await journal.nextBatch(limit: journal.nextBatchSize, challenge: .random())
      let answer = try await books.take(batch: batch.bytes, from: terminal)
      let ack = try fixture.ack(answer)
      tries += 1
      // As the session does: an ack of another branch is not believed.
      if try await journal.head(at: ack.position) == ack.head { try await journal.store(ack) }
    } while journal.hasBacklog && tries < 20
    #expect(!journal.hasBacklog)
  }

  func feed(_ journal: Journal) async throws {
    var hasMore = true
    while hasMore {
      let request = try FeedCodec.encode(
        journal.feedCursor, terminal: terminal, echoedNonce: journal.storedNonce,
        key: journal.key)
      let page = try await books.feedPage(asked: request, by: terminal).page
      try await journal.apply(page)
      hasMore = page.hasMore
    }
  }

  func available(at journal: Journal) async throws -> Int64 {
    let tooMuch = SaleRequest(
      lane: LaneID(1), medium: .card, credential: Self.card, price: .keyed(Fen(100_01)))
    return try await journal.authorise(tooMuch).diner?.available.subsidy.value ?? -1
  }

  func settledFen() async throws -> Int64 { try await books.report().totals.payableFen }

  func expectClean(_ journal: Journal) async throws {
    #expect(try await journal.verify().findings.isEmpty)
    let report = try await books.report()
    #expect(report.totals.suspenseFen == 0)
    #expect(report.totals.subsidyBalanceFen == 10_000 - report.totals.payableFen)
    try journal.close()
    try books.close()
  }

  /// Puts the books back to an image.
  func forget(since image: StoreLocation) throws {
    try books.close()
    books = try fixture.open(image)
  }

  func loseLedger() throws {
    for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
      try FileManager.default.removeItem(atPath: path + suffix)
    }
  }

  /// - Parameter name: Under which it lies beside the ledger.
  func copyLedger(as name: String = "image") throws {
    try FileManager.default.copyItem(atPath: path, toPath: path + "." + name)
  }

  /// The clock stands still here: what is sold afterwards is sold at another lane, or its records would
  /// be the same as those that are gone.
  func restoreLedger(from name: String = "image", atLane number: UInt16 = 2) throws {
    lane = LaneID(number)
    try loseLedger()
    try FileManager.default.moveItem(atPath: path + "." + name, toPath: path)
  }

  var request: SaleRequest {
    SaleRequest(lane: lane, medium: .card, credential: Self.card, price: .keyed(Fen(100)))
  }
}
