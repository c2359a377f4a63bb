import SQLStore
import SettlementCore

extension Books {
  /// Says which user of the centre's machine somebody is; `nil`: none.
  ///
  /// - Throws: ``StoreError/refused(_:)`` for nobody, and for a user who is somebody else.
  package func setLocalUser(
    _ userID: UInt32?, of login: String
  ) async throws(StoreError) -> String {
    try await write { db in
      try Self.require(login, db)
      let other: String? = try db.value(
        "SELECT login FROM person WHERE local_user = ? AND login <> ?", [userID, login])
      if let other {
        throw StoreError.refused(["user \(userID ?? 0) is \(other): a user is one person"])
      }
      try db.execute("UPDATE person SET local_user = ? WHERE login = ?", [userID, login])
      return
        "\(login) is \(userID.map { "user \($0) of this machine" } ?? "no user of this machine")"
    }
  }

  /// Refuses names that a command brings and nobody stands behind.
  ///
  /// While it is not said of anybody which user of the machine they are, names are taken as they are. From then on
  /// each is a person who may sign in and is not shut out, and one of them is the caller's.
  ///
  /// - Parameters:
  ///   - names: Who the command says to stand for it; none: nobody is asked.
  ///   - userID: The caller's user of the machine.
  /// - Throws: ``StoreError/refused(_:)``.
  package func vouch(for names: [String], userID: UInt32) async throws(StoreError) {
    guard !names.isEmpty else { return }
    #if SEEDED_BUGS
      if plantedAccess == .namesAreBelieved { return }
    #endif
    try await read { db in
      guard try db.hasRow("SELECT 1 FROM person WHERE local_user IS NOT NULL") else { return }
      let own: String? = try db.value(
        "SELECT login FROM person WHERE local_user = ? AND disabled_ms IS NULL", [userID])
      guard let own, names.contains(own) else {
        throw StoreError.refused([
          "user \(userID) of this machine is \(own ?? "nobody who may sign in"), and not \(names.joined(separator: " or ")): "
            + "one of those who stand for it types it (canteen-settlement person user)"
        ])
      }
      for name in names {
        guard
          try db.hasRow(
            "SELECT 1 FROM person WHERE login = ? AND disabled_ms IS NULL", [name])
        else {
          throw StoreError.refused([
            "\(name) is nobody who may sign in: canteen-settlement person list"
          ])
        }
      }
    }
  }
}
