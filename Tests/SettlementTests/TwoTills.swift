import CanteenModel
import Foundation
import GRDB
import SeededRandom
import SyncProtocol

@testable import Journal
@testable import SettlementStore

/// Two tills of one canteen and their centre, and one diner with ¥60.00 who presses them hard. What is
/// said gets lost, comes twice or late; tills crash.
final class TwoTills {
  /// A presentation that waits for the centre.
  struct Asking {
    let sale: SaleRequest
    let asked: HoldRequest
    /// What came back so far.
    var answer: HoldAnswer?
  }

  struct Till {
    let id: TerminalID
    let key: SigningKey
    let path: String
    var journal: Journal
    var asking: [Asking] = []
    /// Requests that nobody waits for any more and that may still reach the centre.
    var strays: [HoldRequest] = []
    /// What was approved, in fen, and of it by this till alone.
    var approved: Int64 = 0
    var alone: Int64 = 0
  }

  static let balance: Int64 = 6_000
  /// What each till may approve alone.
  let cap: Int64
  private static let card = Credential(kind: .cardSerial, value: [4, 1, 2, 3, 4, 5, 6])

  let fixture: SettlementFixture
  let books: Books
  var tills: [Till] = []
  private var random: SplitMix64

  /// - Parameter isAnonymous: Whether the diner has leases only, of ¥20.00.
  init(seed: UInt64, isAnonymous: Bool) async throws {
    random = SplitMix64(seed: seed)
    cap = isAnonymous ? 0 : 2_500
    fixture = try SettlementFixture()
    books = try fixture.open()
    let accounts = """
      account,name,unit,status,subsidy,personal,cards
      1,王小明,机关,active,40.00,20.00,04010203040506
      """
    _ = try await books.importAccounts(Array(accounts.utf8))
    _ = try await books.signRulebook(Array(Self.rulebook(isAnonymous: isAnonymous).utf8))
    for number in UInt32(3)...4 {
      let key = SigningKey()
      try await books.add(
        TerminalEntry(
          number: number, name: "\(number)号", publicKey: Hexadecimal.text(key.publicKey.rawBytes),
          pullURL: nil, canteen: 1))
      let path = fixture.folder.appending(path: "till-\(number).sqlite").path
      let id = TerminalID(number)
      tills.append(
        Till(id: id, key: key, path: path, journal: try Self.open(id, key, path)))
    }
    for index in tills.indices { try await feed(index) }
  }

  private static func rulebook(isAnonymous: Bool) -> String {
    """
    {"version": 1, "legalBasis": "测试〔2026〕1号", "utcOffsetMinutes": 480, "spendOrder":
    ["subsidy", "personal"], "singleLimit": "100.00", "salesPerMeal": 1000,
    "repeatGuardSeconds": 0, "mealPeriods": [{"number": 2, "name": "午餐", "start": "00:00",
    "end": "23:59", "price": "1.00"}],
    "offline": {"home": "25.00", "alone": "25.00", "approvals": 100, "lease": "20.00",
    "serialTrust": "\(isAnonymous ? "anonymous" : "medium")"}}
    """
  }

  private static func open(_ id: TerminalID, _ key: SigningKey, _ path: String) throws -> Journal {
    try Journal(
      Journal.Configuration(
        path: path, terminal: id, key: key, bootID: "boot", clockFloorMilliseconds: 0,
        readClock: {
          ClockReading(wallMilliseconds: SettlementFixture.noon, bootMilliseconds: 1_000_000)
        }))
  }

