#if SEEDED_BUGS
  /// A mistake that somebody could make in what people do with the books, planted so that its tests show that they find
  /// it. Debug builds only: a release build contains none of this.
  package enum SeededOfficeBug: String, CaseIterable, Sendable {
    case onePersonIsTwo, bankLineIsGuessed, debtIsNotRecovered, lateSaleIsADebt
    case debtIsNotSpent, witnessedHeadsAreLost, overuseIsCharged

    /// The bug that rules have which run in this task.
    @TaskLocal package static var planted: SeededOfficeBug?
  }
#endif
