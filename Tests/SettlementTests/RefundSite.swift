import CanteenModel
import Foundation
import GRDB
import SeededRandom
import SyncProtocol

@testable import Journal
@testable import SettlementStore

/// A till that sells, two others at which its diners complain, and their centre. What is said gets lost,
/// comes twice or late; tills crash; the seller gives back too, without asking anybody.
final class RefundSite {
  /// A refund that waits for the centre.
  struct Asking {
    let asked: RefundHoldRequest
    var answer: RefundHoldAnswer?
  }

  struct Till {
    let id: TerminalID
    let key: SigningKey
    let path: String
    var journal: Journal
    var asking: [Asking] = []
    /// Requests that nobody waits for any more and that may still reach the centre.
    var strays: [RefundHoldRequest] = []
    /// What operators were told went back.
    var refunded: Int64 = 0
  }

  struct Sale {
    let position: JournalPosition
    let total: Fen
  }

  static let opening: Int64 = 1_000_000
  private static let clerk = OperatorIdentity(userID: 1000, name: "liu")
  private static let card = Credential(kind: .cardSerial, value: [4, 1, 2, 3, 4, 5, 6])

  let fixture: SettlementFixture
  let books: Books
  /// The first one sells.
  var tills: [Till] = []
  private var sales: [Sale] = []
  private var random: SplitMix64

  init(seed: UInt64) async throws {
    random = SplitMix64(seed: seed)
    fixture = try SettlementFixture()
    books = try fixture.open()
    let accounts = """
      account,name,unit,status,subsidy,personal,cards
      1,王小明,机关,active,30.00,9970.00,04010203040506
      """
    _ = try await books.importAccounts(Array(accounts.utf8))
    _ = try await books.signRulebook(Array(Self.rulebook.utf8))
    for number in UInt32(3)...5 {
      let key = SigningKey()
      try await books.add(
        TerminalEntry(
          number: number, name: "\(number)号", publicKey: Hexadecimal.text(key.publicKey.rawBytes),
          pullURL: nil, canteen: number))
      let path = fixture.folder.appending(path: "till-\(number).sqlite").path
      let id = TerminalID(number)
      tills.append(Till(id: id, key: key, path: path, journal: try Self.open(id, key, path)))
    }
    for index in tills.indices { try await feed(index) }
  }

