#if SEEDED_BUGS
  /// A mistake that somebody could make in the stores, planted in the simulated ones so that the fleet shows
  /// that it finds it. Those of the rules and codecs are in ``SeededRuleBug``. Debug builds only.
  package enum SeededFleetBug: String, CaseIterable, Sendable {
    // The journal.
    /// The light before the commit.
    case lightBeforeCommit
    /// A failed commit is tried once more, and lit.
    case failedCommitIsRetried
    case failedCommitIsLit
    /// What each diner had is forgotten when the program starts.
    case capsResetAtStart
    /// Opening builds on what only the kernel still has.
    case logNotWrittenAgain
    case prunedBeforeAcked
    /// Acknowledged is taken for included.
    case prunedBeforeIncluded
    case keyRotatedBeforeAck
    case feedOutOfOrderIsTaken
    case olderRowReplacesNewer
    /// What was set aside and no sale took is neither spent nor given back.
    case unusedHoldIsKept
    // Its neighbours.
    /// A neighbour says that it has an amount on disk, and did not keep it.
    case takenAndNotKept
    /// Over a restart a terminal forgets what its neighbours stated.
    case neighboursForgotten
    case olderStatementStands
    /// Whoever was asked agreed, whatever they said.
    case nobodyMustAgree
    // The centre.
    case ackBeforeCommit
    /// A row says that it includes whatever was acknowledged.
    case includesFromAck
    /// A fork's record that comes again is posted again.
    case forkPostedAgain
    case holdsForgotten
    /// What a terminal gives back stays set aside.
    case releaseIsIgnored

    /// The bug that worlds have which run in this task.
    @TaskLocal package static var planted: SeededFleetBug?
  }
#endif
