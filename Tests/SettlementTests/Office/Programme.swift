import CanteenModel
import SettlementCore

@testable import SettlementStore

/// Two units, of which the first one runs a canteen itself and the second one has it run; three people; the programme's
/// accounts at the bank; a policy.
struct Programme {
  static let accounts = """
    account,name,unit,status,subsidy,personal,cards
    1,王小明,机关,active,0.00,0.00,04A1B2C3D4E580
    2,李雷,机关,active,0.00,0.00,04A1B2C3
    3,韩梅梅,档案局,active,0.00,0.00,04A1B2C5
    4,张三,机关,closed,0.00,0.00,
    """

  static let files: [(RegistryList, String)] = [
    (.regions, "编号,名称,级别,上级\n1,株洲市,市,\n2,攸县,县,1"),
    (
      .units,
      "编号,单位名称,地区,银行账号\n7,市机关事务管理局,1,6217-0007\n8,市档案局,1,6217-0008\n9,攸县财政局,2,"
    ),
    (.caterers, "number,name,bank_account\n1,机关食堂,6217-0007\n2,湘味餐饮,6217-2222"),
    (
      .canteens,
      "编号,食堂名称,单位,食堂地点,联系人,联系电话\n1,机关食堂,7,一号楼,王主任,0731-1000\n2,档案局食堂,8,二号楼,,"
    ),
    (.terms, "食堂,起始日期,经营方式,经营者,合同号\n1,2026-01-01,自营,1,\n2,2026-01-01,外包,2,HT-2"),
    (.holderTypes, "编号,人员类别,需要储蓄卡\n1,在编,是\n2,临时,否"),
    (
      .members,
      """
      账户,起始日期,单位,人员类别,储蓄卡
      1,2026-01-01,7,1,6222-0001
      2,2026-01-01,7,2,
      3,2026-01-01,8,1,
      4,2026-01-01,7,2,
      """
    ),
    (.bankAccounts, "账户,银行账号\n就餐经费专用账户,8000-1\n收入专用账户,8000-2\n支出专用账户,8000-3"),
  ]

  static func policy(
    version: Int = 1, from day: String = "2026-01-01", path: String = "viaBureau",
    allowsAdvance: Bool = false
  ) -> [UInt8] {
    Array(
      """
      {"version": \(version), "legalBasis": "株机管发〔2026〕3号", "effectiveFrom": "\(day)",
       "funding": {"path": "\(path)", "allowsAdvance": \(allowsAdvance)}}
      """.utf8)
  }

  static func people(_ proposer: String = "zhang", _ approver: String = "li") -> TwoPeople {
    guard let people = TwoPeople(proposer: proposer, approver: approver) else {
      preconditionFailure("two people")
    }
    return people
  }

  static let thisQuarter = quarter("2026Q4")
  /// 2026-11-23.
  static let today: Int32 = 20_780

  static func quarter(_ text: String) -> Quarter {
    guard let quarter = Quarter(text) else { preconditionFailure("\(text) is a quarter") }
    return quarter
  }
}

extension SettlementFixture {
  /// Open books with the programme's registry and a policy.
  func openProgramme(
    _ terminals: TestTerminal..., policy: [UInt8] = Programme.policy()
  ) async throws -> Books {
    let books = try open()
    _ = try await books.importAccounts(Array(Programme.accounts.utf8))
    for terminal in terminals { try await books.add(Self.entry(terminal)) }
    for (list, file) in Programme.files {
      _ = try await books.importRegistry(list, Array(file.utf8))
    }
    _ = try await books.setPolicy(policy, by: Programme.people())
    return books
  }
}

extension Books {
  /// A bank file of one account, with the lines as they are written.
  func bank(_ account: BankAccount, _ lines: String...) async throws -> BankImport {
    let file = (["流水号,日期,金额,对方账号,附言"] + lines).joined(separator: "\n")
    return try await importBank(account, Array(file.utf8), by: "bank")
  }

  /// Unit 7 pays ¥1,000 for the quarter.
  func unitPays(_ yuan: String = "1000.00", reference: String = "A1") async throws {
    _ = try await bank(.bureau, "\(reference),2026-10-09,\(yuan),6217-0007,2026年第四季度就餐经费")
  }

  /// A roster of unit 7: ¥600 for the first person and ¥300 for the second one.
  func propose(
    _ rows: String = "1,王小明,在编 600,600.00\n2,李雷,,300.00", by person: String = "zhang"
  ) async throws -> RosterLine {
    try await proposeRoster(
      of: UnitID(7), Programme.thisQuarter, appropriation: "",
      Array(("账户,姓名,标准,金额\n" + rows).utf8), by: person)
  }

  func balance(of account: LedgerAccount) async throws -> Fen {
    try await read { db in try self.officeBalance(of: account, db) }
  }
}
