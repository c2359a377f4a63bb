package import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

extension Books {
  /// Takes a batch: records, posts and acknowledges it in one transaction.
  ///
  /// When this returns, a power cut can no longer lose a record of it. A batch that comes again
  /// gets the stored ack byte for byte; a record that comes again is neither kept nor posted twice.
  /// A record that cannot be posted goes to suspense with its reason and never stops the ones
  /// behind it.
  ///
  /// - Parameter terminal: Who handed it in, as the caller found out; it must be the batch's own.
  /// - Throws: ``StoreError/unknownTerminal(_:)``, ``StoreError/notGenuine(_:)``: with
  ///   ``WireError/retiredKey`` for a key that the terminal handed over before this place of its chain, and
  ///   the batch is kept as evidence;
  ///   ``StoreError/commitFailed(code:)``: the batch may or may not be on disk, and no ack exists.
  package func take(
    batch bytes: [UInt8], from terminal: TerminalID
  ) async throws(StoreError) -> IntakeAnswer {
    try await take(batch: bytes, from: terminal, isCarried: false)
  }

  /// - Parameter isCarried: Somebody brought the batch in a file. What it echoes is as old as the file and accuses
  ///   nobody, and its ack, which reaches no terminal, is none that one could echo.
  func take(
    batch bytes: [UInt8], from terminal: TerminalID, isCarried: Bool
  ) async throws(StoreError) -> IntakeAnswer {
    let line = try await read { db in try self.keyLine(of: terminal, db) }
    let (claim, signer, batch): (BatchClaim, BatchSigner, OpenedBatch)
    do {
      claim = try BatchCodec.claim(of: bytes)
      signer = try self.signer(of: claim, in: line)
      batch = try BatchCodec.open(bytes, key: signer.key)
    } catch {
      throw .notGenuine(error)
    }
    guard batch.facts.terminal == terminal else {
      throw .notGenuine(.malformed("batch.terminal is \(batch.facts.terminal)"))
    }
    let records = ReadRecord.all(of: batch)
    let answer: IntakeAnswer? = try await write { db in
      guard let inForce = try self.inForce(claim, signedBy: signer, db) else {
        try self.raiseRetiredKey(batch, evidence: bytes, db)
        return nil
      }
      return try self.take(
        batch, try self.checkingRotation(records, of: batch.facts, where: inForce),
        evidence: bytes, isCarried: isCarried, db)
    }
    guard let answer else { throw .notGenuine(.retiredKey) }
    return answer
  }

  private func take(
    _ batch: OpenedBatch, _ records: [ReadRecord], evidence: [UInt8], isCarried: Bool,
    _ db: any Database
  ) throws -> IntakeAnswer {
    let facts = batch.facts
    if let ack = try storedAck(for: facts, db) {
      return .acknowledged(
        IntakeReceipt(ack: ack, carried: facts.count, added: 0, flags: []))
    }
    let newest = try newestEpoch(of: facts.terminal, db)
    if try judgeEpoch(of: facts, newest: newest, db) == .unknown {
      try raise(.unknownEpoch, facts, at: facts.first, evidence: evidence, db)
      return .unknownEpoch(newest: newest)
    }
    let end = try chainEnd(of: facts.terminal, facts.epoch, db)
    let verdict = ChainIntake.judge(
      facts, heads: batch.heads, held: try heldChain(along: facts, end: end, db))
    var flags: [FlagKind] = []
    var held = (last: facts.last, head: facts.head)
    switch verdict {
    case .extends: break
    case .gap:
      flags.append(.gap)
      try raise(.gap, facts, at: end.last.next, evidence: nil, db)
      held = try endBefore(gap: facts, end: end, db)
    case .fork(_, let place):
      flags.append(.fork)
      try raise(.fork, facts, at: place, evidence: records.isEmpty ? nil : evidence, db)
    }
    let echo: NonceStanding?
    if isCarried {
      echo = nil
      try noteTail(of: facts, holding: held.last, echoed: nil, db)
    } else {
      let end = (end.last, held.last)
      echo = try hear(facts, verdict, ends: end, evidence: evidence, &flags, db)
    }
    let intake = try nextIntake(of: facts.terminal, echo: echo, db)
    let added = try keep(records, verdict, facts, intake: intake, db)
    var echoed: Int64?
    if case .current(let ack)? = echo { echoed = ack }
    try judgeTail(of: facts, verdict, echoed: echoed, db)
    try keepWitnessed(batch, db)
    let ack = try acknowledge(
      batch, holding: held, intake: intake, added: added, isKept: verdict != .gap, db)
    return .acknowledged(
      IntakeReceipt(ack: ack, carried: facts.count, added: added, flags: flags))
  }

  /// What the echo of a batch says of its sender: whether it is a copy, or knows acks that the books forgot.
  ///
  /// - Parameter ends: Up to where the accepted branch was held, and up to where the sender's own is.
  private func hear(
    _ facts: BatchFacts, _ verdict: ChainVerdict,
    ends: (accepted: SequenceNumber, own: SequenceNumber), evidence: [UInt8],
    _ flags: inout [FlagKind], _ db: any Database
  ) throws -> NonceStanding {
    let echoed = try echoedAck(of: facts, db)
    let echo = NonceRule.judge(
      echoed: echoed, lastEchoed: try lastEchoed(of: facts.terminal, db),
      newest: try newestIssued(to: facts.terminal, db))
    // Behind a gap it may be the centre that forgot: an ack that it does not know accuses nobody.
    let isStale = echo == .stale && (verdict != .gap || echoed != nil)
    if isStale || isBehind(facts, verdict, held: ends.accepted) {
      flags.append(.staleCopy)
      try raise(.staleCopy, facts, at: facts.first, evidence: evidence, db)
    }
    if echoed == nil {
      if verdict == .gap { try overtakeAfterLoss(facts.terminal, db) }
      try feedAgainAfterBlind(facts.terminal, db)
    }
    try noteTail(of: facts, holding: ends.own, echoed: echoed, db)
    return echo
  }

  /// On a branch of its own a ledger may be shorter than the accepted one.
  private func isBehind(
    _ facts: BatchFacts, _ verdict: ChainVerdict, held: SequenceNumber
  ) -> Bool {
    guard case .extends = verdict else { return false }
    return NonceRule.isBehind(newest: facts.newest, held: held)
  }

  /// Keeps and posts what is new, and moves the end of the accepted branch.
  ///
  /// - Returns: How many records were new.
  private func keep(
    _ records: [ReadRecord], _ verdict: ChainVerdict, _ facts: BatchFacts, intake: Int64,
    _ db: any Database
  ) throws -> Int {
    let new: [ReadRecord]
    switch verdict {
    case .gap: return 0
    case .extends(let index):
      new = Array(records[index...])
      if !new.isEmpty {
        try db.execute(
          "UPDATE chain SET last_sequence = ?, head = ? WHERE terminal = ? AND epoch = ?",
          [
            Int64(facts.last.number), facts.head.blob, facts.terminal.number, facts.epoch.number,
          ])
      }
    case .fork(let index, _):
      new = try records[index...].filter { record in
        try db.row(
          "SELECT 1 FROM record WHERE terminal = ? AND id = ?",
          [facts.terminal.number, record.id.blob]) == nil
      }
    }
    let isAccepted = if case .extends = verdict { true } else { false }
    try record(new, of: facts.terminal, isAccepted: isAccepted, intake: intake, db)
    try rotateKeys(by: new, of: facts.terminal, isAccepted: isAccepted, db)
    let kept = Set(new.map(\.id))
    try feedAgain(records.filter { !kept.contains($0.id) }, db)
    return new.count
  }
}
