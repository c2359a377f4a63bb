import CanteenModel
import RecordingDisk
import SeededRandom

/// The centre as the power-cut laboratory plays it: what it has posted, and every page that it fed.
struct LabFeed: Sendable {
  /// 2026-11-23 10:30 in China.
  static let morning: Int64 = 1_795_401_000_000
  static let accounts: ClosedRange<Int64> = 1...12
  static let salesPerMeal = 4

  static let rulebook = Rulebook(
    version: 1, legalBasis: "实验〔2026〕1号", utcOffsetMinutes: 480,
    mealPeriods: [
      MealPeriod(number: 2, name: "午餐", startMinute: 600, endMinute: 1200, price: Fen(1500))
    ], spendOrder: [.subsidy, .personal], singleLimit: Fen(10_000), salesPerMeal: salesPerMeal,
    repeatGuardSeconds: 20,
    offline: OfflineCaps(
      home: Fen(100_000), alone: Fen(100_000), approvals: 100, serialTrust: .medium),
    // Days pass in the laboratory in which nobody settles.
    brakes: Brakes(total: Fen(20_000_000), records: 20_000, hours: 8760))
  static let place = TerminalPlace(canteen: CanteenID(1), isOnlyTerminal: true)

  private struct Purses: Sendable {
    var balance: PurseAmounts
    var includes: JournalPosition?
  }

  /// What was fed, in order; the cursor behind page n is n + 1.
  private(set) var pages: [FeedPage] = []
  private var purses: [Int64: Purses] = [:]
  private var unposted: [(position: JournalPosition, account: AccountID, paid: PurseAmounts)] = []

  /// The card of an account; the laboratory has no card 0.
  static func card(_ account: Int64) -> Credential {
    Credential(kind: .cardSerial, value: Diner.card(account))
  }

  /// The page that makes the terminal sell. Many accounts have money for one meal only.
  mutating func firstPage(_ random: inout SplitMix64) -> FeedPage {
    for account in Self.accounts {
      let subsidy = [0, 1500, 2000, 30_000][random.below(4)]
      let personal = [0, 0, 1600, 20_000][random.below(4)]
      purses[account] = Purses(
        balance: PurseAmounts(subsidy: Fen(Int64(subsidy)), personal: Fen(Int64(personal))))
    }
    return page(of: Array(Self.accounts), rulebook: Self.rulebook)
  }

  /// The first page, for a terminal that lost it.
  mutating func firstPageAgain(_ random: inout SplitMix64) -> FeedPage {
    pages.first ?? firstPage(&random)
  }

  /// A page with some accounts, some of which were topped up.
  mutating func nextPage(_ random: inout SplitMix64) throws -> FeedPage {
    let accounts = Set((0...random.below(6)).map { _ in Int64(random.below(12)) + 1 }).sorted()
    for account in accounts where random.chance(permille: 400) {
      let topUp = PurseAmounts(personal: Fen(Int64(random.below(3000))))
      if let known = purses[account]?.balance {
        purses[account]?.balance = try known.adding(topUp)
      }
    }
    return page(of: accounts, rulebook: nil)
  }

  /// The terminal sold this.
  mutating func sold(_ sale: SaleRecord, at position: JournalPosition) {
    unposted.append((position, sale.account, sale.paid))
  }

  /// The terminal gave this back.
  mutating func gaveBack(_ correction: CorrectionRecord, at position: JournalPosition) throws {
    let paid = try PurseAmounts.zero.subtracting(correction.returned)
    unposted.append((position, correction.account, paid))
  }

  /// The centre has everything up to this record, and posts it.
  mutating func post(upTo position: JournalPosition) throws {
    // Lanes that sold together tell of it in any order; the centre posts in the order of the records.
    let due = unposted.filter { $0.position <= position }.sorted { $0.position < $1.position }
    for (place, account, paid) in due {
      guard let known = purses[account.number]?.balance else { continue }
      purses[account.number] = Purses(balance: try known.subtracting(paid), includes: place)
    }
    unposted.removeAll { $0.position <= position }
  }

  /// Also those that are spent, as the centre feeds them.
  private func tranches(of account: Int64) -> [TrancheBalance] {
    let balance = purses[account]?.balance ?? .zero
    return Purse.allCases.map { purse in
      TrancheBalance(
        purse: purse, tranche: .none, amount: balance[purse], lastSpendingDay: nil)
    }
  }

  private mutating func page(of accounts: [Int64], rulebook: Rulebook?) -> FeedPage {
    let cursor = Int64(pages.count)
    let page = FeedPage(
      terminal: LabTerminal.id, fromCursor: cursor, toCursor: cursor + 1, hasMore: false,
      accounts: accounts.map { account in
        AccountSnapshot(
          account: AccountID(account), maskedName: "王*明", status: .active,
          homeCanteen: Self.place.canteen,
          tranches: tranches(of: account), version: cursor + 1,
          includes: purses[account]?.includes, credentials: [Self.card(account)])
      }, rulebook: rulebook, place: Self.place, timeMilliseconds: Self.morning)
    pages.append(page)
    return page
  }
}

extension [FeedPage] {
  /// What a terminal knows of the accounts: the pages up to its cursor, and those rows of the next one
  /// that were written before the cursor moves.
  func accounts(knownTo facts: LedgerFacts) -> [Int64: AccountSnapshot] {
    var accounts: [Int64: AccountSnapshot] = [:]
    for account in prefix(Int(facts.feedCursor)).flatMap(\.accounts) {
      accounts[account.account.number] = account
    }
    // A lying disk may leave an account twice; whether that is noticed is for others to say.
    let versions = Dictionary(
      facts.accounts.map { ($0[0], $0[5]) }, uniquingKeysWith: { first, _ in first })
    for account in dropFirst(Int(facts.feedCursor)).first?.accounts ?? [] {
      let number = account.account.number
      if versions[.integer(number)] == .integer(account.version) { accounts[number] = account }
    }
    return accounts
  }
}
