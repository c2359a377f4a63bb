import CanteenModel
import Foundation
import GRDB
import SettlementCore
import SyncProtocol

extension Books {
  /// The ack of a batch that was answered before: the same records with the same challenge.
  ///
  /// A batch with the same records and another challenge is not a repetition: its terminal wants
  /// the time signed anew, and gets a new ack.
  func storedAck(for batch: BatchFacts, _ db: Database) throws -> [UInt8]? {
    let ack = try Data.fetchOne(
      db,
      sql: """
        SELECT ack FROM intake
        WHERE terminal = ? AND challenge = ? AND epoch = ? AND first_sequence = ? AND records = ?
          AND head = ?
        """,
      arguments: [
        batch.terminal.number, batch.challenge.blob, batch.epoch.number,
        Int64(batch.first.number), batch.count, batch.head.blob,
      ])
    return ack.map { Array($0) }
  }

  /// How the nonce that a batch echoes stands among the acks of its terminal.
  func judgeEcho(_ batch: BatchFacts, _ db: Database) throws -> NonceStanding {
    let lastEchoed = try Int64.fetchOne(
      db, sql: "SELECT last_echoed FROM terminal WHERE number = ?",
      arguments: [batch.terminal.number])
    var echoed: Int64? = 0
    if let nonce = batch.echoedNonce {
      echoed = try Int64.fetchOne(
        db, sql: "SELECT number FROM intake WHERE terminal = ? AND nonce = ?",
        arguments: [batch.terminal.number, nonce.blob])
    }
    return NonceRule.judge(echoed: echoed, lastEchoed: lastEchoed ?? 0)
  }

  /// Numbers an intake, and forgets those before the ack that the terminal now proved to have
  /// stored, as far as they brought no record: no later batch echoes them, but that of a copy.
  func nextIntake(of terminal: TerminalID, echo: NonceStanding, _ db: Database) throws -> Int64 {
    if case .current(let number) = echo {
      try db.execute(
        sql: "UPDATE terminal SET last_echoed = ? WHERE number = ?",
        arguments: [number, terminal.number])
      try db.execute(
        sql: "DELETE FROM intake WHERE terminal = ? AND number < ? AND added = 0",
        arguments: [terminal.number, number])
    }
    try db.execute(
      sql: "UPDATE terminal SET last_intake = last_intake + 1 WHERE number = ?",
      arguments: [terminal.number])
    let number = try Int64.fetchOne(
      db, sql: "SELECT last_intake FROM terminal WHERE number = ?", arguments: [terminal.number])
    guard let number else { throw StoreError.unknownTerminal(terminal) }
    return number
  }

  /// Signs the ack of a batch that was kept, and stores it beside the batch's own signed header.
  /// The bytes leave this process only after the commit.
  func acknowledge(
    _ batch: OpenedBatch, intake: Int64, added: Int, _ db: Database
  ) throws -> [UInt8] {
    let facts = batch.facts
    let end = try chainEnd(of: facts.terminal, facts.epoch, db)
    let newest: UInt32 =
      try Row.fetchOne(
        db, sql: "SELECT MAX(epoch) AS epoch FROM chain WHERE terminal = ?",
        arguments: [facts.terminal.number])?.integer("epoch") ?? facts.epoch.number
    let ack = AckFacts(
      terminal: facts.terminal,
      position: JournalPosition(epoch: facts.epoch, sequence: end.last), head: end.head,
      nonce: configuration.draw(), challenge: facts.challenge,
      timeMilliseconds: configuration.now(), nextSize: configuration.nextSize,
      nextEpoch: EpochRule.next(after: Epoch(newest)), epochToken: configuration.draw())
    let bytes = try AckCodec.seal(ack, key: configuration.key)
    try db.execute(
      sql: """
        INSERT INTO intake (terminal, number, received_ms, epoch, first_sequence, records, added,
          head, challenge, header, nonce, ack)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        facts.terminal.number, intake, ack.timeMilliseconds, facts.epoch.number,
        Int64(facts.first.number), facts.count, added, facts.head.blob, facts.challenge.blob,
        Data(batch.signedHeader), ack.nonce.blob, Data(bytes),
      ])
    return bytes
  }
}
