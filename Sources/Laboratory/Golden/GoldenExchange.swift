import CanteenModel
import Foundation
import Journal
import SQLStore
import SettlementStore
import SyncProtocol

/// Makes a ``GoldenFolder``: two terminals and their centre do everything once that leaves a trace.
package final class GoldenExchange {
  private struct Till {
    let journal: Journal
    let firstKey: SigningKey
    var id: TerminalID { journal.terminal }
  }

  /// The terminal whose ledger is kept. The other's needs the key that its last record names, which nobody has.
  private static let kept: UInt32 = 3
  private static let clerk = OperatorIdentity(userID: 1000, name: "liu")
  private static let accounts: ClosedRange<Int64> = 1...3
  private static let rulebook = """
    {"version": 1, "legalBasis": "实验〔2026〕1号", "utcOffsetMinutes": 480, "spendOrder":
    ["subsidy", "personal"], "singleLimit": "100.00", "salesPerMeal": 1000,
    "repeatGuardSeconds": 0, "mealPeriods": [{"number": 2, "name": "午餐", "start": "00:00",
    "end": "23:59", "price": "15.00"}],
    "market": {"categories": [1], "dailyCap": "50.00", "monthlyCap": "500.00"},
    "offline": {"home": "40.00", "alone": "25.00", "approvals": 100, "serialTrust": "medium"}}
    """
  private static let items = """
    code,name,category,price,ceiling
    101,红烧肉,0,8.00,
    5001,矿泉水,1,2.00,2.50
    """

  private let clock = SharedClock()
  private let centreKey = SigningKey()
  private let books: Books
  private let tills: [Till]
  private var folder: GoldenFolder

  /// - Parameter path: A folder that does not exist yet.
  package static func make(at path: String) async throws {
    let scratch = FileManager.default.temporaryDirectory.path + "/golden-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: scratch) }  // a leftover harms nobody
    let exchange = try await GoldenExchange(path: path, scratch: scratch)
    try await exchange.run()
  }

  private static func ledger(of terminal: UInt32, in folder: String) -> String {
    "\(folder)/terminal-\(terminal).sqlite"
  }

  private init(path: String, scratch: String) async throws {
    folder = try GoldenFolder(path: path)
    let clock = clock
    books = try Books(
      Books.Configuration(
        store: .file(path: path + "/books.sqlite"), key: centreKey,
        now: { clock.reading.wallMilliseconds }))
    var tills: [Till] = []
    for number in UInt32(3)...4 {
      let key = SigningKey()
      try await books.add(
        TerminalEntry(
          number: number, name: "\(number)号窗口",
          publicKey: Hexadecimal.text(key.publicKey.rawBytes), pullURL: nil, canteen: number))
      let journal = try Journal(
        Journal.Configuration(
          path: Self.ledger(of: number, in: number == Self.kept ? path : scratch),
          terminal: TerminalID(number), key: key,
          bootID: "boot", clockFloorMilliseconds: 0, readClock: { clock.reading }))
      tills.append(Till(journal: journal, firstKey: key))
    }
    self.tills = tills
  }

  private func run() async throws {
    _ = try await books.signRulebook(Array(Self.rulebook.utf8))
    _ = try await books.importItems(Array(Self.items.utf8))
    let rows = Self.accounts.map {
      "\($0),王小明,机关,active,60.00,40.00,\(Hexadecimal.text(LabFeed.card($0).value))"
    }
    let file = ["account,name,unit,status,subsidy,personal,cards"] + rows
    _ = try await books.importAccounts(Array(file.joined(separator: "\n").utf8))
    let (seller, other) = (tills[0], tills[1])
    for till in tills {
      try await settle(till)
      try await feed(till)
    }
    let refundable = try await sellEverything(at: seller)
    try await settle(seller)
    try await feed(seller)
    try await refundElsewhere(refundable, at: other)
    try await rotate(other)
    try await close()
  }

  // MARK: - What leaves a trace

  /// - Returns: A sale that can still be given back.
  private func sellEverything(at till: Till) async throws -> JournalPosition {
    let keyed = try await sell(.keyed(Fen(1250)), to: 1, at: till)
    let meal = try await sell(.mealPeriod, to: 2, at: till)
    let items = try await sell(
      .items([
        ItemLine(code: ItemCode(101), quantity: 1), ItemLine(code: ItemCode(5001), quantity: 2),
      ]), to: 3, at: till)
    try await sellAboveTheCap(at: till)
    _ = try await till.journal.authorise(request(.keyed(Fen(100)), of: 99))
    for kind in [
      CorrectionRequest(kind: .void, original: meal, by: Self.clerk, note: "点错了"),
      CorrectionRequest(
        kind: .refund, original: items, amount: Fen(200), by: Self.clerk, note: ""),
    ] {
      guard case .corrected = try await till.journal.correct(kind) else {
        throw LaboratoryError.broken("a sale could not be corrected")
      }
    }
    _ = try await till.journal.closeDay(by: Self.clerk)
    return keyed
  }

  private func request(_ price: SalePrice, of account: Int64) -> SaleRequest {
    clock.advance()
    return SaleRequest(
      lane: LaneID(1), medium: .card, credential: LabFeed.card(account), price: price)
  }

  private func sell(
    _ price: SalePrice, to account: Int64, at till: Till
  ) async throws -> JournalPosition {
    let outcome = try await till.journal.authorise(request(price, of: account))
    guard outcome.approved != nil else { throw LaboratoryError.broken("declined: \(outcome)") }
    return outcome.position
  }

  private func sellAboveTheCap(at till: Till) async throws {
    let sale = request(.keyed(Fen(4500)), of: 2)
    guard case .asks(let asked) = try await till.journal.authoriseOrAsk(sale) else {
      throw LaboratoryError.broken("the centre is not asked above the cap")
    }
    let request = try folder.keep(
      .holdRequest, of: till.id, try HoldCodec.seal(asked, key: till.journal.key))
    let answer = try folder.keep(
      .hold, of: till.id, try await books.hold(asked: request, by: till.id).bytes)
    let outcome = try await till.journal.authorise(
      sale, asked: asked, answer: try HoldCodec.open(answer: answer, key: centreKey.publicKey))
    guard outcome.approved != nil else { throw LaboratoryError.broken("declined: \(outcome)") }
  }

  private func refundElsewhere(_ sale: JournalPosition, at till: Till) async throws {
    let asked = try await till.journal.askRefund(
      of: tills[0].id, epoch: sale.epoch, sequence: sale.sequence, amount: Fen(250))
    let request = try folder.keep(
      .refundRequest, of: till.id, try RefundHoldCodec.seal(asked, key: till.journal.key))
    let answer = try folder.keep(
      .refund, of: till.id, try await books.refundHold(asked: request, by: till.id))
    let outcome = try await till.journal.refund(
      asked: asked,
      answer: try RefundHoldCodec.open(answer: answer, key: centreKey.publicKey), by: Self.clerk,
      note: "退款")
    guard case .refunded = outcome else { throw LaboratoryError.broken("\(outcome)") }
  }

  private func rotate(_ till: Till) async throws {
    guard case .begun = try await till.journal.rotate(to: SigningKey(succeeding: till.firstKey))
    else { throw LaboratoryError.broken("the key was not rotated") }
    try await settle(till)
    _ = try await sell(.keyed(Fen(300)), to: 1, at: till)
    try await settle(till)
  }

  // MARK: - The wire

  private func settle(_ till: Till) async throws {
    repeat {
      try await till.journal.store(try await handIn(of: till))
    } while till.journal.hasBacklog
  }

  private func handIn(of till: Till) async throws -> AckFacts {
    clock.advance()
    let (batch, _) = try await till.journal.nextBatch(
      limit: WireLimit.recordsPerBatch, challenge: .random())
    let bytes = try folder.keep(.batch, of: till.id, batch)
    guard case .acknowledged(let receipt) = try await books.take(batch: bytes, from: till.id),
      receipt.flags.isEmpty
    else { throw LaboratoryError.broken("a batch was not taken clean") }
    let ack = try folder.keep(.ack, of: till.id, receipt.ack)
    return try AckCodec.open(ack, key: centreKey.publicKey)
  }

  private func feed(_ till: Till) async throws {
    var hasMore = true
    while hasMore {
      let page = try await page(for: till)
      try await till.journal.apply(page)
      hasMore = page.hasMore
    }
  }

  /// - Parameter nonce: Of the last ack, when the ledger has not stored it yet.
  private func page(for till: Till, echoing nonce: Digest32? = nil) async throws -> FeedPage {
    let request = try folder.keep(
      .feedRequest, of: till.id,
      try FeedCodec.encode(
        till.journal.feedCursor, terminal: till.id, echoedNonce: nonce ?? till.journal.storedNonce,
        key: till.journal.key))
    let page = try folder.keep(
      .feed, of: till.id, try await books.feedPage(asked: request, by: till.id).bytes)
    return try FeedCodec.open(page, key: centreKey.publicKey)
  }

  /// Leaves the first terminal with an ack and a page that it has not taken yet: the next release takes them.
  private func close() async throws {
    let till = tills[0]
    _ = try await sell(.keyed(Fen(200)), to: 1, at: till)
    let end = try await till.journal.standing().position
    let ack = try await handIn(of: till)
    guard ack.position == end else { throw LaboratoryError.broken("acked is \(ack.position)") }
    let page = try await page(for: till, echoing: ack.nonce)
    guard !page.hasMore else { throw LaboratoryError.broken("more than a page") }
    let rows = Self.accounts.map { account in
      GoldenFolder.Balance(
        account: account, card: Hexadecimal.text(LabFeed.card(account).value),
        fen: Self.balances[Int(account) - 1])
    }
    let report = try await books.report()
    for till in tills { try till.journal.close() }
    try books.close()
    try folder.write(
      GoldenFolder.Index(
        format: GoldenFolder.format,
        centreKey: Hexadecimal.text(centreKey.publicKey.rawBytes),
        terminals: tills.map {
          GoldenFolder.Terminal(
            number: $0.id.number, key: Hexadecimal.text($0.firstKey.publicKey.rawBytes))
        },
        messages: folder.messages,
        expected: GoldenFolder.Expected(
          totals: report.totals, balances: rows, position: end, head: ack.head.description)))
  }

  /// 100.00 each: less 12.50, 3.00 and 2.00, and 2.50 given back; less 45.00; less 12.00, and 2.00 given back.
  private static let balances: [Int64] = [8_500, 5_500, 9_000]
}
