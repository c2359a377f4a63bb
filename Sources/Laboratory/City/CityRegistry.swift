import CanteenModel
import SettlementCore
import SettlementStore

/// The lists of a city as its offices would import them.
struct CityRegistry {
  let plan: CityPlan

  /// Every list but that of the people, in the order in which they may be filled.
  var lists: [(RegistryList, String)] {
    [
      (.regions, "编号,名称,级别,上级\n1,市,市,"), (.units, units), (.caterers, caterers),
      (.canteens, canteens), (.terms, terms), (.holderTypes, "编号,人员类别,需要储蓄卡\n1,在编,是\n2,临时,否"),
      (.bankAccounts, "账户,银行账号\n就餐经费专用账户,8000-1\n收入专用账户,8000-2\n支出专用账户,8000-3"),
    ]
  }

  static func bankAccount(ofUnit unit: Int) -> String { "6217-\(unit)" }

  private var units: String {
    file(
      "编号,单位名称,地区,银行账号", (1...plan.units).map { "\($0),\($0)号单位,1,\(Self.bankAccount(ofUnit: $0))" }
    )
  }

  /// Contractors, and behind them the units that run their canteens themselves, each with one account at the bank.
  private var caterers: String {
    let contractors = (1...plan.contractors).map { "\($0),\($0)号餐饮,6228-\($0)" }
    let selfRun = (1...plan.canteens).map { canteen in
      let host = plan.host(of: canteen)
      return
        "\(plan.contractors + canteen),\(host)号单位食堂,\(Self.bankAccount(ofUnit: host))"
    }
    return file("number,name,bank_account", contractors + selfRun)
  }

  private var canteens: String {
    file(
      "编号,食堂名称,单位,食堂地点,联系人,联系电话",
      (1...plan.canteens).map { "\($0),\($0)食堂,\(plan.host(of: $0)),,," })
  }

  /// The first canteen is run by its unit from 15 May to 20 August: its caterer changes in the middle of two quarters.
  private var terms: String {
    let first = (1...plan.canteens).map { canteen in
      "\(canteen),2026-01-01,\(plan.isSelfRun(canteen) ? "自营" : "外包"),\(plan.caterer(of: canteen)),合同\(canteen)"
    }
    return file(
      "食堂,起始日期,经营方式,经营者,合同号",
      first + [
        "1,2026-05-15,自营,\(plan.contractors + 1),",
        "1,2026-08-20,联合体,\(plan.contractors),合同甲",
      ])
  }

  /// Everybody who is in the city at any time of the year. A third begins with some money of their own.
  var accounts: String {
    file(
      Self.accountHeader,
      (1...plan.people).map { account($0, status: "active") })
  }

  /// Those who left behind a quarter, with their accounts closed; `nil`: nobody did.
  func leavers(before quarter: Int) -> String? {
    let rows = (1...plan.people).filter {
      plan.unit(of: $0, in: quarter - 1) != nil && plan.unit(of: $0, in: quarter) == nil
    }
    return rows.isEmpty
      ? nil : file(Self.accountHeader, rows.map { account($0, status: "closed") })
  }

  private static let accountHeader = "account,name,unit,status,subsidy,personal,cards"

  private func account(_ person: Int, status: String) -> String {
    let own = person % 3 == 0 ? "30.00" : "0.00"
    return
      "\(person),\(plan.name(of: person)),,\(status),0.00,\(own),\(plan.card(of: person))"
  }

  /// Who belongs to another unit from a quarter's first day on, or is new; `nil`: nobody.
  func members(from quarter: Quarter) -> String? {
    let rows = (1...plan.people).compactMap { person -> String? in
      let unit = plan.unit(of: person, in: quarter.number)
      let before = quarter.number == 1 ? nil : plan.unit(of: person, in: quarter.number - 1)
      guard let unit, unit != before else { return nil }
      let card = plan.savingsCard(of: person)
      return
        "\(person),\(CivilDate(day: quarter.firstDay)),\(unit),\(card == nil ? 2 : 1),\(card ?? "")"
    }
    return rows.isEmpty ? nil : file("账户,起始日期,单位,人员类别,储蓄卡", rows)
  }

  /// What each person of a unit gets for a quarter; `nil`: it has nobody.
  func roster(of unit: Int, _ quarter: Quarter) -> (file: String, sum: Int64)? {
    var (rows, sum) = ([String](), Int64(0))
    for person in 1...plan.people where plan.unit(of: person, in: quarter.number) == unit {
      let amount = plan.allowance(of: person, in: quarter.number)
      rows.append("\(person),\(plan.name(of: person)),标准,\(amount.plainYuan)")
      sum += amount.value
    }
    return rows.isEmpty ? nil : (file("账户,姓名,标准,金额", rows), sum)
  }

  /// The policy of the first half of the year, and that of the second one: other ways of the money (C5), of the
  /// evaluation (C6), and a decision where the rest of the year goes (C1).
  static let policies = [
    """
    {"version": 1, "legalBasis": "测试〔2025〕9号", "effectiveFrom": "2026-01-01",
     "funding": {"path": "viaBureau", "allowsAdvance": true}, "evaluation": "deductionTable"}
    """,
    """
    {"version": 2, "legalBasis": "测试〔2026〕3号", "effectiveFrom": "2026-07-01",
     "funding": {"path": "direct", "allowsAdvance": true}, "evaluation": "coefficient",
     "yearEnd": {"residualTo": "treasuryClaimable"}}
    """,
  ]

  /// What the units found of the catering in a quarter (S17, C6).
  func evaluations(of quarter: Quarter, byCoefficient: Bool) -> String {
    let rows = (1...plan.canteens).map { canteen -> String in
      if byCoefficient { return "\(canteen),\(97 + canteen % 3).\(10 + canteen % 90),,," }
      return canteen % 2 == 1
        ? "\(canteen),,\(CivilDate(day: quarter.firstDay + 50)),冷菜,\(canteen % 9).37"
        : "\(canteen),,,,"
    }
    return file("canteen,paid,day,reason,amount", rows)
  }

  private func file(_ header: String, _ rows: [String]) -> String {
    ([header] + rows).joined(separator: "\n") + "\n"
  }
}
