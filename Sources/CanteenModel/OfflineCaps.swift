/// What a terminal may approve without asking the centre, for one account in one meal period. The
/// proof of the bound is in ARCHITECTURE.md, Offline.
package struct OfflineCaps: Hashable, Sendable, Codable {
  /// At the diner's home canteen, when its terminals decide as one group or there is only one.
  package let home: Fen
  /// Elsewhere, and for a terminal that decides alone although its canteen has others.
  package let alone: Fen
  /// How many approvals a diner may have in the period. 1 or more.
  package let approvals: Int
  /// What a card's serial number is worth. It is easily copied, so it is weak; a region that has no
  /// other cards yet may decide to take the risk of medium, and is shown what that can cost.
  package let serialTrust: TrustClass
  /// How much the centre is asked to set aside at once for an anonymous account, which spends the rest
  /// later without asking again. 0: just what the sale costs.
  package let lease: Fen
  /// Whether the terminals of a canteen reserve with one another, and whose word is enough for
  /// ``home``.
  package let groups: PeerGrouping

  package init(
    home: Fen, alone: Fen, approvals: Int, serialTrust: TrustClass = .weak, lease: Fen = .zero,
    groups: PeerGrouping = .none
  ) {
    self.home = home
    self.alone = alone
    self.approvals = approvals
    self.serialTrust = serialTrust
    self.lease = lease
    self.groups = groups
  }

  /// What a credential of a kind is worth.
  package func trust(of kind: Credential.Kind) -> TrustClass {
    switch kind {
    case .cardSerial: serialTrust
    // The text of a printed code is copied with a telephone.
    case .code: .weak
    // The modules that are driven say that they saw somebody alive, or nothing.
    case .face: .medium
    // Only the centre knows whether the unit's money is still there: leases only.
    case .officialVoucher: .anonymous
    }
  }

  /// RMB 40 and 25, two approvals (ARCHITECTURE.md, Offline).
  package static let standard = OfflineCaps(home: Fen(4_000), alone: Fen(2_500), approvals: 2)
}

/// Whose word lets the terminals of a canteen use ``OfflineCaps/home`` as one group. What each can cost
/// is proved in ARCHITECTURE.md, Groups.
package enum PeerGrouping: UInt8, Hashable, Sendable, Codable, CaseIterable {
  /// Every terminal decides alone.
  case none = 0
  /// One other terminal has the amount on disk: one dead till does not punish the rest.
  case any = 1
  /// Every other terminal of the canteen has it.
  case whole = 2
}

/// When a terminal that cannot settle stops approving as usual. They count approvals only.
package struct Brakes: Hashable, Sendable, Codable {
  /// What may be approved and not settled, in total.
  package let total: Fen
  /// How many records may wait for the centre.
  package let records: Int
  /// How long the centre may be away, in hours.
  package let hours: Int

  package init(total: Fen, records: Int, hours: Int) {
    self.total = total
    self.records = records
    self.hours = hours
  }

  /// RMB 200,000, 20,000 records, 72 hours.
  package static let standard = Brakes(total: Fen(20_000_000), records: 20_000, hours: 72)
}
