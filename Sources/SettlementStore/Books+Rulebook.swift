import CanteenModel
import Foundation
import SQLStore
import SyncProtocol

extension Books {
  /// Signs a rulebook and puts it in force. The feed carries it to every terminal, which takes none
  /// without the signature.
  ///
  /// The one in force may come again; any other must have a higher version.
  ///
  /// - Parameter file: JSON, as ``RulebookFile`` reads it.
  /// - Returns: The version that is in force now.
  /// - Throws: ``StoreError/refused(_:)``: the one before stays in force.
  package func signRulebook(_ file: [UInt8]) async throws(StoreError) -> Int64 {
    let rulebook = try RulebookFile.read(file)
    let (version, isNew) = try await write { db in
      if let current = try self.rulebookInForce(db) {
        if current == rulebook { return (rulebook.version, false) }
      }
      let newest = try self.newestRulebookVersion(db)
      guard rulebook.version > newest else {
        throw StoreError.refused([
          "version: \(rulebook.version) is not above \(newest), which is signed already: raise it to "
            + "\(newest + 1) or more; canteens with rules of their own take numbers behind it"
        ])
      }
      try self.refuseTooMany(with: rulebook, db)
      try db.execute(
        "INSERT INTO rulebook (version, signed, signed_ms) VALUES (?, ?, ?)",
        [
          rulebook.version,
          Data(try RulebookCodec.sign(rulebook, key: self.configuration.key)),
          self.configuration.now(),
        ])
      try self.publishLines(db)
      return (rulebook.version, true)
    }
    if isNew { ring() }
    return version
  }

  /// How many rulebooks may wait for their first day: what a terminal keeps.
  static let comingLimit = 16

  private func refuseTooMany(with rulebook: Rulebook, _ db: any Database) throws {
    let rulebooks = try allRulebooks(db)
    let minutes = configuration.now() / 60_000
    let coming = rulebooks.filter {
      Int64($0.effectiveFromDay) > (minutes + Int64($0.utcOffsetMinutes)) / 1440
    }
    guard coming.count >= Self.comingLimit else { return }
    throw StoreError.refused([
      "effectiveFrom: \(coming.count) rulebooks wait for their first day already, a terminal keeps no "
        + "more: sign this one when one of them has come"
    ])
  }

  /// In order of version.
  func allRulebooks(_ db: any Database) throws -> [Rulebook] {
    let signed: [Data] = try db.values("SELECT signed FROM rulebook ORDER BY version")
    return try signed.map { try RulebookCodec.open(Array($0), key: configuration.key.publicKey) }
  }

  /// The newest one; it may be yet to come.
  func rulebookInForce(_ db: any Database) throws -> Rulebook? {
    let signed: Data? = try db.value(
      "SELECT signed FROM rulebook ORDER BY version DESC LIMIT 1")
    return try signed.map { bytes in
      try RulebookCodec.open(Array(bytes), key: configuration.key.publicKey)
    }
  }
}