  private static let rulebook = """
    {"version": 1, "legalBasis": "测试〔2026〕1号", "utcOffsetMinutes": 480, "spendOrder":
    ["subsidy", "personal"], "singleLimit": "100.00", "salesPerMeal": 1000,
    "repeatGuardSeconds": 0, "mealPeriods": [{"number": 2, "name": "午餐", "start": "00:00",
    "end": "23:59", "price": "1.00"}],
    "offline": {"home": "10000.00", "alone": "10000.00", "approvals": 100,
    "serialTrust": "medium"}}
    """

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
    let till = Int.random(in: 1...2, using: &random)
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<3: try await sell()
    case 3..<5: try await giveBackAtSeller()
    case 5..<9: try await ask(till)
    case 9..<13: try await deliver(till)
    case 13..<16: try await decide(till)
    case 16: try await deliverStray(till)
    case 17, 18:
      let any = Int.random(in: 0...2, using: &random)
      try await settle(any, loses: Bool.random(using: &random))
    default: try crash(Int.random(in: 0...2, using: &random))
    }
  }

  private func sell() async throws {
    let fen = Int64.random(in: 1...20, using: &random) * 100
    let outcome = try await tills[0].journal.authorise(
      SaleRequest(lane: LaneID(1), medium: .card, credential: Self.card, price: .keyed(Fen(fen))))
    guard case .approved(let sale) = outcome.verdict else { return }
    sales.append(Sale(position: outcome.position, total: sale.total))
  }

  /// One of the newest sales, so that many hands reach for the same.
  private func anySale() -> Sale? { sales.suffix(3).randomElement(using: &random) }

  /// A part of it, or all that is left.
  private func anyPart(of sale: Sale) -> Fen? {
    guard Bool.random(using: &random) else { return nil }
    return Fen(Int64.random(in: 1...sale.total.value, using: &random))
  }

  private func giveBackAtSeller() async throws {
    guard let sale = anySale() else { return }
    _ = try await tills[0].journal.correct(
      CorrectionRequest(
        kind: .refund, original: sale.position, amount: anyPart(of: sale), by: Self.clerk,
        note: ""))
  }

  private func ask(_ till: Int) async throws {
    guard let sale = anySale() else { return }
    let asked = try await tills[till].journal.askRefund(
      of: tills[0].id, epoch: Bool.random(using: &random) ? sale.position.epoch : nil,
      sequence: sale.position.sequence, amount: anyPart(of: sale))
    tills[till].asking.append(Asking(asked: asked))
  }

  /// A request reaches the centre, perhaps twice; the answer may get lost.
  private func deliver(_ till: Int) async throws {
    guard let index = tills[till].asking.indices.randomElement(using: &random) else { return }
    let asked = tills[till].asking[index].asked
    var answer = try await answer(to: asked, till)
    if Bool.random(using: &random) { answer = try await self.answer(to: asked, till) }
    guard Int.random(in: 0..<4, using: &random) > 0, answer.answers(asked) else { return }
    tills[till].asking[index].answer = answer
  }

  /// The operator's patience ends: the till writes what it knows.
  private func decide(_ till: Int) async throws {
    guard let index = tills[till].asking.indices.randomElement(using: &random) else { return }
    let asking = tills[till].asking.remove(at: index)
    let outcome = try await tills[till].journal.refund(
      asked: asking.asked, answer: asking.answer, by: Self.clerk, note: "")
    if case .refunded(let record, _) = outcome { tills[till].refunded += record.total.value }
    tills[till].strays.append(asking.asked)
  }

  private func deliverStray(_ till: Int) async throws {
    guard let stray = tills[till].strays.randomElement(using: &random) else { return }
    _ = try await answer(to: stray, till)
  }

  private func answer(
    to request: RefundHoldRequest, _ till: Int
  ) async throws -> RefundHoldAnswer {
    let bytes = try await books.refundHold(
      asked: try RefundHoldCodec.seal(request, key: tills[till].key), by: tills[till].id)
    return try RefundHoldCodec.open(answer: bytes, key: books.publicKey)
  }

  private func crash(_ till: Int) throws {
    try tills[till].journal.connection.close()
    tills[till].strays += tills[till].asking.map(\.asked)
    tills[till].asking = []
    tills[till].journal = try Self.open(tills[till].id, tills[till].key, tills[till].path)
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

  /// Every refund is decided, and everything comes in.
  func end() async throws {
    for till in tills.indices {
      while !tills[till].asking.isEmpty { try await decide(till) }
    }
    for _ in 0..<3 {
      for till in tills.indices { try await settle(till) }
    }
    for till in tills.indices {
      for stray in tills[till].strays { _ = try await answer(to: stray, till) }
      try await feed(till)
    }
  }

  /// What the tills that did not sell gave back, in fen.
  var refunded: Int64 { tills.reduce(0) { $0 + $1.refunded } }

  /// What is wrong at the end, in words; empty when all is well.
  func findings() async throws -> [String] {
    var findings: [String] = []
    for till in tills {
      findings += try await till.journal.verify().findings
      if till.journal.hasBacklog { findings.append("till \(till.id) has records left") }
    }
    let open = try await books.openHolds()
    if !open.isEmpty { findings.append("\(open.count) holds are open for nobody") }
    if try await !books.check().isGood { findings.append("more went back than was sold") }
    let report = try await books.report()
    // What an operator was told with the centre's word is in the books, all of it.
    for line in report.terminals.dropFirst() where line.suspenseRecords > 0 {
      findings.append("terminal \(line.terminal) gave back what the books did not let it")
    }
    let sold = sales.reduce(0) { $0 + $1.total.value }
    let backAtSeller = try await booked(by: tills[0].id)
    let backElsewhere = try await booked(by: tills[1].id) + booked(by: tills[2].id)
    if backElsewhere != refunded {
      findings.append("\(refunded) fen given back elsewhere, \(backElsewhere) booked")
    }
    if report.totals.payableFen != sold - backAtSeller - backElsewhere {
      findings.append("\(report.totals.payableFen) fen owed, \(sold) sold")
    }
    if report.totals.subsidyBalanceFen + report.totals.personalBalanceFen
      != Self.opening - report.totals.payableFen
    {
      findings.append("the diner's balance is not what was sold and went back")
    }
    if report.terminals.contains(where: { !$0.flags.isEmpty }) { findings.append("flags") }
    return findings
  }

  /// What corrections of a terminal gave back.
  private func booked(by terminal: TerminalID) async throws -> Int64 {
    try await books.records(of: terminal, limit: 1000).reduce(0) { sum, line in
      line.kind == "correction" && line.standing == "posted"
        ? sum - line.subsidyFen - line.personalFen : sum
    }
  }

  func close() throws {
    for till in tills { try till.journal.close() }
    try books.close()
  }
}
