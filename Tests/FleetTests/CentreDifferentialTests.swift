import CanteenModel
import Foundation
import SQLStore
import SeededRandom
import SyncProtocol
import Synchronization
import TerminalCore
import Testing

@testable import FleetSimulation
@testable import SettlementStore

/// The simulated centre is not a second opinion either: the books must acknowledge the same batches with the same
/// bytes, set the same amounts aside and feed the same rows.
@Suite("The simulated centre and the books")
struct CentreDifferentialTests {
  @Test(
    "the same batches, holds and requests give the same acks, amounts, rows and sums",
    arguments: 1...4 as ClosedRange<UInt64>)
  func sameBooks(seed: UInt64) async throws {
    let site = try await Self.run(seed: seed)
    #expect(site.approved > 40)
    #expect(site.granted > 0)
    #expect(site.forks > 0)
    #expect(site.rotated > 0)
  }

  #if SEEDED_BUGS
    @Test(
      "a simulated centre that does otherwise is found out",
      arguments: [
        SeededFleetBug.includesFromAck, .forkPostedAgain,
      ])
    func seededBugs(bug: SeededFleetBug) async throws {
      await withKnownIssue {
        try await SeededFleetBug.$planted.withValue(bug) {
          for seed in 1...2 as ClosedRange<UInt64> { _ = try await Self.run(seed: seed) }
        }
      }
    }
  #endif

  private static func run(seed: UInt64) async throws -> CentrePair {
    let site = try await CentrePair(seed: seed)
    defer { try? FileManager.default.removeItem(at: site.folder) }  // it is temporary
    for journal in site.journals.indices { try await site.settle(journal) }
    for _ in 0..<260 { try await site.step() }
    for journal in site.journals.indices { try await site.settle(journal) }
    try await site.compare()
    try site.books.close()
    return site
  }
}

/// A simulated centre and books beside it, which draw the same nonces, and the ledgers that both hear.
private final class CentrePair {
  private let clock = Mutex<Int64>(WorldPlan.beginning + 11 * 3_600_000)
  let folder: URL
  let centre: SimulatedCentre
  let books: Books
  var journals: [SimulatedJournal] = []
  private var keys: [SigningKey] = []
  private var dice: SplitMix64
  private var images: [(Ledger, SigningKey)?] = [nil, nil]
  private(set) var approved = 0
  private(set) var granted = 0
  private(set) var forks = 0
  private(set) var rotated = 0

  private static let people = 8

  /// Nonces, in the order in which they are drawn.
  private final class Draws: Sendable {
    private let dice: Mutex<SplitMix64>
    init(_ dice: SplitMix64) { self.dice = Mutex(dice) }
    func next() -> Digest32 { dice.withLock { $0.digest() } }
  }

  /// Now, for the books.
  private final class Now: Sendable {
    let milliseconds = Mutex<Int64>(0)
  }
  private let now = Now()

