import CanteenModel
import SettlementCore
import SyncProtocol

/// One row of an account file.
struct AccountEntry: Hashable, Sendable {
  /// The row in the file; the header is row 1.
  let row: Int
  let account: AccountID
  let name: String
  let maskedName: String
  let unit: String
  let status: AccountStatus
  /// `nil`: the file does not say; what is stored stays.
  let category: DinerCategory?
  /// The number of the own unit's canteen, 0 when it has none (S31). `nil`: the file does not say.
  let homeCanteen: Int64?
  /// The balance with which the account begins here.
  let opening: PurseAmounts
  /// What the subsidy of it belongs to; `nil`: the file does not say.
  let tranche: TrancheID?
  /// The last day on which that may be spent, and whether the file says so.
  let lastSpendingDay: Int32?
  let namesLastDay: Bool
  /// Cards, vouchers, codes and faces in the file's order, without repetitions.
  let cards: [Credential]
  /// The kinds of which the file says what the account has; what is stored of others stays.
  let kinds: Set<Credential.Kind>

  var openingTranches: [TrancheBalance] {
    [
      TrancheBalance(
        purse: .subsidy, tranche: tranche ?? .none, amount: opening.subsidy,
        lastSpendingDay: lastSpendingDay),
      TrancheBalance(
        purse: .personal, tranche: .none, amount: opening.personal, lastSpendingDay: nil),
    ]
  }
}

/// A file of accounts: columns `account,name,unit,status,subsidy,personal,cards` in any order, and
/// `category,home,tranche,until,vouchers,codes,faces` where they are needed.
///
/// Amounts are yuan. `status` is `active`, `lost` or `closed`. `cards` are serial numbers in
/// hexadecimal, in transmit order, separated by `;`. `vouchers` are the numbers of approved requests
/// for official meals, which a host unit's account pays, also separated by `;`. `codes` are the texts of
/// printed codes, of which the hashes are kept; `faces` are the people that face modules know, as
/// `terminal/lane/user`. `home` is the number of the own unit's canteen;
/// `tranche` and `until` say what the subsidy belongs to and its last spending day.
enum AccountFile {
  private enum Column: String, CaseIterable {
    case account, name, unit, status, subsidy, personal, cards, category, home, tranche, until,
      vouchers, codes, faces
  }

  /// Cards of one account; keeps a page of the feed below its limit.
  private static let cardLimit = 16

  /// Reads a file whole.
  ///
  /// - Throws: ``StoreError/refused(_:)`` with every fault, by row and column.
  static func read(_ bytes: [UInt8]) throws(StoreError) -> [AccountEntry] {
    let file = try ColumnFile<Column>(
      bytes, optional: [.category, .home, .tranche, .until, .vouchers, .codes, .faces])
    return try file.entries(entry, check: repetitions)
  }

  private static func entry(_ row: inout ColumnRow<Column>) -> AccountEntry? {
    let account: Int64 = row.number(.account, in: 1...(.max))
    let name = row.text(.name)
    let maskedName = MaskedName.mask(name)
    if maskedName == nil { row.fault(.name, "is empty or too long for a display: shorten it") }
    let status = status(&row)
    let home: UInt32 = row.number(.home, in: 0...(.max), otherwise: 0)
    let most = Posting.largestBookable
    let opening = PurseAmounts(
      subsidy: row.amount(.subsidy, upTo: most), personal: row.amount(.personal, upTo: most))
    let category: UInt16 = row.number(.category, in: 0...(.max), otherwise: 0)
    let tranche: Int64 = row.number(.tranche, in: 0...(.max), otherwise: 0)
    let until = row.day(.until)
    let cards = cards(&row) + vouchers(&row) + codes(&row) + faces(&row)
    if cards.count > cardLimit {
      row.fault(.cards, "and vouchers, codes and faces are more than \(cardLimit) together")
    }
    guard let maskedName, let status else { return nil }
    return AccountEntry(
      row: row.number, account: AccountID(account), name: name, maskedName: maskedName,
      unit: row.text(.unit), status: status,
      category: row.has(.category) ? DinerCategory(category) : nil,
      homeCanteen: row.has(.home) ? Int64(home) : nil, opening: opening,
      tranche: row.has(.tranche) ? TrancheID(tranche) : nil, lastSpendingDay: until,
      namesLastDay: row.has(.until), cards: cards,
      kinds: kinds(row))
  }

  private static func status(_ row: inout ColumnRow<Column>) -> AccountStatus? {
    switch row.text(.status) {
    case "active": return .active
    case "lost": return .reportedLost
    case "closed": return .closed
    default:
      row.fault(.status, "is not active, lost or closed")
      return nil
    }
  }

  private static func cards(_ row: inout ColumnRow<Column>) -> [Credential] {
    var cards: [Credential] = []
    for part in row.text(.cards).split(separator: ";") {
      guard let value = Hexadecimal.bytes(part), [4, 7, 10].contains(value.count) else {
        row.fault(
          .cards, "holds \(part): a card's serial has 4, 7 or 10 bytes, 8 to 20 digits of hex")
        continue
      }
      let card = Credential(kind: .cardSerial, value: value)
      if !cards.contains(card) { cards.append(card) }
    }
    return cards
  }

  private static func vouchers(_ row: inout ColumnRow<Column>) -> [Credential] {
    var vouchers: [Credential] = []
    guard row.has(.vouchers) else { return [] }
    for part in row.text(.vouchers).split(separator: ";") {
      guard let voucher = VoucherNumber.credential(part) else {
        row.fault(
          .vouchers, "holds \(part): a request's number has 6 to 32 of A-Z, 0-9 and hyphens")
        continue
      }
      if !vouchers.contains(voucher) { vouchers.append(voucher) }
    }
    return vouchers
  }

  private static func codes(_ row: inout ColumnRow<Column>) -> [Credential] {
    guard row.has(.codes) else { return [] }
    var codes: [Credential] = []
    for part in row.text(.codes).split(separator: ";") {
      guard part.utf8.count <= ScannedCode.longest else {
        row.fault(.codes, "holds a code of more than \(ScannedCode.longest) bytes")
        continue
      }
      let code = Credential(code: part.utf8)
      if !codes.contains(code) { codes.append(code) }
    }
    return codes
  }

  private static func faces(_ row: inout ColumnRow<Column>) -> [Credential] {
    guard row.has(.faces) else { return [] }
    var faces: [Credential] = []
    for part in row.text(.faces).split(separator: ";") {
      guard let face = FaceBinding(part)?.credential else {
        row.fault(.faces, "holds \(part): a face is terminal/lane/user, such as 7/1/5")
        continue
      }
      if !faces.contains(face) { faces.append(face) }
    }
    return faces
  }

  private static func kinds(_ row: ColumnRow<Column>) -> Set<Credential.Kind> {
    var kinds: Set<Credential.Kind> = [.cardSerial]
    if row.has(.vouchers) { kinds.insert(.officialVoucher) }
    if row.has(.codes) { kinds.insert(.code) }
    if row.has(.faces) { kinds.insert(.face) }
    return kinds
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
}
