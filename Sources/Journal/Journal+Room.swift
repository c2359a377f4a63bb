import CanteenModel
import Foundation
import LedgerDisk
import Synchronization
import TerminalCore

extension Journal {
  /// Whether the disk is so full that nothing is approved.
  package var isStoreFull: Bool { room?.isFull ?? false }

  /// Looks at the free space, throws the ballast off when there is little, and makes it when there is
  /// enough. Without limits nothing happens.
  ///
  /// Making it may take as long as the disk takes for so much; nothing waits for that.
  ///
  /// - Parameter mayMake: Whether there is time to make the ballast.
  package func lookAtRoom(mayMake: Bool = true) {
    room?.look(besides: configuration.path, mayMake: mayMake)
  }

  /// After so many records the free space is looked at: 0.3 MB at most.
  static let recordsBetweenLooks: UInt64 = 64

  /// What a diner is shown while the disk is full, or after the terminal was retired, instead of a sale or a
  /// refusal that had to be written: 012, 017, or the refusal; without a record.
  func withoutRecord(
    _ decision: Authorisation.Decision, _ request: SaleRequest, _ draft: LedgerState
  ) -> SaleOutcome? {
    guard isStoreFull || draft.isRetired else { return nil }
    func closed(_ account: AccountID, _ amount: Fen) -> DeclineRecord {
      DeclineRecord(
        reason: draft.isRetired ? .terminalRetired : .storeFull, account: account,
        lane: request.lane, medium: request.medium,
        amount: amount, count: 1)
    }
    let verdict: SaleOutcome.Verdict
    switch decision {
    case .approve(let sale): verdict = .declined(closed(sale.account, sale.total), shortfall: nil)
    case .askCentre(let need): verdict = .declined(closed(need.account, need.least), shortfall: nil)
    case .askPeers(let need): verdict = .declined(closed(need.account, need.amount), shortfall: nil)
    case .decline(let decline, let shortfall):
      verdict = .declined(decline, shortfall: shortfall)
    case .showAgain, .tapAgain: return nil
    }
    return SaleOutcome(verdict: verdict, position: draft.position, diner: nil)
  }
}

/// The room of one ledger, and its ballast.
final class GuardedRoom: Sendable {
  private let state: Mutex<StoreRoom>
  /// Whoever finds somebody looking does not wait.
  private let looking = Mutex(())

  init(_ limits: StoreLimits) {
    state = Mutex(StoreRoom(limits))
  }

  /// Whether nothing may be approved.
  var isFull: Bool { state.withLock { $0.isFull } }

  func look(besides ledger: String, mayMake: Bool) {
    _ = looking.withLockIfAvailable { _ in
      let limits = state.withLock { $0.limits }
      let ballast = Ballast(path: ledger + ".ballast", bytes: limits.ballast)
      guard let space = limits.readSpace(LedgerFiles.folder(of: ledger)) else { return }
      let hasBallast = ballast.isThere
      switch state.withLock({ $0.look(at: space, hasBallast: hasBallast) }) {
      case .releaseBallast: ballast.release()
      case .makeBallast:
        if mayMake, ballast.make() { state.withLock { $0.ballastWasMade() } }
      case nil: break
      }
    }
  }
}
