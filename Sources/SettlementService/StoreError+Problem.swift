package import SettlementStore
import SyncProtocol
package import SyncTransport

/// What a terminal, or the operator, is told of a failure of the books.
extension StoreError: ProblemSource {
  package var problem: Problem {
    switch self {
    case .unknownTerminal, .shutOut: Problem(.notAdmitted, description)
    case .notGenuine(let error): Problem(error.kind, description)
    case .refused: Problem(.refused, description)
    case .commitFailed, .stopped, .inUse, .unusable, .damaged, .fromNewerVersion:
      Problem(.notNow, description)
    }
  }
}

extension ControlRefusal: ProblemSource {
  package var problem: Problem {
    switch self {
    case .invalid(let detail): Problem(.refused, detail)
    case .unavailable(let detail): Problem(.notNow, detail)
    }
  }
}
