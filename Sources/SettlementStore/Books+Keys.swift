package import CanteenModel
import Foundation
import SQLStore
import SettlementCore
package import SyncProtocol

extension Books {
  /// What a terminal's records are signed with now.
  ///
  /// - Throws: ``StoreError/unknownTerminal(_:)``, also for one that has not joined.
  package func publicKey(of terminal: TerminalID) async throws(StoreError) -> VerifyingKey {
    try await read { db in
      try VerifyingKey(rawBytes: try self.keyLine(of: terminal, db).current.bytes)
    }
  }

  /// Opens what a terminal asks, with the key that it has now.
  ///
  /// - Parameter body: Opens the bytes with a key.
  /// - Throws: ``StoreError/notGenuine(_:)``: with ``WireError/retiredKey`` where the terminal had the key
  ///   before. ``StoreError/unknownTerminal(_:)``.
  package func genuine<Request>(
    from terminal: TerminalID, _ body: (VerifyingKey) throws(WireError) -> Request
  ) async throws(StoreError) -> Request {
    let line = try await read { db in try self.keyLine(of: terminal, db) }
    let retired = line.all.subtracting(line.requestKeys)
    do throws(WireError) {
      for key in line.requestKeys {
        do throws(WireError) {
          return try body(try VerifyingKey(rawBytes: key.bytes))
        } catch .badSignature {
          continue
        }
      }
      for key in retired {
        // try?: whatever else is wrong with it, it is not this key's.
        if (try? body(try VerifyingKey(rawBytes: key.bytes))) != nil { throw .retiredKey }
      }
      throw .badSignature
    } catch {
      throw .notGenuine(error)
    }
  }

  /// The keys of a terminal that has joined.
  func keyLine(of terminal: TerminalID, _ db: any Database) throws -> KeyLine {
    let rows = try db.rows(
      """
      SELECT public_key, epoch, sequence, id, previous, next, accepted
      FROM terminal LEFT JOIN key_rotation ON key_rotation.terminal = terminal.number
      WHERE number = ? ORDER BY epoch, sequence, id
      """, [terminal.number])
    guard let current = try rows.first?.key() else { throw StoreError.unknownTerminal(terminal) }
    let rotations = try rows.filter { $0["sequence"] as Int64? != nil }.map { row in
      HeldRotation(
        position: JournalPosition(
          epoch: Epoch(try row.integer("epoch")),
          sequence: SequenceNumber(try row.integer("sequence"))),
        id: try row.digest("id"), previous: try row.digest("previous"),
        next: try row.digest("next"), isAccepted: row["accepted"] == true)
    }
    return KeyLine(current: current, rotations: rotations)
  }

  /// Who signed a batch, if that is or was the terminal's key; whether it may sign there, is asked when the
  /// batch is taken (``inForce(_:signedBy:_:)``).
  ///
  /// - Throws: ``WireError/badSignature`` for any other.
  func signer(of claim: BatchClaim, in line: KeyLine) throws(WireError) -> BatchSigner {
    for key in line.all {
      let key = try VerifyingKey(rawBytes: key.bytes)
      if key.keyID == claim.keyID { return BatchSigner(key: key, presented: []) }
    }
    // Books from a backup may not know it yet. Each handover costs two signatures, so only then.
    let presented = claim.handovers.compactMap { $0.genuine(of: claim.terminal) }
    for rotated in presented {
      let key = try VerifyingKey(rawBytes: rotated.next.bytes)
      if key.keyID == claim.keyID { return BatchSigner(key: key, presented: presented) }
    }
    throw .badSignature
  }

  /// The key that is in force where a batch begins; `nil` when the one that signed it is one that was handed
  /// over before.
  func inForce(
    _ claim: BatchClaim, signedBy signer: BatchSigner, _ db: any Database
  ) throws -> KeyInForce? {
    let line = try keyLine(of: claim.terminal, db)
    let key = try key(behind: claim, in: line, db)
    let inForce = KeyInForce(key: key, line: line, presented: signer.presented)
    let isGood = line.mayBeSigned(
      by: signer.key.digest, where: key, presented: signer.presented)
    #if SEEDED_BUGS
      if planted == .believesRetiredKeys { return inForce }
    #endif
    return isGood ? inForce : nil
  }

