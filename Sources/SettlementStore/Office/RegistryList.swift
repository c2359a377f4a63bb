import CanteenModel

/// One list of the registry as a file: which columns it has, what they may hold, and where they are kept.
package struct RegistryList: Sendable {
  /// As people name it.
  package let name: String
  let table: String
  let columns: [Column]

  struct Column: Sendable {
    /// In the header of a file: the programme's word first, which an export writes, then ours.
    let headers: [String]
    /// In the table.
    let field: String
    let kind: Kind
    /// Whether it is a part of what makes a row one.
    var isKey = false
  }

  enum Kind: Sendable {
    /// A whole number from 1 on.
    case number
    /// A whole number from 0 on.
    case count
    /// Hundredths, written with at most two decimals: yuan, square metres. Nothing is kept as NULL.
    case optionalHundredths
    /// The name of a row of another table, whose number is kept.
    case named(table: String, word: String)
    /// The number of a row of another table; what it is called there.
    case reference(table: String, key: String, word: String)
    /// The same, or nothing.
    case optionalReference(table: String, key: String, word: String)
    /// A text of 1 to so many bytes.
    case text(limit: Int)
    /// The same, or nothing.
    case note(limit: Int)
    /// The same, or nothing, which is kept as NULL.
    case optionalText(limit: Int)
    /// A local day.
    case day
    /// The same, or nothing, which is kept as NULL.
    case optionalDay
    /// One of some words: the programme's, and what is kept.
    case choice([(word: String, kept: String)])
  }

  var keys: [Column] { columns.filter(\.isKey) }

  private static let nameLimit = 200
}

extension RegistryList {
  /// Every list, in an order in which they may be filled.
  package static let all = [
    regions, units, caterers, canteens, terms, holderTypes, members, bankAccounts, calendar,
    survey, tickets,
  ]

  /// - Throws: ``StoreError/refused(_:)``, with the names that there are.
  package static func named(_ name: String) throws(StoreError) -> RegistryList {
    guard let list = all.first(where: { $0.name == name }) else {
      let names = all.map(\.name).joined(separator: ", ")
      throw .refused(["there is no list \(name); the lists are \(names)"])
    }
    return list
  }

  /// The city, its counties and townships (C10).
  package static let regions = RegistryList(
    name: "regions", table: "region",
    columns: [
      Column(headers: ["编号", "number"], field: "number", kind: .number, isKey: true),
      Column(headers: ["名称", "name"], field: "name", kind: .text(limit: nameLimit)),
      Column(
        headers: ["级别", "level"], field: "level",
        kind: .choice([("市", "city"), ("县", "county"), ("乡", "township")])),
      Column(
        headers: ["上级", "parent"], field: "parent",
        kind: .optionalReference(table: "region", key: "number", word: "region")),
    ])

  /// The units, with and without canteens (S3, S31).
  package static let units = RegistryList(
    name: "units", table: "unit",
    columns: [
      Column(headers: ["编号", "number"], field: "number", kind: .number, isKey: true),
      Column(headers: ["单位名称", "name"], field: "name", kind: .text(limit: nameLimit)),
      Column(
        headers: ["地区", "region"], field: "region",
        kind: .reference(table: "region", key: "number", word: "region")),
      Column(
        headers: ["银行账号", "bank_account"], field: "bank_account", kind: .optionalText(limit: 64)),
    ])

  /// Who runs canteens and is paid for it (S16, S18).
  package static let caterers = RegistryList(
    name: "caterers", table: "caterer",
    columns: [
      Column(headers: ["编号", "number"], field: "number", kind: .number, isKey: true),
      Column(headers: ["经营者名称", "name"], field: "name", kind: .text(limit: nameLimit)),
      Column(headers: ["银行账号", "bank_account"], field: "bank_account", kind: .text(limit: 64)),
    ])

  /// The canteens: the city-wide list with place and contact (S38).
  package static let canteens = RegistryList(
    name: "canteens", table: "canteen",
    columns: [
      Column(headers: ["编号", "number"], field: "number", kind: .number, isKey: true),
      Column(headers: ["食堂名称", "name"], field: "name", kind: .text(limit: nameLimit)),
      Column(
        headers: ["单位", "unit"], field: "unit",
        kind: .reference(table: "unit", key: "number", word: "unit")),
      Column(headers: ["食堂地点", "place"], field: "place", kind: .note(limit: nameLimit)),
      Column(headers: ["联系人", "contact"], field: "contact", kind: .note(limit: nameLimit)),
      Column(headers: ["联系电话", "phone"], field: "phone", kind: .note(limit: 64)),
    ])

  /// Who runs a canteen and how, from a day on (S16, S20, C7).
  package static let terms = RegistryList(
    name: "terms", table: "canteen_term",
    columns: [
      Column(
        headers: ["食堂", "canteen"], field: "canteen",
        kind: .reference(table: "canteen", key: "number", word: "canteen"), isKey: true),
      Column(headers: ["起始日期", "from"], field: "from_day", kind: .day, isKey: true),
      Column(
        headers: ["经营方式", "mode"], field: "mode",
        kind: .choice([
          ("自营", "selfRun"), ("外包", "contracted"), ("联合体", "consortium"), ("包餐制", "perHead"),
        ])),
      Column(
        headers: ["经营者", "caterer"], field: "caterer",
        kind: .reference(table: "caterer", key: "number", word: "caterer")),
      Column(headers: ["合同号", "contract"], field: "contract", kind: .note(limit: nameLimit)),
    ])

