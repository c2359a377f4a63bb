import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import StatementVerification
import SyncProtocol
import Synchronization
import Testing

@testable import SettlementStore

/// The last quarter of 2026 and the first of 2027, in two canteens: what can happen between a sale and its caterer.
///
/// Canteen 1 is run by caterer 1 until 14 November, by its unit (caterer 2) until 14 December, then by caterer 1 again;
/// canteen 2 by caterer 1. Terminal 4 stands in canteen 1, terminal 5 in canteen 2; terminal 3 moved from 1 to 2 on 1
/// December. Keys are the same in every run, so that statements are.
final class StatementYear: Sendable {
  static let quarter = Quarter(checked: "2026Q4")
  static let next = Quarter(checked: "2027Q1")
  static let people = TwoPeople(checked: "zhao", "qian")
  static let unknownAccount: Int64 = 99

  let folder: URL
  let key = SigningKey(seed: 1)
  let books: Books
  private let now: ClockBox
  private let tills = Mutex<[UInt32: Till]>([:])

  private struct Till {
    var terminal: TestTerminal
    var handedIn = 0
  }

  init() async throws {
    folder = FileManager.default.temporaryDirectory.appending(
      path: "canteen-year-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let now = ClockBox()
    self.now = now
    books = try Books(
      Books.Configuration(
        store: try StoreKind.current.make(in: folder), key: key, now: { now.milliseconds }))
    _ = try await books.importAccounts(Array(SettlementFixture.accounts.utf8))
    for (number, canteen) in [(UInt32(3), UInt32(2)), (4, 1), (5, 2)] {
      let terminal = TestTerminal(number, key: SigningKey(seed: UInt8(number)))
      tills.withLock { $0[number] = Till(terminal: terminal) }
      try await books.add(
        TerminalEntry(
          number: number, name: "\(number)号",
          publicKey: Hexadecimal.text(terminal.key.publicKey.rawBytes), pullURL: nil,
          canteen: canteen))
    }
    try await books.write { db in try db.script(Self.registry) }
    try await set(
      policy: ProgrammePolicy(
        version: 1, legalBasis: "测试〔2026〕1号", effectiveFromDay: 0, evaluation: .deductionTable))
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)  // a leftover folder harms no test
  }

  private static let registry = """
    INSERT INTO region (number, name, level, parent) VALUES (1, '市', 'city', NULL);
    INSERT INTO unit (number, name, region, bank_account) VALUES (1, '机关', 1, NULL), (2, '医院', 1, NULL);
    INSERT INTO caterer (number, name, bank_account)
      VALUES (1, '好味, 餐饮', '6222000000000001'), (2, '机关', '6222000000000002');
    INSERT INTO canteen (number, name, unit, place, contact, phone)
      VALUES (1, '一食堂', 1, '', '', ''), (2, '二食堂', 2, '', '', '');
    INSERT INTO canteen_term (canteen, from_day, mode, caterer, contract) VALUES
      (1, 0, 'contracted', 1, '甲'), (1, \(day("2026-11-15")), 'selfRun', 2, ''),
      (1, \(day("2026-12-15")), 'contracted', 1, '乙'), (2, 0, 'contracted', 1, '丙');
    INSERT INTO terminal_place (terminal, from_ms, canteen) VALUES
      (3, \(time("2026-09-01")), 1), (3, \(time("2026-12-01")), 2);
    """

  func set(policy: ProgrammePolicy) async throws {
    let document = String(decoding: try JSONEncoder().encode(policy), as: UTF8.self)
    _ = try await books.write { db in
      try db.execute(
        """
        INSERT INTO policy (version, effective_from_day, document, proposed_by, approved_by, approved_ms)
        VALUES (?, ?, ?, 'zhao', 'qian', 0)
        """, [policy.version, policy.effectiveFromDay, document])
    }
  }

  static func day(_ text: String) -> Int32 { CivilDate(text)?.day ?? 0 }

  /// Noon of a local day in China.
  static func time(_ date: String) -> Int64 { Int64(day(date)) * 86_400_000 + 4 * 3_600_000 }

