import CanteenModel

/// What a terminal may approve while it cannot ask, by name.
package enum OfflinePolicy: String, CaseIterable, Sendable {
  /// The rulebook's own figures (DESIGN, section 6).
  case standard
  /// Half of them.
  case tight
  /// As much as the balance that was fed.
  case uncapped
  /// Nothing alone: only what the centre sets aside.
  case leasesOnly

  var caps: OfflineCaps {
    switch self {
    case .standard: .standard
    case .tight: OfflineCaps(home: Fen(2_000), alone: Fen(1_250), approvals: 1)
    case .uncapped: OfflineCaps(home: Fen(1_000_000), alone: Fen(1_000_000), approvals: 1_000)
    case .leasesOnly: OfflineCaps(home: .zero, alone: .zero, approvals: 1)
    }
  }
}
