#if SEEDED_BUGS
  /// A mistake that somebody could make with the keys of a terminal, planted so that a test can show that it is
  /// found. Debug builds only.
  package enum SeededKeyBug: Sendable {
    /// The new key signs before the centre has acknowledged its rotation.
    case rotatedBeforeAck

    /// The bug that journals have which rotate their key in this task.
    @TaskLocal package static var planted: SeededKeyBug?
  }
#endif
