import CanteenModel
import OfficePages
import SettlementCore
import SettlementStore
import SyncProtocol

/// Money that comes in, waits, and goes out.
extension PageReader {
  /// The way to the quarters before and after.
  private func quarters(_ page: PageName) -> Page.Part {
    func link(_ quarter: Quarter) -> String {
      PageAddress.text(
        page.path, address.values.merging(["quarter": quarter.description]) { $1 })
    }
    return .facts([
      Page.Fact(Words("季度", "Quarter"), Words(data: quarter)),
      Page.Fact(
        Words("上一季度", "Before"), Words(data: quarter.previous), href: link(quarter.previous)),
      Page.Fact(Words("下一季度", "After"), Words(data: quarter.next), href: link(quarter.next)),
    ])
  }

  private func withQuarter(_ values: [String: String]) -> [String: String] {
    values.merging(["quarter": quarter.description]) { $1 }
  }

  func funding() async throws -> Page {
    let board = try await read(
      FundingBoard.self, .fundingBoard, withQuarter(try await narrowed(.fundingBoard)))
    let units = board.units.map { unit in
      PageTable.Row(
        [
          .init(unit.unit), .init(unit.name), .init(Self.yuan(unit.dueFen)),
          .init(Self.yuan(unit.receivedFen)), .init(Self.yuan(unit.givenFen)),
          .init(date(unit.lastPaymentDay)), .init(Self.state(of: unit)),
        ],
        unit.isLate
          ? .attention : unit.receivedFen >= unit.dueFen && unit.dueFen > 0 ? .good : .quiet)
    }
    let sum = { (part: KeyPath<FundingBoard.Line, Int64>) in
      PageTable.Cell(Self.yuan(board.units.reduce(0) { $0 + $1[keyPath: part] }))
    }
    var parts: [Page.Part] = [
      quarters(.funding),
      .facts([
        Page.Fact(Words("缴款截止", "To be paid by"), Words(data: date(board.deadline))),
        Page.Fact(
          Words("逾期单位", "Late units"), Words(data: board.units.count { $0.isLate })),
      ]),
      .table(
        PageTable(
          "units", Words("各单位缴款", "What units paid"),
          [
            .number("编号", "Number"), .init("单位", "Unit"), .number("应缴", "Due"),
            .number("已收", "Received"), .number("已分配", "Given to people"),
            .init("最近到账", "Last payment"), .init("状态", "State"),
          ], units,
          sums: .init([
            .init(""), .init(Words("合计", "Sum")), sum(\.dueFen), sum(\.receivedFen),
            sum(\.givenFen), .init(""), .init(""),
          ]))),
    ]
    if !board.underwayFen.isEmpty || !board.unmatchedFen.isEmpty {
      let amounts = { (words: Words, sums: [String: Int64]) in
        sums.sorted { $0.key < $1.key }.map { name, fen in
          PageTable.Row(
            [.init(words), .init(name), .init(Self.yuan(fen))], fen == 0 ? .quiet : .attention)
        }
      }
      parts.append(
        .table(
          PageTable(
            "accounts", Words("在途与待认款", "On its way, and of unknown purpose"),
            [.init("类别", "Kind"), .init("账户", "Account"), .number("金额", "Amount")],
            amounts(Words("在途", "On its way"), board.underwayFen)
              + amounts(Words("待认款", "Unknown purpose"), board.unmatchedFen))))
    }
    return Page(Words("经费到账", "Funding"), asOf: now(), parts)
  }

  private static func state(of unit: FundingBoard.Line) -> Words {
    if unit.isLate { return Words("逾期", "Late") }
    if unit.dueFen == 0 { return Words("未报名册", "No roster yet") }
    return unit.receivedFen >= unit.dueFen ? Words("已缴清", "Paid") : Words("待缴", "Open")
  }

  func suspense() async throws -> Page {
    let records = try await read([SuspendedRecord].self, .suspense)
    let rows = records.map { record in
      PageTable.Row([
        .init(record.terminal), .init(record.kind), .init(record.reason),
        .init(record.account.map { "\($0)" } ?? "—"),
        .init(record.wallMilliseconds.map { time($0) } ?? "—"), .init(Self.yuan(record.fen)),
        .init(record.id),
      ])
    }
    return Page(
      Words("挂账记录", "Records in suspense"), asOf: now(),
      [
        .note(
          Words(
            "由两人决定每条记录的承担者：提出的人和批准的人不能是同一人。",
            "Two people decide who bears each record: who proposes it, and somebody else."), .quiet),
        .table(
          PageTable(
            "suspense", Words("挂账", "In suspense"),
            [
              .number("终端", "Terminal"), .init("类别", "Kind"), .init("原因", "Reason"),
              .number("账户", "Account"), .init("终端时间", "Time at the terminal"),
              .number("金额", "Amount"), .init("记录", "Record"),
            ], rows,
            sums: .init([
              .init(Words("合计", "Sum")), .init(""), .init(""), .init(""), .init(""),
              .init(Self.yuan(records.reduce(0) { $0 + $1.fen })), .init(""),
            ]))),
      ])
  }

