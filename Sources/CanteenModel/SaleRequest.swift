/// What a lane asks of the ledger: charge the holder of this credential.
package struct SaleRequest: Hashable, Sendable {
  package let lane: LaneID
  package let medium: Medium
  package let credential: Credential
  package let price: SalePrice
  /// Whether the holder may be charged. Not for a card that lay on the reader when the program
  /// started: it may be a forgotten wallet, or one that was charged a moment ago.
  package let mayCharge: Bool

  package init(
    lane: LaneID, medium: Medium, credential: Credential, price: SalePrice, mayCharge: Bool = true
  ) {
    self.lane = lane
    self.medium = medium
    self.credential = credential
    self.price = price
    self.mayCharge = mayCharge
  }
}

/// What a sale costs, as far as the lane knows.
package enum SalePrice: Hashable, Sendable {
  /// 定额: what the rulebook asks for the meal period of the moment of decision.
  case mealPeriod
  /// 加一份: one more meal of the period, for a guest; the cashier allowed it.
  case guestMeal
  /// 单价: what the cashier keyed.
  case keyed(Fen)
  /// 编号: these items at the catalogue's prices. At most ``ItemLine/limit`` lines.
  case items([ItemLine])
  /// 公务餐: so many heads, which the host unit pays; for the number of an approved request only.
  case officialMeal(heads: Int)
  /// 计次: the meal is counted and costs nothing.
  case count

  /// Whether the cashier armed it: then it charges once, and is not the same sale shown again.
  package var isArmed: Bool {
    switch self {
    case .mealPeriod, .count: false
    case .guestMeal, .keyed, .items, .officialMeal: true
    }
  }
}

/// What came of a presentation. It exists only after the record, if there is one, is on disk.
package struct SaleOutcome: Hashable, Sendable {
  package enum Verdict: Hashable, Sendable {
    case approved(SaleRecord)
    /// An earlier sale stands for this presentation; nothing was charged.
    case shownAgain(SaleRecord, at: RecordTime)
    /// Nothing was charged; the diner must lift the card and tap it again.
    case tapAgain
    /// - `shortfall`: what is missing, for ``DeclineReason/insufficientBalance`` only.
    case declined(DeclineRecord, shortfall: Fen?)
  }

  package let verdict: Verdict
  /// Where the record is; for ``Verdict/shownAgain(_:at:)`` the earlier one, for
  /// ``Verdict/tapAgain`` the last one of the journal, whatever it is.
  package let position: JournalPosition
  /// `nil` when the credential belongs to no account.
  package let diner: Diner?

  package init(verdict: Verdict, position: JournalPosition, diner: Diner?) {
    self.verdict = verdict
    self.position = position
    self.diner = diner
  }

  /// What the display may say about the holder.
  package struct Diner: Hashable, Sendable {
    package let maskedName: String
    /// What can still be spent, after this decision.
    package let available: PurseAmounts
    /// Sales in this meal period, this one included. 0 outside of every period.
    package let salesThisMeal: Int

    package init(maskedName: String, available: PurseAmounts, salesThisMeal: Int) {
      self.maskedName = maskedName
      self.available = available
      self.salesThisMeal = salesThisMeal
    }
  }
}
