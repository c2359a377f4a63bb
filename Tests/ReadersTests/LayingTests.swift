import CanteenModel
import Testing
import VirtualReaders

@testable import Readers

@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(2)))
struct LayingTests {
  private let card: [UInt8] = [1, 2, 3, 4]

  /// What comes before the reader's next `removed`, after which the card is laid again and must be
  /// presented.
  private func untilRemoved(_ bench: inout Bench) async throws -> [ReaderEvent] {
    try bench.bus.remove(port: Bench.port)
    var events: [ReaderEvent] = []
    while let event = await bench.next(), event != .removed(Bench.reader) { events.append(event) }
    try bench.tap(card)
    #expect(await bench.next() == presented(card))
    return events
  }

  @Test(
    "a card that lies there while the reader is reset is presented once, and again when laid anew",
    arguments: [ReaderFault.mute, .garbage, .shortFrame, .lengthMismatch, .stall])
  func reset(fault: ReaderFault) async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap(card)
      #expect(await bench.next() == presented(card))
      try await bench.quiet()
      try bench.bus.inject(fault, port: Bench.port)
      _ = await bench.supervisor.signal(.approved, on: Bench.reader)
      guard case .away = await bench.next() else {
        Issue.record("the fault was not noticed")
        return
      }
      await bench.ready()
      // The reader answers signals in turn: by then it has looked at the slot.
      #expect(await bench.supervisor.signal(.approved, on: Bench.reader) == .shown)
      try await Task.sleep(for: .milliseconds(200))
      #expect(try await untilRemoved(&bench).isEmpty)
    }
  }

  @Test("a card that lies there while the reader is plugged in anew is presented once")
  func replug() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap(card)
      #expect(await bench.next() == presented(card))
      try bench.bus.unplug(port: Bench.port)
      #expect(await bench.next() == .away(Bench.reader, .unplugged))
      try bench.bus.plug(.acr122u, port: Bench.port)
      try bench.tap(card)
      await bench.ready()
      try await Task.sleep(for: .milliseconds(300))
      #expect(try await untilRemoved(&bench).isEmpty)
    }
  }

  @Test("a card that was taken while the reader was unplugged is presented when it is laid again")
  func takenMeanwhile() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap(card)
      #expect(await bench.next() == presented(card))
      try bench.bus.unplug(port: Bench.port)
      #expect(await bench.next() == .away(Bench.reader, .unplugged))
      try bench.bus.plug(.acr122u, port: Bench.port)
      await bench.ready()
      // A reader that has just started may not have looked for cards yet: it is believed later.
      try await bench.settled()
      try bench.tap(card)
      #expect(await bench.next() == presented(card))
    }
  }

  @Test("another card after a reset is presented")
  func anotherCard() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap(card)
      #expect(await bench.next() == presented(card))
      try bench.bus.unplug(port: Bench.port)
      #expect(await bench.next() == .away(Bench.reader, .unplugged))
      try bench.bus.plug(.acr122u, port: Bench.port)
      try bench.tap([5, 6, 7, 8])
      await bench.ready()
      #expect(await bench.next() == presented([5, 6, 7, 8]))
    }
  }

  @Test("a card whose power was lost is presented once")
  func powerLoss() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap(card)
      #expect(await bench.next() == presented(card))
      try bench.bus.losePower(port: Bench.port)
      try await Task.sleep(for: .milliseconds(200))
      #expect(try await untilRemoved(&bench).isEmpty)
    }
  }

  @Test("a card that misses its first power-ons is presented all the same, and not called mute")
  func lateCard() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try await bench.quiet()
      try bench.bus.inject(.zeroPacket, port: Bench.port)
      for _ in 0..<2 { try bench.bus.inject(.failure(error: 0xFE), port: Bench.port) }
      try bench.tap(card)
      #expect(await bench.next() == presented(card))
    }
  }

  @Test("a card that stays mute is told once, and the one laid after it is presented")
  func afterMute() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap([9, 9, 9, 9], isMute: true)
      #expect(await bench.next() == .unreadable(Bench.reader, .mute))
      // Removal and laying within one look at the slot.
      try bench.tap(card)
      #expect(await bench.next() == .removed(Bench.reader))
      #expect(await bench.next() == presented(card))
    }
  }
}
