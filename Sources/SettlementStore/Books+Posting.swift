import CanteenModel
import Foundation
import SQLStore
import SettlementCore

extension Books {
  /// Records and posts new records, in order, and moves what the feed shows of the accounts that
  /// they charge. Inside of the intake's transaction.
  func record(
    _ records: [ReadRecord], of terminal: TerminalID, isAccepted: Bool, intake: Int64,
    _ db: any Database
  ) throws {
    var (tally, ofSellers) = (TerminalTally(), [TerminalID: TerminalTally]())
    let known = try knownAccounts(among: records, db)
    var sheet = PostingSheet()
    for record in records {
      let isKnown = record.account.map { known.contains($0) } ?? false
      // A correction may be of a sale that stands before it in the same batch, or a second one of it.
      if sheet.holds(whatIsBehind: record, of: terminal) { try sheet.write(db) }
      let suspension = try officialMealSuspension(
        of: record, at: terminal, isAccepted: isAccepted, &sheet, db)
      let posting = try Posting(
        of: record.record, terminal: terminal, isKnownAccount: isKnown,
        original: try correctedSale(of: record, terminal, db), suspension: suspension)
      try sheet.add(
        record, posting, of: terminal, isAccepted: isAccepted, intake: intake)
      try sheet.post(posting.legs, entry: record.id.blob)
      try note(record, posting, of: terminal, db)
      try moveHolds(by: record, posting, of: terminal, db)
      tally.count(record, posting, isAccepted: isAccepted)
      ofSellers[record.seller(or: terminal), default: TerminalTally()].addMoney(record, posting)
      guard let account = posting.charged else { continue }
      // A fork's record has no place in the accepted order: SpokenEnd says what its ledger is told.
      if isAccepted { sheet.include(record.position, of: terminal, in: account) }
      if isKnown { sheet.raiseVersion(of: account) }
    }
    try sheet.write(db)
    if !records.isEmpty { try add(tally, to: terminal, db) }
    for (seller, money) in ofSellers.sorted(by: { $0.key < $1.key }) where money != TerminalTally()
    {
      try add(money, to: seller, db)
    }
  }

  /// Feeds the accounts again that records charge which were handed in before. A ledger that hands
  /// them in again was perhaps fed rows that named an earlier end of it.
  func feedAgain(_ records: [ReadRecord], _ db: any Database) throws {
    let known = try knownAccounts(among: records, db)
    var sheet = PostingSheet()
    for record in records {
      switch record.record?.body {
      case .sale, .correction:
        if let account = record.account, known.contains(account) {
          sheet.raiseVersion(of: account)
        }
      case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated, nil: continue
      }
    }
    try sheet.write(db)
  }

  /// Gives an account the next version, so that every terminal is fed its row again.
  func raiseVersion(of account: AccountID, _ db: any Database) throws {
    var sheet = PostingSheet()
    sheet.raiseVersion(of: account)
    try sheet.write(db)
  }

  /// Which of the accounts that records name are here.
  private func knownAccounts(
    among records: [ReadRecord], _ db: any Database
  ) throws -> Set<AccountID> {
    let named = Set(records.compactMap(\.account)).sorted().map { $0.number.sqlValue }
    let rows = try db.rows(forEach: named) { "SELECT number FROM account WHERE number IN (\($0))" }
    return Set(try rows.map { AccountID(try $0.integer("number")) })
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
