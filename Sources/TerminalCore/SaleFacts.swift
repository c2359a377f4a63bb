package import CanteenModel

/// Everything that a decision depends on beside the request and the time, read in the transaction that
/// writes it.
package struct SaleFacts: Hashable, Sendable {
  /// The rulebook in force, `nil` when none has arrived yet.
  package let rulebook: Rulebook?
  /// Where the terminal stands, `nil` when the centre has not said so yet: then everybody is a visitor.
  package let place: TerminalPlace?
  /// The account that the credential is bound to, `nil` when there is none.
  package let account: AccountView?
  /// The catalogue's rows of the items that were keyed, as far as there are any.
  package let items: [Item]
  /// What waits for the centre.
  package let backlog: Backlog
  /// What is left of the amounts that the centre set aside of the account for this terminal, oldest
  /// first.
  package let holds: [HoldSpend]
  package let centre: CentreReach
  package let peers: PeerReach

  package init(
    rulebook: Rulebook?, place: TerminalPlace?, account: AccountView?, items: [Item] = [],
    backlog: Backlog = .none, holds: [HoldSpend] = [], centre: CentreReach = .silent,
    peers: PeerReach = .silent
  ) {
    self.rulebook = rulebook
    self.place = place
    self.account = account
    self.items = items
    self.backlog = backlog
    self.holds = holds
    self.centre = centre
    self.peers = peers
  }
}