  /// Kinds of people, and whether a savings card is their main account (S29, C11).
  package static let holderTypes = RegistryList(
    name: "holder-types", table: "holder_type",
    columns: [
      Column(headers: ["编号", "number"], field: "number", kind: .number, isKey: true),
      Column(headers: ["人员类别", "name"], field: "name", kind: .text(limit: nameLimit)),
      Column(
        headers: ["需要储蓄卡", "needs_bank"], field: "needs_bank",
        kind: .choice([("是", "1"), ("否", "0")])),
    ])

  /// To which unit people belong, from a day on (S8, S31).
  package static let members = RegistryList(
    name: "members", table: "membership",
    columns: [
      Column(
        headers: ["账户", "account"], field: "account",
        kind: .reference(table: "account", key: "number", word: "account"), isKey: true),
      Column(headers: ["起始日期", "from"], field: "from_day", kind: .day, isKey: true),
      Column(
        headers: ["单位", "unit"], field: "unit",
        kind: .reference(table: "unit", key: "number", word: "unit")),
      Column(
        headers: ["人员类别", "holder_type"], field: "holder_type",
        kind: .reference(table: "holder_type", key: "number", word: "holder type")),
      Column(
        headers: ["储蓄卡", "bank_account"], field: "bank_account", kind: .optionalText(limit: 64)),
    ])

  /// The programme's own accounts at the bank (S28, S30).
  package static let bankAccounts = RegistryList(
    name: "bank-accounts", table: "own_bank_account",
    columns: [
      Column(
        headers: ["账户", "account"], field: "bank_account",
        kind: .choice([
          ("就餐经费专用账户", "bureau"), ("收入专用账户", "income"), ("支出专用账户", "spending"),
        ]), isKey: true),
      Column(headers: ["银行账号", "number"], field: "number", kind: .text(limit: 64)),
    ])

  /// Days that are not worked although their weekday is, and the other way round (C9).
  package static let calendar = RegistryList(
    name: "calendar", table: "calendar_exception",
    columns: [Column(headers: ["日期", "day"], field: "day", kind: .day, isKey: true)])

  /// 信息统计表: what each unit says of its canteens, in the form's own columns (S36, C4). It holds no people: those
  /// are in a roster. How many dine at the same time is its 食堂容量.
  package static let survey = RegistryList(
    name: "survey", table: "survey",
    columns: [
      Column(
        headers: ["单位名称", "unit"], field: "unit", kind: .named(table: "unit", word: "unit"),
        isKey: true),
      Column(headers: ["食堂数量(个)", "食堂数量", "canteens"], field: "canteens", kind: .count),
      Column(headers: ["服务员人数(人)", "服务员人数", "staff"], field: "staff", kind: .count),
      Column(headers: ["食堂容量(人)", "食堂容量", "seats"], field: "seats", kind: .count),
      Column(
        headers: ["就餐面积(平方)", "就餐面积", "square_metres"], field: "area_hundredths",
        kind: .optionalHundredths),
      Column(
        headers: ["餐位标准(元/餐)早餐", "早餐", "breakfast"], field: "breakfast_fen",
        kind: .optionalHundredths),
      Column(
        headers: ["餐位标准(元/餐)中餐", "中餐", "lunch"], field: "lunch_fen", kind: .optionalHundredths),
      Column(
        headers: ["餐位标准(元/餐)晚餐", "晚餐", "dinner"], field: "dinner_fen",
        kind: .optionalHundredths),
      Column(headers: ["食堂地点", "place"], field: "place", kind: .note(limit: nameLimit)),
      Column(headers: ["联系人", "contact"], field: "contact", kind: .note(limit: nameLimit)),
      Column(headers: ["联系电话", "phone"], field: "phone", kind: .note(limit: 64)),
      Column(headers: ["备注", "note"], field: "note", kind: .note(limit: nameLimit)),
    ])

  /// What is planned, installed, accepted and mended of terminals, in the order of the tickets' numbers (S22, S36, S37).
  package static let tickets = RegistryList(
    name: "tickets", table: "ticket",
    columns: [
      Column(headers: ["工单号", "number"], field: "number", kind: .number, isKey: true),
      Column(
        headers: ["食堂", "canteen"], field: "canteen",
        kind: .reference(table: "canteen", key: "number", word: "canteen")),
      Column(
        headers: ["终端", "terminal"], field: "terminal",
        kind: .optionalReference(table: "terminal", key: "number", word: "terminal")),
      Column(
        headers: ["类别", "kind"], field: "kind",
        kind: .choice([
          ("计划", "plan"), ("安装", "installation"), ("验收", "acceptance"), ("维护", "maintenance"),
        ])),
      Column(headers: ["开始日期", "opened"], field: "opened_day", kind: .day),
      Column(headers: ["完成日期", "closed"], field: "closed_day", kind: .optionalDay),
      Column(headers: ["说明", "note"], field: "note", kind: .note(limit: nameLimit)),
    ])
}

extension RegistryList: CustomStringConvertible {
  package var description: String { name }
}
