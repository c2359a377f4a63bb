import CanteenModel
import Foundation
import SyncProtocol
import Testing

@testable import Journal
@testable import SettlementStore

/// A terminal that goes: its last records are settled, and it sells nothing more.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(5))) struct RetirementTests {
  private func entry(_ site: LedgerSite) async throws -> TerminalEntry {
    try #require(try await site.books.terminals().first)
  }

  /// As the daemon does: a batch, its ack made durable.
  private func handIn(_ journal: Journal, _ site: LedgerSite, limit: Int = 500) async throws {
    let batch = try await journal.nextBatch(limit: limit, challenge: .random())
    let ack = try site.fixture.ack(
      try await site.books.take(batch: batch.bytes, from: site.terminal))
    try await journal.store(ack)
  }

  /// What the operator of the terminal writes into a file.
  private func export(_ journal: Journal) async throws -> [UInt8] {
    var file: [UInt8] = []
    var behind: JournalPosition?
    while true {
      let batch = try await journal.exportedBatch(behind: behind)
      file += BatchFile.entry(batch.bytes)
      behind = JournalPosition(epoch: batch.facts.epoch, sequence: batch.facts.last)
      let newest = try await journal.standing().position
      guard batch.facts.count > 0, behind ?? newest < newest else { return file }
    }
  }

  private func take(_ file: [UInt8], _ site: LedgerSite) async throws -> [ImportedBatch] {
    var imported: [ImportedBatch] = []
    for batch in try BatchFile.batches(in: file) {
      imported.append(try await site.books.importBatch(batch))
    }
    return imported
  }

  @Test("a retired terminal reads so in its next ack, declines everybody, and hands in what it has")
  func retired() async throws {
    let site = try await LedgerSite()
    let journal = try await site.open()
    try await site.sell(3, at: journal)
    try await site.books.retire(site.terminal)
    #expect(try await entry(site).retiredMilliseconds == SettlementFixture.noon)
    #expect(try await entry(site).tail == nil)
    // It does not know yet, and sells.
    try await site.sell(1, at: journal)
    try await handIn(journal, site, limit: 2)
    #expect(try await entry(site).tail == TerminalTail(isTold: false, missing: 3))
    let outcome = try await journal.authorise(site.request)
    #expect(outcome.declineReason == .terminalRetired)
    #expect(outcome.verdict.code == "017")
    #expect(try await journal.standing().isRetired)
    #expect(try await journal.standing().unsynced == 3, "the refusal is no record")
    try await handIn(journal, site, limit: 2)
    #expect(try await entry(site).tail == TerminalTail(isTold: true, missing: 1))
    try await handIn(journal, site)
    #expect(try await entry(site).tail == TerminalTail(isTold: true, missing: 0))
    #expect(try await entry(site).tail?.isWhole == true)
    #expect(try await site.settledFen() == 400)
    try await site.expectClean(journal)
  }

  @Test("a retired terminal is told nothing but that, also after a restart")
  func fedNothing() async throws {
    let site = try await LedgerSite()
    var journal = try await site.open()
    try await site.sell(1, at: journal)
    try await site.books.retire(site.terminal)
    try await handIn(journal, site)
    let page = try await site.books.page(for: site.terminal, after: 0)
    #expect(page.accounts.isEmpty && page.rulebook == nil && page.place == nil)
    #expect((page.toCursor, page.hasMore) == (0, false))
    let asked = HoldRequest(
      terminal: site.terminal, id: HoldID(.random()), account: AccountID(1), asked: Fen(100),
      least: Fen(100), ownSales: [], echoedNonce: journal.storedNonce, challenge: .random())
    let key = journal.key
    await #expect {
      try await site.books.hold(
        asked: try HoldCodec.seal(asked, key: key), by: site.terminal)
    } throws: { "\($0)".contains("is retired") }
    try journal.close()
    journal = try Journal(site.configuration)
    #expect(try await journal.authorise(site.request).declineReason == .terminalRetired)
    // The operator meant another one.
    try await site.books.reinstate(site.terminal)
    try await site.settle(journal)
    try await site.sell(1, at: journal)
    #expect(try await entry(site).retiredMilliseconds == nil)
    try await site.settle(journal)
    try await site.expectClean(journal)
  }

  @Test("books that feed a retired terminal are found out")
  func seededBug() async throws {
    let accounts = try await SeededBooksBug.$planted.withValue(.feedsRetired) {
      let site = try await LedgerSite()
      try await site.books.retire(site.terminal)
      let page = try await site.books.page(for: site.terminal, after: 0)
      try site.books.close()
      return page.accounts.count
    }
    #expect(accounts == 1, "the planted mistake feeds what the test above sees withheld")
  }

  @Test("a new terminal takes the place of one: its canteen and its address, under another number")
  func replaced() async throws {
    let site = try await LedgerSite()
    let books = site.books
    try await books.add(
      TerminalEntry(
        number: 3, name: "一号窗口", publicKey: nil,
        pullURL: "https://192.0.2.7:8701", canteen: 7))
    let number = try await books.replace(site.terminal, name: "新一号窗口", pullURL: nil)
    #expect(number == TerminalID(4))
    let entries = try await books.terminals()
    #expect(entries.map(\.canteen) == [7, 7])
    #expect(entries.map(\.pullURL) == [nil, "https://192.0.2.7:8701"])
    #expect(entries.map(\.replacedBy) == [4, nil])
    // The old one counts no longer where it stood.
    let page = try await books.page(for: number, after: 0)
    #expect(page.place == TerminalPlace(canteen: CanteenID(7), isOnlyTerminal: true))
    for again in [true, false] {
      await #expect {
        if again {
          _ = try await books.replace(site.terminal, name: "又", pullURL: nil)
        } else {
          try await books.retire(site.terminal)
        }
      } throws: { "\($0)".contains("retired already") }
    }
    #expect(try await books.terminals().count == 2, "a refused order adds nothing")
    try await books.reinstate(site.terminal)
    #expect(try await books.terminals().first?.retiredMilliseconds != nil)
    let other = try await books.replace(
      number, name: "又", pullURL: "https://192.0.2.8:8701")
    #expect(try await books.terminals().map(\.pullURL).last == "https://192.0.2.8:8701")
    #expect(other == TerminalID(5))
    await #expect(throws: StoreError.unknownTerminal(TerminalID(9))) {
      try await books.replace(TerminalID(9), name: "无", pullURL: nil)
    }
    await #expect(throws: StoreError.unknownTerminal(TerminalID(9))) {
      try await books.retire(TerminalID(9))
    }
    try books.close()
  }

  @Test("what a terminal without a link has is brought in a file, and settled once, however often")
  func carried() async throws {
    let site = try await LedgerSite()
    let journal = try await site.open()
    try await site.sell(2, at: journal)
    try await site.settle(journal)
    for _ in 0..<WireLimit.recordsPerBatch { _ = try await journal.authorise(site.unknownCard) }
    try await site.sell(3, at: journal)
    // A rotation that waits for its ack lies in the middle.
    let new = SigningKey(succeeding: site.key)
    _ = try await journal.rotate(to: new)
    try await site.sell(1, at: journal)
    _ = try await site.books.replace(site.terminal, name: "新一号窗口", pullURL: nil)
    let file = try await export(journal)
    let imported = try await take(file, site)
    #expect(imported.count >= 2)
    #expect(imported.allSatisfy { $0.terminal == 3 && $0.added == $0.carried && $0.flags == [] })
    #expect(try await site.settledFen() == 600)
    #expect(try await entry(site).tail == TerminalTail(isTold: false, missing: 0))
    #expect(try await take(file, site).allSatisfy { $0.added == 0 })
    // The link comes back all the same: the same records, and the word that it is retired.
    while journal.hasBacklog { try await handIn(journal, site) }
    #expect(journal.key.rawBytes == new.rawBytes)
    #expect(try await journal.standing().isRetired)
    try await handIn(journal, site)
    #expect(try await entry(site).tail?.isWhole == true)
    #expect(try await site.settledFen() == 600)
    #expect(try await site.books.report().terminals.flatMap(\.flags).isEmpty)
    try await site.expectClean(journal)
  }

  @Test("an old file, and a terminal whose acks were lost beside it, are taken for no copy")
  func carriedLate() async throws {
    let site = try await LedgerSite()
    let journal = try await site.open()
    try await site.sell(2, at: journal)
    let file = try await export(journal)
    try await site.settle(journal)
    try await site.sell(1, at: journal)
    try await site.settle(journal)
    try await site.sell(1, at: journal)
    // An ack that is lost, then the file, then the terminal again with what it echoed before.
    let lost = try await journal.nextBatch(limit: 500, challenge: .random())
    _ = try await site.books.take(batch: lost.bytes, from: site.terminal)
    #expect(try await take(file, site).allSatisfy { $0.added == 0 && $0.flags == [] })
    try await site.settle(journal)
    #expect(try await take(file, site).allSatisfy { $0.flags == [] })
    try await site.sell(1, at: journal)
    try await site.settle(journal)
    try await site.settle(journal)
    #expect(try await site.settledFen() == 500)
    #expect(try await site.books.report().terminals.flatMap(\.flags).isEmpty)
    try await site.expectClean(journal)
  }

  @Test("a file that is cut off, forged, or of a terminal that was shut out brings nothing")
  func refused() async throws {
    let site = try await LedgerSite()
    let journal = try await site.open()
    try await site.sell(1, at: journal)
    let file = try await export(journal)
    #expect(try BatchFile.batches(in: []).isEmpty)
    for broken in [Array(file.dropLast()), Array(file.prefix(3)), [0, 0, 0, 0], file + [1]] {
      #expect(throws: WireError.self) { try BatchFile.batches(in: broken) }
    }
    var forged = try BatchFile.batches(in: file)[0]
    forged[forged.count - 1] ^= 1
    await #expect(throws: StoreError.self) { try await site.books.importBatch(forged) }
    try await site.books.revoke(site.terminal)
    let batch = try BatchFile.batches(in: file)[0]
    await #expect {
      try await site.books.importBatch(batch)
    } throws: { "\($0)".contains("shut out") }
    #expect(try await site.settledFen() == 0)
    await #expect(throws: JournalError.self) {
      try await journal.exportedBatch(
        behind: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(99)))
    }
    try journal.close()
    try site.books.close()
  }
}

extension SaleOutcome {
  fileprivate var declineReason: DeclineReason? {
    if case .declined(let record, _) = verdict { record.reason } else { nil }
  }
}

extension SaleOutcome.Verdict {
  fileprivate var code: String? {
    if case .declined(let record, _) = self { record.reason.code } else { nil }
  }
}
