/// What is left of a sale, tranche by tranche, when some of it went back.
package struct SaleRest: Hashable, Sendable {
  private var spends: [Spend]

  /// - Parameter returns: What went back of it, in whatever parts.
  /// - Throws: ``MoneyError/overflow``.
  package init(of sale: SaleRecord, without returns: [Spend]) throws(MoneyError) {
    spends = sale.spends
    for back in returns {
      for index in spends.indices where spends[index].isSameTranche(as: back) {
        spends[index] = spends[index].with(try spends[index].amount - back.amount)
      }
    }
  }

  package var total: Fen {
    get throws(MoneyError) { try PurseAmounts(spends).total() }
  }

  /// What each tranche gets when an amount goes back: the last payer first, so that a diner's own money
  /// returns before the subsidy does (S10).
  package func returns(of amount: Fen) throws(MoneyError) -> [Spend] {
    var rest = amount
    var returns: [Spend] = []
    for spend in spends.reversed() where rest > .zero && spend.amount > .zero {
      let part = min(rest, spend.amount)
      returns.append(spend.with(part))
      rest = try rest - part
    }
    return returns
  }
}

extension Spend {
  fileprivate func isSameTranche(as other: Spend) -> Bool {
    purse == other.purse && tranche == other.tranche
  }

  fileprivate func with(_ amount: Fen) -> Spend {
    Spend(purse: purse, tranche: tranche, amount: amount)
  }
}
