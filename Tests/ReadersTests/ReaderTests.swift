import CanteenModel
import Readers
import Testing
import VirtualReaders

@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(2)))
struct ReaderTests {
  @Test(
    "a card that is laid on a reader is presented once, and its removal is told",
    arguments: [ReaderHardware.acr122u, .omnikey5022, .acr1252u, .withoutInterrupt])
  func tap(hardware: ReaderHardware) async throws {
    try await Bench.with([(hardware, Bench.port)]) { bench in
      await bench.ready()
      try bench.tap([0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6], kind: .desfire)
      #expect(
        await bench.next() == presented([0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6], kind: .desfire))
      // Long enough for a reader that is polled to be asked a few times.
      try await Task.sleep(for: .milliseconds(500))
      try bench.bus.remove(port: Bench.port)
      #expect(await bench.next() == .removed(Bench.reader))
      try bench.tap([1, 2, 3, 4])
      #expect(await bench.next() == presented([1, 2, 3, 4]))
    }
  }

  @Test(
    "the kind of a card is told by its ATR, and of a processor card by what it answers",
    arguments: [
      (VirtualCard.Kind.classic1K, CardKind.classic), (.ultralight, .ultralight),
      (.desfire, .desfire), (.cpu, .cpu),
    ] as [(VirtualCard.Kind, CardKind)])
  func kind(card: VirtualCard.Kind, kind: CardKind) async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap([4, 1, 2, 3], kind: card)
      #expect(await bench.next() == presented([4, 1, 2, 3], kind: kind))
    }
  }

  @Test("a card that lies on the reader at the start is presented")
  func earlyCard() async throws {
    try await Bench.with([]) { bench in
      try bench.bus.plug(.acr122u, port: Bench.port)
      try bench.tap([1, 2, 3, 4])
      await bench.ready()
      #expect(await bench.next() == presented([1, 2, 3, 4]))
    }
  }

  @Test("a card that is swapped for another unseen is removed and the other presented")
  func swap() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap([1, 2, 3, 4])
      #expect(await bench.next() == presented([1, 2, 3, 4]))
      try bench.tap([5, 6, 7, 8])
      #expect(await bench.next() == .removed(Bench.reader))
      #expect(await bench.next() == presented([5, 6, 7, 8]))
    }
  }

  @Test(
    "a serial number that is random or of no known length is never an identity",
    arguments: [
      ([0x08, 1, 2, 3], Unreadable.randomSerial), ([1, 2, 3], .oddSerial),
      ([1, 2, 3, 4, 5], .oddSerial), ([0x08], .oddSerial),
    ] as [([UInt8], Unreadable)])
  func unreadable(serial: [UInt8], reason: Unreadable) async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap(serial)
      #expect(await bench.next() == .unreadable(Bench.reader, reason))
      try bench.bus.remove(port: Bench.port)
      #expect(await bench.next() == .removed(Bench.reader))
    }
  }

  @Test("two readers work side by side, and one that leaves does not disturb the other")
  func twoReaders() async throws {
    let other = "1-1.4"
    try await Bench.with([(.acr122u, Bench.port), (.omnikey5022, other)]) { bench in
      var ready: Set<ReaderID> = []
      while ready.count < 2, let event = await bench.next() {
        if case .ready(let description) = event { ready.insert(description.reader) }
      }
      try bench.tap([1, 2, 3, 4])
      #expect(await bench.next() == presented([1, 2, 3, 4]))
      try bench.tap([5, 6, 7, 8], port: other)
      #expect(await bench.next() == presented([5, 6, 7, 8], at: other))
      try bench.bus.unplug(port: other)
      #expect(await bench.next() == .away(ReaderID(port: other), .unplugged))
      try bench.bus.remove(port: Bench.port)
      #expect(await bench.next() == .removed(Bench.reader))
      let states = await bench.supervisor.states()
      #expect(states.map(\.word) == ["away", "ready"])
      #expect(states.map(\.identifier) == ["076B:5022", "072F:2200"])
    }
  }

  @Test("a reader that is plugged back is ready again and presents cards")
  func replug() async throws {
    try await Bench.with { bench in
      for _ in 0..<5 {
        await bench.ready()
        try bench.tap([1, 2, 3, 4])
        #expect(await bench.next() == presented([1, 2, 3, 4]))
        try bench.bus.remove(port: Bench.port)
        #expect(await bench.next() == .removed(Bench.reader))
        try bench.bus.unplug(port: Bench.port)
        #expect(await bench.next() == .away(Bench.reader, .unplugged))
        try bench.bus.plug(.acr122u, port: Bench.port)
      }
    }
  }

  @Test("a reader whose descriptors cannot be read at first is listed, and ready when they can")
  func lateDescriptors() async throws {
    try await Bench.with([]) { bench in
      try bench.bus.plug(.acr122u, port: Bench.port, isConfigured: false)
      var words: [String] = []
      while words.isEmpty {
        try await Task.sleep(for: .milliseconds(10))
        words = await bench.supervisor.states().map(\.word)
      }
      #expect(words == ["starting"])
      try bench.bus.configure(port: Bench.port)
      await bench.ready()
      try bench.tap([1, 2, 3, 4])
      #expect(await bench.next() == presented([1, 2, 3, 4]))
    }
  }

  @Test("a reader whose descriptors stay unreadable is away with the reason")
  func noDescriptors() async throws {
    try await Bench.with([]) { bench in
      try bench.bus.plug(.acr122u, port: Bench.port, isConfigured: false)
      guard case .away(Bench.reader, .failed) = await bench.next() else {
        Issue.record("not away")
        return
      }
    }
  }

  @Test("a reader of TPDU level is refused with its reason")
  func refusedLevel() async throws {
    try await Bench.with([(.acr38u, Bench.port)]) { bench in
      guard case .away(Bench.reader, .refused(let reason)) = await bench.next() else {
        Issue.record("not refused")
        return
      }
      #expect(reason == "unsupported exchange level: TPDU; short or extended APDU is needed")
      #expect(await bench.supervisor.states().map(\.word) == ["refused"])
    }
  }

  @Test("an idle reader with an interrupt endpoint is never asked")
  func idle() async throws {
    try await Bench.with { bench in
      await bench.ready()
      // The first questions after the start, and the last one of it, may still be to come.
      try await bench.settled()
      let before = try bench.bus.submittedTransfers(port: Bench.port)
      try await Task.sleep(for: .seconds(2))
      #expect(try bench.bus.submittedTransfers(port: Bench.port) == before)
    }
  }
}
