#if SEEDED_BUGS
  /// A mistake that somebody could make in who may do what, planted so that a test can show that it is found.
  /// Debug builds only.
  package enum SeededAccessBug: String, CaseIterable, Sendable {
    // The judgement.
    case auditMayWrite, unitSeesAnother, proposerApprovesOwn, roleOfWrongScope, oneIsEnough
    // The store.
    case codeIsGoodTwice, sessionNeverIdles, sessionOutlivesPassword, auditIsNotChained
    case proposalRunsTwice, changedBasisRuns, disabledStaysIn, evaluatesElsewhere
    case namesAreBelieved, suspenseResolvedTwice, mealAcceptedElsewhere
    case catererReadsAll

    /// The bug that judgements and books have in this task.
    @TaskLocal package static var planted: SeededAccessBug?
  }
#endif
