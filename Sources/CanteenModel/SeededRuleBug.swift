#if SEEDED_BUGS
  /// A mistake that somebody could make in a rule of a core or in a codec, planted so that the fleet simulator
  /// shows that it finds it. Debug builds only: a release build contains none of this.
  package enum SeededRuleBug: String, CaseIterable, Sendable {
    // The terminal's core.
    case approvalsAreNotCounted, capIsIgnored, everyTerminalIsTheOnlyOne, weakIsMedium
    case lostCardPays, debtIsForgotten, endedTrancheIsSpent, shortHoldCovers
    case recordTimeFalls, refundedTwice, unlitIsForgotten, secondTapPays
    // The settlement core.
    case forkIsNotNoticed, gapIsTaken, staleNonceIsCurrent, heldIsFree, moreIsGrantedThanFree
    case payableIsForgotten, subsidyPaysPersonal, includesBeyondTheAck
    case forkHandsNothingOver, retiredKeyRotates, tranchesAreNotFolded
    // The wire.
    case headWithoutPrevious, headWithoutSequence, signatureIsNotChecked, chainIsNotVerified
    case holdsAreNotWritten, ackNamesOneMore

    /// The bug that rules and codecs have which run in this task.
    @TaskLocal package static var planted: SeededRuleBug?
  }
#endif