  init(seed: UInt64) async throws {
    dice = SplitMix64(seed: seed, number: 1)
    let key = World.key(&dice)
    let nonces = SplitMix64(seed: seed, number: 2)
    centre = SimulatedCentre(key: key, dice: nonces, nextSize: 20, rowsPerPage: 3)
    folder = FileManager.default.temporaryDirectory
      .appending(path: "canteen-centre-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let (draws, now) = (Draws(nonces), now)
    books = try Books(
      Books.Configuration(
        store: .file(path: folder.appending(path: "books.sqlite").path), key: key,
        now: { now.milliseconds.withLock { $0 } }, draw: { draws.next() }, nextSize: 20))
    advance(0)
    try await setUp()
  }

  private func advance(_ milliseconds: Int64) {
    let time = clock.withLock { value in
      value += milliseconds
      return value
    }
    now.milliseconds.withLock { $0 = time }
    centre.now = time
  }

  private var reading: ClockReading {
    let time = clock.withLock { $0 }
    return ClockReading(
      wallMilliseconds: time, bootMilliseconds: time - WorldPlan.beginning)
  }

  private func setUp() async throws {
    var lines = ["account,name,unit,status,subsidy,personal,cards"]
    let plan = try #require(
      (1...99 as ClosedRange<UInt64>).lazy.map { WorldPlan(seed: $0) }
        .first { $0.serialTrust == .medium })
    let rulebook = plan.rulebook(version: 1, from: 0)
    let signed = try RulebookCodec.sign(rulebook, key: centre.key)
    _ = centre.disk.commit { $0.rulebooks.append((rulebook, signed)) }
    for number in 1...Self.people {
      lines.append("\(number),食客,机关,active,90.00,900.00,04\(1_000 + number)00000001")
      _ = centre.disk.commit { tables in
        tables.accounts.append(
          CentreTables.AccountFile(
            name: "食*", homeCanteen: CanteenID(1), credentials: [Self.card(number)]))
      }
      for (purse, fen) in [(Purse.subsidy, 9_000), (.personal, 90_000)] as [(Purse, Int64)] {
        centre.fund(
          AccountID(Int64(number)),
          TrancheBalance(purse: purse, tranche: .none, amount: Fen(fen), lastSpendingDay: nil))
      }
    }
    _ = try await books.importAccounts(Array(lines.joined(separator: "\n").utf8))
    for number in 1...2 as ClosedRange<UInt32> {
      let key = World.key(&dice)
      _ = centre.disk.commit { tables in
        tables.terminals.append(
          CentreTables.TerminalFile(canteen: CanteenID(1), publicKey: key.publicKey.digest))
      }
      try await books.add(
        TerminalEntry(
          number: number, name: "窗口", publicKey: Hexadecimal.text(key.publicKey.rawBytes),
          pullURL: nil))
      let journal = SimulatedJournal(
        terminal: TerminalID(number), key: key, epoch: Epoch(1), token: nil,
        floor: WorldPlan.beginning, retention: WorldPlan.dayMilliseconds,
        dice: SplitMix64(seed: dice.next(), number: Int(number)))
      try journal.begin(now: reading)
      try journal.open(now: reading, bootID: 1)
      journals.append(journal)
    }
  }

  private static func card(_ number: Int) -> Credential {
    let digits = "04\(1_000 + number)00000001"
    return Credential(kind: .cardSerial, value: Hexadecimal.bytes(digits) ?? [])
  }

  /// One thing that happens at one of the terminals.
  func step() async throws {
    advance(dice.between(40_000, 2_000_000))
    let index = dice.below(journals.count)
    let journal = journals[index]
    switch dice.below(100) {
    case 0..<14: try await settle(index)
    case 14..<17: try copy(index)
    case 17..<19: try await putBack(index)
    case 19..<21:
      try journal.rotate(to: World.key(&dice), now: reading)
      rotated += 1
    case 21..<24: try writeUnknown(journal)
    case 24..<27: try correct(journal)
    case 27..<29: try await beginAgain(index)
    default: try await tap(journal)
    }
  }

  private func tap(_ journal: SimulatedJournal) async throws {
    let request = SaleRequest(
      lane: LaneID(UInt16(1 + dice.below(2))), medium: .card,
      credential: Self.card(1 + dice.below(Self.people)),
      price: .keyed(Fen(dice.between(100, 4_000))))
    switch try journal.authorise(request, .askable, now: reading) {
    case .decided(let outcome): if case .approved = outcome.verdict { approved += 1 }
    case .asks(let hold):
      let bytes = try HoldCodec.seal(hold, key: journal.key)
      let own = centre.hold(asked: bytes, by: journal.terminal)
      // try?: whom the simulated centre does not answer the books must not either.
      let real = try? await books.hold(asked: bytes, by: journal.terminal)
      let answer = try own.map { try HoldCodec.open(answer: $0, key: centre.key.publicKey) }
      #expect(answer?.verdict == real?.answer.verdict)
      #expect(answer?.account.map(Row.init) == real?.answer.account.map(Row.init))
      if case .granted = answer?.verdict { granted += 1 }
      let step = try journal.authorise(request, .answered(hold, answer), now: reading)
      if case .decided(let outcome) = step, case .approved = outcome.verdict { approved += 1 }
    case .asksPeers, .failed, .powerLost: Issue.record("nothing fails here, and no rule has groups")
    }
  }

