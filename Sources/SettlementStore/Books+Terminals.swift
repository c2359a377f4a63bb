import CanteenModel
import Foundation
import GRDB
import SyncProtocol

/// A terminal as the centre knows it.
package struct TerminalEntry: Hashable, Sendable, Codable {
  /// 1 or more.
  package let number: UInt32
  package let name: String
  /// 64 hexadecimal digits: what `canteend key` prints.
  package let publicKey: String
  /// Where the centre pulls from; `nil` when the terminal pushes.
  package let pullURL: String?
  /// The number of the canteen where it stands; 0: not told, and everybody is a visitor there.
  package let canteen: UInt32

  package init(
    number: UInt32, name: String, publicKey: String, pullURL: String?, canteen: UInt32 = 0
  ) {
    self.number = number
    self.name = name
    self.publicKey = publicKey
    self.pullURL = pullURL
    self.canteen = canteen
  }
}

extension Books {
  /// Adds a terminal, or changes the name and the pull address of one that is there.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for a number or a key that is none, and for another key
  ///   under a number that is there: a replaced device gets a number of its own.
  package func add(_ entry: TerminalEntry) async throws(StoreError) {
    guard entry.number > 0 else { throw .refused(["the number of a terminal is 1 or more"]) }
    guard !entry.name.isEmpty else { throw .refused(["the terminal needs a name: --name 一号窗口"]) }
    let key = try Self.key(entry.publicKey)
    try await write { db in
      try db.execute(
        sql: """
          INSERT INTO terminal (number, name, public_key, pull_url, canteen) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (number) DO UPDATE SET name = excluded.name, pull_url = excluded.pull_url,
            canteen = excluded.canteen
          WHERE public_key = excluded.public_key AND (excluded.canteen > 0 OR terminal.canteen = 0)
          """,
        arguments: [
          entry.number, entry.name, Data(key.rawBytes), entry.pullURL, Int64(entry.canteen),
        ])
      guard db.changesCount == 1 else {
        throw StoreError.refused([
          "terminal \(entry.number) is there with another key or stands in a canteen: give a replaced "
            + "device a number of its own, so that nobody can take its place, and name the canteen"
        ])
      }
    }
  }

  /// Every terminal, by number.
  package func terminals() async throws(StoreError) -> [TerminalEntry] {
    try await read { db in
      let rows = try Row.fetchAll(
        db, sql: "SELECT number, name, public_key, pull_url, canteen FROM terminal ORDER BY number")
      return try rows.map { row in
        TerminalEntry(
          number: try row.integer("number"), name: try row.text("name"),
          publicKey: try row.digest("public_key").description, pullURL: row["pull_url"],
          canteen: try row.integer("canteen"))
      }
    }
  }

  func publicKey(of terminal: TerminalID) async throws(StoreError) -> VerifyingKey {
    try await read { db in
      let row = try Row.fetchOne(
        db, sql: "SELECT public_key FROM terminal WHERE number = ?", arguments: [terminal.number])
      guard let row else { throw StoreError.unknownTerminal(terminal) }
      return try VerifyingKey(rawBytes: try row.digest("public_key").bytes)
    }
  }

  func isKnown(_ terminal: TerminalID, _ db: Database) throws -> Bool {
    try Row.fetchOne(
      db, sql: "SELECT 1 FROM terminal WHERE number = ?", arguments: [terminal.number]) != nil
  }

  private static func key(_ text: String) throws(StoreError) -> VerifyingKey {
    let cure = "the public key is 64 hexadecimal digits, as canteend key prints it"
    guard let bytes = Hexadecimal.bytes(text) else { throw .refused([cure]) }
    do {
      return try VerifyingKey(rawBytes: bytes)
    } catch {
      throw .refused([cure])
    }
  }
}
