import CanteenModel
import OfficePages
import SettlementCore
import SettlementStore
import SyncTransport

/// What people do, and what was done.
extension PageReader {
  func home() async throws -> Page {
    let grants = person.words.map { PageTable.Row([.init($0)]) }
    var parts: [Page.Part] = [
      .facts([
        Page.Fact(Words("姓名", "Name"), Words(data: person.name)),
        Page.Fact(Words("登录名", "Sign-in name"), Words(data: person.login)),
      ])
    ]
    if try await mayOpen(.proposals) {
      let values = try await narrowed(.proposals).merging(["state": "open"]) { $1 }
      parts.append(.table(table(of: try await read([ProposalLine].self, .proposals, values))))
    }
    parts.append(
      .table(
        PageTable("roles", Words("角色与范围", "Roles and scopes"), [.init("角色", "Role")], grants)))
    return Page(Words("首页", "Home"), parts)
  }

  func proposals() async throws -> Page {
    let lines = try await read([ProposalLine].self, .proposals, try await narrowed(.proposals))
    let isAll = address.values["state"] == "all"
    let other = PageAddress.text(
      PageName.proposals.path,
      address.values.merging(["state": isAll ? "open" : "all"]) { $1 })
    return Page(
      Words("待办", "Proposals"), asOf: now(),
      [
        .facts([
          Page.Fact(
            Words("范围", "Shown"), isAll ? Words("全部", "All") : Words("未决定", "Open"), href: other)
        ]), .table(table(of: lines)),
      ])
  }

  private func table(of lines: [ProposalLine]) -> PageTable {
    PageTable(
      "proposals", Words("需要第二人决定", "Waiting for a second person"),
      [
        .number("编号", "Number"), .init("事项", "Act"), .init("对象", "About"),
        .init("提出人", "Proposed by"), .init("时间", "Time"), .init("状态", "State"),
      ],
      lines.map { line in
        let href = PageAddress.text(PageName.proposal.path, ["number": "\(line.number)"])
        return PageTable.Row(
          [
            .init(line.number, href: href), .init(line.verb, href: href), .init(line.subject),
            .init(line.proposer), .init(time(line.proposedMilliseconds)),
            .init(Self.state(of: line)),
          ], line.state == "open" ? .attention : .quiet)
      })
  }

  private static func state(of line: ProposalLine) -> Words {
    switch line.state {
    case "open": Words("待决定", "Open")
    case "executed": Words("已执行", "Executed")
    case "refused": Words("已驳回", "Refused")
    default: Words("已撤回", "Withdrawn")
    }
  }

  func proposal() async throws -> Page {
    let number = address.values["number"] ?? ""
    let line = try await read(ProposalLine.self, .proposal, ["number": number])
    var facts = [
      Page.Fact(Words("事项", "Act"), Words(data: line.verb)),
      Page.Fact(Words("对象", "About"), Words(data: line.subject)),
      Page.Fact(Words("提出人", "Proposed by"), Words(data: line.proposer)),
      Page.Fact(Words("时间", "Time"), Words(data: time(line.proposedMilliseconds))),
      Page.Fact(Words("状态", "State"), Self.state(of: line)),
    ]
    if let decider = line.decider {
      facts.append(Page.Fact(Words("决定人", "Decided by"), Words(data: decider)))
    }
    if let reason = line.reason {
      facts.append(Page.Fact(Words("理由", "Reason"), Words(data: reason)))
    }
    var parts: [Page.Part] = [.facts(facts), .note(Words(data: line.preview), .quiet)]
    if line.state == "open" {
      let hidden = PageForm.Field("number", Words(data: ""), .hidden, value: number)
      if line.proposer != person.login {
        parts.append(
          .form(
            PageForm(to: "/proposal/approval", [hidden], Words("批准并执行", "Approve: it is done"))))
      }
      parts.append(
        .form(
          PageForm(
            to: "/proposal/refusal",
            [hidden, PageForm.Field("reason", Words("理由", "Reason"))],
            line.proposer == person.login
              ? Words("撤回", "Take it back") : Words("驳回", "Refuse"), .attention)))
    }
    return Page(Words("待办 \(line.number)", "Proposal \(line.number)"), parts)
  }

  func meals() async throws -> Page {
    let requests = try await read(
      [OfficialMealRequest].self, .officialMeals, try await narrowed(.officialMeals))
    return Page(
      Words("公务餐", "Official meals"), asOf: now(),
      [
        .table(
          PageTable(
            "meals", Words("申请", "Requests"),
            [
              .init("凭证号", "Voucher"), .number("单位", "Unit"), .number("食堂", "Canteen"),
              .init("公函", "Letter"), .init("来宾", "Guests"), .number("人数", "Heads"),
              .init("日期", "Day"), .number("餐次", "Period"), .number("费用", "Cost"),
              .init("经办与批准", "By"), .init("食堂接受", "Accepted by"),
            ],
            requests.map { request in
              PageTable.Row([
                .init(request.number), .init(request.unit), .init(request.canteen),
                .init(request.letter), .init(request.guests), .init(request.heads),
                .init(date(request.day)), .init(request.period), .init(Self.yuan(request.fen)),
                .init("\(request.proposer), \(request.approver)"),
                .init(request.acceptedBy ?? "—"),
              ])
            }))
      ])
  }

