import CanteenModel
import Foundation
import Journal
import SQLStore
import SeededRandom
import SettlementStore
import SyncProtocol
import TerminalCore

/// A mistake that a terminal could make, planted so that the test can show that it finds it.
enum HostileMistake: String, CaseIterable, Sendable {
  /// An ack is believed whoever signed it.
  case trustsAnyAck
  /// A page of the feed is believed whoever signed it.
  case trustsAnyPage
}

/// Terminals that sell and settle with real ledgers, sessions and books through a ``HostileProxy``, for so many
/// messages. At any moment no terminal believes more than the centre holds; in the end, when the proxy is gone,
/// every record is at the centre once, and both sides agree on every balance.
final class HostileLink {
  /// Enough for every sale of a world: an account has at most 100 approvals alone at a terminal.
  static let accounts: ClosedRange<Int64> = 1...60
  private static let opening = Fen(90_000_000)
  private static let terminalCount = 3

  private final class Till {
    let journal: Journal
    let key: SigningKey
    var session: SyncSession
    /// Up to where the centre has ever said that it holds this terminal's records.
    var held = SequenceNumber.none
    var sold: [Int64: Fen] = [:]

    init(_ configuration: Journal.Configuration) throws {
      journal = try Journal(configuration)
      key = configuration.key
      session = SyncSession(
        terminal: configuration.terminal, nextSize: journal.nextBatchSize)
    }

    var id: TerminalID { journal.terminal }
  }

  private let mistake: HostileMistake?
  private let clock = SharedClock()
  private let centreKey = SigningKey()
  private let books: Books
  private var tills: [Till] = []
  private var random: SplitMix64
  private(set) var proxy: HostileProxy
  private(set) var sales = 0
  private(set) var refused = 0

  init(folder: String, seed: UInt64, number: Int, mistake: HostileMistake?) async throws {
    self.mistake = mistake
    random = SplitMix64(seed: seed, number: number)
    proxy = HostileProxy(SplitMix64(seed: seed ^ 0x5EED, number: number))
    let clock = clock
    books = try Books(
      Books.Configuration(
        store: .file(path: folder + "/books.sqlite"), key: centreKey,
        now: { clock.reading.wallMilliseconds }))
    _ = try await books.signRulebook(Array(FeedHistory.rulebook.utf8))
    let rows = Self.accounts.map { account in
      "\(account),王小明,机关,active,0.00,\(Self.opening.plainYuan),"
        + Hexadecimal.text(LabFeed.card(account).value)
    }
    let header = "account,name,unit,status,subsidy,personal,cards"
    _ = try await books.importAccounts(Array(([header] + rows).joined(separator: "\n").utf8))
    for number in 1...UInt32(Self.terminalCount) {
      let key = SigningKey()
      try await books.add(
        TerminalEntry(
          number: number, name: "窗口", publicKey: Hexadecimal.text(key.publicKey.rawBytes),
          pullURL: nil))
      let till = try Till(
        Journal.Configuration(
          path: "\(folder)/terminal-\(number).sqlite", terminal: TerminalID(number), key: key,
          bootID: "boot", clockFloorMilliseconds: 0, retentionMilliseconds: 1,
          readClock: { clock.reading }))
      tills.append(till)
      // Before the enemy comes.
      try await feed(till, honestly: true)
    }
  }

  /// - Throws: ``LaboratoryError/broken(_:)`` when something did not hold.
  func run(messages: Int) async throws {
    while proxy.tally.messages < messages {
      clock.advance()
      let till = tills[random.below(tills.count)]
      for _ in 0..<random.below(4) { try await sell(till) }
      try await settle(till, honestly: false)
      if random.chance(permille: 500) { try await feed(till, honestly: false) }
      if random.chance(permille: 100) { while try await till.journal.prune() {} }
      try await check(till)
    }
    try await heal()
  }

  func close() throws {
    for till in tills { try till.journal.close() }
    try books.close()
  }

  private func sell(_ till: Till) async throws {
    let account = Int64(random.below(Self.accounts.count)) + 1
    let outcome = try await till.journal.authorise(
      SaleRequest(
        lane: LaneID(1), medium: .card, credential: LabFeed.card(account),
        price: .keyed(Fen(Int64(random.below(90)) + 1))))
    guard let sale = outcome.approved else { return }
    till.sold[account] = try (till.sold[account] ?? .zero) + (try sale.paid.total())
    sales += 1
  }

  // MARK: - Settling

  private func settle(_ till: Till, honestly isHonest: Bool) async throws {
    let (bytes, facts) = try await till.journal.nextBatch(
      limit: isHonest ? WireLimit.recordsPerBatch : random.below(9), challenge: .random())
    _ = till.session.handle(.sent(facts))
    if !isHonest, let forged = try proxy.forgedAck(for: facts) {
      try await receive(ack: forged, till)
    }
    let arriving = isHonest ? [bytes] : proxy.pass(bytes, .batch)
    for batch in arriving {
      guard let ack = try await hand(batch, by: till) else { continue }
      for answer in isHonest ? [ack] : proxy.pass(ack, .ack) {
        try await receive(ack: answer, till)
      }
    }
    _ = till.session.handle(.failed(jitterPermille: 0))
  }

  /// - Returns: The ack's bytes; `nil` when the centre refused.
  private func hand(_ batch: [UInt8], by till: Till) async throws -> [UInt8]? {
    do {
      guard case .acknowledged(let receipt) = try await books.take(batch: batch, from: till.id)
      else {
        throw LaboratoryError.broken("terminal \(till.id) speaks in an epoch that is not open")
      }
      let ack = try AckCodec.open(receipt.ack, key: centreKey.publicKey)
      till.held = max(till.held, ack.position.sequence)
      guard !receipt.flags.contains(.fork) else {
        throw LaboratoryError.broken("a fork of terminal \(till.id), which has one ledger")
      }
      return receipt.ack
    } catch StoreError.notGenuine {
      refused += 1
      return nil
    }
  }

