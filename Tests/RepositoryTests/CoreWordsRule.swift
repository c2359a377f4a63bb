/// The cores decide from what they are given: no clock, no randomness, no tasks, no floating point.
///
/// The simulator runs the same cores in virtual time; one look at a real clock, and a failure that
/// it found could never be shown again.
enum CoreWordsRule {
  /// Word and what to do instead.
  static let forbidden: [String: String] = [
    "async": "a core is synchronous: return an action and take its result as an event",
    "await": "a core is synchronous: return an action and take its result as an event",
    "Task": "a core starts nothing: return an action",
    "Date": "take the time as a parameter",
    "ContinuousClock": "take the time as a parameter",
    "SuspendingClock": "take the time as a parameter",
    "random": "take the random value as a parameter",
    "randomElement": "take the random value as a parameter",
    "shuffled": "take the order as a parameter",
    "SystemRandomNumberGenerator": "take the random value as a parameter",
    "Double": "money and time are integers here",
    "Float": "money and time are integers here",
    "print": "return what there is to say",
  ]

  static func findings(in checkout: Checkout) -> [Finding] {
    checkout.swift
      .filter { $0.isProduct && House.cores.contains($0.target ?? "") }
      .flatMap { source in
        source.tokens.compactMap { token in
          forbidden[token.text].map {
            Finding(path: source.path, line: token.line, advice: "`\(token.text)` in a core: \($0)")
          }
        }
      }
  }
}
