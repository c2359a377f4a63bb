package import CanteenModel

/// A sale that a correction names, as the books hold it.
package struct CorrectedSale: Hashable, Sendable {
  package let sale: SaleRecord
  /// What became of the sale.
  package let standing: Posting.Standing
  /// The corrections of it that took effect, whichever terminals made them.
  package let earlier: [CorrectionRecord]
  /// What is set aside for refunds by terminals that did not sell it, but for the one that is judged:
  /// it counts as given back.
  package let reserved: [Spend]

  package init(
    sale: SaleRecord, standing: Posting.Standing, earlier: [CorrectionRecord],
    reserved: [Spend] = []
  ) {
    self.sale = sale
    self.standing = standing
    self.earlier = earlier
    self.reserved = reserved
  }

  /// What went back, or will.
  var taken: [Spend] { earlier.flatMap(\.returns) + reserved }

  /// Whether anything was booked for the sale, so that it can be taken off again.
  var isBooked: Bool {
    switch standing {
    case .posted: true
    case .suspense(.unknownAccount): true
    case .suspense(.absurdAmount): sale.total <= Posting.largestBookable
    case .suspense, .nothingToPost: false
    }
  }

  /// Whether each tranche paid at least what goes back to it, with all that is taken already.
  ///
  /// - Throws: ``MoneyError/overflow``.
  func covers(_ correction: CorrectionRecord) throws(MoneyError) -> Bool {
    for back in correction.returns {
      var left = Fen.zero
      for spend in sale.spends where spend.purse == back.purse && spend.tranche == back.tranche {
        left = try left + spend.amount
      }
      // All parts of this one too: a terminal may name a tranche twice.
      for other in taken + correction.returns
      where other.purse == back.purse && other.tranche == back.tranche {
        left = try left - other.amount
      }
      guard back.amount > .zero, left >= .zero else { return false }
    }
    return true
  }
}
