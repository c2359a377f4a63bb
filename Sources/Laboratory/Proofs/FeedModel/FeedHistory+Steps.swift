import CanteenModel
import Foundation
import Journal
import SeededRandom
import SettlementStore
import SyncProtocol
import TerminalCore

extension FeedHistory {
  /// One random step.
  ///
  /// - Returns: The terminal that it touched.
  func step() async throws -> Int {
    tally.steps += 1
    let index = random.below(terminals.count)
    switch random.below(1000) {
    case ..<260: try await sell(index)
    case ..<290: try await giveBack(index)
    case ..<420:
      // Mostly one at a time, as the daemon does.
      guard !terminals[index].awaitsAck || random.chance(permille: 200) else { return index }
      try await send(index)
    case ..<640: return try await deliverBatch() ?? index
    case ..<780: try await deliverAck(index)
    case ..<800: giveUp(index)
    case ..<900: try await askFeed(index)
    case ..<960: try await deliverPage(index)
    case ..<980: try await rename(Self.accounts[random.below(Self.accounts.count)])
    default: try await misfortune(index)
    }
    return index
  }

  private func sell(_ index: Int) async throws {
    let everybody = Self.accounts + Self.strangers
    let account = everybody[random.below(everybody.count)]
    let amount = Fen(Int64(random.below(400)) + 2)
    let journal = terminals[index].journal
    let outcome = try await journal.authorise(
      SaleRequest(
        lane: LaneID(1), medium: .card, credential: LabFeed.card(account), price: .keyed(amount)))
    guard let sale = outcome.approved, let head = try await journal.head(at: outcome.position)
    else { return }
    terminals[index].sales.append(
      CentreReference.Sale(
        id: head, position: outcome.position, account: account, paid: sale.paid))
    tally.sales += 1
    note("terminal \(index + 1) sells \(amount.value) fen to \(account) at \(outcome.position)")
  }

  /// Refunds a sale of the living ledger, or a part of it.
  private func giveBack(_ index: Int) async throws {
    let sales = terminals[index].sales.filter { $0.original == nil }
    guard !sales.isEmpty else { return }
    let sale = sales[random.below(sales.count)]
    let part = Fen(Int64(random.below(Int(try sale.paid.total().value))) + 1)
    let journal = terminals[index].journal
    let outcome = try await journal.correct(
      CorrectionRequest(
        kind: .refund, original: sale.position, amount: random.chance(permille: 500) ? part : nil,
        by: OperatorIdentity(userID: 1000, name: "feed"), note: ""))
    guard case .corrected(let correction, let position) = outcome,
      let head = try await journal.head(at: position)
    else { return }
    terminals[index].sales.append(
      CentreReference.Sale(
        id: head, position: position, account: sale.account,
        paid: try PurseAmounts.zero.subtracting(correction.returned), original: sale.id))
    tally.corrections += 1
    note("terminal \(index + 1) gives \(correction.total.value) fen back to \(sale.account)")
  }

  /// Seals a batch and gives it to the network.
  func send(_ index: Int, limit: Int? = nil) async throws {
    let journal = terminals[index].journal
    let limit = limit ?? random.below(7)
    let (bytes, facts) = try await journal.nextBatch(limit: limit, challenge: .random())
    _ = terminals[index].session.handle(.sent(facts))
    terminals[index].awaitsAck = true
    let end = JournalPosition(epoch: facts.epoch, sequence: facts.last)
    let before = terminals[index].sales.filter { $0.position <= end }
    let sales = before.filter {
      $0.position.epoch == facts.epoch && $0.position.sequence >= facts.first
    }
    network.append(
      FeedTerminal.Batch(
        index: index, terminal: terminals[index].id, life: terminals[index].life, bytes: bytes,
        sales: sales, before: before))
    note("terminal \(index + 1) sends \(facts.count) records from \(facts.first) on")
  }

  /// Hands a random batch that is under way to the books. It may be lost, and come again.
  private func deliverBatch() async throws -> Int? {
    guard !network.isEmpty else { return nil }
    let place = random.below(network.count)
    let batch = network[place]
    if random.chance(permille: 850) { network.remove(at: place) } else { tally.batchesAgain += 1 }
    if random.chance(permille: 120) { return batch.index }
    guard let ack = try await hand(batch), random.chance(permille: 800) else { return batch.index }
    if batch.life == terminals[batch.index].life { terminals[batch.index].acks.append(ack) }
    return batch.index
  }

  /// - Returns: The ack; `nil` when the epoch is not open.
  func hand(_ batch: FeedTerminal.Batch) async throws -> AckFacts? {
    tally.batches += 1
    guard
      case .acknowledged(let receipt) = try await books.take(
        batch: batch.bytes, from: batch.terminal)
    else {
      note("the centre knows no such epoch of terminal \(batch.index + 1)")
      return nil
    }
    let ack = try AckCodec.open(receipt.ack, key: centreKey.publicKey)
    // Behind a gap nothing is taken, nor when that batch comes again and gets the same ack.
    if !receipt.flags.contains(.gap) {
      try reference.take(
        batch.sales.filter {
          $0.position <= ack.position && $0.position.epoch == ack.position.epoch
        })
    }
    reference.gave(ack)
    note(
      "the centre takes \(receipt.added) of terminal \(batch.index + 1), acks \(ack.position) "
        + "\(receipt.flags.map(\.rawValue))")
    let named = batch.before.filter {
      $0.position <= ack.position && $0.position.epoch == ack.position.epoch
    }
    guard named.allSatisfy(reference.holds) else {
      throw LaboratoryError.broken("the ack of terminal \(batch.index + 1) names what is not held")
    }
    return ack
  }