  private func receive(ack bytes: [UInt8], _ till: Till) async throws {
    // try?: what nobody signed that is believed counts as refused.
    let opened = believed(.trustsAnyAck).lazy.compactMap { try? AckCodec.open(bytes, key: $0) }
    guard let ack = opened.first else {
      refused += 1
      return
    }
    let own = try await till.journal.head(at: ack.position)
    for action in till.session.handle(.acknowledged(ack, ownHead: own)) {
      guard case .storeAck(let believed) = action else {
        refused += 1
        continue
      }
      try await till.journal.store(believed)
      _ = till.session.handle(.ackStored(hasBacklog: till.journal.hasBacklog))
    }
  }

  /// Whose signature is believed: the centre's; with the mistake planted, the proxy's, too.
  private func believed(_ planted: HostileMistake) -> [VerifyingKey] {
    [centreKey.publicKey] + (mistake == planted ? [proxy.key.publicKey] : [])
  }

  // MARK: - The feed

  private func feed(_ till: Till, honestly isHonest: Bool) async throws {
    guard isHonest else {
      try await feedThroughProxy(till)
      return
    }
    var hasMore = true
    while hasMore {
      let page = try await books.feedPage(asked: try request(of: till), by: till.id)
      hasMore = try await take(page: page.bytes, till)
    }
  }

  private func request(of till: Till) throws(WireError) -> [UInt8] {
    try FeedCodec.encode(
      till.journal.feedCursor, terminal: till.id, echoedNonce: till.journal.storedNonce,
      key: till.key)
  }

  private func feedThroughProxy(_ till: Till) async throws {
    let cursor = till.journal.feedCursor.version
    let nonce = till.journal.storedNonce
    if let forged = try proxy.forgedPage(for: till.id, from: cursor, echoing: nonce) {
      _ = try await take(page: forged, till)
    }
    for asked in proxy.pass(try request(of: till), .feedRequest) {
      guard let answer = try await page(asked: asked, till) else { continue }
      for page in proxy.pass(answer, .page) { _ = try await take(page: page, till) }
    }
  }

  /// - Returns: The page's bytes; `nil` when the centre refused.
  private func page(asked: [UInt8], _ till: Till) async throws -> [UInt8]? {
    do {
      return try await books.feedPage(asked: asked, by: till.id).bytes
    } catch StoreError.notGenuine {
      refused += 1
      return nil
    }
  }

  /// - Returns: Whether more waits behind it.
  private func take(page bytes: [UInt8], _ till: Till) async throws -> Bool {
    // try?: see above.
    let opened = believed(.trustsAnyPage).lazy.compactMap { try? FeedCodec.open(bytes, key: $0) }
    guard let page = opened.first, page.terminal == till.id,
      page.echoedNonce == till.journal.storedNonce
    else {
      refused += 1
      return false
    }
    do {
      try await till.journal.apply(page)
      return page.hasMore
    } catch JournalError.feedOutOfOrder {
      refused += 1
      return false
    }
  }

  // MARK: - What must hold

  private func check(_ till: Till) async throws {
    let acknowledged = try await till.journal.standing().acknowledged.position.sequence
    guard acknowledged <= till.held else {
      throw LaboratoryError.broken(
        "terminal \(till.id) believes that \(acknowledged) is settled, and the centre holds \(till.held)"
      )
    }
  }

  /// The enemy is gone: everything is handed in and fed.
  private func heal() async throws {
    for _ in 0..<2 {
      for till in tills {
        repeat { try await settle(till, honestly: true) } while till.journal.hasBacklog
      }
      for till in tills { try await feed(till, honestly: true) }
    }
    var spent: [Int64: Fen] = [:]
    for till in tills {
      let standing = try await till.journal.standing()
      guard standing.acknowledged.position == standing.position else {
        throw LaboratoryError.broken(
          "terminal \(till.id) stands at \(standing.position), acknowledged is "
            + "\(standing.acknowledged.position)")
      }
      for (account, fen) in till.sold { spent[account] = try (spent[account] ?? .zero) + fen }
      guard try await till.journal.verify().findings.isEmpty else {
        throw LaboratoryError.broken("the ledger of terminal \(till.id) does not verify")
      }
    }
    let report = try await books.report()
    let records = report.terminals.reduce(0) { $0 + $1.records }
    let total = try spent.values.reduce(Fen.zero) { try $0 + $1 }
    guard report.totals.sales == sales, report.totals.payableFen == total.value else {
      throw LaboratoryError.broken(
        "\(sales) sales of \(total) were approved; of \(records) records the books have "
          + "\(report.totals.sales) sales of \(Fen(report.totals.payableFen))")
    }
    guard try await books.check().isGood else {
      throw LaboratoryError.broken("the books do not add up")
    }
    try await compareBalances(spent)
  }

  private func compareBalances(_ spent: [Int64: Fen]) async throws {
    for till in tills {
      for account in Self.accounts {
        let peek = SaleRequest(
          lane: LaneID(1), medium: .card, credential: LabFeed.card(account), price: .keyed(Fen(1)),
          mayCharge: false)
        let available = try await till.journal.authorise(peek).diner?.available.total()
        let expected = try Self.opening - (spent[account] ?? .zero)
        guard available == expected else {
          throw LaboratoryError.broken(
            "terminal \(till.id) gives account \(account) \(available?.description ?? "nothing"), "
              + "it has \(expected)")
        }
      }
    }
  }
}