  /// The key in force behind the record from which a batch goes on, along its own branch.
  private func key(
    behind claim: BatchClaim, in line: KeyLine, _ db: any Database
  ) throws -> Digest32 {
    let accepted = line.key(behind: claim.behind)
    guard !line.rotations.isEmpty, claim.behind.sequence != .none else { return accepted }
    if let rotation = line.rotations.first(where: { $0.id == claim.previousHead }) {
      return rotation.next
    }
    let fork = try db.row(
      """
      SELECT header FROM record JOIN intake ON intake.terminal = record.terminal
        AND intake.number = record.intake
      WHERE record.terminal = ? AND id = ? AND accepted = 0
      """, [claim.terminal.number, claim.previousHead.blob])
    guard let header = fork?["header"] as Data? else { return accepted }
    let keyID = try BatchCodec.keyID(ofHeader: Array(header))
    for key in line.all where try VerifyingKey(rawBytes: key.bytes).keyID == keyID { return key }
    return accepted
  }

  /// Takes the rotation at the end of a batch for what it is only when it is genuine and hands over a key that
  /// the terminal has there (``KeyLine/mayHandOver(_:where:presented:)``); otherwise its bytes are kept as those of a record that nobody can read.
  ///
  /// - Throws: ``StoreError/notGenuine(_:)`` for a rotation with a record behind it: that record was signed
  ///   with a key that was handed over.
  func checkingRotation(
    _ records: [ReadRecord], of batch: BatchFacts, where inForce: KeyInForce
  ) throws -> [ReadRecord] {
    let place = records.firstIndex { $0.kind == .keyRotated }
    guard let place else { return records }
    guard place == records.count - 1 else {
      throw StoreError.notGenuine(.malformed("batch.records: a key's rotation ends its batch"))
    }
    let record = records[place]
    let head = place == 0 ? batch.previousHead : records[place - 1].id
    if case .keyRotated(let rotated) = record.record?.body, inForce.mayHandOver(rotated.previous),
      rotated.isGenuine(of: batch.terminal, at: record.position, after: head)
    {
      return records
    }
    return records.dropLast() + [record.unread]
  }

  /// Remembers the rotations among records that were kept; on the accepted branch of the newest epoch the new
  /// key is the terminal's from now on. In an epoch that another one followed nobody takes the key away from the
  /// ledger that goes on.
  func rotateKeys(
    by records: [ReadRecord], of terminal: TerminalID, isAccepted: Bool, _ db: any Database
  ) throws {
    for record in records {
      guard case .keyRotated(let rotated) = record.record?.body else { continue }
      let newest = try newestEpoch(of: terminal, db)
      let isAccepted = isAccepted && record.position.epoch == newest
      try db.execute(
        """
        INSERT INTO key_rotation (terminal, id, epoch, sequence, previous, next, accepted)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        [
          terminal.number, record.id.blob, record.position.epoch.number,
          Int64(record.position.sequence.number), rotated.previous.blob, rotated.next.blob,
          isAccepted,
        ])
      guard isAccepted else { continue }
      try db.execute(
        """
        UPDATE terminal SET public_key = (SELECT next FROM key_rotation
          WHERE terminal = ? AND accepted = 1 ORDER BY epoch DESC, sequence DESC LIMIT 1)
        WHERE number = ?
        """, [terminal.number, terminal.number])
    }
  }

  /// Keeps a batch that was signed with a key which the terminal handed over before: whoever has that key is
  /// an older image, a copy, or a thief.
  func raiseRetiredKey(
    _ batch: OpenedBatch, evidence: [UInt8], _ db: any Database
  ) throws {
    try raise(.retiredKey, batch.facts, at: batch.facts.first, evidence: evidence, db)
  }
}

/// Who signed a batch.
struct BatchSigner {
  let key: VerifyingKey
  /// How the key became the terminal's, where the books do not know: found genuine.
  let presented: [KeyRotated]
}

/// The key that is in force at a place of a chain, among those of its terminal.
struct KeyInForce {
  let key: Digest32
  let line: KeyLine
  let presented: [KeyRotated]

  /// Whether a rotation may hand this key over there.
  func mayHandOver(_ previous: Digest32) -> Bool {
    line.mayHandOver(previous, where: key, presented: presented)
  }
}
