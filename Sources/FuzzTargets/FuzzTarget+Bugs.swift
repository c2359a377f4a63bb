#if SEEDED_BUGS
  import Readers

  extension FuzzTarget {
    /// The planted mistakes that it must find, by name: those of a codec, and one of the drivers.
    package var bugs: [String] {
      if self == .device { return [SeededReaderBug.piecesAreCodes.rawValue] }
      return SeededCodecBug.allCases.filter { Self.finder(of: $0) == self }.map(\.rawValue)
    }

    private static func finder(of bug: SeededCodecBug) -> FuzzTarget {
      switch bug {
      case .statedLengthIsBelieved: .ccid
      case .emptyStackIsPopped: .hidDescriptor
      case .checksumIsIgnored: .faceFM22x
      case .noiseIsReadForEver: .faceTX510
      case .converterStaysOpen: .code
      }
    }

    /// Lets something happen while a mistake is planted; without a name none is.
    package static func planting<Value>(_ bug: String?, _ body: () -> Value) -> Value {
      SeededCodecBug.$planted.withValue(bug.flatMap(SeededCodecBug.init)) {
        SeededReaderBug.$planted.withValue(bug.flatMap(SeededReaderBug.init), operation: body)
      }
    }
  }
#endif