  func yearEnd() async throws -> Page {
    let year = address.values["year"] ?? "\(CivilDate(day: today).year)"
    let report = try await read(YearEndReport.self, .previewYearEnd, ["year": year])
    let names = Set(report.variants.flatMap(\.accounts.keys)).sorted()
    let accounts = names.map { name in
      PageTable.Row(
        [.init(name)] + report.variants.map { .init(Self.yuan($0.accounts[name] ?? 0)) })
    }
    let sums = report.variants.map { variant in
      PageTable.Cell(Self.yuan(variant.accounts.values.reduce(0, +)))
    }
    let tranches = report.units.flatMap { unit in
      unit.tranches.map { tranche in
        PageTable.Row([
          .init(unit.unit), .init(unit.name), .init(tranche.tranche.number), .init(tranche.quarter),
          .init(tranche.appropriation), .init(Self.yuan(tranche.receivedFen)),
          .init(Self.yuan(tranche.givenFen)), .init(Self.yuan(tranche.spentFen)),
          .init(Self.yuan(tranche.takenFen + tranche.ungivenFen)),
          .init(Self.yuan(tranche.debtFen)),
        ])
      }
    }
    return Page(
      Words("\(year) 年终结余", "Year-end \(year)"), asOf: now(),
      [
        .note(
          Words(
            "试算：没有默认去向，由两人决定；个人充值不收回。",
            "A trial: there is no default destination, two people decide; personal money stays."),
          .quiet),
        .table(
          PageTable(
            "variants", Words("三种去向", "The three destinations"),
            [.init("去往账户", "To the account")]
              + report.variants.map {
                PageTable.Column(Self.words(for: $0.destination), isNumber: true)
              },
            accounts, sums: .init([.init(Words("合计", "Sum"))] + sums))),
        .table(
          PageTable(
            "tranches", Words("各单位各笔经费", "By unit and tranche"),
            [
              .number("单位", "Unit"), .init("名称", "Name"), .number("批次", "Tranche"),
              .init("季度", "Quarter"), .init("科目", "Appropriation"), .number("到账", "Received"),
              .number("已分配", "Given"), .number("已消费", "Spent"), .number("结余", "Left"),
              .number("透支", "Debt"),
            ], tranches)),
      ])
  }

  private static func words(for destination: ProgrammePolicy.ResidualDestination) -> Words {
    switch destination {
    case .unit: Words("退回单位", "Back to the unit")
    case .treasury: Words("缴入市国库", "To the city's treasury")
    case .treasuryClaimable: Words("缴入国库，单位可申请", "To the treasury, claimable by the unit")
    }
  }

  func audit() async throws -> Page {
    let lines = try await read([AuditLine].self, .audit, address.values)
    var parts: [Page.Part] = []
    if let last = lines.last {
      parts.append(
        .facts([
          Page.Fact(
            Words("往后", "Further"), Words("\(last.number) 之后", "behind \(last.number)"),
            href: PageAddress.text(PageName.audit.path, ["behind": "\(last.number)"]))
        ]))
    }
    parts.append(
      .table(
        PageTable(
          "audit", Words("审计日志", "Audit log"),
          [
            .number("序号", "Number"), .init("时间", "Time"), .init("登录名", "Sign-in name"),
            .init("事项", "Act"), .init("对象", "About"), .init("结果", "Outcome"),
            .init("摘要", "Digest"),
          ],
          lines.map { line in
            PageTable.Row(
              [
                .init(line.number), .init(time(line.atMilliseconds)), .init(line.login),
                .init(line.verb), .init(line.subject), .init(line.outcome),
                .init(line.digest.prefix(16)),
              ], line.outcome == "refused" ? .attention : .quiet)
          })))
    return Page(Words("审计日志", "Audit log"), asOf: now(), parts)
  }

  func terminals() async throws -> Page {
    let all = try await read([TerminalEntry].self, .terminals, try await narrowed(.terminals))
    let mayReport =
      if case .refused = Access.judge(.readReport, on: .whole, by: person.grants) { false } else {
        true
      }
    let report = mayReport ? try await read(SettlementReport.self, .report) : nil
    let heard = Dictionary(
      (report?.terminals ?? []).map { ($0.terminal, $0) }, uniquingKeysWith: { first, _ in first })
    return Page(
      Words("终端", "Terminals"), asOf: now(),
      [
        .table(
          PageTable(
            "terminals", Words("终端", "Terminals"),
            [
              .number("编号", "Number"), .init("名称", "Name"), .number("食堂", "Canteen"),
              .init("状态", "State"), .number("记录", "Records"),
              .init("最近收到", "Last heard"), .init("提示", "To look at"),
            ],
            all.map { terminal in
              let line = heard[terminal.number]
              let flags = line?.flags ?? []
              return PageTable.Row(
                [
                  .init(terminal.number), .init(terminal.name), .init(terminal.canteen),
                  .init(Self.state(of: terminal)), .init(line.map { "\($0.records)" } ?? "—"),
                  .init(line?.lastIntakeMilliseconds.map { time($0) } ?? "—"),
                  .init(flags.map(\.kind.rawValue).joined(separator: ", ")),
                ], flags.isEmpty ? .quiet : .attention)
            }))
      ])
  }

  private static func state(of terminal: TerminalEntry) -> Words {
    if terminal.retiredMilliseconds != nil { return Words("已退役", "Retired") }
    if terminal.revokedMilliseconds != nil { return Words("已停用", "Shut out") }
    return terminal.publicKey == nil ? Words("未加入", "Not joined") : Words("正常", "In use")
  }
}
