package import CanteenModel

/// What the ledger knows of one account at the moment of a decision, read in its transaction.
package struct AccountView: Hashable, Sendable {
  package let account: AccountID
  package let maskedName: String
  package let status: AccountStatus
  /// The fed balance minus the own sales that it does not include yet.
  package let available: PurseAmounts
  /// Sales in the meal of the decision; 0 when there is no meal.
  package let salesThisMeal: Int
  /// The account's sales at this terminal within the guard time, newest first.
  package let recentSales: [EarlierSale]
  /// The account's sales whose light nobody may have seen (``UnlitSales``), newest first.
  package let unlitSales: [EarlierSale]

  package init(
    account: AccountID, maskedName: String, status: AccountStatus, available: PurseAmounts,
    salesThisMeal: Int, recentSales: [EarlierSale], unlitSales: [EarlierSale]
  ) {
    self.account = account
    self.maskedName = maskedName
    self.status = status
    self.available = available
    self.salesThisMeal = salesThisMeal
    self.recentSales = recentSales
    self.unlitSales = unlitSales
  }
}

/// A sale that is already in the journal.
package struct EarlierSale: Hashable, Sendable {
  package let position: JournalPosition
  package let time: RecordTime
  package let sale: SaleRecord

  package init(position: JournalPosition, time: RecordTime, sale: SaleRecord) {
    self.position = position
    self.time = time
    self.sale = sale
  }
}
