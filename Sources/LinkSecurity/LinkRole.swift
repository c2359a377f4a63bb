package import CanteenModel

/// Whom a certificate speaks for, as its only subject alternative name says it: a URI of RFC 5280, section
/// 4.2.1.6. Addresses change, and a terminal behind NAT has none of its own, so no certificate names a host.
package enum LinkRole: Hashable, Sendable {
  case centre
  case terminal(TerminalID)

  private static let prefix = "urn:canteen:"

  /// `urn:canteen:centre`, `urn:canteen:terminal:7`.
  package var uri: String {
    switch self {
    case .centre: Self.prefix + "centre"
    case .terminal(let terminal): Self.prefix + "terminal:\(terminal)"
    }
  }

  /// - Returns: `nil` for what ``uri`` never is, a number with a leading zero included.
  package init?(uri: String) {
    if uri == Self.centre.uri {
      self = .centre
      return
    }
    guard let number = UInt32(uri.split(separator: ":").last ?? ""), number > 0 else { return nil }
    self = .terminal(TerminalID(number))
    guard self.uri == uri else { return nil }
  }

  /// What people read in a certificate.
  var commonName: String {
    switch self {
    case .centre: "canteen centre"
    case .terminal(let terminal): "canteen terminal \(terminal)"
    }
  }
}
