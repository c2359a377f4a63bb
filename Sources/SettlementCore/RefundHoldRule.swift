package import CanteenModel

/// Whether the centre lets a terminal give back what another one sold.
///
/// What is set aside counts as given back until a record uses it or gives it back. So of everything that
/// terminals do to one sale, the first that the books have counts: nobody else is let have the same money,
/// and what the seller corrects meanwhile without asking goes to suspense where it exceeds the rest.
package enum RefundHoldRule {
  /// What the books have at the place that a request names.
  package enum Found: Hashable, Sendable {
    case nothing
    case otherRecord
    case sale(CorrectedSale, at: JournalPosition, id: Digest32)
  }

  /// Sets exactly as much aside as is asked, if that is left.
  ///
  /// - Throws: ``MoneyError/overflow``.
  package static func judge(
    _ request: RefundHoldRequest, _ found: Found
  ) throws(MoneyError) -> RefundHoldAnswer.Verdict {
    let (original, position, id): (CorrectedSale, JournalPosition, Digest32)
    switch found {
    case .nothing: return .refused(.unknownSale)
    case .otherRecord: return .refused(.notASale)
    case .sale(let sale, let place, let head): (original, position, id) = (sale, place, head)
    }
    guard original.standing == .posted else { return .refused(.notCharged) }
    let rest = try SaleRest(of: original.sale, without: original.taken)
    let left = try rest.total
    guard left > .zero else { return .refused(.nothingLeft) }
    let amount = request.amount ?? left
    guard amount <= left else { return .refused(.moreThanLeft(left)) }
    return .granted(
      try RefundHoldAnswer.Grant(
        original: position, originalID: id, account: original.sale.account,
        slot: original.sale.slot, returns: try rest.returns(of: amount)))
  }
}
