/// An official meal as the operator sees it, and how one is ordered.
package struct OfficialMealLine: Hashable, Sendable, Codable {
  package let position: JournalPosition
  /// The host unit's account.
  package let account: AccountID
  package let heads: UInt16
  package let amount: Fen
  /// `online` or `alone`.
  package let place: String
  /// Whether it had been charged already, and nobody may have seen it.
  package let isShownAgain: Bool

  package init(_ sale: SaleRecord, at position: JournalPosition, isShownAgain: Bool) {
    self.position = position
    account = sale.account
    heads = sale.heads
    amount = sale.total
    place = "\(sale.place)"
    self.isShownAgain = isShownAgain
  }
}

/// The order of an official meal.
package struct OfficialMealOrder: Hashable, Sendable, Codable {
  /// The number of the approved request.
  package let voucher: String
  package let heads: Int

  package init(voucher: String, heads: Int) {
    self.voucher = voucher
    self.heads = heads
  }
}
