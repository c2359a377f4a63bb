import Synchronization

/// What was last told about the card on one port. It outlives sessions, resets and replugs.
///
/// A reset, a power loss or a replug makes a card that never moved look new. Only an empty slot, a
/// notice of one, or another card ends a laying: until then the same serial number is not presented
/// again, so that a forgotten card pays for nobody else.
///
/// What a process finds before it has seen the slot empty for the first time is not news: the card
/// may have been presented to the process before it. It is told as one that was there at the start.
final class CardMemory: Sendable {
  /// What is on the reader, as far as it was told.
  private enum Told: Equatable {
    case presented(serial: [UInt8])
    case unreadable(Unreadable)
  }

  /// What a reading means.
  enum Finding: Equatable, Sendable {
    /// It is the card that was told of already.
    case known
    /// It is to be told. `wasThereAtStart`: the process has not seen this slot empty before.
    case new(wasThereAtStart: Bool)
  }

  private struct State {
    var told: Told?
    var litAt: Duration?
    /// Nothing is known yet of what lay there when the process started.
    var isAtStart = true
  }

  /// So long after a signal a new session leaves the light of a card that lies there alone.
  static let lightLasts = Duration.seconds(5)

  private let clock: ReaderClock
  private let state = Mutex(State())

  init(clock: ReaderClock = .machine) {
    self.clock = clock
  }

  /// Whether an empty slot would be news: a card was told of, or none was looked for before.
  var awaitsEmpty: Bool { state.withLock { $0.told != nil || $0.isAtStart } }

  /// Whether a signal was shown less than ``lightLasts`` ago.
  var wasJustLit: Bool {
    state.withLock { state in
      state.litAt.map { clock.now - $0 < Self.lightLasts } ?? false
    }
  }

  /// A signal was shown to a card.
  func lit() {
    state.withLock { $0.litAt = clock.now }
  }

  /// The slot was empty, or is said to have been.
  func left() {
    state.withLock { $0 = State(isAtStart: false) }
  }

  /// A card was read, or could not be.
  ///
  /// - Returns: Whether it is to be told.
  func found(_ reading: SerialReading) -> Finding {
    state.withLock { state in
      #if SEEDED_BUGS
        if SeededReaderBug.planted == .startIsForgotten { state.isAtStart = false }
      #endif
      let new: Told =
        switch reading {
        case .success(let serial): .presented(serial: serial)
        case .failure(let reason): .unreadable(reason)
        }
      // A card that falls silent is still the same card: its number must not be forgotten.
      if case .presented = state.told, reading.saysNothing { return .known }
      guard state.told != new else { return .known }
      // A card that does not answer at first is still the one that was there.
      let wasThereAtStart = state.isAtStart
      if case .presented = new { state.isAtStart = false }
      state.told = new
      return .new(wasThereAtStart: wasThereAtStart)
    }
  }
}

extension SerialReading {
  /// It does not show that another card lies there.
  fileprivate var saysNothing: Bool {
    switch self {
    case .failure(.mute), .failure(.noSerial): true
    case .failure(.randomSerial), .failure(.oddSerial), .success: false
    // Said of other media.
    case .failure(.brokenCode), .failure(.wrongSymbology), .failure(.notAlive),
      .failure(.unknownFace):
      false
    }
  }
}
