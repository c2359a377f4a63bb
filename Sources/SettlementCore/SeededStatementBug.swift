#if SEEDED_BUGS
  /// A mistake that somebody could make in the quarter's settlement, planted so that a test can show that a statement's
  /// verification, or the books, find it. Debug builds only.
  package enum SeededStatementBug: String, CaseIterable, Sendable {
    // Found by whoever verifies the statement.
    case countsLateTwice, forgetsLateRecords, forgetsRefundsElsewhere, forgetsSuspendedSales
    case roundsEachTerm, chargesSelfRun, ignoresFindings, ignoresMoves, countsRefundsAtNewTerm
    // Found by the books' own tests: they concern what people may do.
    case movesClosedQuarter, approvesUnseen, booksTwice, forgetsOrders

    /// The bug that settlements have which run in this task.
    @TaskLocal package static var planted: SeededStatementBug?
  }
#endif
