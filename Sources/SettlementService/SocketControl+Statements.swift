package import CanteenModel
package import Foundation
import NIOHTTP1
package import SettlementCore
package import SettlementStore

extension SocketControl {
  package func importEvaluation(
    _ file: [UInt8], of quarter: Quarter, by people: TwoPeople
  ) async throws(ControlRefusal) -> Int {
    try await ask(
      .POST, "/v1/quarters/\(quarter)/evaluation",
      try body(StatementAct(people, file: Data(file))))
  }

  package func close(
    _ quarter: Quarter, by people: TwoPeople
  ) async throws(ControlRefusal) -> QuarterClose {
    try await ask(.POST, "/v1/quarters/\(quarter)/close", try body(StatementAct(people)))
  }

  package func draftStatements(
    of quarter: Quarter
  ) async throws(ControlRefusal) -> [StatementSummary] {
    try await ask(.POST, "/v1/quarters/\(quarter)/statements")
  }

  package func statements(
    of quarter: Quarter
  ) async throws(ControlRefusal) -> [StatementSummary] {
    try await ask(.GET, "/v1/quarters/\(quarter)/statements")
  }

  package func approveStatement(
    of quarter: Quarter, canteen: UInt32, digest: Digest32, by people: TwoPeople
  ) async throws(ControlRefusal) -> StatementSummary {
    try await ask(
      .POST, "/v1/quarters/\(quarter)/statements/\(canteen)/approval",
      try body(StatementAct(people, digest: digest.description)))
  }

  package func statementDocument(
    of quarter: Quarter, canteen: UInt32
  ) async throws(ControlRefusal) -> Data {
    try await ask(.GET, "/v1/quarters/\(quarter)/statements/\(canteen)")
  }

  package func statementFile(
    of quarter: Quarter, canteen: UInt32
  ) async throws(ControlRefusal) -> Data {
    try await ask(.GET, "/v1/quarters/\(quarter)/statements/\(canteen)/file")
  }

  package func orderPayments(by people: TwoPeople) async throws(ControlRefusal) -> PaymentOrder {
    try await ask(.POST, "/v1/payment-orders", try body(StatementAct(people)))
  }

  package func paymentOrders() async throws(ControlRefusal) -> [PaymentOrder] {
    try await ask(.GET, "/v1/payment-orders")
  }

  package func paymentFile(of order: Int64) async throws(ControlRefusal) -> Data {
    try await ask(.GET, "/v1/payment-orders/\(order)/file")
  }

  package func clearing(of quarter: Quarter) async throws(ControlRefusal) -> [ClearingLine] {
    try await ask(.GET, "/v1/quarters/\(quarter)/clearing")
  }

  package func exportBatches(
    of terminal: TerminalID, after intake: Int64
  ) async throws(ControlRefusal) -> BatchPage {
    try await ask(.GET, "/v1/terminals/\(terminal)/batches?after=\(intake)")
  }

  private func body(_ act: StatementAct) throws(ControlRefusal) -> [UInt8] {
    do {
      return Array(try JSONEncoder().encode(act))
    } catch {
      throw .invalid("the act cannot be sent: \(error)")
    }
  }
}
