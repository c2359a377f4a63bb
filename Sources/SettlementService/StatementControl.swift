package import CanteenModel
package import Foundation
package import SettlementCore
package import SettlementStore

/// What the operator may ask of a quarter's statements (S17, S18).
package protocol StatementControl: Sendable {
  /// Takes a unit's evaluations, all of the file or nothing.
  ///
  /// - Returns: How many canteens were evaluated.
  func importEvaluation(
    _ file: [UInt8], of quarter: Quarter, by people: TwoPeople
  ) async throws(ControlRefusal) -> Int
  /// Closes a quarter: what comes in later goes to the next one's statements.
  func close(
    _ quarter: Quarter, by people: TwoPeople
  ) async throws(ControlRefusal) -> QuarterClose
  /// Makes the statements of a closed quarter again that nobody has approved yet.
  func draftStatements(of quarter: Quarter) async throws(ControlRefusal) -> [StatementSummary]
  /// The statements and drafts of a quarter, by canteen.
  func statements(of quarter: Quarter) async throws(ControlRefusal) -> [StatementSummary]
  /// Approves the draft with this digest.
  func approveStatement(
    of quarter: Quarter, canteen: UInt32, digest: Digest32, by people: TwoPeople
  ) async throws(ControlRefusal) -> StatementSummary
  /// The canonical JSON of a statement or of a draft.
  func statementDocument(
    of quarter: Quarter, canteen: UInt32
  ) async throws(ControlRefusal) -> Data
  /// An approved statement with the centre's signature.
  func statementFile(of quarter: Quarter, canteen: UInt32) async throws(ControlRefusal) -> Data
  /// Orders what approved statements owe and nobody has ordered yet.
  func orderPayments(by people: TwoPeople) async throws(ControlRefusal) -> PaymentOrder
  /// Every payment order, newest last.
  func paymentOrders() async throws(ControlRefusal) -> [PaymentOrder]
  /// What the bank is asked to pay by one order, as CSV.
  func paymentFile(of order: Int64) async throws(ControlRefusal) -> Data
  /// Who ate where in a closed quarter, by day.
  func clearing(of quarter: Quarter) async throws(ControlRefusal) -> [ClearingLine]
  /// Some of a terminal's batches, behind an intake, as its terminal signed them.
  func exportBatches(
    of terminal: TerminalID, after intake: Int64
  ) async throws(ControlRefusal) -> BatchPage
}

/// An act of two people, as it is asked for at the socket.
struct StatementAct: Codable, Sendable {
  let proposer: String
  let approver: String
  /// Of an approval: 64 hexadecimal digits.
  var digest: String?
  /// Of an import: the file.
  var file: Data?

  init(_ people: TwoPeople, digest: String? = nil, file: Data? = nil) {
    proposer = people.proposer
    approver = people.approver
    self.digest = digest
    self.file = file
  }

  /// `nil` when they are one person, or nobody.
  var people: TwoPeople? { TwoPeople(proposer: proposer, approver: approver) }
}
