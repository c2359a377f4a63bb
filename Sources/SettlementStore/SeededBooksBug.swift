#if SEEDED_BUGS
  /// A mistake that somebody could make in the books, planted so that a test can show that it is found.
  /// Debug builds only.
  package enum SeededBooksBug: Sendable {
    /// What is set aside for others is not taken off when somebody asks.
    case forgetsHolds
    /// What is set aside for the refund of a sale does not count when somebody else gives it back.
    case forgetsRefundHolds
    /// What terminals gave back that did not sell it does not count.
    case forgetsOtherTerminals
    /// A terminal that the operator shut out is let in.
    case admitsShutOut
    /// A certificate that another one took the place of is as good as before.
    case admitsSuperseded
    /// A join token is good for whoever comes, as often as they like.
    case spendsTokensTwice
    /// A key that the terminal handed over goes on signing its records.
    case believesRetiredKeys
    /// A terminal that was retired is fed on, and sells on.
    case feedsRetired
    /// A terminal is held to a word that it gave before its neighbour spoke.
    case accusesAtOnce

    /// The bug that books have which are opened in this task.
    @TaskLocal package static var planted: SeededBooksBug?
  }
#endif