  func clearing() async throws -> Page {
    let lines = try await read(
      [ClearingLine].self, .clearing, withQuarter(try await narrowed(.clearing)))
    let positions = try lines.positions()
    return Page(
      Words("跨单位清算", "Clearing between units"), asOf: now(),
      [
        quarters(.clearing),
        .table(
          PageTable(
            "positions", Words("净额", "Net positions"),
            [
              .number("单位", "Unit"), .number("本单位人员在外就餐", "Its people ate elsewhere"),
              .number("外单位人员在此就餐", "Others ate here"), .number("净额", "Net"),
            ],
            positions.map { position in
              PageTable.Row([
                .init(position.unit), .init(position.ateElsewhere), .init(position.hosted),
                .init(position.net),
              ])
            })),
        .table(
          PageTable(
            "days", Words("按日明细", "By day"),
            [
              .init("日期", "Day"), .init("就餐人单位", "Home"), .number("食堂单位", "Host"),
              .number("笔数", "Sales"), .number("金额", "Amount"),
            ],
            lines.map { line in
              PageTable.Row([
                .init(date(line.day)), .init(line.home.map { "\($0)" } ?? "—"), .init(line.host),
                .init(line.sales), .init(line.amount),
              ])
            })),
      ])
  }

  func payments() async throws -> Page {
    let orders = try await read([PaymentOrder].self, .paymentOrders)
    let rows = orders.reversed().flatMap { order in
      order.lines.map { line in
        PageTable.Row([
          .init(order.number), .init(time(order.orderedMilliseconds)),
          .init("\(order.people.proposer), \(order.people.approver)"), .init(line.caterer),
          .init(line.name), .init(line.bankAccount), .init(line.amount),
        ])
      }
    }
    return Page(
      Words("付款", "Payments"), asOf: now(),
      [
        .table(
          PageTable(
            "payments", Words("付款指令", "Payment orders"),
            [
              .number("编号", "Number"), .init("时间", "Time"), .init("经办与复核", "By"),
              .number("经营者", "Caterer"), .init("名称", "Name"), .init("账号", "Bank account"),
              .number("金额", "Amount"),
            ], rows))
      ])
  }

  func statements() async throws -> Page {
    let all = try await read(
      [StatementSummary].self, .statements, withQuarter(try await narrowed(.statements)))
    let rows = all.map { one in
      let href = PageAddress.text(
        PageName.statement.path,
        ["quarter": one.quarter.description, "canteen": "\(one.canteen)"])
      return PageTable.Row(
        [
          .init(one.canteen), .init(one.name, href: one.digest == nil ? nil : href),
          .init(one.consumption), .init(one.deduction), .init(one.fee), .init(one.payable),
          .init(Self.state(of: one)),
        ], one.fault != nil ? .attention : one.approvedBy != nil ? .good : .quiet)
    }
    let sum = { (part: KeyPath<StatementSummary, Fen>) in
      PageTable.Cell(Self.yuan(all.reduce(0) { $0 + $1[keyPath: part].value }))
    }
    return Page(
      Words("季度结算单", "Quarter statements"), asOf: now(),
      [
        quarters(.statements),
        .table(
          PageTable(
            "statements", Words("各食堂", "By canteen"),
            [
              .number("编号", "Number"), .init("食堂", "Canteen"), .number("消费", "Consumption"),
              .number("考核扣款", "Evaluation"), .number("服务费", "Fee"),
              .number("应付", "Payable"), .init("状态", "State"),
            ], rows,
            sums: .init([
              .init(""), .init(Words("合计", "Sum")), sum(\.consumption), sum(\.deduction),
              sum(\.fee), sum(\.payable), .init(""),
            ]))),
      ])
  }

  private static func state(of statement: StatementSummary) -> Words {
    if let fault = statement.fault { return Words(data: fault) }
    guard let people = statement.approvedBy else { return Words("草稿", "Draft") }
    let names = "\(people.proposer), \(people.approver)"
    return Words("已批准：\(names)", "Approved: \(names)")
  }
}
