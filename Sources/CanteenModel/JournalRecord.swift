/// One fact that a terminal wrote down. Its bytes are made once and never again
/// (ARCHITECTURE.md, The record).
package struct JournalRecord: Hashable, Sendable {
  package let time: RecordTime
  package let body: Body

  package init(time: RecordTime, body: Body) {
    self.time = time
    self.body = body
  }

  package enum Body: Hashable, Sendable {
    case epochOpened(EpochOpened)
    case sale(SaleRecord)
    case decline(DeclineRecord)
  }
}

/// The first record of every epoch.
package struct EpochOpened: Hashable, Sendable {
  /// Where the epoch before this one ended; `nil` in a terminal's first epoch.
  package let previous: JournalPosition?
  /// The head of the epoch before this one, or zero.
  package let previousHead: Digest32

  package init(previous: JournalPosition?, previousHead: Digest32) {
    self.previous = previous
    self.previousHead = previousHead
  }
}

/// Where a decision was made. Frozen at the decision, and shown and settled as such.
package enum DecisionPlace: UInt8, Hashable, Sendable, Codable, CaseIterable {
  /// The centre holds the amount.
  case online = 1
  /// The canteen's terminals agreed.
  case lan = 2
  /// This terminal decided by itself.
  case alone = 3
}

/// How the amount of a sale came about.
package enum SaleMode: UInt8, Hashable, Sendable, Codable, CaseIterable {
  /// 定额: the price of the meal period.
  case fixedPrice = 1
  /// 单价: keyed by the cashier.
  case keyedAmount = 2
}

/// An approved sale.
package struct SaleRecord: Hashable, Sendable {
  package let account: AccountID
  package let lane: LaneID
  package let medium: Medium
  package let mode: SaleMode
  /// The meal that the sale counts for; `nil` for a keyed sale outside of every period.
  package let meal: MealKey?
  /// What each purse paid. Not negative, in total more than zero.
  package let paid: PurseAmounts
  package let place: DecisionPlace
  package let rulebookVersion: Int64

  package init(
    account: AccountID, lane: LaneID, medium: Medium, mode: SaleMode, meal: MealKey?,
    paid: PurseAmounts, place: DecisionPlace, rulebookVersion: Int64
  ) {
    self.account = account
    self.lane = lane
    self.medium = medium
    self.mode = mode
    self.meal = meal
    self.paid = paid
    self.place = place
    self.rulebookVersion = rulebookVersion
  }
}

/// A refused presentation.
package struct DeclineRecord: Hashable, Sendable {
  package let reason: DeclineReason
  /// `nil` when the credential belongs to no account.
  package let account: AccountID?
  package let lane: LaneID
  package let medium: Medium
  package let amount: Fen
  /// How many equal refusals this record stands for. 1 or more.
  package let count: UInt32

  package init(
    reason: DeclineReason, account: AccountID?, lane: LaneID, medium: Medium, amount: Fen,
    count: UInt32
  ) {
    self.reason = reason
    self.account = account
    self.lane = lane
    self.medium = medium
    self.amount = amount
    self.count = count
  }
}
