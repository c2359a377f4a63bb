package import CanteenModel

/// Why a record could not be charged to a diner. It stays recorded, and people look at it.
package enum SuspenseReason: String, Hashable, Sendable, Codable, CaseIterable {
  /// The bytes are no record that this version can read. No amount is known, nothing is booked.
  case unreadable
  /// The centre has no such account; the canteen is paid from suspense.
  case unknownAccount
  /// More than ``Posting/largestSale``; the canteen is paid from suspense until somebody has
  /// looked.
  case absurdAmount
  /// A sale of nothing, or with a negative part. Nothing is booked.
  case amountNotPositive
  /// A correction of a sale that the terminal which it names did not hand in, or of another account's.
  /// Nothing is booked.
  case unknownOriginal
  /// A correction that gives back more than is left of the sale, or than was booked for it. Nothing is
  /// booked.
  case moreThanSold
  /// A correction of a sale that is held in suspense: it is taken off there.
  case originalInSuspense
  /// An official meal that nobody asked for, in that canteen and meal; for more heads than were asked for; that names
  /// somebody's own money; that stands on a branch of its own (S44). The canteen is paid from suspense.
  case officialMealNotAsked
  case officialMealTooManyHeads
  case officialMealFromOwnMoney
  case officialMealForked

  /// Whether it is an official meal's: nobody's own money ever pays for it.
  package var isOfficialMeal: Bool {
    switch self {
    case .officialMealNotAsked, .officialMealTooManyHeads, .officialMealFromOwnMoney,
      .officialMealForked:
      true
    case .unreadable, .unknownAccount, .absurdAmount, .amountNotPositive, .unknownOriginal,
      .moreThanSold, .originalInSuspense:
      false
    }
  }
}

