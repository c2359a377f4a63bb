/// A sum of subsidy that came in together: one unit's money of one quarter under one appropriation. The
/// centre numbers them; every spend names its own (S13, C1: each fen must be able to go back).
package struct TrancheID: NumberedIdentity, Comparable {
  package let number: Int64

  package init(_ number: Int64) {
    self.number = number
  }

  /// Money without a tranche: what the diner topped up, and subsidy from before tranches were known.
  package static let none = TrancheID(0)

  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// What is left of a tranche on one account.
package struct TrancheBalance: Hashable, Sendable {
  package let purse: Purse
  package let tranche: TrancheID
  /// Negative after an overspend: a debt, which counts against the other tranches.
  package var amount: Fen
  /// The last local day on which it may be spent, in days since 1970-01-01; `nil` when it has no end.
  package let lastSpendingDay: Int32?

  package init(purse: Purse, tranche: TrancheID, amount: Fen, lastSpendingDay: Int32?) {
    self.purse = purse
    self.tranche = tranche
    self.amount = amount
    self.lastSpendingDay = lastSpendingDay
  }

  /// Whether it may be spent on a day.
  package func isOpen(on day: Int32) -> Bool {
    guard let lastSpendingDay else { return true }
    return day <= lastSpendingDay
  }
}

/// A part of a sale that one tranche of one purse paid, or of a correction that it got back.
package struct Spend: Hashable, Sendable, Codable {
  package let purse: Purse
  package let tranche: TrancheID
  /// More than zero, whichever way it goes.
  package let amount: Fen

  package init(purse: Purse, tranche: TrancheID, amount: Fen) {
    self.purse = purse
    self.tranche = tranche
    self.amount = amount
  }
}

extension PurseAmounts {
  /// The parts of a sale, purse by purse. Throws ``MoneyError/overflow`` outside of `Int64`.
  package init(_ spends: [Spend]) throws(MoneyError) {
    self = .zero
    for spend in spends { self[spend.purse] = try self[spend.purse] + spend.amount }
  }
}

extension PurseAmounts {
  /// As balances that belong to no tranche; an empty purse is left out.
  package var withoutTranches: [TrancheBalance] {
    Purse.allCases.filter { self[$0] != .zero }.map { purse in
      TrancheBalance(purse: purse, tranche: .none, amount: self[purse], lastSpendingDay: nil)
    }
  }
}
