import OfficePages
import SettlementCore

/// The pages of the office: what people of the programme open in a browser.
enum PageName: String, CaseIterable, Sendable {
  case home, funding, suspense, terminals, statements, statement, clearing, payments, yearEnd
  case meals, proposals, proposal, audit

  var path: String {
    switch self {
    case .home: "/"
    case .yearEnd: "/year-end"
    default: "/\(rawValue)"
    }
  }

  /// The values that its address may have: each a parameter of what it reads.
  var filters: Set<String> {
    switch self {
    case .home: []
    case .suspense: []
    case .funding, .clearing: ["quarter", "unit"]
    case .statements: ["quarter", "canteen"]
    case .statement: ["quarter", "canteen"]
    case .terminals: ["canteen"]
    case .payments: []
    case .yearEnd: ["year"]
    case .meals: ["unit", "canteen"]
    case .proposals: ["state", "unit", "behind"]
    case .proposal: ["number"]
    case .audit: ["behind"]
    }
  }

  /// What it reads first: who may not, sees it in no menu.
  var call: OfficeCall {
    switch self {
    case .home: .ownSession
    case .funding: .fundingBoard
    case .suspense: .suspense
    case .terminals: .terminals
    case .statements, .statement: .statements
    case .clearing: .clearing
    case .payments: .paymentOrders
    case .yearEnd: .previewYearEnd
    case .meals: .officialMeals
    case .proposals, .proposal: .proposals
    case .audit: .audit
    }
  }

  /// Its place in the menu; `nil` for what others lead to.
  var menu: Words? {
    switch self {
    case .home: Words("首页", "Home")
    case .funding: Words("经费", "Funding")
    case .suspense: Words("挂账", "Suspense")
    case .terminals: Words("终端", "Terminals")
    case .statements: Words("结算单", "Statements")
    case .clearing: Words("跨单位清算", "Clearing")
    case .payments: Words("付款", "Payments")
    case .yearEnd: Words("年终", "Year-end")
    case .meals: Words("公务餐", "Official meals")
    case .proposals: Words("待办", "Proposals")
    case .audit: Words("审计日志", "Audit log")
    case .statement, .proposal: nil
    }
  }
}
