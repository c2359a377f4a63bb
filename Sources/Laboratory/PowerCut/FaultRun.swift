import CanteenModel
import Journal
import RecordingDisk
import SeededRandom
import SyncProtocol

/// A short life of a terminal whose disk refuses one call: everything that the journal does with its
/// file happens once. When the journal gives up, the process ends as the daemon does, and a new one
/// goes on with a disk that works again.
struct FaultRun {
  /// What came of it.
  struct Outcome {
    let recording: PowerCutRecording
    /// The log's length when the fault was over, and when the new process had opened the ledger.
    let restart: Int
    let opened: Int
    /// Whether the journal, or its opening, failed; otherwise the fault was borne.
    let hasStopped: Bool
    let calls: [DiskCall: Int]
  }

  private let recorder: Recorder
  private let terminal: LabTerminal
  private var journal: Journal?
  private var feed = LabFeed()
  private var random = SplitMix64(seed: 7)
  private var promises: [Promise] = []
  /// Those that were there before some were removed; at the end, all.
  private var records: [JournalPosition: LedgerFacts.Record] = [:]
  /// The log's length when the new process had opened the ledger.
  private var opened: Int?

  private init(_ recorder: Recorder) throws {
    self.recorder = recorder
    terminal = try LabTerminal()
  }

  /// - Parameter fault: `nil` to count the calls.
  static func live(with fault: DiskFault?) async throws -> Outcome {
    let folder = try ImageFolder()
    let recorder = Recorder(folder: folder.path, witness: LabTerminal.witness)
    defer { recorder.end() }
    var run = try FaultRun(recorder)
    recorder.plan(fault)
    var hasStopped = false
    do {
      try await run.day()
    } catch {
      hasStopped = true
    }
    let calls = recorder.calls
    run.die()
    recorder.plan(nil)
    let restart = recorder.log.count
    let recording = await run.nextDay()
    return Outcome(
      recording: recording, restart: restart, opened: run.opened ?? recorder.log.count,
      hasStopped: hasStopped, calls: calls)
  }

  private mutating func day() async throws {
    journal = try terminal.open(in: recorder.folder)
    try await apply(feed.firstPage(&random))
    for account in LabFeed.accounts.prefix(6) { try await sell(account) }
    try await acknowledge()
    try await apply(feed.nextPage(&random))
    // Behind this, nobody is being answered any more: a checkpoint waits for no one.
    _ = try await journal?.newest(1)
    try await journal?.checkpointIfGrown(beyond: 0)
    for account in LabFeed.accounts.suffix(4) { try await sell(account) }
    try journal?.close()
    journal = nil
    for record in try LedgerFacts(folder: recorder.folder).records {
      records[record.position] = record
    }
    journal = try terminal.open(in: recorder.folder)
    terminal.advance(milliseconds: 2 * LabTerminal.retentionMilliseconds)
    _ = try await journal?.prune()
    try await sell(1)
  }

  /// The process ends without another word to the disk.
  private mutating func die() {
    recorder.kill()
    // try?: whatever is still to be written is refused.
    try? journal?.close()
    journal = nil
    recorder.revive()
  }

  /// After the restart: everything that is wrong then, and the whole log.
  private mutating func nextDay() async -> PowerCutRecording {
    var findings: [PowerCutFinding] = []
    do {
      let journal = try terminal.open(in: recorder.folder)
      self.journal = journal
      opened = recorder.log.count
      if journal.feedCursor.version == 0 { try await apply(feed.firstPageAgain(&random)) }
      for account in LabFeed.accounts { try await sell(account) }
    } catch {
      findings.append(.init(check: .opening, text: "after the restart: \(error)"))
    }
    let log = recorder.log
    findings += recorder.findings.map { PowerCutFinding(check: .recording, text: $0) }
    do {
      try journal?.close()
      let facts = try LedgerFacts(folder: recorder.folder)
      for record in facts.records { records[record.position] = record }
      let recording = PowerCutRecording(
        log: log, promises: promises, pages: feed.pages, records: records, findings: [])
      let audit = LedgerAudit(facts, pages: feed.pages, past: records)
      findings += try audit.findings() + audit.findings(about: promises[...], reference: recording)
    } catch {
      findings.append(.init(check: .opening, text: "at the end: \(error)"))
    }
    return PowerCutRecording(
      log: log, promises: promises, pages: feed.pages, records: records, findings: findings)
  }

  /// A request that alone was rolled back is no reason to end: its diner was not lit.
  private mutating func sell(_ account: Int64) async throws {
    terminal.advance(milliseconds: 30_000)
    guard let journal else { return }
    do {
      let outcome = try await journal.authorise(
        SaleRequest(
          lane: LaneID(1), medium: .card, credential: LabFeed.card(account), price: .keyed(Fen(150))
        ))
      guard let sale = outcome.approved else { return }
      promise(.lit(outcome.position, sale))
      feed.sold(sale, at: outcome.position)
    } catch {
      guard !journal.isStopped else { throw error }
    }
  }

  private mutating func acknowledge() async throws {
    guard let journal else { return }
    let batch = try await journal.nextBatch(limit: 4, challenge: .zero)
    let position = JournalPosition(epoch: batch.facts.epoch, sequence: batch.facts.last)
    try await journal.store(
      AckFacts(
        terminal: LabTerminal.id, position: position, head: batch.facts.head, nonce: .zero,
        challenge: .zero, timeMilliseconds: terminal.wallMilliseconds, nextSize: 500,
        nextEpoch: Epoch(2), epochToken: .zero))
    promise(.acknowledged(position))
    try feed.post(upTo: position)
  }

  private mutating func apply(_ page: FeedPage) async throws {
    try await journal?.apply(page)
    promise(.fed(page.toCursor))
  }

  private mutating func promise(_ promise: Promise) {
    recorder.mark(promises.count)
    promises.append(promise)
  }
}
