/// Why nothing came of a request over the network.
package enum LinkError: Error, Equatable, Sendable {
  /// No answer: no route, no listener, a cut line, or too late. Try again later.
  case unreachable(String)
  /// Whoever is there did not prove to be the one that was called; nothing was said to them.
  case notTrusted(String)
  /// The other side answered and refused; the text is its own. `status` is the HTTP status.
  case refused(status: Int, String)
  /// The other side has no room now, and says in how many seconds to come again.
  case notNow(seconds: Int, String)
  /// The answer is larger than its limit.
  case tooLarge
  /// The address is not one: `https://centre.example.org:8700` is.
  case notAnAddress(String)
}

extension LinkError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreachable(let reason): "no answer: \(reason)"
    case .notTrusted(let reason): "not the one that was called: \(reason)"
    case .refused(let status, let reason): "refused (\(status)): \(reason)"
    case .notNow(let seconds, let reason): "not before \(seconds) s: \(reason)"
    case .tooLarge: "the answer is larger than its limit"
    case .notAnAddress(let text):
      "\(text) is not an address such as https://centre.example.org:8700"
    }
  }
}
