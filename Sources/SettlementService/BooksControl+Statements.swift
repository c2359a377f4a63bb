package import CanteenModel
package import Foundation
package import SettlementCore
package import SettlementStore

extension BooksControl {
  package func importEvaluation(
    _ file: [UInt8], of quarter: Quarter, by people: TwoPeople
  ) async throws(ControlRefusal) -> Int {
    try await acting(
      "evaluation import", on: "\(quarter)", body: file, for: people.names
    ) { () throws(StoreError) in
      try await books.importEvaluation(file, of: quarter, by: people)
    }
  }

  package func close(
    _ quarter: Quarter, by people: TwoPeople
  ) async throws(ControlRefusal) -> QuarterClose {
    try await acting("statement close", on: "\(quarter)", for: people.names) {
      () throws(StoreError) in
      try await books.close(quarter, by: people)
    }
  }

  package func draftStatements(
    of quarter: Quarter
  ) async throws(ControlRefusal) -> [StatementSummary] {
    try await acting("statement draft", on: "\(quarter)") { () throws(StoreError) in
      try await books.draftStatements(of: quarter)
    }
  }

  package func statements(
    of quarter: Quarter
  ) async throws(ControlRefusal) -> [StatementSummary] {
    try await answer { () throws(StoreError) in try await books.statements(of: quarter) }
  }

  package func approveStatement(
    of quarter: Quarter, canteen: UInt32, digest: Digest32, by people: TwoPeople
  ) async throws(ControlRefusal) -> StatementSummary {
    try await acting(
      "statement approve", on: "\(quarter) \(canteen) \(digest)", for: people.names
    ) { () throws(StoreError) in
      try await books.approveStatement(of: quarter, canteen: canteen, digest: digest, by: people)
    }
  }

  package func statementDocument(
    of quarter: Quarter, canteen: UInt32
  ) async throws(ControlRefusal) -> Data {
    try await answer { () throws(StoreError) in
      Data(try await books.statementDocument(of: quarter, canteen: canteen))
    }
  }

  package func statementFile(
    of quarter: Quarter, canteen: UInt32
  ) async throws(ControlRefusal) -> Data {
    try await answer { () throws(StoreError) in
      Data(try await books.statementFile(of: quarter, canteen: canteen))
    }
  }

  package func orderPayments(by people: TwoPeople) async throws(ControlRefusal) -> PaymentOrder {
    try await acting("statement pay", for: people.names) { () throws(StoreError) in
      try await books.orderPayments(by: people)
    }
  }

  package func paymentOrders() async throws(ControlRefusal) -> [PaymentOrder] {
    try await answer { () throws(StoreError) in try await books.paymentOrders() }
  }

  package func paymentFile(of order: Int64) async throws(ControlRefusal) -> Data {
    try await answer { () throws(StoreError) in Data(try await books.paymentFile(of: order)) }
  }

  package func clearing(of quarter: Quarter) async throws(ControlRefusal) -> [ClearingLine] {
    try await answer { () throws(StoreError) in try await books.clearing(of: quarter) }
  }

  package func exportBatches(
    of terminal: TerminalID, after intake: Int64
  ) async throws(ControlRefusal) -> BatchPage {
    try await answer { () throws(StoreError) in
      try await books.exportBatches(of: terminal, after: intake)
    }
  }
}
