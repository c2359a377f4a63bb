import CanteenModel
import Foundation
import SQLStore
import SettlementCore

/// What is to be written of a batch's records, table by table, so that the store is asked some times for all
/// of them and not for each.
struct PostingSheet {
  private var records: [SQLArguments] = []
  /// The sales among them, and those of which there is a correction among them, by whose takings they are.
  private var sales: Set<SaleKey> = []
  private var legs: [SQLArguments] = []
  /// In the order in which they are touched first: a feed's versions follow it.
  private var accounts = Ordered<AccountID, AccountChange>()
  private var tranches = Ordered<TrancheKey, Int64>()
  private var included = Ordered<IncludedKey, JournalPosition>()
  private var officeBalances = Ordered<LedgerAccount, Int64>()

  private struct AccountChange {
    var subsidyFen: Int64 = 0
    var personalFen: Int64 = 0
    var isFedAgain = false
  }

  private struct TrancheKey: Hashable {
    let account: AccountID
    let purse: Purse
    let tranche: TrancheID
  }

  private struct SaleKey: Hashable {
    let seller: TerminalID
    let id: Digest32
  }

  private struct IncludedKey: Hashable {
    let account: AccountID
    let terminal: TerminalID
  }

  private static let recordColumns = [
    "terminal", "id", "epoch", "sequence", "accepted", "intake", "bytes", "wall_ms", "kind",
    "account", "seller", "subsidy_fen", "personal_fen", "asked_fen", "decline_reason", "times",
    "standing", "suspense_reason",
  ]

  /// A record, with what was read from it.
  mutating func add(
    _ record: ReadRecord, _ posting: Posting, of terminal: TerminalID, isAccepted: Bool,
    intake: Int64
  ) throws {
    var paid = PurseAmounts.zero
    var decline: DeclineRecord?
    switch record.record?.body {
    case .sale(let sale):
      sales.insert(SaleKey(seller: terminal, id: record.id))
      paid = sale.paid
    case .decline(let body): decline = body
    case .correction(let correction):
      sales.insert(
        SaleKey(seller: record.seller(or: terminal), id: correction.originalID))
      paid = try PurseAmounts.zero.subtracting(correction.returned)
    case .epochOpened, .dayClosed, .holdReleased, .keyRotated, nil: break
    }
    let (standing, reason) = posting.standing.stored
    records.append([
      terminal.number, record.id.blob, record.position.epoch.number,
      Int64(record.position.sequence.number), isAccepted, intake, Data(record.bytes),
      record.record?.time.wallMilliseconds, record.kind.rawValue, record.account?.number,
      record.seller(or: terminal).number, paid.subsidy.value, paid.personal.value,
      decline?.amount.value,
      decline.map { Int64($0.reason.rawValue) }, Int64(decline?.count ?? 1), standing, reason,
    ])
  }

  /// Whether a record is a correction of a sale that is yet to be written, or of which a correction is: then the sheet
  /// is written first, because what is left of the sale is read from the store.
  func holds(whatIsBehind record: ReadRecord, of terminal: TerminalID) -> Bool {
    guard case .correction(let correction) = record.record?.body else { return false }
    return sales.contains(
      SaleKey(seller: record.seller(or: terminal), id: correction.originalID))
  }

  /// The legs of an entry, and what they add to the purses that they touch.
  ///
  /// - Precondition: They sum to zero.
  mutating func post(_ legs: [Leg], entry: Data) throws {
    let sum = try legs.reduce(Fen.zero) { try $0 + $1.amount }
    precondition(sum == .zero, "the legs of an entry sum to zero")
    for (number, leg) in legs.enumerated() {
      self.legs.append([entry, number, leg.account.key, leg.amount.value])
      guard case .purse(let account, let purse, let tranche) = leg.account else { continue }
      // Posting books no more than ten billion yuan at once, a batch has 500 records.
      switch purse {
      case .subsidy: accounts[account, default: AccountChange()].subsidyFen += leg.amount.value
      case .personal: accounts[account, default: AccountChange()].personalFen += leg.amount.value
      }
      let key = TrancheKey(account: account, purse: purse, tranche: tranche)
      tranches[key, default: 0] += leg.amount.value
    }
  }

