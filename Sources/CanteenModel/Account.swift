/// Whether an account may spend.
package enum AccountStatus: UInt8, Hashable, Sendable, CaseIterable {
  case active = 1
  /// 挂失: the holder reported a credential lost; nothing is approved.
  case reportedLost = 2
  /// 注销: closed for good.
  case closed = 3
}

/// One row of the feed: what a terminal may know of an account.
package struct AccountSnapshot: Hashable, Sendable {
  package let account: AccountID
  /// Masked for display, for example `王*明`. At most 64 bytes of UTF-8.
  package let maskedName: String
  package let status: AccountStatus
  package let category: DinerCategory
  /// The canteen of the diner's own unit; `nil` when the unit has none (S31).
  package let homeCanteen: CanteenID?
  /// The balance at the centre with everything that it has posted up to ``version``, by tranche; none
  /// twice. At most ``trancheLimit``.
  package let tranches: [TrancheBalance]
  /// What a meal costs by the diner's own unit, by meal period (C8).
  package let homePrices: [UInt8: Fen]
  /// The centre's counter; a row replaces one with a smaller version only.
  package let version: Int64
  /// The receiving terminal's last record that the centre has posted, or holds in suspense, against
  /// this account, read in the same snapshot as the balance; `nil` when there is none. It is not the
  /// acknowledged position.
  package let includes: JournalPosition?
  /// The same for each other terminal of its canteen that sold to the account, none twice: what they told this
  /// one is taken off the balance only behind it. At most ``peerLimit``.
  package let peerIncludes: [PeerIncludes]
  /// Every credential that is bound to the account now.
  package let credentials: [Credential]

  package static let trancheLimit = 32
  package static let peerLimit = 256

  package init(
    account: AccountID, maskedName: String, status: AccountStatus,
    category: DinerCategory = .ordinary, homeCanteen: CanteenID? = nil,
    tranches: [TrancheBalance], homePrices: [UInt8: Fen] = [:], version: Int64,
    includes: JournalPosition?, peerIncludes: [PeerIncludes] = [], credentials: [Credential]
  ) {
    self.account = account
    self.maskedName = maskedName
    self.status = status
    self.category = category
    self.homeCanteen = homeCanteen
    self.tranches = tranches
    self.homePrices = homePrices
    self.version = version
    self.includes = includes
    self.peerIncludes = peerIncludes
    self.credentials = credentials
  }
}

/// Up to where a balance includes the records of another terminal of the canteen.
package struct PeerIncludes: Hashable, Sendable {
  package let terminal: TerminalID
  package let position: JournalPosition

  package init(terminal: TerminalID, position: JournalPosition) {
    self.terminal = terminal
    self.position = position
  }
}
