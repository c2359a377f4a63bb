package import CanteenModel
import Foundation
import GRDB
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
  /// - Throws: ``StoreError/unknownTerminal(_:)``, ``StoreError/notGenuine(_:)``;
  ///   ``StoreError/commitFailed(code:)``: the batch may or may not be on disk, and no ack exists.
  package func take(
    batch bytes: [UInt8], from terminal: TerminalID
  ) async throws(StoreError) -> IntakeAnswer {
    let key = try await publicKey(of: terminal)
    let batch: OpenedBatch
    do {
      batch = try BatchCodec.open(bytes, key: key)
    } catch {
      throw .notGenuine(error)
    }
    guard batch.facts.terminal == terminal else {
      throw .notGenuine(.malformed("batch.terminal is \(batch.facts.terminal)"))
    }
    let records = ReadRecord.all(of: batch)
    return try await write { db in
      try self.take(batch, records, evidence: bytes, db)
    }
  }

  private func take(
    _ batch: OpenedBatch, _ records: [ReadRecord], evidence: [UInt8], _ db: Database
  ) throws -> IntakeAnswer {
    let facts = batch.facts
    if let ack = try storedAck(for: facts, db) {
      return .acknowledged(
        IntakeReceipt(ack: ack, carried: facts.count, added: 0, flags: []))
    }
    let newest = try Int64.fetchOne(
      db, sql: "SELECT MAX(epoch) FROM chain WHERE terminal = ?",
      arguments: [facts.terminal.number]
    ).flatMap(UInt32.init(exactly:)).map(Epoch.init)
    switch EpochRule.judge(facts.epoch, newest: newest, token: nil) {
    case .unknown:
      try raise(.unknownEpoch, facts, at: facts.first, evidence: evidence, db)
      return .unknownEpoch(newest: newest)
    case .opens: try open(facts.epoch, of: facts.terminal, db)
    case .open: break
    }
    let end = try chainEnd(of: facts.terminal, facts.epoch, db)
    let held = try heldChain(along: facts, end: end, db)
    let verdict = ChainIntake.judge(facts, heads: batch.heads, held: held)
    if case .gap(let want) = verdict {
      try raise(.gap, facts, at: want, evidence: nil, db)
      return .gap(want: want)
    }
    var flags: [FlagKind] = []
    if case .fork(_, let place) = verdict {
      flags.append(.fork)
      try raise(.fork, facts, at: place, evidence: evidence, db)
    }
    let echo = try judgeEcho(facts, db)
    if case .stale = echo {
      flags.append(.staleCopy)
      try raise(.staleCopy, facts, at: facts.first, evidence: evidence, db)
    }
    let intake = try nextIntake(of: facts.terminal, echo: echo, db)
    let added = try keep(records, verdict, facts, intake: intake, db)
    let ack = try acknowledge(batch, intake: intake, added: added, db)
    return .acknowledged(
      IntakeReceipt(ack: ack, carried: facts.count, added: added, flags: flags))
  }

  /// Keeps and posts what is new, and moves the end of the accepted branch.
  ///
  /// - Returns: How many records were new.
  private func keep(
    _ records: [ReadRecord], _ verdict: ChainVerdict, _ facts: BatchFacts, intake: Int64,
    _ db: Database
  ) throws -> Int {
    switch verdict {
    case .gap: preconditionFailure("a batch behind a gap is not kept")
    case .extends(let index):
      let new = Array(records[index...])
      guard !new.isEmpty else { return 0 }
      try record(new, of: facts.terminal, isAccepted: true, intake: intake, db)
      try db.execute(
        sql: "UPDATE chain SET last_sequence = ?, head = ? WHERE terminal = ? AND epoch = ?",
        arguments: [
          Int64(facts.last.number), facts.head.blob, facts.terminal.number, facts.epoch.number,
        ])
      return new.count
    case .fork(let index, _):
      let new = try records[index...].filter { record in
        try Row.fetchOne(
          db, sql: "SELECT 1 FROM record WHERE terminal = ? AND id = ?",
          arguments: [facts.terminal.number, record.id.blob]) == nil
      }
      try record(new, of: facts.terminal, isAccepted: false, intake: intake, db)
      return new.count
    }
  }

  /// Raises a flag, or counts it once more, and keeps the batch behind it.
  private func raise(
    _ kind: FlagKind, _ facts: BatchFacts, at place: SequenceNumber, evidence: [UInt8]?,
    _ db: Database
  ) throws {
    let now = configuration.now()
    try db.execute(
      sql: """
        INSERT INTO flag (terminal, kind, epoch, sequence, times, first_ms, last_ms)
        VALUES (?, ?, ?, ?, 1, ?, ?)
        ON CONFLICT (terminal, kind, epoch)
        DO UPDATE SET times = flag.times + 1, last_ms = excluded.last_ms
        """,
      arguments: [
        facts.terminal.number, kind.rawValue, facts.epoch.number, Int64(place.number), now, now,
      ])
    guard let evidence else { return }
    try db.execute(
      sql: """
        INSERT INTO evidence (terminal, head, kind, received_ms, batch) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (terminal, head, kind) DO NOTHING
        """,
      arguments: [facts.terminal.number, facts.head.blob, kind.rawValue, now, Data(evidence)])
  }
}