  private func deliverAck(_ index: Int) async throws {
    guard !terminals[index].acks.isEmpty else { return }
    let place = random.below(terminals[index].acks.count)
    let ack = terminals[index].acks[place]
    if random.chance(permille: 850) { terminals[index].acks.remove(at: place) }
    if random.chance(permille: 100) { return }
    try await receive(ack, index)
  }

  /// What the daemon does with an ack.
  func receive(_ ack: AckFacts, _ index: Int) async throws {
    let journal = terminals[index].journal
    let own = try await journal.head(at: ack.position)
    for action in terminals[index].session.handle(.acknowledged(ack, ownHead: own)) {
      switch action {
      case .storeAck(let ack):
        try await journal.store(ack)
        _ = terminals[index].session.handle(.ackStored(hasBacklog: journal.hasBacklog))
        terminals[index].acknowledged = ack.position
        terminals[index].awaitsAck = false
        tally.acks += 1
        note("terminal \(index + 1) stores the ack of \(ack.position)")
      case .refuse(let reason):
        tally.acksRefused += 1
        note("terminal \(index + 1) refuses an ack: \(reason.rawValue)")
        guard reason == .otherHead || reason == .notOurs else { continue }
        _ = terminals[index].session.handle(.refused(jitterPermille: 0))
        terminals[index].awaitsAck = false
      case .sendBatch, .requestFeed, .rest: continue
      }
    }
  }

  func giveUp(_ index: Int) {
    _ = terminals[index].session.handle(.failed(jitterPermille: 0))
    terminals[index].awaitsAck = false
    note("terminal \(index + 1) waits no longer")
  }

  /// Asks for a page; its way back takes a while.
  func askFeed(_ index: Int) async throws {
    let terminal = terminals[index]
    guard !terminal.awaitsAck else { return }
    let request = try FeedCodec.encode(
      terminal.journal.feedCursor, terminal: terminal.id,
      echoedNonce: terminal.journal.storedNonce, key: terminal.configuration.key)
    let page = try await books.feedPage(asked: request, by: terminal.id).page
    for row in page.accounts {
      let believed = try PurseAmounts(row.tranches)
      guard believed == reference.balances[row.account.number] else {
        throw LaboratoryError.broken(
          "the feed says that account \(row.account) has \(Self.text(believed)), it must be "
            + Self.text(reference.balances[row.account.number]))
      }
    }
    terminals[index].pages.append(
      withStrangers(
        FeedTerminal.Page(page: page, rows: terminal.rows(of: page, reference))))
    note("terminal \(index + 1) is fed \(page.accounts.count) rows up to \(page.toCursor)")
  }

  /// A first page gets rows of accounts that the centre does not know.
  private func withStrangers(_ fed: FeedTerminal.Page) -> FeedTerminal.Page {
    guard fed.page.fromCursor == 0 else { return fed }
    let unknown = Self.strangers.filter { fed.rows[$0] == nil }
    let snapshots = unknown.map { account in
      AccountSnapshot(
        account: AccountID(account), maskedName: "某*", status: .active,
        tranches: Self.strangerBalance.withoutTranches, version: 1, includes: nil,
        credentials: [LabFeed.card(account)])
    }
    let row = ReferenceRow(
      version: 1, balance: Self.strangerBalance, counted: [], held: [])
    return FeedTerminal.Page(
      page: fed.page.with(fed.page.accounts + snapshots),
      rows: fed.rows.merging(unknown.map { ($0, row) }) { known, _ in known })
  }

  private func deliverPage(_ index: Int) async throws {
    guard !terminals[index].pages.isEmpty else { return }
    // Mostly in the order in which they were cut: the longer one is under way, the more is sold and
    // acknowledged meanwhile.
    let place = random.chance(permille: 700) ? 0 : random.below(terminals[index].pages.count)
    let page = terminals[index].pages[place]
    if random.chance(permille: 850) { terminals[index].pages.remove(at: place) }
    if random.chance(permille: 100) { return }
    try await take(page, index)
  }

  func take(_ fed: FeedTerminal.Page, _ index: Int) async throws {
    let terminal = terminals[index]
    do {
      try await terminal.journal.apply(mistake?.planted(in: fed.page, for: terminal) ?? fed.page)
    } catch {
      guard case .feedOutOfOrder = error else { throw error }
      tally.pagesLate += 1
      return
    }
    terminals[index].took(fed)
    tally.pages += 1
    note("terminal \(index + 1) takes the page up to \(fed.page.toCursor)")
  }
}

extension PurseAmounts {
  /// What tranches hold together, by purse.
  fileprivate init(_ tranches: [TrancheBalance]) throws {
    self = .zero
    for tranche in tranches { self[tranche.purse] = try self[tranche.purse] + tranche.amount }
  }
}
