import CanteenModel
import Foundation
import SQLStore
import SettlementCore

/// What an import did.
package struct ImportOutcome: Hashable, Sendable, Codable {
  package let added: Int
  package let changed: Int
  package let unchanged: Int
}

extension Books {
  /// Takes a file of accounts, all of it or nothing. The same file twice changes nothing.
  ///
  /// An account's opening balance is booked once, when it is new; a file that states another one
  /// later is refused, because money moves by records only. Name, unit, status, category, home canteen
  /// and cards become those of the file, as far as it has the column; accounts that are not in the file
  /// stay as they are.
  ///
  /// - Parameter file: `account,name,unit,status,subsidy,personal,cards`, as ``AccountFile`` reads
  ///   it.
  /// - Throws: ``StoreError/refused(_:)`` with every fault by row and column, and what to do.
  package func importAccounts(_ file: [UInt8]) async throws(StoreError) -> ImportOutcome {
    let entries = try AccountFile.read(file)
    let (outcome, isUrgent) = try await write { db in
      var isUrgent = false
      let before = try entries.map { try self.stored($0.account, db) }
      var faults = zip(entries, before).compactMap { Self.changedOpening($0, $1) }
      let boundBefore = try entries.map { entry in
        Set(
          try self.credentials(of: entry.account, db).filter {
            entry.kinds.contains($0.kind)
          })
      }
      for (entry, bound) in zip(entries, boundBefore) where bound != Set(entry.cards) {
        for credential in bound { try self.unbind(credential, db) }
        // A card that was taken away must pay nowhere.
        if !bound.isSubset(of: entry.cards) { isUrgent = true }
      }
      var (added, changed) = (0, 0)
      for ((entry, stored), bound) in zip(zip(entries, before), boundBefore) {
        if stored == nil { try self.insert(entry, db) }
        let cardsDiffer = bound != Set(entry.cards)
        if cardsDiffer { faults += try self.bind(entry, db) }
        guard let stored else {
          added += 1
          continue
        }
        guard cardsDiffer || !stored.isSame(as: entry) else { continue }
        changed += 1
        try self.update(entry, db)
        if entry.namesLastDay, let tranche = stored.tranche {
          try self.setLastDay(of: entry, in: tranche, db)
        }
        if cardsDiffer || !stored.looksSame(as: entry) {
          try self.raiseVersion(of: entry.account, db)
        }
        if stored.status != Int64(entry.status.rawValue) {
          isUrgent = true
          try db.execute(
            "UPDATE account SET status_version = version WHERE number = ?",
            [entry.account.number])
        }
      }
      guard faults.isEmpty else { throw StoreError.refused(FaultList.shortened(faults)) }
      let outcome = ImportOutcome(
        added: added, changed: changed, unchanged: entries.count - added - changed)
      return (outcome, isUrgent)
    }
    if isUrgent { ring() }
    return outcome
  }

  /// What is stored of an account that is in a file again.
  private struct StoredAccount {
    let name: String
    let maskedName: String
    let unit: String
    let status: Int64
    let category: Int64
    let homeCanteen: Int64
    let opening: PurseAmounts
    /// What the subsidy belongs to by the opening entry, and its last spending day; `nil` when nothing
    /// was booked.
    let tranche: TrancheID?
    let lastDay: Int32?

    func looksSame(as entry: AccountEntry) -> Bool {
      maskedName == entry.maskedName && status == Int64(entry.status.rawValue)
        && category == entry.category.map { Int64($0.number) } ?? category
        && homeCanteen == entry.homeCanteen ?? homeCanteen
        && (!entry.namesLastDay || lastDay == entry.lastSpendingDay)
    }

    func isSame(as entry: AccountEntry) -> Bool {
      looksSame(as: entry) && name == entry.name && unit == entry.unit
    }
  }

  private func stored(_ account: AccountID, _ db: any Database) throws -> StoredAccount? {
    let row = try db.row(
      """
      SELECT name, masked_name, unit, status, category, home_canteen, opening_subsidy_fen,
        opening_personal_fen
      FROM account WHERE number = ?
      """, [account.number])
    return try row.map { row in
      let tranche = try openingTranche(of: account, db)
      return StoredAccount(
        name: try row.text("name"), maskedName: try row.text("masked_name"),
        unit: try row.text("unit"), status: try row.integer("status"),
        category: try row.integer("category"), homeCanteen: try row.integer("home_canteen"),
        opening: PurseAmounts(
          subsidy: Fen(try row.integer("opening_subsidy_fen")),
          personal: Fen(try row.integer("opening_personal_fen"))),
        tranche: tranche?.tranche, lastDay: tranche?.lastSpendingDay)
    }
  }

