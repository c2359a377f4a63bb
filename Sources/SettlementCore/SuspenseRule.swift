package import CanteenModel

/// Who bears what a record left in suspense, as two people decide. Stored by ``key``; it never changes.
package enum SuspenseBearer: Hashable, Sendable {
  /// Whom the record names, from the purses and tranches that it names: the account came in later, or the amount was
  /// looked at and is right.
  case asRecorded
  /// A diner's own money.
  case diner(AccountID)
  /// Whoever runs the system keeps less (S19).
  case fee

  package var key: String {
    switch self {
    case .asRecorded: "asRecorded"
    case .diner(let account): "diner:\(account.number)"
    case .fee: "fee"
    }
  }

  /// Reads a key.
  ///
  /// - Returns: `nil` unless ``key`` gives exactly this text back.
  package init?(key: String) {
    let parts = key.split(separator: ":", omittingEmptySubsequences: false)
    switch (parts.first, parts.count) {
    case ("asRecorded", 1): self = .asRecorded
    case ("fee", 1): self = .fee
    case ("diner", 2):
      guard let number = Int64(parts[1]), number > 0 else { return nil }
      self = .diner(AccountID(number))
    default: return nil
    }
    guard self.key == key else { return nil }
  }
}

/// How suspended money leaves suspense.
package enum SuspenseRule {
  /// The legs that take all of a record's money out of suspense; they sum to zero.
  ///
  /// - Parameters:
  ///   - held: What suspense has of it: less than zero for a sale, of which the canteen is paid and nobody was charged,
  ///     more for what was given back of one. Never zero.
  ///   - account: Whom the record names.
  ///   - parts: The purses and tranches that the record names.
  /// - Returns: `nil` where the record's parts are not what suspense has: it cannot be booked as recorded.
  /// - Throws: ``MoneyError/overflow``.
  package static func legs(
    releasing held: Fen, to bearer: SuspenseBearer, account: AccountID, parts: [Spend]
  ) throws(MoneyError) -> [Leg]? {
    let released = Leg(.suspense, try Fen.zero - held)
    switch bearer {
    case .fee: return [released, Leg(.fee, held)]
    case .diner(let diner): return [released, Leg(.purse(diner, .personal, .none), held)]
    case .asRecorded:
      var (sum, legs) = (Fen.zero, [released])
      for part in parts {
        let amount = held < .zero ? try Fen.zero - part.amount : part.amount
        guard amount != .zero else { return nil }
        sum = try sum + amount
        legs.append(Leg(.purse(account, part.purse, part.tranche), amount))
      }
      return sum == held ? legs : nil
    }
  }
}
