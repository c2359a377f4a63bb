package import CanteenModel

/// What came of what a scanner sent.
package enum CodeReading: Equatable, Sendable {
  case code(ScannedCode)
  case unreadable(Unreadable)
}

/// Makes codes of what a scanner sends. It has no clock: whoever reads from the scanner tells it that
/// nothing came for as long as its ``patience``.
package protocol CodeDecoder: Sendable {
  /// How long to wait for the scanner's next word before ``lapse()``; `nil` waits for ever.
  var patience: Duration? { get }

  /// One transfer.
  mutating func take(_ transfer: [UInt8]) -> [CodeReading]

  /// Nothing came for ``patience``.
  mutating func lapse() -> CodeReading?

  /// What the scanner sent in between may be lost.
  mutating func interrupt() -> CodeReading?
}

/// The bytes of the code that is just coming in: a code is whole, or it is none.
///
/// It begins deaf, until the scanner has been quiet for a while: what was scanned before anybody
/// listened, and waits in the scanner, is no presentation, nor is the end of a code whose beginning
/// somebody else read. For the same reason what follows a broken code is dropped up to its end.
package struct CodeCollector: Equatable, Sendable {
  /// What happens at a pause of the scanner.
  package enum Pause: Equatable, Sendable {
    /// It stopped in the middle of a code.
    case breaks(after: Duration)
    /// Nothing else tells the end of a code.
    case ends(after: Duration)

    var length: Duration {
      switch self {
      case .breaks(let length), .ends(let length): length
      }
    }
  }

  private enum State: Equatable {
    /// Deaf, until a pause.
    case settling
    case idle
    case collecting([UInt8])
    /// Until the broken code's end, or a pause.
    case dropping
  }

  /// Before a scanner is believed at the start.
  package static let settlingTime = Duration.milliseconds(250)
  /// A broken code whose end does not come for so long has none.
  package static let longestTail = Duration.seconds(1)
  /// Bytes: a code with the name of its symbology before it.
  static let capacity = ScannedCode.longest + SymbologyIdentifier.length

  private let pause: Pause
  private var state = State.settling

  package init(pause: Pause) {
    self.pause = pause
  }

  /// See ``CodeDecoder/patience``.
  package var patience: Duration? {
    switch state {
    case .settling: Self.settlingTime
    case .idle: nil
    case .collecting: pause.length
    case .dropping: Self.longestTail
    }
  }

  var isCollecting: Bool {
    if case .collecting = state { true } else { false }
  }

  /// - Returns: Why the code is none, when it just turned out to be.
  package mutating func append(_ bytes: some Collection<UInt8>) -> Unreadable? {
    switch state {
    case .settling, .dropping: return nil
    case .idle: state = .collecting([])
    case .collecting: break
    }
    guard case .collecting(var code) = state else { return nil }
    guard code.count + bytes.count <= Self.capacity else { return breakOff() }
    state = .idle
    code += bytes
    state = .collecting(code)
    return nil
  }

  /// The scanner said that the code ends here.
  ///
  /// - Returns: `nil` for one without bytes, or when what ends is dropped.
  package mutating func end() -> [UInt8]? {
    switch state {
    case .settling: return nil
    case .idle, .dropping:
      state = .idle
      return nil
    case .collecting(let code):
      state = .idle
      return code.isEmpty ? nil : code
    }
  }

  /// Something came that belongs to no code. It may have been a part of one.
  ///
  /// - Returns: `nil` when what comes is dropped anyway.
  package mutating func breakOff() -> Unreadable? {
    switch state {
    case .settling, .dropping: return nil
    case .idle, .collecting:
      state = .dropping
      return .brokenCode
    }
  }

  /// Something may have been lost.
  ///
  /// - Returns: `nil` when no code was coming in: perhaps nobody is there. What follows is dropped all
  ///   the same.
  package mutating func interrupt() -> Unreadable? {
    let wasCollecting = isCollecting
    let reason = breakOff()
    return wasCollecting ? reason : nil
  }

  /// Nothing came for ``patience``.
  ///
  /// - Returns: A code that ends with the pause.
  package mutating func lapse() -> Result<[UInt8], Broken>? {
    switch (state, pause) {
    case (.settling, _), (.dropping, _), (.idle, _):
      state = .idle
      return nil
    case (.collecting, .ends): return end().map { .success($0) }
    case (.collecting, .breaks):
      #if SEEDED_BUGS
        if SeededReaderBug.planted == .piecesAreCodes { return end().map { .success($0) } }
      #endif
      state = .dropping
      return .failure(Broken())
    }
  }

  /// A pause came in the middle of a code.
  package struct Broken: Error, Equatable {}
}