  private func correct(_ journal: SimulatedJournal) throws {
    let ledger = journal.ledger
    let place = 1 + UInt64(dice.below(max(1, ledger.records.count)))
    let request = CorrectionRequest(
      kind: .refund,
      original: JournalPosition(
        epoch: ledger.position.epoch,
        sequence: SequenceNumber(ledger.pruned.position.sequence.number + place)),
      amount: nil, by: OperatorIdentity(userID: 1_000, name: "cashier"), note: "")
    try journal.correct(request, now: reading)
  }

  private func writeUnknown(_ journal: SimulatedJournal) throws {
    try journal.write { ledger in
      try journal.unfold(&ledger)
      let place = JournalPosition(
        epoch: ledger.position.epoch, sequence: ledger.position.sequence.next)
      let record = JournalRecord(
        time: journal.memory.clock.stamp(reading),
        body: .epochOpened(EpochOpened(previous: nil, previousHead: .zero)))
      _ = journal.append(record, [0x7A, 0x02, 0x08, UInt8(dice.below(100))], at: place, &ledger)
    }
  }

  /// An image of the disk is taken, or what was taken is put in place.
  private func copy(_ index: Int) throws {
    let journal = journals[index]
    guard let (ledger, key) = images[index], ledger.position.epoch == journal.ledger.position.epoch
    else {
      if journal.ledger.holds.isEmpty, journal.nextKey == nil {
        images[index] = (journal.ledger, journal.key)
      }
      return
    }
    images[index] = nil
    journal.disk.restore(ledger)
    (journal.key, journal.nextKey) = (key, nil)
    try journal.open(now: reading, bootID: 2 + dice.next() % 1_000)
    forks += 1
  }

  /// The same batch comes again, and one that is older.
  private func putBack(_ index: Int) async throws {
    let journal = journals[index]
    let (bytes, _) = try journal.nextBatch(limit: 20)
    for _ in 0..<2 { _ = try await take(bytes, journal) }
  }

  /// The disk is dead: a new ledger begins in the epoch that the operator grants.
  private func beginAgain(_ index: Int) async throws {
    let old = journals[index]
    guard old.nextKey == nil, centre.tables.terminals[index].newestEpoch != nil else { return }
    let grant = try await books.grantEpoch(to: old.terminal)
    // The simulated centre draws as often.
    let token = centre.dice.digest()
    #expect(grant.token == token.description)
    let epoch = Epoch(grant.epoch)
    _ = centre.disk.commit { $0.terminals[index].grant = (epoch, token, nil) }
    let journal = SimulatedJournal(
      terminal: old.terminal, key: old.key, epoch: epoch, token: token,
      floor: WorldPlan.beginning, retention: WorldPlan.dayMilliseconds,
      dice: SplitMix64(seed: dice.next(), number: index))
    try journal.begin(now: reading)
    try journal.open(now: reading, bootID: 1)
    journals[index] = journal
    images[index] = nil
  }

  /// Both take a batch, or both refuse it.
  private func take(_ bytes: [UInt8], _ journal: SimulatedJournal) async throws -> AckFacts? {
    var real: [UInt8]?
    do {
      if case .acknowledged(let receipt) = try await books.take(
        batch: bytes, from: journal.terminal)
      {
        real = receipt.ack
      }
    } catch .notGenuine {
      real = nil
    }
    guard case .acknowledged(let own) = centre.take(batch: bytes) else {
      #expect(real == nil)
      return nil
    }
    #expect(real == own)
    return try AckCodec.open(own, key: centre.key.publicKey)
  }

  /// Hands in until nothing waits, then asks for the feed.
  func settle(_ index: Int) async throws {
    let journal = journals[index]
    for _ in 0..<40 {
      let (bytes, facts) = try journal.nextBatch(limit: 20)
      guard let ack = try await take(bytes, journal) else { return }
      guard journal.ledger.head(at: ack.position) == ack.head, ack.challenge == facts.challenge
      else { continue }
      _ = try journal.store(ack, roundTripMilliseconds: 0, now: reading)
      if journal.ledger.acknowledged.position == journal.ledger.position { break }
    }
    try await feed(journal)
  }