  /// The tranche that the opening entry put subsidy on.
  private func openingTranche(
    of account: AccountID, _ db: any Database
  ) throws -> (tranche: TrancheID, lastSpendingDay: Int32?)? {
    let rows = try db.rows(
      """
      SELECT tranche, last_day FROM tranche WHERE account = ? AND purse = ? AND EXISTS (
        SELECT 1 FROM leg WHERE entry = ?
          AND ledger_account = 'purse:' || account || ':subsidy:' || tranche)
      """,
      [account.number, Purse.subsidy.number, Data("opening:\(account)".utf8)])
    return try rows.first.map { (TrancheID(try $0.integer("tranche")), $0["last_day"]) }
  }

  private static func changedOpening(_ entry: AccountEntry, _ stored: StoredAccount?) -> String? {
    guard let stored else { return nil }
    for purse in Purse.allCases where stored.opening[purse] != entry.opening[purse] {
      return "row \(entry.row), column \(purse.rawValue): account \(entry.account) opened with "
        + "\(stored.opening[purse].plainYuan), the file says \(entry.opening[purse].plainYuan): an "
        + "opening balance is booked once, put the first amount back"
    }
    if let was = stored.tranche, let says = entry.tranche, was != says {
      return "row \(entry.row), column tranche: the subsidy of account \(entry.account) belongs to "
        + "\(was.number), the file says \(says.number): an opening balance is booked once, put the "
        + "first one back"
    }
    return nil
  }

  private func insert(_ entry: AccountEntry, _ db: any Database) throws {
    let version = try Self.nextVersions(1, db)
    try db.execute(
      """
      INSERT INTO account (number, name, masked_name, unit, status, category, home_canteen,
        opening_subsidy_fen, opening_personal_fen, subsidy_fen, personal_fen, version,
        status_version)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?)
      """,
      [
        entry.account.number, entry.name, entry.maskedName, entry.unit,
        Int64(entry.status.rawValue), Int64(entry.category?.number ?? 0), entry.homeCanteen ?? 0,
        entry.opening.subsidy.value, entry.opening.personal.value, version, version,
      ])
    var sheet = PostingSheet()
    try sheet.post(
      try Posting.openingLegs(of: entry.account, entry.openingTranches),
      entry: Data("opening:\(entry.account)".utf8))
    try sheet.write(db)
    try setLastDay(of: entry, in: entry.tranche ?? .none, db)
  }

  private func setLastDay(
    of entry: AccountEntry, in tranche: TrancheID, _ db: any Database
  ) throws {
    try db.execute(
      "UPDATE tranche SET last_day = ? WHERE account = ? AND purse = ? AND tranche = ?",
      [
        entry.lastSpendingDay, entry.account.number, Purse.subsidy.number, tranche.number,
      ])
  }

  private func update(_ entry: AccountEntry, _ db: any Database) throws {
    try db.execute(
      """
      UPDATE account SET name = ?, masked_name = ?, unit = ?, status = ?,
        category = COALESCE(?, category), home_canteen = COALESCE(?, home_canteen) WHERE number = ?
      """,
      [
        entry.name, entry.maskedName, entry.unit, Int64(entry.status.rawValue),
        entry.category.map { Int64($0.number) }, entry.homeCanteen, entry.account.number,
      ])
  }

  private func unbind(_ credential: Credential, _ db: any Database) throws {
    try db.execute(
      "DELETE FROM credential WHERE kind = ? AND value = ?",
      [Int64(credential.kind.rawValue), Data(credential.value)])
  }

  /// Binds the cards of an entry.
  ///
  /// - Returns: The cards that are bound to an account outside of the file.
  private func bind(_ entry: AccountEntry, _ db: any Database) throws -> [String] {
    var faults: [String] = []
    for card in entry.cards {
      let value = Data(card.value)
      let owner: Int64? = try db.value(
        "SELECT account FROM credential WHERE kind = ? AND value = ?",
        [Int64(card.kind.rawValue), value])
      if let account = owner {
        faults.append(
          "row \(entry.row), column cards: \(Hexadecimal.text(card.value)) is bound to account "
            + "\(account); list that account without it in the same file")
        continue
      }
      try db.execute(
        "INSERT INTO credential (kind, value, account) VALUES (?, ?, ?)",
        [Int64(card.kind.rawValue), value, entry.account.number])
    }
    return faults
  }
}
