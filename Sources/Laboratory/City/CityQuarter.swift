import CanteenModel
import Foundation
import SettlementCore
import SettlementStore

/// The settlement of one quarter (S17 to S20): evaluations, the close, statements that two people approve, what the bank
/// is asked to pay, and the files that leave the house.
struct CityQuarter {
  let office: CityOffice
  let quarter: Quarter
  let files: CityFiles

  /// - Returns: What was eaten by its statements.
  func run(_ books: Books) async throws -> Fen {
    let people = CityPlan.people("zhao", "qian")
    office.clock.wait(until: quarter.next.firstDay + 4)
    let policy = try await books.policy(on: quarter.lastDay)
    let evaluations = CityRegistry(plan: office.plan)
      .evaluations(of: quarter, byCoefficient: policy.evaluation == .coefficient)
    _ = try await books.importEvaluation(
      Array(evaluations.utf8), of: quarter, by: CityPlan.people("zhou", "wu"))
    _ = try await books.close(quarter, by: people)
    var eaten = Fen.zero
    for draft in try await books.draftStatements(of: quarter) {
      guard let digest = draft.digest.flatMap({ Hexadecimal.bytes($0) }).flatMap({ Digest32($0) })
      else {
        throw LaboratoryError.broken("statement \(quarter)-\(draft.canteen): \(draft.fault ?? "")")
      }
      _ = try await books.approveStatement(
        of: quarter, canteen: draft.canteen, digest: digest, by: people)
      try files.keep(
        try await books.statementFile(of: quarter, canteen: draft.canteen), quarter, draft.canteen)
      eaten = try eaten + draft.consumption
    }
    try await pay(books)
    return eaten
  }

  /// - Returns: `nil` where nobody is to be paid; the audit at the end knows whether that is so.
  private static func order(_ books: Books) async throws(StoreError) -> PaymentOrder? {
    do {
      return try await books.orderPayments(by: CityPlan.people("zhao", "qian"))
    } catch {
      if case .refused = error { return nil }
      throw error
    }
  }

  /// The bank pays what is ordered, out of the spending account.
  private func pay(_ books: Books) async throws {
    guard let order = try await Self.order(books) else { return }
    let file = String(decoding: try await books.paymentFile(of: order.number), as: UTF8.self)
    let date = CivilDate(day: quarter.next.firstDay + 4)
    var (lines, sum) = ([String](), Fen.zero)
    for row in file.split(whereSeparator: \.isNewline).dropFirst() {
      let fields = row.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count == 4 else { throw LaboratoryError.broken("payment row \(row)") }
      sum = try sum + Fen(yuan: fields[3])
      lines.append("\(quarter)-\(fields[0]),\(date),-\(fields[3]),\(fields[2]),结算")
    }
    let header = "流水号,日期,金额,对方账号,附言\n"
    let (out, arrived) = (
      "\(quarter)-settle,\(date),-\(sum.plainYuan),8000-3,结算款",
      "\(quarter)-settle,\(date),\(sum.plainYuan),8000-2,结算款"
    )
    _ = try await books.importBank(.income, Array((header + out).utf8), by: "wu")
    _ = try await books.importBank(
      .spending, Array((header + ([arrived] + lines).joined(separator: "\n")).utf8), by: "wu")
  }
}