  func pass(to date: String) { now.set(Self.time(date)) }

  /// A sale; its id names it in corrections.
  @discardableResult
  func sell(
    _ fen: Int64, personal: Int64 = 0, on date: String, at till: UInt32, account: Int64 = 1
  ) throws -> Sold {
    try append(
      .sale(try TestTerminal.sale(account, subsidy: fen, personal: personal)), date, till)
  }

  /// A sale as its correction names it.
  struct Sold {
    let terminal: UInt32
    let sequence: UInt64
    let id: Digest32
  }

  @discardableResult
  func giveBack(_ fen: Int64, of sale: Sold, on date: String, at till: UInt32) throws -> Sold {
    let hold = HoldID(Digest32(sha256: [UInt8(till)] + sale.id.bytes))
    return try append(
      .correction(
        try CorrectionRecord(
          kind: .refund,
          original: JournalPosition(
            epoch: Epoch(1), sequence: SequenceNumber(sale.sequence)), originalID: sale.id,
          account: AccountID(1),
          returns: [Spend(purse: .subsidy, tranche: .none, amount: Fen(fen))],
          slot: MealKey(day: 20_780, period: 0),
          uncounted: SaleCounts(
            meals: 0, guests: 0, amount: Fen(fen), alone: 0, aloneAmount: .zero,
            marketAmount: .zero), by: OperatorIdentity(userID: 0, name: "root"), note: "",
          elsewhere: till == sale.terminal
            ? nil : SoldElsewhere(terminal: TerminalID(sale.terminal), hold: hold))), date, till)
  }

  private func append(_ body: JournalRecord.Body, _ date: String, _ till: UInt32) throws -> Sold {
    let record = JournalRecord(
      time: RecordTime(
        wallMilliseconds: Self.time(date), bootMilliseconds: 1, isTrusted: true), body: body)
    let bytes = try RecordCodec.encode(record)
    return try tills.withLock { tills in
      guard var entry = tills[till] else { throw Missing() }
      entry.terminal.append(bytes)
      tills[till] = entry
      return Sold(
        terminal: till, sequence: UInt64(entry.terminal.records.count),
        id: entry.terminal.heads.last ?? .zero)
    }
  }

  struct Missing: Error {}

  /// The terminals hand in what they have not yet.
  func handIn(_ numbers: UInt32...) async throws {
    for number in numbers {
      let (batch, count) = try tills.withLock { tills in
        guard let till = tills[number] else { throw Missing() }
        return (
          try till.terminal.batch(
            after: till.handedIn,
            challenge: Digest32(sha256: [UInt8(number), UInt8(till.handedIn)])
          ), till.terminal.records.count
        )
      }
      _ = try await books.take(batch: batch, from: TerminalID(number))
      tills.withLock { $0[number]?.handedIn = count }
    }
  }

  /// A terminal as it is now, with all that it knows: its copy goes on alone.
  func copy(of number: UInt32) throws -> TestTerminal {
    try tills.withLock { tills in
      guard let till = tills[number] else { throw Missing() }
      return till.terminal
    }
  }

  /// The quarter until its close, and one sale that stays at its terminal.
  func eat() async throws {
    let first = try sell(2_000, personal: 130, on: "2026-10-10", at: 4)
    try sell(500, on: "2026-10-11", at: 4, account: Self.unknownAccount)
    try sell(3_000, on: "2026-11-20", at: 4)
    let last = try sell(5_130, on: "2026-12-20", at: 4)
    try giveBack(1_000, of: first, on: "2026-12-21", at: 4)
    try giveBack(5_000, of: first, on: "2026-12-22", at: 4)  // more than is left: no effect
    let moved = try sell(700, on: "2026-11-01", at: 3)
    try sell(900, on: "2026-12-05", at: 3)
    try giveBack(200, of: moved, on: "2026-12-06", at: 3)
    try sell(1_100, on: "2026-10-12", at: 5)
    try await handIn(4)
    try giveBack(1_000, of: last, on: "2026-12-23", at: 5)
    // The next quarter's, though it comes in before the close.
    try sell(800, on: "2027-01-02", at: 5)
    try await handIn(3, 5)
    try sell(660, on: "2026-12-31", at: 4)  // comes in late
    pass(to: "2027-01-05")
    try await evaluate(
      Self.quarter, "1,,2026-10-15,冷菜,1.00", "2,,,,")
  }

