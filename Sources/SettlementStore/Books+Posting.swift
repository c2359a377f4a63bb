import CanteenModel
import Foundation
import GRDB
import SettlementCore

extension Books {
  /// Records and posts new records, in order, and moves what the feed shows of the accounts that
  /// they charge. Inside of the intake's transaction.
  func record(
    _ records: [ReadRecord], of terminal: TerminalID, isAccepted: Bool, intake: Int64,
    _ db: Database
  ) throws {
    var charged: [AccountID] = []
    var (tally, ofSellers) = (TerminalTally(), [TerminalID: TerminalTally]())
    for record in records {
      let isKnown = try record.account.map { try isKnownAccount($0, db) } ?? false
      let posting = try Posting(
        of: record.record, terminal: terminal, isKnownAccount: isKnown,
        original: try correctedSale(of: record, terminal, db))
      try insert(record, posting, of: terminal, isAccepted: isAccepted, intake: intake, db)
      try post(posting.legs, entry: record.id.blob, db)
      try note(record, posting, of: terminal, db)
      try moveHolds(by: record, posting, of: terminal, db)
      tally.count(record, posting, isAccepted: isAccepted)
      ofSellers[record.seller(or: terminal), default: TerminalTally()].addMoney(record, posting)
      guard let account = posting.charged else { continue }
      // A fork's record has no place in the accepted order: SpokenEnd says what its ledger is told.
      if isAccepted { try include(record.position, of: terminal, in: account, db) }
      if isKnown, !charged.contains(account) { charged.append(account) }
    }
    for account in charged { try raiseVersion(of: account, db) }
    if !records.isEmpty { try add(tally, to: terminal, db) }
    for (seller, money) in ofSellers.sorted(by: { $0.key < $1.key }) where money != TerminalTally()
    {
      try add(money, to: seller, db)
    }
  }

  /// Feeds the accounts again that records charge which were handed in before. A ledger that hands
  /// them in again was perhaps fed rows that named an earlier end of it.
  func feedAgain(_ records: [ReadRecord], _ db: Database) throws {
    var charged: Set<AccountID> = []
    for record in records {
      let account: AccountID
      switch record.record?.body {
      case .sale(let sale): account = sale.account
      case .correction(let correction): account = correction.account
      case .epochOpened, .decline, .dayClosed, .holdReleased, nil: continue
      }
      if try isKnownAccount(account, db) { charged.insert(account) }
    }
    for account in charged.sorted() { try raiseVersion(of: account, db) }
  }

  /// Writes the legs of an entry, and adds them to the purses that they touch.
  ///
  /// - Precondition: They sum to zero.
  func post(_ legs: [Leg], entry: Data, _ db: Database) throws {
    let sum = try legs.reduce(Fen.zero) { try $0 + $1.amount }
    precondition(sum == .zero, "the legs of an entry sum to zero")
    let insertion = try db.cachedStatement(
      sql: "INSERT INTO leg (entry, leg, ledger_account, fen) VALUES (?, ?, ?, ?)")
    for (number, leg) in legs.enumerated() {
      try insertion.execute(arguments: [entry, number, leg.account.key, leg.amount.value])
      guard case .purse(let account, let purse, let tranche) = leg.account else { continue }
      let column = purse == .subsidy ? "subsidy_fen" : "personal_fen"
      try db.cachedStatement(
        sql: "UPDATE account SET \(column) = \(column) + ? WHERE number = ?"
      ).execute(arguments: [leg.amount.value, account.number])
      try db.cachedStatement(
        sql: """
          INSERT INTO tranche (account, purse, tranche, fen) VALUES (?, ?, ?, ?)
          ON CONFLICT (account, purse, tranche) DO UPDATE SET fen = tranche.fen + excluded.fen
          """
      ).execute(arguments: [account.number, purse.number, tranche.number, leg.amount.value])
    }
  }

  /// Gives an account the next version, so that every terminal is fed its row again.
  func raiseVersion(of account: AccountID, _ db: Database) throws {
    try db.cachedStatement(sql: "UPDATE feed SET version = version + 1 WHERE id = 1").execute()
    try db.cachedStatement(
      sql: "UPDATE account SET version = (SELECT version FROM feed WHERE id = 1) WHERE number = ?"
    ).execute(arguments: [account.number])
  }

  private func isKnownAccount(_ account: AccountID, _ db: Database) throws -> Bool {
    let statement = try db.cachedStatement(sql: "SELECT 1 FROM account WHERE number = ?")
    return try Row.fetchOne(statement, arguments: [account.number]) != nil
  }

  private func include(
    _ position: JournalPosition, of terminal: TerminalID, in account: AccountID, _ db: Database
  ) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO included (account, terminal, epoch, sequence) VALUES (?, ?, ?, ?)
        ON CONFLICT (account, terminal)
        DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence
        WHERE (excluded.epoch, excluded.sequence) > (included.epoch, included.sequence)
        """
    ).execute(arguments: [
      account.number, terminal.number, position.epoch.number, Int64(position.sequence.number),
    ])
  }

  private func insert(
    _ record: ReadRecord, _ posting: Posting, of terminal: TerminalID, isAccepted: Bool,
    intake: Int64, _ db: Database
  ) throws {
    var paid = PurseAmounts.zero
    var decline: DeclineRecord?
    switch record.record?.body {
    case .sale(let sale): paid = sale.paid
    case .decline(let body): decline = body
    case .correction(let correction):
      paid = try PurseAmounts.zero.subtracting(correction.returned)
    case .epochOpened, .dayClosed, .holdReleased, nil: break
    }
    let (standing, reason) = posting.standing.stored
    try db.cachedStatement(
      sql: """
        INSERT INTO record (terminal, id, epoch, sequence, accepted, intake, bytes, wall_ms, kind,
          account, seller, subsidy_fen, personal_fen, asked_fen, decline_reason, times, standing,
          suspense_reason)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      terminal.number, record.id.blob, record.position.epoch.number,
      Int64(record.position.sequence.number), isAccepted, intake, Data(record.bytes),
      record.record?.time.wallMilliseconds, record.kind.rawValue, record.account?.number,
      record.seller(or: terminal).number, paid.subsidy.value, paid.personal.value,
      decline?.amount.value,
      decline.map { Int64($0.reason.rawValue) }, Int64(decline?.count ?? 1), standing, reason,
    ])
  }
}

extension Posting.Standing {
  /// As the books store it: the word, and the reason of suspense.
  var stored: (word: String, reason: String?) {
    switch self {
    case .posted: ("posted", nil)
    case .suspense(let reason): ("suspense", reason.rawValue)
    case .nothingToPost: ("nothing to post", nil)
    }
  }
}
