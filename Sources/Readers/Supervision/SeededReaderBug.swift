#if SEEDED_BUGS
  /// A mistake that somebody could make in a driver, planted so that the laboratory can show that it finds it.
  /// Debug builds only: a release build contains none of this.
  package enum SeededReaderBug: String, CaseIterable, Sendable {
    /// A face is taken whether it lives or not.
    case deadFaceIsTaken
    /// The number that a module in demo mode has for everybody is taken for a person's.
    case demoUserIsTaken
    /// A code that stops in its middle is taken for a whole one.
    case piecesAreCodes
    /// What was told of a card is forgotten with the session: a replug makes it new.
    case cardsAreForgotten
    /// A card that lay there when the process began is like any other.
    case startIsForgotten
    /// A device is reset however often it fails.
    case resetForEver
    /// A device that the kernel takes from us is held to be pulled out.
    case takenIsGone

    /// The bug that readers have which are supervised in this task.
    @TaskLocal package static var planted: SeededReaderBug?
  }
#endif
