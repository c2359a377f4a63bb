package import CanteenModel

/// Whether a sale by official meal is what was asked for (S44): the till knows the number, and only the centre knows for
/// which canteen, day, meal and how many heads it was accepted.
package enum OfficialMealRule {
  /// What the account's requests allow where and when a meal was sold.
  package enum Entitlement: Hashable, Sendable {
    /// The account's number is not of a request: an accounts file gave it, and nobody said more.
    case unlimited
    /// The account is one of requests, and none of them is for this canteen, day and meal, or none was accepted.
    case none
    /// A request for so many heads, of which so many were served before.
    case heads(asked: Int, served: Int)
  }

  /// - Parameters:
  ///   - sale: An official meal.
  ///   - isAccepted: Whether it stands on the accepted branch of its terminal.
  /// - Returns: Why it is held in suspense until two people have said who bears it; `nil`: it is charged as recorded.
  package static func suspension(
    of sale: SaleRecord, isAccepted: Bool, _ entitlement: Entitlement
  ) -> SuspenseReason? {
    // Two ledgers of one terminal may have served the same guests twice.
    if !isAccepted { return .officialMealForked }
    // The unit's money pays, and nobody's own.
    if sale.spends.contains(where: { $0.purse == .personal }) { return .officialMealFromOwnMoney }
    switch entitlement {
    case .unlimited: return nil
    case .none: return .officialMealNotAsked
    case .heads(let asked, let served):
      return served + Int(sale.heads) <= asked ? nil : .officialMealTooManyHeads
    }
  }
}
