import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

extension Books {
  /// The ack of a batch that was answered before: the same records with the same challenge.
  ///
  /// A batch with the same records and another challenge is not a repetition: its terminal wants
  /// the time signed anew, and gets a new ack.
  func storedAck(for batch: BatchFacts, _ db: any Database) throws -> [UInt8]? {
    let ack: Data? = try db.value(
      """
      SELECT ack FROM intake
      WHERE terminal = ? AND challenge = ? AND epoch = ? AND first_sequence = ? AND records = ?
        AND head = ?
      """,
      [
        batch.terminal.number, batch.challenge.blob, batch.epoch.number,
        Int64(batch.first.number), batch.count, batch.head.blob,
      ])
    return ack.map { Array($0) }
  }

  /// The number of the ack whose nonce a batch echoes; `nil` when no ack is held with this nonce.
  ///
  /// A batch without one echoes number 0: none yet. In an epoch that the operator granted, "none
  /// yet" stands for a number between the acks that the lost ledger knew and the later ones.
  func echoedAck(of batch: BatchFacts, _ db: any Database) throws -> Int64? {
    guard let nonce = batch.echoedNonce else {
      return try db.value(
        """
        SELECT opened_after FROM epoch_grant
        WHERE terminal = ? AND epoch = ? AND opened_after IS NOT NULL
        """, [batch.terminal.number, batch.epoch.number]) ?? 0
    }
    return try db.value(
      "SELECT number FROM intake WHERE terminal = ? AND nonce = ?",
      [batch.terminal.number, nonce.blob])
  }

  /// Numbers an intake, and forgets those before the ack that the terminal now proved to have
  /// stored, as far as they brought no record: no later batch echoes them, but that of a copy.
  ///
  /// - Parameter echo: `nil` for a batch from a file: its ack is issued to nobody.
  func nextIntake(
    of terminal: TerminalID, echo: NonceStanding?, _ db: any Database
  ) throws -> Int64 {
    if case .current(let number) = echo {
      try db.execute(
        "UPDATE terminal SET last_echoed = ? WHERE number = ?",
        [number, terminal.number])
      try db.execute(
        "DELETE FROM intake WHERE terminal = ? AND number < ? AND added = 0",
        [terminal.number, number])
    }
    try db.execute(
      """
      UPDATE terminal SET last_intake = last_intake + 1,
        last_issued = CASE WHEN ? = 1 THEN last_intake + 1 ELSE last_issued END
      WHERE number = ?
      """, [echo == nil ? 0 : 1, terminal.number])
    let number: Int64? = try db.value(
      "SELECT last_intake FROM terminal WHERE number = ?", [terminal.number])
    guard let number else { throw StoreError.unknownTerminal(terminal) }
    return number
  }

  /// Signs the ack of a batch, and stores it beside the batch's own signed header. The bytes leave
  /// this process only after the commit.
  ///
  /// - Parameters:
  ///   - held: Up to where the sender's records are held. Its own end, not that of another branch: the sender believes an
  ///     ack only at a head that it has.
  ///   - isKept: Whether every record of the batch is held: then it can be put together again, and the heads of
  ///     neighbours that came with it are kept.
  func acknowledge(
    _ batch: OpenedBatch, holding held: (last: SequenceNumber, head: Digest32), intake: Int64,
    added: Int, isKept: Bool, _ db: any Database
  ) throws -> [UInt8] {
    let facts = batch.facts
    let witnessed = isKept ? try BatchCodec.witnessedBytes(batch.witnessed) : nil
    let newest = try newestEpoch(of: facts.terminal, db) ?? facts.epoch
    let ack = AckFacts(
      terminal: facts.terminal,
      position: JournalPosition(epoch: facts.epoch, sequence: held.last), head: held.head,
      nonce: configuration.draw(), challenge: facts.challenge,
      timeMilliseconds: configuration.now(), nextSize: configuration.nextSize,
      nextEpoch: EpochRule.next(after: newest), epochToken: configuration.draw(),
      isRetired: try isRetired(facts.terminal, db))
    let bytes = try AckCodec.seal(ack, key: configuration.key)
    try db.execute(
      """
      INSERT INTO intake (terminal, number, received_ms, epoch, first_sequence, records, added,
        head, challenge, header, nonce, acked_sequence, acked_head, next_epoch, epoch_token, ack,
        witnessed)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        facts.terminal.number, intake, ack.timeMilliseconds, facts.epoch.number,
        Int64(facts.first.number), facts.count, added, facts.head.blob, facts.challenge.blob,
        Data(batch.signedHeader), ack.nonce.blob, Int64(held.last.number), held.head.blob,
        ack.nextEpoch.number, ack.epochToken.blob, Data(bytes), witnessed.map { Data($0) },
      ])
    return bytes
  }
}
