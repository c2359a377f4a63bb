/// What a terminal may still approve without the centre, for the operator. Amounts are in fen.
package struct ExposureReport: Hashable, Sendable, Codable {
  /// What one account may still buy.
  package struct Line: Hashable, Sendable, Codable {
    package let account: AccountID
    package let mayBuy: Fen

    package init(account: AccountID, mayBuy: Fen) {
      self.account = account
      self.mayBuy = mayBuy
    }
  }

  /// `nil` between meals.
  package let meal: String?
  /// How many accounts may still buy something in this meal period, and how much together: the worst
  /// case, when each of them buys all of it elsewhere too.
  package let accounts: Int
  package let worstCase: Fen
  /// Those who may buy most, in falling order.
  package let greatest: [Line]
  /// What was approved and waits for the centre, and the rulebook's brake for it.
  package let stored: Fen
  package let storedLimit: Fen

  package init(
    meal: String?, accounts: Int, worstCase: Fen, greatest: [Line], stored: Fen, storedLimit: Fen
  ) {
    self.meal = meal
    self.accounts = accounts
    self.worstCase = worstCase
    self.greatest = greatest
    self.stored = stored
    self.storedLimit = storedLimit
  }
}
