import USBTransport

/// A decoder with the times that it asks for, and how often reading has failed.
///
/// A pause is believed only of a terminal that was awake to hear it: an alarm that rings late says that
/// what the scanner has sent may wait for us as well. Then the patience begins anew, three times at most.
struct ScannerHearing {
  /// From here on an alarm is late.
  static let lateness = Duration.milliseconds(10)
  private static let renewals = 3

  private var decoder: any CodeDecoder
  private let clock: ReaderClock
  private let began: Duration
  /// Until the scanner has been quiet for a moment after the start.
  private var isSettling = true
  /// When the decoder's patience ends.
  private var deadline: Duration?
  /// The earliest alarm that was given out and has not rung. A later one may be under way too; there
  /// are never more than the decoder has kinds of patience.
  private var alarmAt: Duration?
  private var renewalsLeft = renewals
  /// What the input was told last.
  private var isExpecting = false
  private var failures = 0
  private var pause = Pause()

  init(decoder: any CodeDecoder, clock: ReaderClock) {
    self.decoder = decoder
    self.clock = clock
    began = clock.now
    renewDeadline()
  }

  /// An alarm to set: `nil` when one that is early enough is set already, or none is needed.
  mutating func nextAlarm() -> Duration? {
    guard let deadline else { return nil }
    if let alarmAt, alarmAt <= deadline { return nil }
    alarmAt = deadline
    return deadline
  }

  mutating func take(_ transfer: [UInt8]) -> [CodeReading] {
    failures = 0
    pause = Pause()
    defer { renewDeadline() }
    return decoder.take(transfer)
  }

  mutating func interrupt() -> CodeReading? {
    defer { renewDeadline() }
    return decoder.interrupt()
  }

  /// An alarm rang. Before the deadline it means nothing: the scanner has gone on meanwhile.
  mutating func ring(_ time: Duration) -> CodeReading? {
    if alarmAt == time { alarmAt = nil }
    guard let deadline, clock.now >= deadline else { return nil }
    if clock.now - deadline > Self.lateness, renewalsLeft > 0 {
      let left = renewalsLeft - 1
      renewDeadline()
      renewalsLeft = left
      return nil
    }
    isSettling = false
    defer { renewDeadline() }
    return decoder.lapse()
  }

  /// Whether it has not been quiet yet, and is being listened to for longer than `length`.
  func isSettling(for length: Duration) -> Bool {
    isSettling && clock.now - began >= length
  }

  /// Whether a code has begun and not ended; `nil` when that has not changed since the last time.
  mutating func expectation() -> Bool? {
    let expects = !isSettling && decoder.patience != nil
    guard expects != isExpecting else { return nil }
    isExpecting = expects
    return expects
  }

  /// - Returns: How long to wait before the next read; `nil` when it has failed too often.
  mutating func failed(limit: Int) -> Duration? {
    failures += 1
    return failures <= limit ? pause.next() : nil
  }

  private mutating func renewDeadline() {
    renewalsLeft = Self.renewals
    deadline = decoder.patience.map { clock.now + $0 }
  }
}
