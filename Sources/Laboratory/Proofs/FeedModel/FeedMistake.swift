import CanteenModel
import Journal

/// A mistake that somebody could make with what a row includes, planted between the centre and the
/// terminal so that the model can show that it finds it. The product's code stays as it is.
enum FeedMistake: String, CaseIterable, Sendable {
  /// The terminal takes its own acknowledged position for what the row includes.
  case acknowledgedInsteadOfIncluded
  /// The row says that it includes nothing.
  case nothingIncluded
  /// The row includes whatever the ledger has.
  case everythingIncluded

  func planted(in page: FeedPage, for terminal: FeedTerminal) -> FeedPage {
    let includes: JournalPosition? =
      switch self {
      case .acknowledgedInsteadOfIncluded: terminal.acknowledged
      case .nothingIncluded: nil
      case .everythingIncluded: terminal.sales.last?.position
      }
    return page.with(page.accounts.map { $0.including(includes) })
  }
}

extension FeedPage {
  /// The page with other rows of accounts.
  func with(_ accounts: [AccountSnapshot]) -> FeedPage {
    FeedPage(
      terminal: terminal, fromCursor: fromCursor, toCursor: toCursor, hasMore: hasMore,
      accounts: accounts, items: items, rulebook: rulebook, place: place,
      timeMilliseconds: timeMilliseconds, echoedNonce: echoedNonce)
  }
}

extension AccountSnapshot {
  fileprivate func including(_ position: JournalPosition?) -> AccountSnapshot {
    AccountSnapshot(
      account: account, maskedName: maskedName, status: status, category: category,
      homeCanteen: homeCanteen, tranches: tranches, homePrices: homePrices, version: version,
      includes: position, credentials: credentials)
  }
}
