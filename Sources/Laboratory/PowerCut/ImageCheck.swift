import CanteenModel
import Journal
import RecordingDisk

/// Opens what a power cut left with the real journal, and looks for everything that must not be.
struct ImageCheck: Sendable {
  let recording: PowerCutRecording

  /// The findings of an image in a folder; none when all is well.
  ///
  /// - Parameters:
  ///   - promised: So many of the recording's promises were made before the cut.
  func findings(in folder: String, promised: Int) async -> [PowerCutFinding] {
    var findings: [PowerCutFinding] = []
    do {
      try await check(folder, promised: promised, &findings)
    } catch {
      findings.append(
        .init(check: Self.saysDamage(error) ? .verification : .selling, text: "\(error)"))
    }
    return findings
  }

  /// Whether the journal itself noticed: it said so, or stopped over a file that contradicts itself.
  private static func saysDamage(_ error: any Error) -> Bool {
    switch error as? JournalError {
    case .damaged: true
    case .commitFailed(let code): code & 0xFF == 11  // SQLITE_CORRUPT
    default: false
    }
  }

  /// - Parameter findings: What was noticed before something threw counts as noticed.
  private func check(
    _ folder: String, promised: Int, _ findings: inout [PowerCutFinding]
  ) async throws {
    let terminal = try LabTerminal.atNight()
    let first: Journal
    do {
      first = try terminal.open(in: folder)
    } catch {
      findings.append(.init(check: .opening, text: "\(error)"))
      return
    }
    findings += try await first.verify().findings.map {
      PowerCutFinding(check: .verification, text: $0)
    }
    let shown = try await balances(first)
    try first.close()
    let facts = try LedgerFacts(folder: folder)
    let audit = LedgerAudit(facts, pages: recording.pages, past: recording.records)
    findings += try audit.findings()
    findings += audit.findings(about: recording.promises.prefix(promised), reference: recording)
    for (account, amount) in shown where try audit.available(account) != amount {
      findings.append(.init(check: .money, text: "account \(account) is shown another balance"))
    }
    findings += try await goOn(terminal, folder, from: audit)
  }

  /// What the journal shows each diner, without charging them.
  private func balances(_ journal: Journal) async throws -> [Int64: PurseAmounts] {
    var shown: [Int64: PurseAmounts] = [:]
    for account in LabFeed.accounts {
      let outcome = try await journal.authorise(
        SaleRequest(
          lane: LaneID(9), medium: .card, credential: LabFeed.card(account), price: .keyed(Fen(1)),
          mayCharge: false))
      shown[account] = outcome.diner?.available
    }
    return shown
  }

  /// Opens it once more, which must change nothing, and sells.
  private func goOn(
    _ terminal: LabTerminal, _ folder: String, from audit: LedgerAudit
  ) async throws -> [PowerCutFinding] {
    var findings: [PowerCutFinding] = []
    let before = audit.facts
    // The rules come with the first page's last rows: before that, nobody may buy.
    let buyer =
      before.feedCursor == 0
      ? nil
      : try LabFeed.accounts.first { try audit.available($0)?.total() ?? .zero > .zero }
    let journal = try terminal.open(in: folder)
    let outcome = try await journal.authorise(
      SaleRequest(
        lane: LaneID(9), medium: .card, credential: LabFeed.card(buyer ?? 0),
        price: .keyed(Fen(1))))
    try journal.close()
    if (outcome.approved == nil) == (buyer != nil) {
      findings.append(.init(check: .selling, text: "account \(buyer ?? 0): \(outcome.verdict)"))
    }
    let after = try LedgerFacts(folder: folder)
    if Array(after.records.dropLast()) != before.records
      || after.position.sequence != before.position.sequence.next
    {
      findings.append(.init(check: .selling, text: "one more record was expected"))
    }
    let isSame =
      after.rest == before.rest && after.accounts == before.accounts
      && after.credentials == before.credentials && after.feedCursor == before.feedCursor
      && after.acknowledged == before.acknowledged
    if !isSame {
      findings.append(.init(check: .recovery, text: "opening a second time changed the ledger"))
    }
    return findings
      + (try LedgerAudit(after, pages: recording.pages, past: recording.records).findings())
  }
}
