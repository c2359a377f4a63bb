import CanteenModel
import SettlementCore
import SettlementStore
import SyncTransport

/// What one person may do or read.
extension OfficeDesk {
  func act(_ asked: OfficeRequest, by person: PersonHere) async throws(StoreError) -> String {
    do {
      return try await acted(asked, by: person)
    } catch let error as StoreError {
      throw error
    } catch let problem as Problem {
      throw .refused([problem.detail])
    } catch {
      throw .refused(["\(error)"])
    }
  }

  private func acted(_ asked: OfficeRequest, by person: PersonHere) async throws -> String {
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
    case .allocateRoster:
      return try OfficeJSON.text(
        try await books.allocate(
          asked.integer("number") ?? 0, on: try await books.today(), by: person.login))
    case .acceptOfficialMeal:
      return try OfficeJSON.text(
        try await books.acceptOfficialMeal(
          asked.text("voucher"), in: asked.canteen.number, by: person.login))
    case .draftStatements:
      return try OfficeJSON.text(try await books.draftStatements(of: asked.quarter))
    default: preconditionFailure("\(asked.call) is no act of one person")
    }
  }
}
