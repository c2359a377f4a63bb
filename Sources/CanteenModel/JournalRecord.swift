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
    case correction(CorrectionRecord)
    case dayClosed(DayClosed)
    case holdReleased(HoldReleased)
    case keyRotated(KeyRotated)
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
  /// 编号: dishes and goods by their numbers.
  case items = 3
  /// 计次: counted, not charged.
  case countOnly = 4
  /// 公务餐: by heads, paid by the host unit.
  case officialMeal = 5
}

/// A line of a sale by items, at the price of the moment.
package struct SoldItem: Hashable, Sendable, Codable {
  package let code: ItemCode
  package let category: ItemCategory
  package let quantity: UInt16
  /// Of one piece.
  package let price: Fen

  package init(code: ItemCode, category: ItemCategory, quantity: UInt16, price: Fen) {
    self.code = code
    self.category = category
    self.quantity = quantity
    self.price = price
  }
}

/// An approved sale.
package struct SaleRecord: Hashable, Sendable {
  package let account: AccountID
  package let lane: LaneID
  package let medium: Medium
  package let mode: SaleMode
  /// What the sale counts for: the meal, or, between meals, period 0 of the local day.
  package let slot: MealKey
  /// Which tranche paid what, each more than zero, none twice. Empty only for a sale that costs nothing.
  package let spends: [Spend]
  package let place: DecisionPlace
  package let rulebookVersion: Int64
  /// Whether the diner treated a guest: it does not count as the diner's own meal.
  package let isGuest: Bool
  /// How many heads an official meal was for; 0 for every other sale.
  package let heads: UInt16
  /// What was sold, in ``SaleMode/items`` only.
  package let items: [SoldItem]
  /// What it takes from amounts that the centre set aside, in ``DecisionPlace/online`` only: together
  /// the whole sale. At most ``HoldSpend/limit``, none twice.
  package let holds: [HoldSpend]
  /// What each purse paid, and both together: the sums of ``spends``.
  package let paid: PurseAmounts
  package let total: Fen
  /// What of it was for goods of the supermarket.
  package let marketTotal: Fen

  /// - Throws: ``MoneyError/overflow`` when a sum does not fit into `Int64`.
  package init(
    account: AccountID, lane: LaneID, medium: Medium, mode: SaleMode, slot: MealKey,
    spends: [Spend], place: DecisionPlace, rulebookVersion: Int64, isGuest: Bool = false,
    heads: UInt16 = 0, items: [SoldItem] = [], holds: [HoldSpend] = []
  ) throws(MoneyError) {
    paid = try PurseAmounts(spends)
    total = try paid.total()
    var market = Fen.zero
    for item in items where item.category.isMarket {
      market = try market + item.price.times(Int64(item.quantity))
    }
    marketTotal = market
    self.account = account
    self.lane = lane
    self.medium = medium
    self.mode = mode
    self.slot = slot
    self.spends = spends
    self.place = place
    self.rulebookVersion = rulebookVersion
    self.isGuest = isGuest
    self.heads = heads
    self.items = items
    self.holds = holds
  }

  /// Whether a meal was being served.
  package var isInMeal: Bool { slot.period != 0 }

  /// Whether it counts against the meals that a diner may have in a period. Goods are no meal.
  package var isOwnMeal: Bool {
    isInMeal && !isGuest && mode != .officialMeal && (mode != .items || marketTotal < total)
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
