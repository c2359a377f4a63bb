import CanteenModel
import Journal
import SQLStore
import SeededRandom
import SettlementStore
import SyncProtocol
import Synchronization

/// One random history of four terminals and their centre: real ledgers, real sessions, real books, and
/// nothing but bytes between them, which are lost, doubled and late.
///
/// After every step each account's available money at the terminal that acted is compared with the
/// reference; at the end everything is handed in, and all must agree with the centre.
///
/// The model keeps one order that the product keeps as well: a terminal asks for the feed only when no
/// batch of its own is under way whose ack it may still believe.
final class FeedHistory {
  static let terminalCount = 4
  static let accounts: [Int64] = Array(1...3)
  /// Accounts that terminals know before the centre does: their sales go to suspense.
  static let strangers: [Int64] = [4, 5]
  static let strangerBalance = PurseAmounts(subsidy: Fen(4_000), personal: Fen(4_000))

  let folder: String
  let mistake: FeedMistake?
  let centreKey = SigningKey()
  /// Milliseconds since noon; every step takes some.
  let clock: SharedClock
  var random: SplitMix64
  var books: Books
  var booksPath: String
  var reference = CentreReference()
  var terminals: [FeedTerminal] = []
  var network: [FeedTerminal.Batch] = []
  /// An image of the books, and what they held then.
  var backup: (path: String, reference: CentreReference)?
  var wasRestored = false
  var tally = FeedTally()
  /// What happened, newest last.
  private(set) var trace: [String] = []

  init(folder: String, seed: UInt64, number: Int, mistake: FeedMistake?) async throws {
    self.folder = folder
    self.mistake = mistake
    random = SplitMix64(seed: seed, number: number)
    let clock = SharedClock()
    self.clock = clock
    booksPath = folder + "/books.sqlite"
    books = try Self.open(booksPath, key: centreKey, clock)
    _ = try await books.signRulebook(Array(Self.rulebook.utf8))
    for account in Self.accounts { try await add(account) }
    for number in 1...UInt32(Self.terminalCount) {
      let key = SigningKey()
      try await books.add(
        TerminalEntry(
          number: number, name: "窗口", publicKey: Hexadecimal.text(key.publicKey.rawBytes),
          pullURL: nil))
      terminals.append(
        try FeedTerminal(
          Journal.Configuration(
            path: "\(folder)/terminal-\(number).sqlite", terminal: TerminalID(number), key: key,
            bootID: "boot", clockFloorMilliseconds: 0, readClock: { clock.reading })))
    }
  }

  static func open(_ path: String, key: SigningKey, _ clock: SharedClock) throws -> Books {
    try Books(
      Books.Configuration(
        store: .file(path: path), key: key, now: { clock.reading.wallMilliseconds }))
  }

  static let rulebook = """
    {"version": 1, "legalBasis": "实验〔2026〕1号", "utcOffsetMinutes": 480, "spendOrder":
    ["subsidy", "personal"], "singleLimit": "100.00", "salesPerMeal": 1000,
    "repeatGuardSeconds": 0, "mealPeriods": [{"number": 2, "name": "午餐", "start": "00:00",
    "end": "23:59", "price": "1.00"}],
    "offline": {"home": "1000.00", "alone": "1000.00", "approvals": 100, "serialTrust": "medium"}}
    """

  func note(_ what: String) {
    trace.append(what)
    if trace.count > 60 { trace.removeFirst() }
  }

  /// The centre learns of an account.
  func add(_ account: Int64) async throws {
    let opening = PurseAmounts(
      subsidy: Fen([0, 150, 3_000, 20_000][random.below(4)]),
      personal: Fen([0, 0, 700, 9_000][random.below(4)]))
    try await importFile(account, opening, name: "王小明")
    reference.open(account, with: opening)
    openings[account] = opening
  }

  private var openings: [Int64: PurseAmounts] = [:]

  /// Another name: a new version of the row, without a record.
  func rename(_ account: Int64) async throws {
    guard let opening = openings[account], reference.balances[account] != nil else { return }
    try await importFile(account, opening, name: ["王小明", "李雷"][random.below(2)])
    note("account \(account) is imported again")
  }

  private func importFile(
    _ account: Int64, _ opening: PurseAmounts, name: String
  ) async throws {
    let file = """
      account,name,unit,status,subsidy,personal,cards
      \(account),\(name),机关,active,\(opening.subsidy.plainYuan),\(opening.personal.plainYuan),\
      \(Hexadecimal.text(LabFeed.card(account).value))
      """
    _ = try await books.importAccounts(Array(file.utf8))
  }

  /// - Throws: ``LaboratoryError/broken(_:)`` when a terminal believes something else than it must.
  func run(steps: Int) async throws {
    // Most of them know somebody when it begins.
    for index in terminals.indices where random.chance(permille: 800) {
      try await askFeed(index)
      if let page = terminals[index].pages.popLast() { try await take(page, index) }
    }
    for step in 0..<steps {
      clock.advance()
      let touched = try await self.step()
      try await check(touched)
      if step % 25 == 24 { for index in terminals.indices { try await check(index) } }
    }
    try await heal()
  }

  /// Compares what a terminal believes with what it must.
  func check(_ index: Int) async throws {
    let terminal = terminals[index]
    for account in Self.accounts + Self.strangers {
      guard let row = terminal.rows[account] else { continue }
      let believed = try await terminal.believes(account)
      let expected = try row.available(after: terminal.sales, account)
      guard believed == expected else {
        throw LaboratoryError.broken(
          "terminal \(terminal.id) believes that account \(account) has "
            + "\(Self.text(believed)), it must be \(Self.text(expected))")
      }
      tally.checks += 1
      if row.isLow(after: terminal.sales, account) { tally.low += 1 }
    }
  }

  static func text(_ amounts: PurseAmounts?) -> String {
    amounts.map { "\($0.subsidy.value) + \($0.personal.value) fen" } ?? "nothing"
  }

  func close() throws {
    for terminal in terminals { try terminal.journal.close() }
    try books.close()
  }
}

/// The clock of a history. It moves only when told to.
final class SharedClock: Sendable {
  private let elapsed = Mutex<Int64>(0)

  /// 2026-11-23 12:00 in China, and what passed since.
  var reading: ClockReading {
    let elapsed = elapsed.withLock { $0 }
    return ClockReading(
      wallMilliseconds: 1_795_406_400_000 + elapsed, bootMilliseconds: 1_000_000 + elapsed)
  }

  func advance() { elapsed.withLock { $0 += 7 } }
}

/// What happened in histories of the feed model.
struct FeedTally: Sendable {
  var histories = 0
  var steps = 0
  var sales = 0
  var corrections = 0
  var checks = 0
  /// Checks in which an own sale was taken off twice for a while, because its ack was lost.
  var low = 0
  var batches = 0
  var batchesAgain = 0
  var acks = 0
  var acksRefused = 0
  var pages = 0
  var pagesLate = 0
  var epochs = 0
  var branches = 0
  var restoredCentres = 0
  var suspenseFen: Int64 = 0

  mutating func add(_ other: FeedTally) {
    for field: WritableKeyPath<FeedTally, Int> in [
      \.histories, \.steps, \.sales, \.corrections, \.checks, \.low, \.batches, \.batchesAgain,
      \.acks,
      \.acksRefused, \.pages, \.pagesLate, \.epochs, \.branches, \.restoredCentres,
    ] {
      self[keyPath: field] += other[keyPath: field]
    }
    suspenseFen += other.suspenseFen
  }
}
