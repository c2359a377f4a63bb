package import CanteenModel
import Foundation
import SQLStore
import SyncProtocol

/// A terminal as the centre knows it.
package struct TerminalEntry: Hashable, Sendable, Codable {
  /// 1 or more; 0 in an order to add one: the next that is free.
  package let number: UInt32
  package let name: String
  /// What its records are signed with, 64 hexadecimal digits; `nil` until it joins.
  package let publicKey: String?
  /// Where the centre pulls from; `nil` when the terminal pushes.
  package let pullURL: String?
  /// Where the other terminals of its canteen find it; `nil`: they do not ask it.
  package let peerURL: String?
  /// The number of the canteen where it stands; 0: not told, and everybody is a visitor there.
  package let canteen: UInt32
  /// Unix time in milliseconds since which it is shut out; `nil`: it may settle.
  package let revokedMilliseconds: Int64?
  /// Unix time in milliseconds since which it is retired; `nil`: it may sell.
  package let retiredMilliseconds: Int64?
  /// The number of the terminal that took its place; `nil` without one.
  package let replacedBy: UInt32?
  /// What is known of its last records; `nil` unless it is retired and was heard since.
  package let tail: TerminalTail?

  package init(
    number: UInt32, name: String, publicKey: String?, pullURL: String?, peerURL: String? = nil,
    canteen: UInt32 = 0,
    revokedMilliseconds: Int64? = nil, retiredMilliseconds: Int64? = nil,
    replacedBy: UInt32? = nil, tail: TerminalTail? = nil
  ) {
    self.number = number
    self.name = name
    self.publicKey = publicKey
    self.pullURL = pullURL
    self.peerURL = peerURL
    self.canteen = canteen
    self.revokedMilliseconds = revokedMilliseconds
    self.retiredMilliseconds = retiredMilliseconds
    self.replacedBy = replacedBy
    self.tail = tail
  }
}

extension Books {
  /// Adds a terminal, or changes the name, the canteen and the pull address of one that is there.
  ///
  /// - Returns: Its number.
  /// - Throws: ``StoreError/refused(_:)`` for a key that is none, and for another key under a number that is
  ///   there: a replaced device gets a number of its own.
  @discardableResult
  package func add(_ entry: TerminalEntry) async throws(StoreError) -> TerminalID {
    guard !entry.name.isEmpty else { throw .refused(["the terminal needs a name: 一号窗口"]) }
    let key = try entry.publicKey.map { text throws(StoreError) in try Self.key(text) }
    return try await write { db in
      let number = entry.number > 0 ? entry.number : try self.freeNumber(db)
      let changed = try db.execute(
        """
        INSERT INTO terminal (number, name, public_key, pull_url, peer_url, canteen)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (number) DO UPDATE SET name = excluded.name, pull_url = excluded.pull_url,
          peer_url = excluded.peer_url, canteen = excluded.canteen,
          public_key = COALESCE(terminal.public_key, excluded.public_key)
        WHERE COALESCE(terminal.public_key = excluded.public_key, TRUE)
          AND (excluded.canteen > 0 OR terminal.canteen = 0)
        """,
        [
          number, entry.name, key.map { Data($0.rawBytes) }, entry.pullURL, entry.peerURL,
          Int64(entry.canteen),
        ])
      guard changed == 1 else {
        throw StoreError.refused([
          "terminal \(number) is there with another key or stands in a canteen: give a replaced "
            + "device a number of its own, so that nobody can take its place, and name the canteen"
        ])
      }
      try self.notePlace(of: TerminalID(number), db)
      return TerminalID(number)
    }
  }

  /// Keeps where a terminal stands from now on, when it is another canteen than before (S18: whose takings its sales
  /// are). Where it stood first, it stood always.
  func notePlace(of terminal: TerminalID, _ db: any Database) throws {
    let canteen: Int64? = try db.value(
      "SELECT canteen FROM terminal WHERE number = ? AND canteen > 0", [terminal.number])
    guard let canteen else { return }
    let last: Int64? = try db.value(
      "SELECT canteen FROM terminal_place WHERE terminal = ? ORDER BY from_ms DESC LIMIT 1",
      [terminal.number])
    guard last != canteen else { return }
    try db.execute(
      """
      INSERT INTO terminal_place (terminal, from_ms, canteen) VALUES (?, ?, ?)
      ON CONFLICT (terminal, from_ms) DO UPDATE SET canteen = excluded.canteen
      """, [terminal.number, last == nil ? 0 : now, canteen])
    guard let last else { return }
    try publishLine(
      movingFrom: CanteenID(UInt32(clamping: last)), to: CanteenID(UInt32(clamping: canteen)), db)
  }

  func freeNumber(_ db: any Database) throws -> UInt32 {
    let row = try db.row(
      "SELECT COALESCE(MAX(number), 0) + 1 AS number FROM terminal")
    guard let row else { throw StoreError.damaged("an aggregate has a row") }
    return try row.integer("number")
  }

  /// Every terminal, by number.
  package func terminals() async throws(StoreError) -> [TerminalEntry] {
    try await read { db in
      let rows = try db.rows(
        """
        SELECT number, name, public_key, pull_url, peer_url, canteen, revoked_ms, retired_ms,
          replaced_by, tail_missing, tail_told FROM terminal ORDER BY number
        """)
      return try rows.map { row in
        TerminalEntry(
          number: try row.integer("number"), name: try row.text("name"),
          publicKey: try row.key()?.description, pullURL: row["pull_url"],
          peerURL: row["peer_url"],
          canteen: try row.integer("canteen"), revokedMilliseconds: row["revoked_ms"],
          retiredMilliseconds: row["retired_ms"],
          replacedBy: (row["replaced_by"] as Int64?).flatMap { UInt32(exactly: $0) },
          tail: (row["tail_missing"] as Int64?).flatMap { UInt64(exactly: $0) }.map {
            TerminalTail(isTold: row["tail_told"] == true, missing: $0)
          })
      }
    }
  }

  func isKnown(_ terminal: TerminalID, _ db: any Database) throws -> Bool {
    try db.row(
      "SELECT 1 FROM terminal WHERE number = ?", [terminal.number]) != nil
  }

  private static func key(_ text: String) throws(StoreError) -> VerifyingKey {
    let cure = "a public key is 64 hexadecimal digits"
    guard let bytes = Hexadecimal.bytes(text) else { throw .refused([cure]) }
    do {
      return try VerifyingKey(rawBytes: bytes)
    } catch {
      throw .refused([cure])
    }
  }
}

extension Row {
  /// The key of a terminal that has joined.
  func key() throws -> Digest32? {
    self["public_key"] as Data? == nil ? nil : try digest("public_key")
  }
}