  /// The legs of an entry that people made, and what they add to each account.
  ///
  /// - Precondition: They sum to zero.
  mutating func postOffice(_ legs: [Leg], entry: Data) throws {
    try post(legs, entry: entry)
    for leg in legs {
      if case .purse = leg.account { continue }
      let before = Fen(officeBalances[leg.account] ?? 0)
      officeBalances[leg.account, default: 0] = try (before + leg.amount).value
    }
  }

  /// The last record of a terminal that is posted, or held in suspense, against an account.
  mutating func include(
    _ position: JournalPosition, of terminal: TerminalID, in account: AccountID
  ) {
    let key = IncludedKey(account: account, terminal: terminal)
    included[key, default: position] = max(included[key] ?? position, position)
  }

  /// Every terminal is to be fed the account's row again.
  mutating func raiseVersion(of account: AccountID) {
    accounts[account, default: AccountChange()].isFedAgain = true
  }

  /// Writes what was added since the last time. Inside of the intake's transaction.
  mutating func write(_ db: any Database) throws {
    defer { self = PostingSheet() }
    if !records.isEmpty { try db.insert(into: "record", Self.recordColumns, records) }
    if !legs.isEmpty {
      try db.insert(into: "leg", ["entry", "leg", "ledger_account", "fen"], legs)
    }
    try writeAccounts(db)
    try db.execute(forEach: officeBalances.map { account, fen in [account.key, fen] }) { source in
      """
      INSERT INTO office_balance (ledger_account, fen) \(source)
      ON CONFLICT (ledger_account) DO UPDATE SET fen = office_balance.fen + excluded.fen
      """
    }
    try db.execute(
      forEach: tranches.map { key, fen in
        [key.account.number, key.purse.number, key.tranche.number, fen]
      }
    ) { source in
      """
      INSERT INTO tranche (account, purse, tranche, fen) \(source)
      ON CONFLICT (account, purse, tranche) DO UPDATE SET fen = tranche.fen + excluded.fen
      """
    }
    try db.execute(
      forEach: included.map { key, position in
        [
          key.account.number, key.terminal.number, position.epoch.number,
          Int64(position.sequence.number),
        ]
      }
    ) { source in
      """
      INSERT INTO included (account, terminal, epoch, sequence) \(source)
      ON CONFLICT (account, terminal)
      DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence
      WHERE (excluded.epoch, excluded.sequence) > (included.epoch, included.sequence)
      """
    }
  }

  private func writeAccounts(_ db: any Database) throws {
    let moved = accounts.filter { !$0.value.isFedAgain }.map { account, change -> SQLArguments in
      [account.number, change.subsidyFen, change.personalFen]
    }
    try db.execute(forEach: moved) { source in
      """
      UPDATE account SET subsidy_fen = subsidy_fen + change.column2,
        personal_fen = personal_fen + change.column3
      FROM (\(source)) AS change WHERE number = change.column1
      """
    }
    let fed = accounts.filter(\.value.isFedAgain)
    guard !fed.isEmpty else { return }
    let first = try Books.nextVersions(fed.count, db)
    let changes = zip(first..., fed).map { version, fed -> SQLArguments in
      [fed.key.number, fed.value.subsidyFen, fed.value.personalFen, version]
    }
    try db.execute(forEach: changes) { source in
      """
      UPDATE account SET subsidy_fen = subsidy_fen + change.column2,
        personal_fen = personal_fen + change.column3, version = change.column4
      FROM (\(source)) AS change WHERE number = change.column1
      """
    }
  }
}

extension Books {
  /// Takes the next versions of the feed.
  ///
  /// - Returns: The first of them.
  static func nextVersions(_ count: Int, _ db: any Database) throws -> Int64 {
    try db.execute("UPDATE feed SET version = version + ? WHERE id = 1", [count])
    let last: Int64? = try db.value("SELECT version FROM feed WHERE id = 1")
    guard let last else { throw StoreError.damaged("the feed has no version") }
    return last - Int64(count) + 1
  }
}

/// Values by key, in the order in which the keys came first.
private struct Ordered<Key: Hashable, Value>: Sequence {
  private var keys: [Key] = []
  private var values: [Key: Value] = [:]

  subscript(key: Key) -> Value? { values[key] }

  subscript(key: Key, default standard: Value) -> Value {
    get { values[key] ?? standard }
    set {
      if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
    }
  }

  func makeIterator() -> AnyIterator<(key: Key, value: Value)> {
    var rest = keys.makeIterator()
    return AnyIterator {
      rest.next().flatMap { key in values[key].map { (key, $0) } }
    }
  }
}
