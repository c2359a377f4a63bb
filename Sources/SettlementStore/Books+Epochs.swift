package import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

/// A new epoch that the operator grants to a terminal that lost its ledger.
package struct EpochGrant: Hashable, Sendable, Codable {
  package let terminal: UInt32
  package let epoch: UInt32
  /// 64 hexadecimal digits. It opens the epoch, once.
  package let token: String
  /// The last record that the centre holds: what the lost ledger made behind it is gone.
  package let lastEpoch: UInt32
  package let lastSequence: UInt64
}

extension Books {
  /// Grants the terminal's next epoch. The token opens it once; a new grant replaces one that was
  /// not spent.
  ///
  /// - Throws: ``StoreError/unknownTerminal(_:)``; ``StoreError/refused(_:)`` for a terminal that
  ///   never settled.
  package func grantEpoch(to terminal: TerminalID) async throws(StoreError) -> EpochGrant {
    try await write { db in
      guard try self.isKnown(terminal, db) else { throw StoreError.unknownTerminal(terminal) }
      guard let newest = try self.newestEpoch(of: terminal, db) else {
        throw StoreError.refused([
          "terminal \(terminal) never settled, so it needs no grant: start it with its own key and "
            + "an empty state directory, its first epoch opens by itself"
        ])
      }
      return try self.grant(
        EpochRule.next(after: newest), self.configuration.draw(), to: terminal, behind: newest, db)
    }
  }

  /// Grants the epoch in which a terminal speaks already, with the token that it presents: books that
  /// were restored from a backup know nothing of either, and would refuse its records for ever.
  ///
  /// - Throws: ``StoreError/unknownTerminal(_:)``; ``StoreError/refused(_:)`` unless the terminal
  ///   presented a token for the next epoch.
  package func acceptEpoch(of terminal: TerminalID) async throws(StoreError) -> EpochGrant {
    try await write { db in
      let line = try self.keyLine(of: terminal, db)
      let newest = try self.newestEpoch(of: terminal, db)
      let next = newest.map { EpochRule.next(after: $0) }
      let batches: [Data] = try db.values(
        """
        SELECT batch FROM evidence WHERE terminal = ? AND kind = ? ORDER BY received_ms DESC
        """, [terminal.number, FlagKind.unknownEpoch.rawValue])
      let tokens = try batches.compactMap { batch -> Digest32? in
        let bytes = Array(batch)
        let signer = try self.signer(of: try BatchCodec.claim(of: bytes), in: line)
        let facts = try BatchCodec.open(bytes, key: signer.key).facts
        return facts.epoch == next ? facts.epochToken : nil
      }
      guard let newest, let next, let token = tokens.first else {
        throw StoreError.refused([
          "terminal \(terminal) presented no token for the epoch behind the newest one here: "
            + "canteen-settlement report shows unknownEpoch when a terminal speaks in one"
        ])
      }
      return try self.grant(next, token, to: terminal, behind: newest, db)
    }
  }

  private func grant(
    _ epoch: Epoch, _ token: Digest32, to terminal: TerminalID, behind newest: Epoch,
    _ db: any Database
  ) throws -> EpochGrant {
    try db.execute(
      """
      INSERT INTO epoch_grant (terminal, epoch, token, granted_ms) VALUES (?, ?, ?, ?)
      ON CONFLICT (terminal, epoch)
      DO UPDATE SET token = excluded.token, granted_ms = excluded.granted_ms
      """, [terminal.number, epoch.number, token.blob, configuration.now()])
    let end = try chainEnd(of: terminal, newest, db)
    return EpochGrant(
      terminal: terminal.number, epoch: epoch.number, token: token.description,
      lastEpoch: newest.number, lastSequence: end.last.number)
  }

  /// The newest epoch that is open; `nil` before the terminal's first contact.
  func newestEpoch(of terminal: TerminalID, _ db: any Database) throws -> Epoch? {
    let row = try db.row(
      "SELECT epoch FROM chain WHERE terminal = ? ORDER BY epoch DESC LIMIT 1",
      [terminal.number])
    return try row.map { Epoch(try $0.integer("epoch")) }
  }

  /// Opens the epoch of a batch when it is the next one and the batch presents a good token.
  func judgeEpoch(
    of batch: BatchFacts, newest: Epoch?, _ db: any Database
  ) throws -> EpochStanding {
    let base = try grantedBase(of: batch, db)
    let token = try base.map { .current(ack: $0) } ?? offeredToken(of: batch, db)
    let standing = EpochRule.judge(batch.epoch, newest: newest, token: token)
    guard standing == .opens else { return standing }
    try db.execute(
      "INSERT INTO chain (terminal, epoch, last_sequence, head) VALUES (?, ?, 0, ?)",
      [batch.terminal.number, batch.epoch.number, Digest32.zero.blob])
    if let base {
      try db.execute(
        "UPDATE terminal SET last_intake = ?, last_issued = ? WHERE number = ?",
        [base, base, batch.terminal.number])
      try db.execute(
        """
        UPDATE epoch_grant SET opened_ms = ?, opened_after = ? WHERE terminal = ? AND epoch = ?
        """,
        [configuration.now(), base, batch.terminal.number, batch.epoch.number])
    }
    return standing
  }

  /// When the batch presents the token that the operator granted for its epoch: the number behind
  /// the last intake, which none will have, so that every ack before the grant is an older one.
  private func grantedBase(of batch: BatchFacts, _ db: any Database) throws -> Int64? {
    guard let token = batch.epochToken else { return nil }
    return try db.value(
      """
      SELECT last_intake + 1 FROM terminal JOIN epoch_grant ON epoch_grant.terminal = terminal.number
      WHERE number = ? AND epoch = ? AND token = ? AND opened_ms IS NULL
      """,
      [batch.terminal.number, batch.epoch.number, token.blob])
  }

  /// How the ack that offered the batch's token for the batch's epoch stands.
  private func offeredToken(of batch: BatchFacts, _ db: any Database) throws -> NonceStanding? {
    guard let token = batch.epochToken else { return nil }
    let lastEchoed = try lastEchoed(of: batch.terminal, db)
    // An older ack's token is as bad as one that was never given out, so it is not looked for.
    let offered: Int64? = try db.value(
      """
      SELECT number FROM intake
      WHERE terminal = ? AND number >= ? AND next_epoch = ? AND epoch_token = ?
      """,
      [batch.terminal.number, lastEchoed, batch.epoch.number, token.blob])
    return NonceRule.judge(offered: offered, lastEchoed: lastEchoed)
  }

  /// The number of the newest ack that the terminal was sent; 0 before any.
  func newestIssued(to terminal: TerminalID, _ db: any Database) throws -> Int64 {
    try db.value(
      "SELECT last_issued FROM terminal WHERE number = ?", [terminal.number])
      ?? 0
  }

  /// The number of the ack whose nonce the last current batch echoed; 0 before any.
  func lastEchoed(of terminal: TerminalID, _ db: any Database) throws -> Int64 {
    try db.value(
      "SELECT last_echoed FROM terminal WHERE number = ?", [terminal.number])
      ?? 0
  }
}
