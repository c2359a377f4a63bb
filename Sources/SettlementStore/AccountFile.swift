import CanteenModel
import SettlementCore

/// One row of an account file.
struct AccountEntry: Hashable, Sendable {
  /// The row in the file; the header is row 1.
  let row: Int
  let account: AccountID
  let name: String
  let maskedName: String
  let unit: String
  let status: AccountStatus
  /// The balance with which the account begins here.
  let opening: PurseAmounts
  /// In the file's order, without repetitions.
  let cards: [Credential]
}

/// A file of accounts: columns `account,name,unit,status,subsidy,personal,cards` in any order.
///
/// Amounts are yuan. `status` is `active`, `lost` or `closed`. `cards` are serial numbers in
/// hexadecimal, in transmit order, separated by `;`.
enum AccountFile {
  private enum Column: String, CaseIterable {
    case account, name, unit, status, subsidy, personal, cards
  }

  /// No more faults are listed at once; the rest is counted.
  private static let faultLimit = 50
  /// Cards of one account; keeps a page of the feed below its limit.
  private static let cardLimit = 16

  /// Reads a file whole.
  ///
  /// - Throws: ``StoreError/refused(_:)`` with every fault, by row and column.
  static func read(_ bytes: [UInt8]) throws(StoreError) -> [AccountEntry] {
    let file = try CommaSeparatedFile(bytes)
    let places = try places(in: file.header)
    var faults: [String] = []
    var entries: [AccountEntry] = []
    for row in file.rows {
      guard row.fields.count == file.header.count else {
        faults.append(
          "row \(row.number): \(row.fields.count) fields, the header has \(file.header.count): "
            + "quote a field that contains a comma")
        continue
      }
      var reader = RowReader(row: row, places: places)
      if let entry = reader.entry() { entries.append(entry) }
      faults += reader.faults
    }
    faults += repetitions(in: entries)
    guard faults.isEmpty else { throw .refused(shortened(faults)) }
    return entries
  }

  /// At most ``faultLimit`` faults, and how many more there are.
  static func shortened(_ faults: [String]) -> [String] {
    guard faults.count > faultLimit else { return faults }
    return faults.prefix(faultLimit) + ["and \(faults.count - faultLimit) more"]
  }

  private static func places(in header: [String]) throws(StoreError) -> [Column: Int] {
    let known = Column.allCases.map(\.rawValue).joined(separator: ",")
    var places: [Column: Int] = [:]
    for (index, name) in header.enumerated() {
      guard let column = Column(rawValue: name.filter { !$0.isWhitespace }) else {
        throw .refused(["row 1: the column \(name) is not known; the columns are \(known)"])
      }
      guard places.updateValue(index, forKey: column) == nil else {
        throw .refused(["row 1: the column \(name) is there twice; remove one"])
      }
    }
    let missing = Column.allCases.filter { places[$0] == nil }.map(\.rawValue)
    guard missing.isEmpty else {
      throw .refused([
        "row 1: no column \(missing.joined(separator: ",")); the header is \(known)"
      ])
    }
    return places
  }

  /// Accounts and cards that stand in the file twice.
  private static func repetitions(in entries: [AccountEntry]) -> [String] {
    var rowOfAccount: [AccountID: Int] = [:]
    var rowOfCard: [Credential: Int] = [:]
    var faults: [String] = []
    for entry in entries {
      if let row = rowOfAccount.updateValue(entry.row, forKey: entry.account) {
        faults.append(
          "row \(entry.row), column account: \(entry.account) is in row \(row) already; keep one")
      }
      for card in entry.cards {
        guard let row = rowOfCard.updateValue(entry.row, forKey: card), row != entry.row else {
          continue
        }
        faults.append(
          "row \(entry.row), column cards: \(Hexadecimal.text(card.value)) is bound in row \(row) "
            + "already; a card pays from one account")
      }
    }
    return faults
  }

  /// Reads one row and collects what is wrong with it.
  private struct RowReader {
    let row: CommaSeparatedFile.Row
    let places: [Column: Int]
    var faults: [String] = []

    init(row: CommaSeparatedFile.Row, places: [Column: Int]) {
      self.row = row
      self.places = places
    }

    /// - Returns: `nil` when there are faults.
    mutating func entry() -> AccountEntry? {
      let number = Int64(text(.account)) ?? 0
      if number < 1 { fault(.account, "is not a number of 1 or more") }
      let name = text(.name)
      let maskedName = MaskedName.mask(name)
      if maskedName == nil { fault(.name, "is empty or too long for a display: shorten it") }
      let status = status()
      let opening = PurseAmounts(subsidy: amount(.subsidy), personal: amount(.personal))
      let cards = cards()
      guard faults.isEmpty, let maskedName, let status else { return nil }
      return AccountEntry(
        row: row.number, account: AccountID(number), name: name, maskedName: maskedName,
        unit: text(.unit), status: status, opening: opening, cards: cards)
    }

    private func text(_ column: Column) -> String {
      guard let place = places[column] else { return "" }
      let field = row.fields[place].drop { $0.isWhitespace }
      return String(field.reversed().drop { $0.isWhitespace }.reversed())
    }

    private mutating func fault(_ column: Column, _ text: String) {
      faults.append(
        "row \(row.number), column \(column.rawValue): \"\(self.text(column))\" \(text)")
    }

    private mutating func status() -> AccountStatus? {
      switch text(.status) {
      case "active": return .active
      case "lost": return .reportedLost
      case "closed": return .closed
      default:
        fault(.status, "is not active, lost or closed")
        return nil
      }
    }

    private mutating func amount(_ column: Column) -> Fen {
      guard let amount = try? Fen(yuan: text(column)) else {  // both errors have the same cure
        fault(column, "is not an amount: write yuan such as 12.50")
        return .zero
      }
      guard amount >= .zero, amount <= Posting.largestBookable else {
        fault(column, "is not between 0 and \(Posting.largestBookable)")
        return .zero
      }
      return amount
    }

    private mutating func cards() -> [Credential] {
      var cards: [Credential] = []
      for part in text(.cards).split(separator: ";") {
        guard let value = Hexadecimal.bytes(part), [4, 7, 10].contains(value.count) else {
          fault(
            .cards, "holds \(part): a card's serial has 4, 7 or 10 bytes, 8 to 20 digits of hex")
          continue
        }
        let card = Credential(kind: .cardSerial, value: value)
        if !cards.contains(card) { cards.append(card) }
      }
      if cards.count > AccountFile.cardLimit {
        fault(.cards, "are more than \(AccountFile.cardLimit) cards")
      }
      return cards
    }
  }
}
