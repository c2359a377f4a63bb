package import CanteenModel

/// The decision on a correction. Pure: everything that it depends on is an argument.
package enum CorrectionRule {
  package enum Decision: Hashable, Sendable {
    case correct(CorrectionRecord)
    case refuse(CorrectionRefusal)
  }

  /// Decides one request.
  ///
  /// What goes back goes to the tranches that paid, the last payer first, so that a diner's own money
  /// returns before the subsidy does (S10).
  ///
  /// - Throws: ``MoneyError/overflow`` when a sum does not fit; nothing was decided.
  package static func decide(
    _ request: CorrectionRequest, _ facts: CorrectionFacts
  ) throws(MoneyError) -> Decision {
    let sale = facts.original.sale
    #if SEEDED_BUGS
      let isForgetful = SeededRuleBug.planted == .refundedTwice
      let earlier = isForgetful ? [] : facts.earlier.flatMap(\.returns)
    #else
      let earlier = facts.earlier.flatMap(\.returns)
    #endif
    let left = try SaleRest(of: sale, without: earlier)
    let rest = try left.total
    let isUntouched = facts.earlier.isEmpty
    // A sale that cost nothing has nothing left once it was corrected.
    guard rest > .zero || isUntouched else { return .refuse(.nothingLeft) }
    let amount = request.amount ?? rest
    if request.kind != .refund {
      guard isUntouched, amount == rest else { return .refuse(.onlyWhole) }
    }
    if request.kind == .void, facts.original.position <= facts.closedUpTo {
      return .refuse(.dayClosed)
    }
    guard amount > .zero || rest == .zero else { return .refuse(.notPositive) }
    guard amount <= rest else { return .refuse(.moreThanLeft(rest)) }
    let returns = try left.returns(of: amount)
    return .correct(
      try CorrectionRecord(
        kind: request.kind, original: facts.original.position, originalID: facts.originalID,
        account: sale.account, returns: returns, slot: sale.slot,
        uncounted: try uncounted(of: sale, amount, isLast: amount == rest, facts.earlier),
        by: request.by, note: request.note))
  }

  /// What the counters lose. A meal stays a meal until all of it went back; of a sale by items the goods
  /// go back first.
  private static func uncounted(
    of sale: SaleRecord, _ amount: Fen, isLast: Bool, _ earlier: [CorrectionRecord]
  ) throws(MoneyError) -> SaleCounts {
    let counts = SaleCounts(of: sale)
    var market = counts.marketAmount
    for correction in earlier { market = try market - correction.uncounted.marketAmount }
    return SaleCounts(
      meals: isLast ? counts.meals : 0, guests: isLast ? counts.guests : 0, amount: amount,
      alone: isLast ? counts.alone : 0,
      aloneAmount: counts.alone > 0 ? amount : .zero, marketAmount: min(amount, market))
  }
}

/// What a correction depends on, read in the transaction that writes it.
package struct CorrectionFacts: Hashable, Sendable {
  package let original: EarlierSale
  /// The chain head after the sale.
  package let originalID: Digest32
  /// The corrections of the sale that there are already.
  package let earlier: [CorrectionRecord]
  /// The last record that a closed day counts.
  package let closedUpTo: JournalPosition

  package init(
    original: EarlierSale, originalID: Digest32, earlier: [CorrectionRecord],
    closedUpTo: JournalPosition
  ) {
    self.original = original
    self.originalID = originalID
    self.earlier = earlier
    self.closedUpTo = closedUpTo
  }
}

/// Why a sale is not corrected. Nothing was written.
package enum CorrectionRefusal: Error, Hashable, Sendable {
  case noSuchRecord
  case notASale
  /// All of it went back already.
  case nothingLeft
  /// This much is left of it.
  case moreThanLeft(Fen)
  case notPositive
  /// A void or a reversal takes the whole sale, of which nothing may have gone back.
  case onlyWhole
  /// The day of the sale was closed: what goes back now is a refund.
  case dayClosed
}
