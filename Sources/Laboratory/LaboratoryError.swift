/// Why an experiment could not go on, or what it found. Each text says what to do or how to see it again.
package enum LaboratoryError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A program could not be started or ended with an error; its log says more.
  case program(String)
  /// Something did not happen in time.
  case late(String)
  /// The books or the promises do not hold.
  case broken(String)

  package var description: String {
    switch self {
    case .program(let text), .late(let text), .broken(let text): text
    }
  }
}
