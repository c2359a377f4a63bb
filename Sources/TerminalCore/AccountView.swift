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
  /// The account's last sale at this terminal, if the store still has it.
  package let lastSale: EarlierSale?

  package init(
    account: AccountID, maskedName: String, status: AccountStatus, available: PurseAmounts,
    salesThisMeal: Int, lastSale: EarlierSale?
  ) {
    self.account = account
    self.maskedName = maskedName
    self.status = status
    self.available = available
    self.salesThisMeal = salesThisMeal
    self.lastSale = lastSale
  }
}

/// A sale that is already in the journal.
package struct EarlierSale: Hashable, Sendable {
  package let position: JournalPosition
  package let time: RecordTime
  package let sale: SaleRecord
  /// Whether it was written before the ledger was opened this time, so that nobody knows any more
  /// whether its light went on.
  package let isFromEarlierRun: Bool

  package init(
    position: JournalPosition, time: RecordTime, sale: SaleRecord, isFromEarlierRun: Bool
  ) {
    self.position = position
    self.time = time
    self.sale = sale
    self.isFromEarlierRun = isFromEarlierRun
  }
}
