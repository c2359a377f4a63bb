import CanteenModel
import GRDB
import SyncProtocol
import TerminalCore

extension AccountView {
  /// Reads the account that a credential is bound to, inside of the transaction that decides.
  ///
  /// - Parameters:
  ///   - time: The record time of the decision.
  ///   - slot: What a sale at that time is counted for.
  ///   - asked: What other terminals were asked for it; `nil` when they were not.
  static func read(
    _ db: Database, for request: SaleRequest, at time: RecordTime, slot: MealKey,
    _ state: LedgerState, asked: PeerQuestion? = nil
  ) throws -> AccountView? {
    let byCredential = try LedgerStatement(
      db,
      """
      SELECT a.account, a.masked_name, a.status, a.category, a.home_canteen,
        a.includes_epoch, a.includes_sequence
      FROM credential c JOIN account a ON a.account = c.account
      WHERE c.kind = ? AND c.value = ?
      """)
    let credential = request.credential
    return try byCredential.first(
      .integer(Int64(credential.kind.rawValue)), .bytes(credential.value)
    ) { row in
      let account: Int64 = try row.value(0)
      let guardTime = Authorisation.guardMilliseconds(of: request, rulebook: state.rulebook)
      return try view(
        row, trust: state.rulebook?.offline.trust(of: credential.kind) ?? .anonymous,
        counters: try SaleRows.counters(of: account, slot, withMonth: request.isByItems, db),
        recent: try SaleRows.recent(
          account, within: guardTime, before: time, boot: state.bootStart, db),
        unlit: state.unlit.sales(of: AccountID(account), bootMilliseconds: time.bootMilliseconds),
        state, slot, on: state.localDay(of: time.wallMilliseconds), asked: asked, state.rulebook,
        db)
    }
  }

  /// Reads some accounts in the order of their numbers, as the best of their credentials would show them.
  ///
  /// - Parameters:
  ///   - slot: What a sale now would be counted for.
  ///   - day: The local day, in days since 1970-01-01.
  static func read(
    _ db: Database, behind number: Int64, limit: Int, slot: MealKey, on day: Int32,
    _ state: LedgerState, _ rulebook: Rulebook
  ) throws -> [AccountView] {
    var views: [AccountView] = []
    try LedgerStatement(
      db,
      """
      SELECT account, masked_name, status, category, home_canteen, includes_epoch,
        includes_sequence FROM account WHERE account > ? ORDER BY account LIMIT ?
      """
    ).rows(.integer(number), .integer(Int64(limit))) { row in
      let account: Int64 = try row.value(0)
      views.append(
        try view(
          row, trust: try trust(of: account, rulebook, db),
          counters: try SaleRows.counters(of: account, slot, withMonth: false, db), state, slot,
          on: day, rulebook, db))
    }
    return views
  }

  /// - Parameters:
  ///   - row: Account, name, status, category, home canteen, and the place that it includes.
  ///   - day: On which a sale would be paid: a meal that goes beyond midnight began the day before.
  private static func view(
    _ row: borrowing LedgerRow, trust: TrustClass, counters: AccountCounters,
    recent: [EarlierSale] = [], unlit: [EarlierSale] = [], _ state: LedgerState, _ slot: MealKey,
    on day: Int32, asked: PeerQuestion? = nil, _ rulebook: Rulebook?, _ db: Database
  ) throws -> AccountView {
    let account: Int64 = try row.value(0)
    let tranches = try SaleRows.tranches(
      of: account, behindEpoch: try row.value(5), sequence: try row.value(6), db)
    let others = try PeerRows.others(of: AccountID(account), in: slot, state, asked: asked, db)
    return AccountView(
      account: AccountID(account), maskedName: try row.text(1),
      status: try status(row.value(2), of: account), category: DinerCategory(try row.value(3)),
      homeCanteen: canteen(try row.value(4)), homePrices: try homePrices(of: account, rulebook, db),
      trust: trust,
      tranches: try PurseSplit.rest(
        of: tranches, without: others.unsettled, order: rulebook?.spendOrder ?? [], on: day),
      counters: counters, recentSales: recent, unlitSales: unlit, beside: others.known)
  }

  /// What the best credential of an account is worth; without any nobody can buy for it.
  private static func trust(
    of account: Int64, _ rulebook: Rulebook, _ db: Database
  ) throws -> TrustClass {
    var best = TrustClass.anonymous
    try LedgerStatement(db, "SELECT DISTINCT kind FROM credential WHERE account = ?")
      .rows(.integer(account)) { row in
        guard let kind = Credential.Kind(rawValue: try row.value(0)) else {
          throw JournalError.damaged("account \(account) has an unknown credential")
        }
        best = max(best, rulebook.offline.trust(of: kind))
      }
    return best
  }

  private static func status(_ number: UInt8, of account: Int64) throws -> AccountStatus {
    guard let status = AccountStatus(rawValue: number) else {
      throw JournalError.damaged("account \(account) has an unknown status")
    }
    return status
  }

  /// 0 is none.
  private static func canteen(_ number: UInt32) -> CanteenID? {
    number == 0 ? nil : CanteenID(number)
  }

  /// Only where visitors pay their own unit's price.
  private static func homePrices(
    of account: Int64, _ rulebook: Rulebook?, _ db: Database
  ) throws -> [UInt8: Fen] {
    guard let rulebook, rulebook.visitorPricing != .hostStandard else { return [:] }
    var prices: [UInt8: Fen] = [:]
    try LedgerStatement(db, "SELECT period, fen FROM home_price WHERE account = ?")
      .rows(.integer(account)) { row in prices[try row.value(0)] = Fen(try row.value(1)) }
    return prices
  }

  /// What the display may show after the decision.
  func diner(after sale: SaleRecord?, on day: Int32) throws -> SaleOutcome.Diner {
    let available = try available(on: day)
    let isOwnMeal = sale?.isOwnMeal ?? false
    return SaleOutcome.Diner(
      maskedName: maskedName,
      available: try sale.map { try available.subtracting($0.paid) } ?? available,
      salesThisMeal: counters.meals + (isOwnMeal ? 1 : 0))
  }
}

extension SaleRequest {
  /// Whether the supermarket's cap of the month counts.
  fileprivate var isByItems: Bool {
    if case .items = price { true } else { false }
  }
}
