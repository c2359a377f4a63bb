import SettlementCore

extension OfficeDocument {
  /// Who may do what, in Markdown.
  package static func access() -> String {
    """
    # Who may do what

    `canteen-settlement access` writes this page from the rules themselves (`Sources/SettlementCore/Access/Verb.swift`, \
    one table; `Access.judge`, one function), and a test holds it to them. Nothing on the office's listener is answered \
    without a verb of this table.

    - **1** may do it, or propose it where two people are needed; **2** may be the second person; both where both stand.
    - A role is given with a scope, and what is asked about must lie in it; *anywhere*: the role is enough.
    - Readings marked *personal*, every act, every refusal and every sign-in are rows of the audit log.
    - Audit reads everything and writes nothing (S41). Nobody is the second person of an own proposal.

    ## Roles

    | role | who | reaches |
    |---|---|---|
    \(Role.allCases.map(roleLine).joined(separator: "\n"))

    ## Verbs

    | verb | \(Role.allCases.map(\.rawValue).joined(separator: " | ")) | reach | asked by |
    |---|\(Role.allCases.map { _ in "---|" }.joined())---|---|
    \(Verb.allCases.map(verbLine).joined(separator: "\n"))

    """
  }

  private static func roleLine(_ role: Role) -> String {
    "| `\(role.rawValue)` | \(people(role)) | \(role.scopes.map(\.rawValue).joined(separator: ", ")) |"
  }

  private static func people(_ role: Role) -> String {
    switch role {
    case .bureau: "机关事务管理局 (S4)"
    case .bureauFinance: "机关事务管理局财务科 (S21)"
    case .financeBureau: "财政局国库科 (S21)"
    case .audit: "审计局 (S41)"
    case .systemOperator: "资源投资集团 (S22)"
    case .bank: "建设银行 (S22)"
    case .unitAdministrator: "单位管理员 (S5)"
    case .caterer: "食堂经营者 (S16)"
    case .supervisor: "食堂监督员 (S39)"
    case .cashier: "收银员"
    case .diner: "就餐人"
    }
  }

  private static func verbLine(_ verb: Verb) -> String {
    let rule = verb.rule
    let cells = Role.allCases.map { role in
      switch rule.caller {
      case .anybody, .signedIn: "1"
      case .role: (rule.first.contains(role) ? "1" : "") + (rule.second.contains(role) ? "2" : "")
      }
    }
    let reach =
      switch rule.caller {
      case .anybody: "everybody"
      case .signedIn: "whoever is signed in"
      case .role:
        (rule.reach == .role ? "anywhere" : "its scope") + (rule.isPersonal ? ", personal" : "")
      }
    let routes = OfficeCall.allCases.map(\.route).filter { $0.verb == verb }
      .map { "`\($0.method.rawValue) \($0.path)`" }.joined(separator: ", ")
    return "| `\(verb.rawValue)` | \(cells.joined(separator: " | ")) | \(reach) | \(routes) |"
  }
}
