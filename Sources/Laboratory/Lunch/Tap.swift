import CanteenModel
import Dispatch
import Foundation
import VirtualReaders

/// A card that is laid on the reader, and what the diner saw.
struct Tap: Sendable {
  let card: [UInt8]
  /// What the reader was told to show; `nil` when it stayed dark.
  let signal: ReaderSignal?
  /// From the card in the field to the reader's light.
  let latency: Duration?

  var isGreen: Bool { signal?.green == true && signal?.red == false }
}

extension Site {
  /// Lays a card on the reader and waits for its light.
  ///
  /// - Parameter patience: How long the light may take.
  func lay(_ card: [UInt8], patience: Duration = .seconds(5)) async throws -> Tap {
    let before = bus.signalLog.count
    let start = MonotonicNanoseconds.now
    try bus.tap(VirtualCard(kind: .desfire, serial: card), port: Self.readerPort)
    let deadline = ContinuousClock.now + patience
    while ContinuousClock.now < deadline {
      if let entry = bus.signalLog.dropFirst(before).first(where: { $0.isAnswer(to: card) }) {
        return Tap(
          card: card, signal: entry.signal,
          latency: .nanoseconds(entry.atNanoseconds - start))
      }
      try await Task.sleep(for: .milliseconds(2))
    }
    return Tap(card: card, signal: nil, latency: nil)
  }

  /// Takes the card away, and waits until the reader was told to go dark.
  func take() async throws {
    let before = bus.signalLog.count
    try bus.remove(port: Self.readerPort)
    try await Patience.until("the light goes out", within: .seconds(2)) {
      bus.signalLog.dropFirst(before).contains { $0.signal.isDark }
    }
  }

  /// Lays a card on the reader, waits for the light, and takes it away.
  func tap(_ card: [UInt8]) async throws -> Tap {
    let tap = try await lay(card)
    try await take()
    return tap
  }
}

extension ReaderSignal {
  /// Nothing is lit and nothing sounds: the card went away.
  var isDark: Bool { !green && !red && beeps == 0 }
}

extension SignalLogEntry {
  /// Whether this is what the daemon had shown to the holder of a card.
  func isAnswer(to card: [UInt8]) -> Bool {
    signal.origin == .host && !signal.isDark && signal.card == Hexadecimal.text(card)
  }
}

/// CLOCK_MONOTONIC, the clock of the signal log.
enum MonotonicNanoseconds {
  static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }
}
