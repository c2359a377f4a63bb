#if SEEDED_BUGS
  /// A mistake that somebody could make at a link, planted so that a test can show that it is found. Debug
  /// builds only.
  package enum SeededLinkBug: Sendable {
    /// Whoever answers is spoken to.
    case trustsAnybody
    /// An expired certificate is as good as any.
    case forgetsTime

    /// The bug that callers have which are made in this task.
    @TaskLocal package static var planted: SeededLinkBug?
  }
#endif
