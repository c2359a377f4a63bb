#if SEEDED_BUGS
  /// A mistake that somebody could make in a codec, planted so that `make fuzz` can show that it finds it.
  /// Debug builds only: a release build contains none of this.
  package enum SeededCodecBug: String, CaseIterable, Sendable {
    /// A card reader's message is as long as it says, not as long as it is.
    case statedLengthIsBelieved
    /// A report descriptor may take back what it never put aside.
    case emptyStackIsPopped
    /// A frame of a face module holds whatever its checksum is.
    case checksumIsIgnored
    /// What begins like a frame of a face module and is none is looked at for ever.
    case noiseIsReadForEver
    /// What turns a code's bytes into text is never closed.
    case converterStaysOpen

    /// The bug that codecs have which run in this task.
    @TaskLocal package static var planted: SeededCodecBug?
  }
#endif