  private func feed(_ journal: SimulatedJournal) async throws {
    var rows: [AccountID: Row] = [:]
    var cursor = FeedCursor(version: 0, rulebookVersion: 0)
    var hasMore = true
    while hasMore {
      let request = try FeedCodec.encode(
        cursor, terminal: journal.terminal, echoedNonce: journal.ledger.acknowledged.nonce,
        key: journal.key)
      guard let bytes = centre.feedPage(asked: request, by: journal.terminal) else {
        await #expect(throws: StoreError.self) {
          try await books.feedPage(asked: request, by: journal.terminal)
        }
        return
      }
      let page = try FeedCodec.open(bytes, key: centre.key.publicKey)
      for row in page.accounts { rows[row.account] = Row(row) }
      if cursor.version == journal.feedCursor.version {
        _ = try journal.apply(page, now: reading)
      }
      cursor = FeedCursor(
        version: page.toCursor, rulebookVersion: page.rulebook?.version ?? cursor.rulebookVersion)
      hasMore = page.hasMore
    }
    try await compareFeed(of: journal, with: rows)
    try take(of: journal)
  }

  /// The pages that the ledger itself lacks.
  private func take(of journal: SimulatedJournal) throws {
    var hasMore = true
    while hasMore {
      let request = try FeedCodec.encode(
        journal.feedCursor, terminal: journal.terminal,
        echoedNonce: journal.ledger.acknowledged.nonce, key: journal.key)
      guard let bytes = centre.feedPage(asked: request, by: journal.terminal) else { return }
      let page = try FeedCodec.open(bytes, key: centre.key.publicKey)
      _ = try journal.apply(page, now: reading)
      hasMore = page.hasMore
    }
  }

  private func compareFeed(
    of journal: SimulatedJournal, with rows: [AccountID: Row]
  ) async throws {
    var real: [AccountID: Row] = [:]
    var cursor = FeedCursor(version: 0, rulebookVersion: 0)
    var hasMore = true
    while hasMore {
      let request = try FeedCodec.encode(
        cursor, terminal: journal.terminal, echoedNonce: journal.ledger.acknowledged.nonce,
        key: journal.key)
      let page = try await books.feedPage(asked: request, by: journal.terminal).page
      for row in page.accounts { real[row.account] = Row(row) }
      cursor = FeedCursor(
        version: page.toCursor, rulebookVersion: page.rulebook?.version ?? cursor.rulebookVersion)
      hasMore = page.hasMore
    }
    #expect(real == rows)
  }

  /// The sums of both.
  func compare() async throws {
    let report = try await books.report()
    let tables = centre.tables
    #expect(report.totals.sumFen == 0)
    #expect(report.totals.suspenseFen == tables.suspense)
    #expect(report.totals.openingFundingFen == tables.funding)
    #expect(report.terminals.map(\.payableFen) == tables.terminals.map(\.payable))
    #expect(report.terminals.map(\.records) == tables.terminals.map(\.records.count))
    #expect(
      report.terminals.map(\.forkRecords)
        == tables.terminals.map { $0.records.values.count { !$0.isAccepted } })
    for (index, terminal) in tables.terminals.enumerated() {
      let key = try await books.publicKey(of: TerminalID(UInt32(index) + 1))
      #expect(key.digest == terminal.publicKey)
    }
  }

  /// What of a row both must say; versions are each one's own.
  private struct Row: Equatable {
    let status: AccountStatus
    let amounts: [Int64]
    let includes: JournalPosition?

    init(_ row: AccountSnapshot) {
      status = row.status
      amounts = Purse.allCases.map { purse in
        row.tranches.filter { $0.purse == purse }.reduce(0) { $0 + $1.amount.value }
      }
      includes = row.includes
    }
  }
}
