/// An address on this machine. Any other one is refused until mutual TLS secures the link.
package struct LoopbackAddress: Hashable, Sendable, CustomStringConvertible {
  /// `127.0.0.1` or `::1`.
  package let host: String
  /// 0...65535; 0 lets the system choose, for a listener.
  package let port: Int

  /// Reads `127.0.0.1:8701`, `[::1]:8701` or `localhost:8701`, with or without `http://` in front.
  ///
  /// - Throws: ``LinkError/notAnAddress(_:)``, ``LinkError/notLoopback(_:)``.
  package init(_ text: String) throws(LinkError) {
    var rest = Substring(text)
    if rest.hasPrefix("http://") { rest = rest.dropFirst("http://".count) }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...])
    else { throw .notAnAddress(text) }
    let name = rest[..<colon]
    switch name {
    case "localhost", "127.0.0.1": host = "127.0.0.1"
    case "[::1]": host = "::1"
    case "": throw .notAnAddress(text)
    default: throw .notLoopback(String(name))
    }
    self.port = Int(port)
  }

  /// The base of an address on the web: `http://127.0.0.1:8701`.
  package var url: String { "http://\(description)" }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
