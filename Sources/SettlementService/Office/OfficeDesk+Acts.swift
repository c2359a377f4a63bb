import CanteenModel
import SettlementCore
import SettlementStore
import SyncTransport

/// What one person may do or read.
extension OfficeDesk {
  func act(_ asked: OfficeRequest) async throws(StoreError) -> String {
    do {
      return try await acted(asked)
    } catch let error as StoreError {
      throw error
    } catch let problem as Problem {
      throw .refused([problem.detail])
    } catch {
      throw .refused(["\(error)"])
    }
  }

  private func acted(_ asked: OfficeRequest) async throws -> String {
    let number = TerminalID(UInt32(clamping: asked.integer("number") ?? 0))
    switch asked.call {
    case .addTerminal:
      let body = try asked.decoded(TerminalBody.self)
      let entry = TerminalEntry(
        number: 0, name: body.name, publicKey: nil, pullURL: body.pullURL, canteen: body.canteen)
      return try OfficeJSON.text(["number": try await control.add(entry).number])
    case .inviteTerminal: return try OfficeJSON.text(try await control.invite(number))
    case .shutTerminalOut:
      try await control.set(number, revoked: true)
      return try OfficeJSON.text(["number": number.number])
    case .importItems: return try OfficeJSON.text(try await books.importItems(asked.body))
    case .disablePerson:
      return try OfficeJSON.text(["person": try await books.setDisabled(true, asked.text("login"))])
    case .withdrawRole:
      let grant = try OfficeAct.grant(in: asked.body)
      return try OfficeJSON.text([
        "person": try await books.setGrant(grant, of: asked.text("login"), isGranted: false)
      ])
    default: preconditionFailure("\(asked.call) is no act of one person")
    }
  }

  func read(_ asked: OfficeRequest) async throws -> String {
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
          behind: asked.integer("behind") ?? 0, isOpen: asked.text("state") != "all"))
    case .proposal:
      return try OfficeJSON.text(try await books.proposal(asked.integer("number") ?? 0).line)
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