/// What a record means for the books. The legs of one posting sum to zero.
package struct Posting: Hashable, Sendable {
  /// What became of the record.
  package enum Standing: Hashable, Sendable {
    case posted
    case suspense(SuspenseReason)
    /// A decline, the opening of an epoch, a hold that is given back, another key: it moves no money.
    case nothingToPost
  }

  package let standing: Standing
  /// Numbered from 0 in this order; the number is part of the key that makes posting happen once.
  package let legs: [Leg]
  /// The diner whom the record charges, whether or not the centre knows the account. The record's
  /// position becomes what the feed says it includes for this account.
  package let charged: AccountID?

  /// The most that one sale may take without somebody having looked at it: ¥100,000.00.
  ///
  /// The programme's own single limit is some hundred times smaller; more is a fault or an attack.
  package static let largestSale = Fen(10_000_000)
  /// Nothing above this is booked at all: ¥10,000,000,000.00. Nine million such legs still sum
  /// within `Int64`, so that no terminal can make the books uncountable.
  package static let largestBookable = Fen(1_000_000_000_000)

  private init(_ standing: Standing, legs: [Leg] = [], charged: AccountID? = nil) {
    self.standing = standing
    self.legs = legs
    self.charged = charged
  }

  /// What a record means.
  ///
  /// A balance may become negative: the diner has eaten, so the sale is posted, never refused.
  ///
  /// - Parameters:
  ///   - record: `nil` when its bytes cannot be read.
  ///   - terminal: Whose record it is.
  ///   - isKnownAccount: Whether the centre has the account that the record names; of no meaning
  ///     for records that name none.
  ///   - original: The sale that a correction names; `nil` when there is none.
  ///   - suspension: Why a sale is not charged to anybody yet; `nil`: it is.
  /// - Throws: ``MoneyError/overflow`` when what went back from a sale does not sum.
  package init(
    of record: JournalRecord?, terminal: TerminalID, isKnownAccount: Bool,
    original: CorrectedSale? = nil, suspension: SuspenseReason? = nil
  ) throws(MoneyError) {
    switch record?.body {
    case nil: self.init(.suspense(.unreadable))
    case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated:
      self.init(.nothingToPost)
    case .sale(let sale):
      self.init(
        sale, payable: .payable(terminal), isKnownAccount: isKnownAccount, suspension: suspension)
    case .correction(let correction):
      // The canteen that sold gives back, whoever's till it was.
      try self.init(
        correction, of: original,
        payable: .payable(correction.elsewhere?.terminal ?? terminal))
    }
  }

  private init(
    _ correction: CorrectionRecord, of original: CorrectedSale?, payable: LedgerAccount
  ) throws(MoneyError) {
    let account = correction.account
    guard let original, original.sale.account == account else {
      self.init(.suspense(.unknownOriginal), charged: account)
      return
    }
    guard try original.covers(correction) else {
      self.init(.suspense(.moreThanSold), charged: account)
      return
    }
    guard !correction.returns.isEmpty else {
      self.init(.nothingToPost, charged: account)
      return
    }
    guard original.isBooked else {
      self.init(.suspense(.moreThanSold), charged: account)
      return
    }
    let total = correction.total
    switch original.standing {
    case .posted:
      let returns = correction.returns.map { back in
        Leg(.purse(account, back.purse, back.tranche), back.amount)
      }
      self.init(.posted, legs: returns + [Leg(payable, Fen(-total.value))], charged: account)
    case .suspense, .nothingToPost:
      self.init(
        .suspense(.originalInSuspense),
        legs: [Leg(.suspense, total), Leg(payable, Fen(-total.value))], charged: account)
    }
  }

  private init(
    _ sale: SaleRecord, payable: LedgerAccount, isKnownAccount: Bool, suspension: SuspenseReason?
  ) {
    // A meal that is counted, or free, moves no money.
    guard !sale.spends.isEmpty else {
      self.init(.nothingToPost)
      return
    }
    guard sale.spends.allSatisfy({ $0.amount > .zero }) else {
      self.init(.suspense(.amountNotPositive), charged: sale.account)
      return
    }
    let total = sale.total
    guard total <= Self.largestBookable else {
      self.init(.suspense(.absurdAmount), charged: sale.account)
      return
    }
    guard total <= Self.largestSale, isKnownAccount else {
      self.init(
        .suspense(isKnownAccount ? .absurdAmount : .unknownAccount),
        legs: [Leg(.suspense, Fen(-total.value)), Leg(payable, total)], charged: sale.account)
      return
    }
    if let suspension {
      self.init(
        .suspense(suspension),
        legs: [Leg(.suspense, Fen(-total.value)), Leg(payable, total)], charged: sale.account)
      return
    }
    let spends = sale.spends.map { spend in
      Leg(.purse(sale.account, spend.purse, spend.tranche), Fen(-spend.amount.value))
    }
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .payableIsForgotten {
        self.init(.posted, legs: spends, charged: sale.account)
        return
      }
      if SeededRuleBug.planted == .subsidyPaysPersonal {
        let paid = Leg(.purse(sale.account, .subsidy, .none), Fen(-total.value))
        self.init(.posted, legs: [paid, Leg(payable, total)], charged: sale.account)
        return
      }
    #endif
    self.init(.posted, legs: spends + [Leg(payable, total)], charged: sale.account)
  }

  /// The legs that give an imported account its opening balance; none for an empty one.
  ///
  /// - Throws: ``MoneyError/overflow`` when the tranches together do not fit.
  package static func openingLegs(
    of account: AccountID, _ opening: [TrancheBalance]
  ) throws(MoneyError) -> [Leg] {
    var total = Fen.zero
    var legs: [Leg] = []
    for tranche in opening where tranche.amount != .zero {
      total = try total + tranche.amount
      legs.append(Leg(.purse(account, tranche.purse, tranche.tranche), tranche.amount))
    }
    guard total != .zero else { return legs }
    return legs + [Leg(.openingFunding, try Fen.zero - total)]
  }
}
