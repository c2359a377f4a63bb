package import CanteenModel
import SyncProtocol

/// Turns what a reader saw into what accounts are bound to.
package struct Identification: Sendable {
  private let terminal: TerminalID

  /// - Parameter terminal: Where the readers are: a face module's numbers mean nothing elsewhere.
  package init(terminal: TerminalID) {
    self.terminal = terminal
  }

  /// The credential that was shown. It is made from what was seen alone: whether anybody has it, the
  /// ledger says.
  package func credential(_ evidence: Evidence, lane: LaneID) -> Credential {
    switch evidence {
    case .card(let serial, _): Credential(kind: .cardSerial, value: serial)
    case .code(let code): Credential(code: code.bytes)
    case .face(let user):
      FaceBinding(terminal: terminal, lane: lane, user: user).credential
    }
  }
}
