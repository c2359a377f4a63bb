package import CanteenModel

/// Whom a certificate speaks for, as its only subject alternative name says it: a URI of RFC 5280, section
/// 4.2.1.6. Addresses change, and a terminal behind NAT has none of its own, so no certificate names a host.
package enum LinkRole: Hashable, Sendable {
  case centre
  case terminal(TerminalID)
  /// Somebody who signs in, by the sign-in name: a machine of the bank's or of audit's calls with it.
  case person(String)

  private static let prefix = "urn:canteen:"

  /// `urn:canteen:centre`, `urn:canteen:terminal:7`, `urn:canteen:person:li.wei`.
  package var uri: String {
    switch self {
    case .centre: Self.prefix + "centre"
    case .terminal(let terminal): Self.prefix + "terminal:\(terminal)"
    case .person(let login): Self.prefix + "person:\(login)"
    }
  }

  /// - Returns: `nil` for what ``uri`` never is, a number with a leading zero included.
  package init?(uri: String) {
    if uri == Self.centre.uri {
      self = .centre
      return
    }
    let person = Self.prefix + "person:"
    if uri.hasPrefix(person) {
      let login = uri.dropFirst(person.count)
      guard (1...Self.longestLogin).contains(login.utf8.count),
        login.utf8.allSatisfy(Self.isOfLogin)
      else { return nil }
      self = .person(String(login))
      return
    }
    guard let number = UInt32(uri.split(separator: ":").last ?? ""), number > 0 else { return nil }
    self = .terminal(TerminalID(number))
    guard self.uri == uri else { return nil }
  }

  /// In bytes.
  private static let longestLogin = 32

  /// Small letters, digits, dots and hyphens.
  private static func isOfLogin(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "."), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// What people read in a certificate.
  var commonName: String {
    switch self {
    case .centre: "canteen centre"
    case .terminal(let terminal): "canteen terminal \(terminal)"
    case .person(let login): "canteen person \(login)"
    }
  }
}
