import CanteenModel
import OfficePages
import SettlementCore
import SyncProtocol
import SyncTransport

/// One canteen's statement, with every line explained.
extension PageReader {
  func statement() async throws -> Page {
    guard let canteen = address.values["canteen"] else {
      throw OfficeProblem.malformed.because("the address names no canteen: open it from the list")
    }
    let document = try StatementCodec.decode(
      try await bytes(.statement, ["quarter": quarter.description, "canteen": canteen]))
    let rules = document.rules
    return Page(
      Words(
        "\(document.quarter) \(document.canteenName) 结算单",
        "Statement of \(document.canteenName), \(document.quarter)"),
      asOf: Words(
        "关账时间 \(time(document.closedMilliseconds))，其后收到的记录计入下一期",
        "Closed at \(time(document.closedMilliseconds)); later records count in the next one"),
      [
        .facts([
          Page.Fact(Words("食堂", "Canteen"), Words(data: document.canteen)),
          Page.Fact(Words("单位", "Unit"), Words(data: document.unit)),
          Page.Fact(Words("依据", "Legal basis"), Words(data: rules.legalBasis)),
          Page.Fact(
            Words("服务费率", "Fee"), Words(data: Self.percent(ofBasisPoints: rules.feeBasisPoints))),
        ]),
        .table(accounts(document)), .table(lines(document)), .table(takings(document)),
        .signatures([
          Words("经营者（签章）", "Caterer (signature)"), Words("单位（签章）", "Unit (signature)"),
          Words("日期", "Date"),
        ]),
      ])
  }

  private func accounts(_ document: StatementDocument) -> PageTable {
    func sum(_ part: KeyPath<StatementDocument.Account, Int64>) -> PageTable.Cell {
      .init(Self.yuan(document.accounts.reduce(0) { $0 + $1[keyPath: part] }))
    }
    return PageTable(
      "accounts", Words("应付", "What is paid"),
      [
        .init("合同起始", "Term from"), .number("经营者", "Caterer"),
        .number("消费", "Consumption"), .number("考核扣款", "Evaluation"),
        .number("计费基数", "Fee base"), .number("服务费", "Fee"), .number("应付", "Payable"),
      ],
      document.accounts.map { account in
        PageTable.Row([
          .init(date(account.term)), .init(account.caterer), .init(Self.yuan(account.consumption)),
          .init(Self.yuan(account.deduction)), .init(Self.yuan(account.feeBase)),
          .init(Self.yuan(account.fee)), .init(Self.yuan(account.payable)),
        ])
      },
      sums: .init([
        .init(Words("合计", "Sum")), .init(""), sum(\.consumption), sum(\.deduction),
        sum(\.feeBase), sum(\.fee), sum(\.payable),
      ]))
  }

  private func lines(_ document: StatementDocument) -> PageTable {
    PageTable(
      "lines", Words("按季度与合同", "By quarter and term"),
      [
        .init("季度", "Quarter"), .init("合同起始", "Term from"), .number("笔数", "Sales"),
        .number("补贴", "Subsidy"), .number("个人", "Personal"), .number("更正笔数", "Corrections"),
        .number("退回补贴", "Subsidy returned"), .number("退回个人", "Personal returned"),
        .number("合计", "Sum"),
      ],
      document.lines.map { line in
        PageTable.Row(
          [.init(line.quarter), .init(date(line.term))] + Self.cells(line.sums)
            + [.init(Self.yuan(line.total))],
          line.quarter == document.quarter ? .quiet : .attention)
      })
  }

  private func takings(_ document: StatementDocument) -> PageTable {
    PageTable(
      "takings", Words("按终端与日", "By terminal and day"),
      [
        .number("终端", "Terminal"), .init("记录日", "Day"), .init("销售日", "Day of sale"),
        .number("笔数", "Sales"), .number("补贴", "Subsidy"), .number("个人", "Personal"),
        .number("更正笔数", "Corrections"), .number("退回补贴", "Subsidy returned"),
        .number("退回个人", "Personal returned"),
      ],
      document.takings.map { taking in
        PageTable.Row(
          [.init(taking.terminal), .init(date(taking.day)), .init(date(taking.soldDay))]
            + Self.cells(taking.sums))
      })
  }

  private static func cells(_ sums: StatementDocument.Sums) -> [PageTable.Cell] {
    [
      .init(sums.sales), .init(yuan(sums.soldSubsidy)), .init(yuan(sums.soldPersonal)),
      .init(sums.corrections), .init(yuan(sums.returnedSubsidy)),
      .init(yuan(sums.returnedPersonal)),
    ]
  }
}
