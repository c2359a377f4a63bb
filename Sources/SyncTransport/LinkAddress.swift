/// Where the other end of a link is, or where this one listens.
package struct LinkAddress: Hashable, Sendable, CustomStringConvertible {
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  package let host: String
  /// 0...65535; 0 lets the system choose, for a listener.
  package let port: Int

  private static let scheme = "https://"

  /// Reads `centre.example.org:8700`, `192.0.2.7:8700` or `[::1]:8700`, with or without `https://` in front and a
  /// slash behind.
  ///
  /// - Throws: ``LinkError/notAnAddress(_:)``.
  package init(_ text: String) throws(LinkError) {
    var rest = Substring(text)
    if rest.hasPrefix(Self.scheme) { rest = rest.dropFirst(Self.scheme.count) }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...])
    else { throw .notAnAddress(text) }
    var name = rest[..<colon]
    if name.hasPrefix("["), name.hasSuffix("]") {
      name = name.dropFirst().dropLast()
      guard name.contains(":") else { throw .notAnAddress(text) }
    } else if name.contains(":") {
      throw .notAnAddress(text)
    }
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
        UInt8(ascii: ":"):
        true
      default: false
      }
    }
    guard !name.isEmpty, allowed else { throw .notAnAddress(text) }
    host = String(name)
    self.port = Int(port)
  }

  /// `https://centre.example.org:8700`.
  package var url: String { Self.scheme + description }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
