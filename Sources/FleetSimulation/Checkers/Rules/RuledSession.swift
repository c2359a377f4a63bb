import CanteenModel
import TerminalCore

/// What a terminal must do to settle: DESIGN.md 5 and ARCHITECTURE.md, The link. One batch at a time; an ack counts
/// when it answers that batch and names the ledger's own head; the feed follows each ack and each refusal; who fails
/// comes again after 1, 2, 4 … 60 s, of which half is drawn.
struct RuledSession {
  private let terminal: TerminalID
  private var batch: BatchFacts?
  private var size: Int
  private var waits = false
  private var rest: Int64?
  private(set) var failures = 0
  private(set) var isRefused = false

  init(terminal: TerminalID, nextSize: Int) { (self.terminal, size) = (terminal, nextSize) }

  mutating func handle(_ event: SyncSession.Event) -> [SyncSession.Action] {
    switch event {
    case .wake: return [.sendBatch(limit: size)]
    case .sent(let facts): batch = facts
    case .acknowledged(let ack, let ownHead): return judge(ack, ownHead)
    case .ackStored(let hasBacklog):
      (isRefused, waits) = (false, hasBacklog)
      return [.requestFeed]
    case .fed(let hasMore):
      if hasMore { return [.requestFeed] }
      if let rest = takeRest() { return [.rest(milliseconds: rest)] }
      failures = 0
      return [waits && size != 0 ? .sendBatch(limit: size) : .rest(milliseconds: 10_000)]
    case .failed(let jitter):
      batch = nil
      return [.rest(milliseconds: takeRest() ?? retry(jitter))]
    case .turnedAway(let milliseconds, let jitter):
      batch = nil
      rest = nil
      var asked = milliseconds
      if asked < 1_000 { asked = 1_000 }
      if asked > 600_000 { asked = 600_000 }
      return [.rest(milliseconds: asked + asked / 2 * Int64(jitter) / 1_000)]
    case .refused(let jitter):
      batch = nil
      isRefused = true
      rest = retry(jitter)
      return [.requestFeed]
    }
    return []
  }

  private mutating func judge(_ ack: AckFacts, _ ownHead: Digest32?) -> [SyncSession.Action] {
    guard let batch else { return [.refuse(.unasked)] }
    if ack.challenge != batch.challenge { return [.refuse(.stale)] }
    if ack.terminal != terminal || ack.position.epoch != batch.epoch { return [.refuse(.notOurs)] }
    guard let ownHead, ownHead == ack.head else { return [.refuse(.otherHead)] }
    self.batch = nil
    size = ack.nextSize
    return [.storeAck(ack)]
  }

  private mutating func takeRest() -> Int64? {
    defer { rest = nil }
    return rest
  }

  private mutating func retry(_ jitter: Int) -> Int64 {
    var whole: Int64 = 1_000
    for _ in 0..<failures where whole < 60_000 { whole *= 2 }
    failures += 1
    let half = Swift.min(whole, 60_000) / 2
    return half + half * Int64(jitter) / 1_000
  }
}
