import CanteenModel
import Foundation
import SQLStore
import SettlementCore

extension Books {
  /// Why an official meal is held in suspense; `nil` for one that was asked for, and for every other record.
  ///
  /// - Parameter sheet: Is written first: meals of the same batch count, too.
  func officialMealSuspension(
    of record: ReadRecord, at terminal: TerminalID, isAccepted: Bool, _ sheet: inout PostingSheet,
    _ db: any Database
  ) throws -> SuspenseReason? {
    guard case .sale(let sale) = record.record?.body, sale.mode == .officialMeal else { return nil }
    #if SEEDED_BUGS
      if plantedOffice == .overuseIsCharged { return nil }
    #endif
    try sheet.write(db)
    return OfficialMealRule.suspension(
      of: sale, isAccepted: isAccepted, try entitlement(to: sale, at: terminal, db))
  }

  private func entitlement(
    to sale: SaleRecord, at terminal: TerminalID, _ db: any Database
  ) throws -> OfficialMealRule.Entitlement {
    let row = try db.row(
      """
      SELECT official_meal.* FROM official_meal JOIN terminal ON terminal.canteen = official_meal.canteen
      WHERE account = ? AND terminal.number = ? AND day = ? AND period = ? AND accepted_ms IS NOT NULL
      """,
      [sale.account.number, terminal.number, Int64(sale.slot.day), Int64(sale.slot.period)])
    if let row {
      let request = try OfficialMealRequest(row)
      let served = try sales(of: request, db).filter { $0.returnedFen < $0.fen }
        .reduce(0) { $0 + $1.heads }
      return .heads(asked: request.heads, served: served)
    }
    let isAsked = try db.hasRow(
      "SELECT 1 FROM official_meal WHERE account = ? LIMIT 1", [sale.account.number])
    let numbers: [Data] = try db.values(
      "SELECT value FROM credential WHERE account = ? AND kind = ?",
      [sale.account.number, Int64(Credential.Kind.officialVoucher.rawValue)])
    let hasOwnNumber = try numbers.contains { number in
      let isRequests = try db.hasRow(
        "SELECT 1 FROM official_meal WHERE number = ?", [String(decoding: number, as: UTF8.self)])
      return !isRequests
    }
    return isAsked && !hasOwnNumber ? .none : .unlimited
  }
}
