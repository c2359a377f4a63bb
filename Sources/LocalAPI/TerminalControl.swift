package import CanteenModel

/// What the operator may ask of a terminal. The daemon answers it, the socket carries it.
package protocol TerminalControl: Sendable {
  /// Where the terminal stands.
  func status() async throws(ControlError) -> TerminalStatus
  /// Every reader that is there, or was.
  func readers() async throws(ControlError) -> [ReaderStatus]
  /// The newest records, newest first. `limit`: 1...1000.
  func journal(limit: Int) async throws(ControlError) -> [JournalLine]
  /// What the centre does not have, behind a record or `nil` behind the last ack, as one signed batch.
  func exportBatch(behind position: JournalPosition?) async throws(ControlError) -> ExportedBatch
  /// Recomputes the chain of records and what was counted from it. Selling goes on meanwhile.
  func verify() async throws(ControlError) -> VerificationReport
  /// Joins a centre.
  func enrol(_ order: EnrolOrder) async throws(ControlError) -> EnrolmentLine
  /// Writes that records are signed with a new key from here on.
  func rotateKey() async throws(ControlError) -> KeyRotationLine
  /// Settles now instead of at the next beat.
  func syncNow() async throws(ControlError)
  /// Arms a sale: the next card at the lane pays it.
  func armSale(_ price: SalePrice, lane: LaneID) async throws(ControlError)
  /// Takes an armed sale back, or clears a lane that failed.
  func clearSale(lane: LaneID) async throws(ControlError)
  /// Charges an official meal to the host unit.
  func chargeOfficialMeal(_ order: OfficialMealOrder) async throws(ControlError) -> OfficialMealLine
  /// Gives back what a sale took.
  func correct(_ order: CorrectionOrder) async throws(ControlError) -> CorrectionLine
  /// Asks the face module of a lane.
  func face(_ order: FaceModuleOrder) async throws(ControlError) -> FaceModuleReport
  /// Counts what was sold since the day before was closed, and closes the day.
  func closeDay() async throws(ControlError) -> DayLine
  /// The days that were closed last, newest first. `limit`: 1...1000.
  func closedDays(limit: Int) async throws(ControlError) -> [DayLine]
  /// The rulebook in force.
  func rulebook() async throws(ControlError) -> Rulebook
  /// What may still be approved without the centre; `limit` accounts are named, 0...1000.
  func exposure(naming limit: Int) async throws(ControlError) -> ExposureReport
}

/// Why the terminal did not do what the operator asked. Each text says what to do.
package enum ControlError: Error, Hashable, Sendable {
  /// The request is wrong.
  case invalid(String)
  /// The terminal cannot do it as it stands.
  case unavailable(String)
  /// The daemon does not answer at its socket.
  case notRunning(String)
}

extension ControlError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .invalid(let text), .unavailable(let text), .notRunning(let text): text
    }
  }
}

/// The routes of the local API.
enum LocalRoute {
  static let status = "/v1/status"
  static let readers = "/v1/readers"
  static let journal = "/v1/journal"
  static let export = "/v1/journal/export"
  static let verification = "/v1/verification"
  static let sync = "/v1/sync"
  static let sale = "/v1/sale"
  static let correction = "/v1/correction"
  static let officialMeal = "/v1/official-meal"
  static let days = "/v1/days"
  static let rulebook = "/v1/rulebook"
  static let exposure = "/v1/exposure"
  static let face = "/v1/face"
  static let enrolment = "/v1/enrolment"
  static let keyRotation = "/v1/key-rotation"
}

/// The body of a request that arms a sale: one of an amount, items and a guest's meal.
struct SaleOrder: Codable, Sendable {
  let lane: LaneID
  let amount: Fen?
  let items: [ItemLine]?
  let guestMeal: Bool?

  init(_ price: SalePrice, lane: LaneID) {
    self.lane = lane
    switch price {
    case .keyed(let amount): (self.amount, items, guestMeal) = (amount, nil, nil)
    case .items(let lines): (amount, items, guestMeal) = (nil, lines, nil)
    case .guestMeal: (amount, items, guestMeal) = (nil, nil, true)
    case .mealPeriod, .count, .officialMeal:
      preconditionFailure("no cashier arms what every card pays")
    }
  }

  /// - Returns: `nil` unless exactly one of the three is there.
  var price: SalePrice? {
    switch (amount, items, guestMeal) {
    case (let amount?, nil, nil): .keyed(amount)
    case (nil, let items?, nil): .items(items)
    case (nil, nil, true?): .guestMeal
    default: nil
    }
  }
}

/// The body of every refusal, in the shape of RFC 9457.
struct Problem: Codable, Sendable {
  let title: String
  let detail: String
  let status: Int
}