  func evaluate(_ quarter: Quarter, _ rows: String...) async throws {
    let file = "canteen,paid,day,reason,amount\n" + rows.joined(separator: "\n") + "\n"
    _ = try await books.importEvaluation(
      Array(file.utf8), of: quarter, by: TwoPeople(checked: "sun", "li"))
  }

  /// What comes in later, until the next quarter is closed.
  func comeLate() async throws {
    try await handIn(4)
    pass(to: "2027-04-05")
    try await evaluate(Self.next, "1,,,,", "2,,,,")
    _ = try await books.close(Self.next, by: Self.people)
  }

  /// Drafts a quarter, and approves what can be.
  @discardableResult
  func settle(_ quarter: Quarter) async throws -> [StatementSummary] {
    let drafts = try await books.draftStatements(of: quarter)
    for draft in drafts { try await approve(draft) }
    return drafts
  }

  @discardableResult
  func approve(_ draft: StatementSummary) async throws -> StatementSummary {
    let digest = try #require(draft.digest.flatMap { Hexadecimal.bytes($0) })
    return try await books.approveStatement(
      of: draft.quarter, canteen: draft.canteen, digest: try #require(Digest32(digest)),
      by: Self.people)
  }

  /// Both quarters, closed, approved and exported.
  func wholeYear() async throws {
    try await eat()
    _ = try await books.close(Self.quarter, by: Self.people)
    try await settle(Self.quarter)
    try await comeLate()
    try await settle(Self.next)
  }

  /// Every batch, as the books hand them out.
  func batches() async throws -> [[UInt8]] {
    var batches: [[UInt8]] = []
    for number in UInt32(3)...5 {
      var last: Int64 = 0
      while true {
        let page = try await books.exportBatches(of: TerminalID(number), after: last, limit: 2)
        guard !page.file.isEmpty else { break }
        batches += try BatchFile.batches(in: Array(page.file))
        last = page.last
      }
    }
    return batches
  }

  @discardableResult
  func verify(_ quarter: Quarter, _ canteen: UInt32) async throws -> StatementDocument {
    try StatementVerifier.verify(
      try await books.statementFile(of: quarter, canteen: canteen), batches: try await batches(),
      key: key.publicKey)
  }

  func document(_ quarter: Quarter, _ canteen: UInt32) async throws -> StatementDocument {
    try StatementCodec.decode(
      try await books.statementDocument(of: quarter, canteen: canteen))
  }

  /// What the ledger owes to somebody.
  func owed(_ account: String) async throws -> Int64 {
    try await books.read { db in
      try db.value("SELECT SUM(fen) FROM leg WHERE ledger_account LIKE ?", [account]) ?? 0
    }
  }
}

/// Unix time in milliseconds, as somebody set it.
private final class ClockBox: Sendable {
  private let clock = Mutex<Int64>(StatementYear.time("2026-10-01"))

  var milliseconds: Int64 { clock.withLock { $0 } }

  func set(_ milliseconds: Int64) { clock.withLock { $0 = milliseconds } }
}

extension SigningKey {
  /// The same in every run.
  init(seed: UInt8) {
    do {
      try self.init(rawBytes: [UInt8](repeating: seed, count: 32))
    } catch {
      preconditionFailure("32 bytes are a seed")
    }
  }
}

extension Quarter {
  init(checked text: String) {
    guard let quarter = Quarter(text) else { preconditionFailure("a quarter of the test") }
    self = quarter
  }
}

extension TwoPeople {
  init(checked proposer: String, _ approver: String) {
    guard let people = TwoPeople(proposer: proposer, approver: approver) else {
      preconditionFailure("two people of the test")
    }
    self = people
  }
}
