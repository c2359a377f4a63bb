#if SEEDED_BUGS
  package import Readers

  extension SeededCodecBug {
    /// Who must find it.
    package var finder: FuzzTarget {
      switch self {
      case .statedLengthIsBelieved: .ccid
      case .emptyStackIsPopped: .hidDescriptor
      case .checksumIsIgnored: .faceFM22x
      }
    }
  }
#endif
