import CanteenModel
import Journal
import RecordingDisk
import SeededRandom
import SyncProtocol

/// A terminal's day, made from a seed, while the disk is being recorded: sales, declines, cards that
/// wait together, acks, feed pages, checkpoints, restarts, crashes and boots.
///
/// Groups come again with the seed: the first of them is held at its sync while the others gather.
actor PowerCutWorkload {
  private let recorder: Recorder
  private let terminal: LabTerminal
  private var journal: Journal
  private var random: SplitMix64
  private var feed = LabFeed()
  private var promises: [Promise] = []
  /// Those that were there before some were removed; at the end, all.
  private var records: [JournalPosition: LedgerFacts.Record] = [:]
  private var entered = 0
  /// Some sales that may be corrected.
  private var sold: [JournalPosition] = []

  private static let clerk = OperatorIdentity(userID: 1000, name: "liu")

  private init(recorder: Recorder, seed: UInt64) throws {
    self.recorder = recorder
    terminal = try LabTerminal()
    journal = try terminal.open(in: recorder.folder)
    random = SplitMix64(seed: seed)
  }

  /// Lives through a day of so many steps.
  static func record(seed: UInt64, steps: Int) async throws -> PowerCutRecording {
    let folder = try ImageFolder()
    let recorder = Recorder(folder: folder.path, witness: LabTerminal.witness)
    defer { recorder.end() }
    let workload = try PowerCutWorkload(recorder: recorder, seed: seed)
    return await workload.live(steps: steps)
  }

  private func live(steps: Int) async -> PowerCutRecording {
    var findings: [PowerCutFinding] = []
    do {
      try await apply(feed.firstPage(&random))
      for _ in 0..<steps { try await step() }
    } catch {
      findings.append(PowerCutFinding(check: .recording, text: "the day ended with: \(error)"))
    }
    let log = recorder.log
    findings += recorder.findings.map { PowerCutFinding(check: .recording, text: $0) }
    do {
      try journal.close()
      try keepRecords()
    } catch {
      findings.append(PowerCutFinding(check: .recording, text: "at the end: \(error)"))
    }
    return PowerCutRecording(
      log: log, promises: promises, pages: feed.pages, records: records, findings: findings)
  }

  private func step() async throws {
    terminal.advance(milliseconds: Int64(random.below(25_000)))
    switch random.below(100) {
    case ..<37: _ = try await present(request(card: anyAccount()))
    case ..<41: try await giveBack()
    case ..<42: _ = try await journal.closeDay(by: Self.clerk)
    case ..<60: try await presentTogether()
    case ..<64: _ = try await present(request(card: 0))
    case ..<76: try await acknowledge()
    case ..<88: try await apply(feed.nextPage(&random))
    case ..<90: try await letDaysPass()
    case ..<93:
      // Behind this, nobody is being answered any more: a checkpoint waits for no one.
      _ = try await journal.newest(1)
      try await journal.checkpointIfGrown(beyond: 0)
    case ..<96: try restart(isKilled: false)
    case ..<98: try restart(isKilled: true)
    default:
      terminal.reboot()
      try restart(isKilled: true)
    }
  }

  /// The ledger is closed over some days, and removes what nothing needs any more.
  private func letDaysPass() async throws {
    try journal.close()
    try keepRecords()
    terminal.advance(milliseconds: 2 * LabTerminal.retentionMilliseconds)
    journal = try terminal.open(in: recorder.folder)
    _ = try await journal.prune()
  }

  /// Reads the records of the closed ledger.
  private func keepRecords() throws {
    for record in try LedgerFacts(folder: recorder.folder).records {
      records[record.position] = record
    }
  }

  private func anyAccount() -> Int64 { Int64(random.below(12)) + 1 }

  private func request(card: Int64) -> SaleRequest {
    let price: SalePrice =
      random.chance(permille: 400) ? .mealPeriod : .keyed(Fen(Int64(50 + random.below(900))))
    return SaleRequest(
      lane: LaneID(UInt16(1 + random.below(3))), medium: .card, credential: LabFeed.card(card),
      price: price)
  }

  /// One presentation, up to the light.
  private func present(_ request: SaleRequest) async throws -> SaleOutcome {
    entered += 1
    let outcome = try await journal.authorise(request)
    if let sale = outcome.approved {
      promise(.lit(outcome.position, sale))
      feed.sold(sale, at: outcome.position)
      sold.append(outcome.position)
    }
    return outcome
  }

  /// Voids or refunds some sale; one that was corrected before, or whose day is closed, is refused.
  private func giveBack() async throws {
    guard !sold.isEmpty else { return }
    let request = CorrectionRequest(
      kind: random.chance(permille: 500) ? .void : .refund,
      original: sold[random.below(sold.count)],
      amount: random.chance(permille: 300) ? Fen(Int64(1 + random.below(400))) : nil,
      by: Self.clerk, note: "")
    guard case .corrected(let correction, let position) = try await journal.correct(request) else {
      return
    }
    promise(.corrected(position, correction))
    try feed.gaveBack(correction, at: position)
  }

  private func promise(_ promise: Promise) {
    recorder.mark(promises.count)
    promises.append(promise)
  }

  /// Several cards while the commit before them is being synced; two of them may be the same diner's.
  private func presentTogether() async throws {
    var requests = (0...random.below(6)).map { _ in request(card: anyAccount()) }
    let twin = anyAccount()
    let amount = SalePrice.keyed(Fen([1500, 1600, 2000][random.below(3)]))
    for lane in UInt16(1)...2 {
      requests.append(
        SaleRequest(
          lane: LaneID(lane), medium: .card, credential: LabFeed.card(twin), price: amount))
    }
    let first = request(card: 0)
    recorder.holdNextSync()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { self.recorder.releaseSync() }
        _ = try await self.present(first)
      }
      await recorder.waitUntilSyncIsHeld()
      for request in requests {
        let before = entered
        group.addTask { _ = try await self.present(request) }
        while entered == before { await Task.yield() }
      }
      recorder.releaseSync()
      try await group.waitForAll()
    }
  }

  private func acknowledge() async throws {
    let batch = try await journal.nextBatch(limit: random.below(20), challenge: digest())
    let position = JournalPosition(epoch: batch.facts.epoch, sequence: batch.facts.last)
    try await journal.store(
      AckFacts(
        terminal: LabTerminal.id, position: position, head: batch.facts.head, nonce: digest(),
        challenge: batch.facts.challenge, timeMilliseconds: terminal.wallMilliseconds,
        nextSize: 500, nextEpoch: Epoch(2), epochToken: digest()))
    promise(.acknowledged(position))
    try feed.post(upTo: position)
  }

  private func apply(_ page: FeedPage) async throws {
    try await journal.apply(page)
    promise(.fed(page.toCursor))
  }

  private func restart(isKilled: Bool) throws {
    if isKilled { recorder.kill() }
    do {
      try journal.close()
    } catch {
      // A killed process does not get to close anything.
      guard isKilled else { throw error }
    }
    recorder.revive()
    journal = try terminal.open(in: recorder.folder)
  }

  private func digest() -> Digest32 {
    let words = (0..<4).map { _ in random.next() }
    let bytes = words.flatMap { word in
      stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
    }
    guard let digest = Digest32(bytes) else { preconditionFailure("four words are 32 bytes") }
    return digest
  }
}
