import CanteenModel
import SettlementCore
import SettlementStore
import SyncTransport

/// What somebody may read.
extension OfficeDesk {
  func read(_ asked: OfficeRequest) async throws -> [UInt8] {
    switch asked.call {
    case .exportRegistry: try await books.exportRegistry(try RegistryList.named(asked.text("list")))
    case .proposalFile: try await books.proposal(asked.integer("number") ?? 0).body
    case .statement:
      try await books.statementDocument(of: asked.quarter, canteen: asked.canteen.number)
    case .statementFile:
      try await books.statementFile(of: asked.quarter, canteen: asked.canteen.number)
    case .ownStatementFile:
      try await books.statementFile(
        of: asked.quarter, canteen: asked.canteen.number, naming: asked.caterer)
    case .certificateFile: try await books.certificateFile(of: asked.unit, year: asked.year)
    case .paymentFile: try await books.paymentFile(of: asked.integer("number") ?? 0)
    default: Array(try await text(asked).utf8)
    }
  }

  private func text(_ asked: OfficeRequest) async throws -> String {
    switch asked.call {
    case .report: return try OfficeJSON.text(try await control.report())
    case .terminals: return try await terminals(asked)
    case .records:
      let limit = asked.integer("limit").map { Int($0) } ?? RecordLimit.standard
      return try OfficeJSON.text(
        try await control.records(
          of: TerminalID(UInt32(clamping: asked.integer("number") ?? 0)), limit: limit))
    case .exposure:
      return try OfficeJSON.text(
        try await control.exposure(of: AccountID(asked.integer("number") ?? 0)))
    case .rulebooks: return try OfficeJSON.text(try await control.rulebooks())
    case .previewRulebook: return try OfficeJSON.text(try await control.previewRulebook(asked.body))
    case .holds: return try OfficeJSON.text(try await control.holds())
    case .people: return try OfficeJSON.text(try await books.people())
    case .audit:
      return try OfficeJSON.text(
        try await books.auditLines(
          behind: asked.integer("behind") ?? 0,
          limit: asked.integer("limit").map { Int($0) } ?? Books.auditPageLimit))
    case .proposals:
      return try OfficeJSON.text(
        try await books.proposals(
          behind: asked.integer("behind") ?? 0, of: asked.integer("unit").map { _ in asked.unit },
          isOpen: asked.text("state") != "all"))
    case .proposal:
      return try OfficeJSON.text(try await books.proposal(asked.integer("number") ?? 0).line)
    default: return try await programme(asked)
    }
  }

  private func programme(_ asked: OfficeRequest) async throws -> String {
    let canteen = asked.integer("canteen").map { _ in asked.canteen }
    switch asked.call {
    case .unitRules: return try OfficeJSON.text(try await books.unitRules(of: canteen))
    case .previewUnitRules:
      return try OfficeJSON.text(try await books.previewUnitRules(asked.body, of: asked.canteen))
    case .terminalRules: return try OfficeJSON.text(try await books.terminalRules(in: canteen))
    case .unmatchedLines: return try OfficeJSON.text(try await books.unmatchedLines())
    case .suspense: return try OfficeJSON.text(try await books.suspendedRecords())
    case .fundingBoard:
      let board = try await books.fundingBoard(of: asked.quarter, on: try await books.today())
      return try OfficeJSON.text(
        asked.integer("unit") == nil ? board : board.notice(to: asked.unit))
    case .statements:
      let all = try await books.statements(of: asked.quarter)
      return try OfficeJSON.text(
        asked.integer("canteen") == nil
          ? all : all.filter { $0.canteen == asked.canteen.number })
    case .ownStatements:
      return try OfficeJSON.text(
        try await books.statements(of: asked.quarter, naming: asked.caterer))
    case .clearing: return try OfficeJSON.text(try await books.clearing(of: asked.quarter))
    case .paymentOrders: return try OfficeJSON.text(try await books.paymentOrders())
    case .previewYearEnd: return try OfficeJSON.text(try await books.previewYearEnd(asked.year))
    case .officialMeals:
      return try OfficeJSON.text(
        try await books.officialMeals(
          of: asked.integer("unit").map { _ in asked.unit },
          in: asked.integer("canteen").map { _ in asked.canteen.number }))
    case .officialMealSlip:
      return try OfficeJSON.text(
        try await books.officialMealSlip(asked.text("voucher"), of: asked.unit))
    case .certificate:
      return try OfficeJSON.text(
        try await books.yearEndCertificate(of: asked.unit, year: asked.year))
    default: return try await page(asked)
    }
  }

  private func terminals(_ asked: OfficeRequest) async throws -> String {
    let all = try await control.terminals()
    guard let canteen = asked.integer("canteen") else { return try OfficeJSON.text(all) }
    return try OfficeJSON.text(all.filter { Int64($0.canteen) == canteen })
  }

  private func page(_ asked: OfficeRequest) async throws -> String {
    guard let listing = OfficeListing(rawValue: asked.text("table")) else {
      preconditionFailure("\(asked.call) lists nothing")
    }
    return try OfficeJSON.text(
      try await books.page(
        of: listing, narrowedTo: try asked.narrowing, from: Int(asked.integer("from") ?? 0),
        limit: asked.integer("limit").map { Int($0) } ?? Books.officePageLimit))
  }
}
