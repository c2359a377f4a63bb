/// What can go wrong in a world. Each kind has dice of its own, so that a run without one of them is the
/// same otherwise, as far as it can be.
package enum FaultKind: String, CaseIterable, Sendable {
  // A terminal.
  case powerCut, powerCutInCommit, processCrash, commitFails, diskLies, diskFull
  case clockSteps, clockResets
  case lightFails, unknownRecord
  // The network.
  case linkCut, drop, delay, duplicate, corrupt, forgedAck, pageOvertaken, pageHeldBack
  // The centre.
  case centreCrash
  // Identities.
  case copied, restored, replaced, keyRotated
  // What people do.
  case rulebookChanges, reportedLost, attackers, corrections
  // Between the terminals of a canteen.
  case lanCut, lanDrop, lanDelay

  /// How long from one to the next at the usual rate, in minutes of the world; 0 for those that are not planned
  /// but drawn where they happen.
  var minutes: Int64 {
    switch self {
    case .powerCut: 2_000
    case .powerCutInCommit: 500
    case .processCrash: 800
    case .commitFails: 900
    case .diskLies: 3_000
    case .diskFull: 6_000
    case .clockSteps: 900
    case .clockResets: 5_000
    case .unknownRecord: 4_000
    case .linkCut: 500
    case .lanCut: 900
    case .forgedAck: 2_000
    case .pageOvertaken: 1_200
    case .pageHeldBack: 2_500
    case .centreCrash: 2_000
    case .copied, .restored: 14_000
    case .replaced: 20_000
    case .keyRotated: 9_000
    case .rulebookChanges: 15_000
    case .reportedLost: 1_500
    case .lightFails, .drop, .delay, .duplicate, .corrupt, .attackers, .corrections, .lanDrop,
      .lanDelay:
      0
    }
  }
}
