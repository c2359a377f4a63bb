import CanteenModel

/// The centre as the benchmarks play it: everybody has money, and no limit is in the way of a sale.
enum BenchFeed {
  static let terminal = TerminalID(1)
  /// In fen.
  static let price: Int64 = 1500
  /// What each purse holds, in fen.
  static let balance: Int64 = 100_000_000
  /// 2026-11-23 12:00 in China.
  static let noon: Int64 = 1_795_406_400_000
  static let dayMilliseconds: Int64 = 86_400_000
  static let mealPeriod: UInt8 = 1
  static let utcOffsetMinutes = 480

  static var rulebook: Rulebook {
    Rulebook(
      version: 1, legalBasis: "benchmark", utcOffsetMinutes: utcOffsetMinutes,
      mealPeriods: [
        MealPeriod(
          number: mealPeriod, name: "午餐", startMinute: 600, endMinute: 840, price: Fen(price))
      ], spendOrder: [.subsidy, .personal], singleLimit: Fen(100_000), salesPerMeal: 1000,
      repeatGuardSeconds: 1,
      offline: OfflineCaps(
        home: Fen(10_000_000), alone: Fen(10_000_000), approvals: 100, serialTrust: .medium),
      brakes: Brakes(total: Fen(1_000_000_000_000), records: 10_000_000, hours: 8760))
  }

  /// - Parameter accounts: How many come with the page; 0 for the rules alone.
  static func page(accounts: Int) -> FeedPage {
    let snapshots = (0..<accounts).map { index in
      let number = Int64(index + 1)
      return AccountSnapshot(
        account: AccountID(number), maskedName: "王*明", status: .active,
        homeCanteen: CanteenID(1),
        tranches: PurseAmounts(subsidy: Fen(balance), personal: Fen(balance)).withoutTranches,
        version: number, includes: nil, credentials: [card(number)])
    }
    return FeedPage(
      terminal: terminal, fromCursor: 0, toCursor: Int64(accounts) + 1, hasMore: false,
      accounts: snapshots, rulebook: rulebook, timeMilliseconds: noon)
  }

  static func card(_ account: Int64) -> Credential {
    Credential(
      kind: .cardSerial,
      value: [0x04] + (0..<6).map { UInt8(truncatingIfNeeded: account >> (8 * $0)) })
  }
}
