package import SyncProtocol

/// Where a statement is not what the batches say: the first place that was found.
package struct Difference: Equatable, Sendable {
  /// Which figure, of which terminal, line or account.
  package let place: String
  /// What the batches say.
  package let expected: String
  /// What the statement says.
  package let found: String

  init(_ place: String, expected: some CustomStringConvertible, found: some CustomStringConvertible)
  {
    self.place = place
    self.expected = expected.description
    self.found = found.description
  }
}

extension Difference: CustomStringConvertible {
  package var description: String { "\(place): expected \(expected), found \(found)" }
}

/// Why a statement was not found to be right.
package enum VerificationFailure: Error, Equatable, Sendable {
  /// It says something else than the batches, or the batches are not all there.
  case difference(Difference)
  /// A file is not what it says, or not from whom it says; the text names it.
  case notGenuine(String, WireError)
}

extension VerificationFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .difference(let difference): "\(difference)"
    case .notGenuine(let file, let error): "\(file) is not genuine: \(error)"
    }
  }
}
