/// Why nothing came of a request over the network.
package enum LinkError: Error, Equatable, Sendable {
  /// No answer: no route, no listener, a cut line, or too late. Try again later.
  case unreachable(String)
  /// The other side answered and refused; the text is its own. `status` is the HTTP status.
  case refused(status: Int, String)
  /// The answer is larger than its limit.
  case tooLarge
  /// Until the link is secured by mutual TLS, only loopback addresses are spoken to.
  case notLoopback(String)
  /// The address is not one: `http://127.0.0.1:8701` is.
  case notAnAddress(String)
}

extension LinkError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreachable(let reason): "no answer: \(reason)"
    case .refused(let status, let reason): "refused with \(status): \(reason)"
    case .tooLarge: "the answer is larger than its limit"
    case .notLoopback(let host):
      "\(host) is not a loopback address, and the link is not secured yet: use 127.0.0.1"
    case .notAnAddress(let text): "\(text) is not an address such as http://127.0.0.1:8701"
    }
  }
}
