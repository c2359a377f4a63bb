import CanteenModel
import LocalAPI
import TerminalDaemon

/// Lets the local API ask the terminal, for one user of the operating system.
struct LocalControl: TerminalControl {
  let terminal: Terminal
  let userID: UInt32

  func status() async throws(ControlError) -> TerminalStatus {
    try await answer { try await terminal.status() }
  }

  func readers() async throws(ControlError) -> [ReaderStatus] {
    await terminal.readerStates()
  }

  func journal(limit: Int) async throws(ControlError) -> [JournalLine] {
    try await answer { try await terminal.newestRecords(limit) }
  }

  func exportBatch(
    behind position: JournalPosition?
  ) async throws(ControlError) -> ExportedBatch {
    try await answer { try await terminal.exportedBatch(behind: position) }
  }

  func verify() async throws(ControlError) -> VerificationReport {
    try await answer { try await terminal.verify() }
  }

  func enrol(_ order: EnrolOrder) async throws(ControlError) -> EnrolmentLine {
    let number = try await EnrolRight.joined(order, terminal.configuration, byUser: userID)
    return EnrolmentLine(terminal: number, mustRestart: true)
  }

  func rotateKey() async throws(ControlError) -> KeyRotationLine {
    guard EnrolRight.has(userID) else {
      throw .invalid("only root gives the terminal another key: sudo canteenctl key rotate")
    }
    return try await answer { try await terminal.rotateKey() }
  }

  func syncNow() async throws(ControlError) {
    guard terminal.settleNow() else {
      throw .unavailable(
        "this terminal does not push: see the link in canteenctl status")
    }
  }

  func armSale(_ price: SalePrice, lane: LaneID) async throws(ControlError) {
    switch price {
    case .keyed(let amount):
      guard amount > .zero else { throw .invalid("the amount must be more than ¥0.00") }
    case .items(let lines):
      guard (1...ItemLine.limit).contains(lines.count),
        lines.allSatisfy({
          ItemCode.range.contains($0.code.number) && ItemLine.quantities.contains($0.quantity)
        })
      else { throw .invalid("1 to \(ItemLine.limit) items, each 1 to 999 times") }
    case .guestMeal, .mealPeriod, .count, .officialMeal: break
    }
    guard terminal.armSale(price, lane: lane) else { throw .invalid(Self.noLane(lane)) }
  }

  func clearSale(lane: LaneID) async throws(ControlError) {
    guard terminal.clearSale(lane: lane) else { throw .invalid(Self.noLane(lane)) }
  }

  func chargeOfficialMeal(
    _ order: OfficialMealOrder
  ) async throws(ControlError) -> OfficialMealLine {
    try await answer {
      try await terminal.chargeOfficialMeal(voucher: order.voucher, heads: order.heads)
    }
  }

  func correct(_ order: CorrectionOrder) async throws(ControlError) -> CorrectionLine {
    try await answer { try await terminal.correct(order, byUser: userID) }
  }

  func face(_ order: FaceModuleOrder) async throws(ControlError) -> FaceModuleReport {
    try await answer { try await terminal.face(order) }
  }

  func closeDay() async throws(ControlError) -> DayLine {
    try await answer { try await terminal.closeDay(byUser: userID) }
  }

  func closedDays(limit: Int) async throws(ControlError) -> [DayLine] {
    try await answer { try await terminal.closedDays(limit) }
  }

  func rulebook() async throws(ControlError) -> Rulebook {
    try await answer { try await terminal.rulebook() }
  }

  func exposure(naming limit: Int) async throws(ControlError) -> ExposureReport {
    try await answer { try await terminal.exposure(naming: limit) }
  }

  private static func noLane(_ lane: LaneID) -> String {
    "there is no lane \(lane): canteenctl status lists them"
  }

  private func answer<Value>(
    _ body: () async throws -> Value
  ) async throws(ControlError) -> Value {
    do {
      return try await body()
    } catch let refusal as OperatorRefusal {
      throw .invalid(refusal.description)
    } catch {
      throw .unavailable("the ledger does not answer: \(error)")
    }
  }
}
