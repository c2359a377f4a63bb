/// 日结: somebody counted what was sold since the day before was closed. What lies before it is voided
/// no more.
package struct DayClosed: Hashable, Sendable {
  /// The last record that the close before this one counted; sequence 0 when there is none.
  package let behind: JournalPosition
  package let totals: DayTotals
  /// How many records, up to the last one that it counts, the centre did not have then. The close is
  /// provisional until it has them.
  package let unsettled: UInt64
  package let by: OperatorIdentity

  package init(
    behind: JournalPosition, totals: DayTotals, unsettled: UInt64, by: OperatorIdentity
  ) {
    self.behind = behind
    self.totals = totals
    self.unsettled = unsettled
    self.by = by
  }
}

/// What records add up to.
package struct DayTotals: Hashable, Sendable, Codable {
  package private(set) var sales: UInt64 = 0
  /// What the sales took, purse by purse.
  package private(set) var sold = PurseAmounts.zero
  /// Of own sales, and what they gave back.
  package private(set) var corrections: UInt64 = 0
  package private(set) var returned = PurseAmounts.zero
  /// Refused presentations; a record may stand for several.
  package private(set) var declines: UInt64 = 0
  /// Refunds of other terminals' sales, and what they gave back: what those terminals took, not this one.
  package private(set) var refundsForOthers: UInt64 = 0
  package private(set) var returnedForOthers = Fen.zero

  package init() {}

  package init(
    sales: UInt64, sold: PurseAmounts, corrections: UInt64, returned: PurseAmounts,
    declines: UInt64, refundsForOthers: UInt64 = 0, returnedForOthers: Fen = .zero
  ) {
    self.sales = sales
    self.sold = sold
    self.corrections = corrections
    self.returned = returned
    self.declines = declines
    self.refundsForOthers = refundsForOthers
    self.returnedForOthers = returnedForOthers
  }

  /// What is left for the canteen.
  package var net: Fen {
    get throws(MoneyError) { try sold.subtracting(returned).total() }
  }

  /// Adds a record. Throws ``MoneyError/overflow`` outside of `Int64`.
  package mutating func add(_ record: JournalRecord) throws(MoneyError) {
    switch record.body {
    case .epochOpened, .dayClosed, .holdReleased, .keyRotated: break
    case .sale(let sale):
      sales += 1
      sold = try sold.adding(sale.paid)
    case .correction(let correction) where correction.elsewhere != nil:
      refundsForOthers += 1
      returnedForOthers = try returnedForOthers + correction.total
    case .correction(let correction):
      corrections += 1
      returned = try returned.adding(correction.returned)
    case .decline(let decline): declines += UInt64(decline.count)
    }
  }
}