  /// One thing that may happen.
  func step() async throws {
    let till = Int.random(in: 0..<2, using: &random)
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<6: try await present(till)
    case 6..<11: try await deliver(till)
    case 11..<15: try await decide(till)
    case 15: try await deliverStray(till)
    case 16: try await settle(till, loses: Bool.random(using: &random))
    case 17: try await feed(till)
    case 18: try await tills[till].journal.releaseHolds()
    default: try crash(till)
    }
  }

  /// The diner taps: something between ¥5.00 and ¥45.00, sometimes while the link is believed down.
  private func present(_ till: Int) async throws {
    let fen = Int64.random(in: 5...45, using: &random) * 100
    let sale = SaleRequest(
      lane: LaneID(1), medium: .card, credential: Self.card, price: .keyed(Fen(fen)))
    guard Int.random(in: 0..<5, using: &random) > 0 else {
      return count(try await tills[till].journal.authorise(sale), till)
    }
    switch try await tills[till].journal.authoriseOrAsk(sale) {
    case .decided(let outcome): count(outcome, till)
    case .asks(let asked): tills[till].asking.append(Asking(sale: sale, asked: asked))
    case .asksPeers: preconditionFailure("nobody said that other terminals can be asked")
    }
  }

  /// A request reaches the centre, perhaps twice; the answer may get lost.
  private func deliver(_ till: Int) async throws {
    guard let index = tills[till].asking.indices.randomElement(using: &random) else { return }
    let asked = tills[till].asking[index].asked
    var answer = try await ask(asked, till)
    if Bool.random(using: &random) { answer = try await ask(asked, till) }
    guard Int.random(in: 0..<4, using: &random) > 0, answer.answers(asked) else { return }
    tills[till].asking[index].answer = answer
  }

  /// The till's patience ends: it decides with the answer that it has, or with none.
  private func decide(_ till: Int) async throws {
    guard let index = tills[till].asking.indices.randomElement(using: &random) else { return }
    let asking = tills[till].asking.remove(at: index)
    let outcome = try await tills[till].journal.authorise(
      asking.sale, asked: asking.asked, answer: asking.answer)
    count(outcome, till)
    tills[till].strays.append(asking.asked)
  }

  private func deliverStray(_ till: Int) async throws {
    guard let index = tills[till].strays.indices.randomElement(using: &random) else { return }
    _ = try await ask(tills[till].strays[index], till)
  }

  private func ask(_ request: HoldRequest, _ till: Int) async throws -> HoldAnswer {
    let bytes = try HoldCodec.seal(request, key: tills[till].key)
    let answer = try await books.hold(asked: bytes, by: tills[till].id)
    return try HoldCodec.open(answer: answer.bytes, key: books.publicKey)
  }

  private func crash(_ till: Int) throws {
    try tills[till].journal.connection.close()
    tills[till].strays += tills[till].asking.map(\.asked)
    tills[till].asking = []
    tills[till].journal = try Self.open(tills[till].id, tills[till].key, tills[till].path)
  }

  private func count(_ outcome: SaleOutcome, _ till: Int) {
    guard case .approved(let sale) = outcome.verdict else { return }
    tills[till].approved += sale.total.value
    if sale.place == .alone { tills[till].alone += sale.total.value }
  }

  /// - Parameter loses: Whether the ack gets lost.
  private func settle(_ till: Int, loses: Bool = false) async throws {
    let journal = tills[till].journal
    let batch = try await journal.nextBatch(limit: journal.nextBatchSize, challenge: .random())
    let ack = try fixture.ack(try await books.take(batch: batch.bytes, from: tills[till].id))
    if !loses { try await journal.store(ack) }
  }

  private func feed(_ till: Int) async throws {
    let journal = tills[till].journal
    var hasMore = true
    while hasMore {
      let request = try FeedCodec.encode(
        journal.feedCursor, terminal: tills[till].id, echoedNonce: journal.storedNonce,
        key: tills[till].key)
      let page = try await books.feedPage(asked: request, by: tills[till].id).page
      try await journal.apply(page)
      hasMore = page.hasMore
    }
  }

  /// Everybody is served, everything comes in, every lease is given back.
  func end() async throws {
    for till in tills.indices {
      while !tills[till].asking.isEmpty { try await decide(till) }
      try await tills[till].journal.releaseHolds()
      for _ in 0..<3 { try await settle(till) }
      for stray in tills[till].strays { _ = try await ask(stray, till) }
    }
  }

  /// What is wrong at the end, in words; empty when all is well.
  func findings() async throws -> [String] {
    var findings: [String] = []
    let alone = tills.reduce(0) { $0 + $1.alone }
    let online = tills.reduce(0) { $0 + $1.approved } - alone
    if online > Self.balance { findings.append("\(online) fen online, \(Self.balance) are there") }
    for till in tills where till.alone > cap {
      findings.append("till \(till.id) approved \(till.alone) fen alone")
    }
    for till in tills {
      findings += try await till.journal.verify().findings
      if till.journal.hasBacklog { findings.append("till \(till.id) has records left") }
    }
    let open = try await books.openHolds()
    if !open.isEmpty { findings.append("\(open.count) holds are open for nobody") }
    if try await !books.check().isGood { findings.append("the books contradict themselves") }
    let report = try await books.report()
    if report.totals.payableFen != online + alone {
      findings.append("\(report.totals.payableFen) fen posted, \(online + alone) approved")
    }
    if report.terminals.contains(where: { !$0.flags.isEmpty }) { findings.append("flags") }
    return findings
  }

  func close() throws {
    for till in tills { try till.journal.close() }
    try books.close()
  }
}
