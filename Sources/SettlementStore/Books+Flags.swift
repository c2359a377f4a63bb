import CanteenModel
import Foundation
import SQLStore

extension Books {
  /// Raises a flag about a batch, or counts it once more.
  ///
  /// - Parameter evidence: The batch's bytes, when they are to be kept.
  func raise(
    _ kind: FlagKind, _ facts: BatchFacts, at place: SequenceNumber, evidence: [UInt8]?,
    _ db: any Database
  ) throws {
    let position = JournalPosition(epoch: facts.epoch, sequence: place)
    try raise(kind, of: facts.terminal, at: position, db)
    guard let evidence else { return }
    try db.execute(
      """
      INSERT INTO evidence (terminal, head, kind, received_ms, batch) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (terminal, head, kind) DO NOTHING
      """,
      [
        facts.terminal.number, facts.head.blob, kind.rawValue, configuration.now(), Data(evidence),
      ])
  }

  /// Raises a flag, or counts it once more. Epoch 0 stands for what belongs to no record.
  func raise(
    _ kind: FlagKind, of terminal: TerminalID, at position: JournalPosition, _ db: any Database
  ) throws {
    let now = configuration.now()
    try db.execute(
      """
      INSERT INTO flag (terminal, kind, epoch, sequence, times, first_ms, last_ms)
      VALUES (?, ?, ?, ?, 1, ?, ?)
      ON CONFLICT (terminal, kind, epoch)
      DO UPDATE SET times = flag.times + 1, last_ms = excluded.last_ms
      """,
      [
        terminal.number, kind.rawValue, position.epoch.number, Int64(position.sequence.number), now,
        now,
      ])
  }
}
