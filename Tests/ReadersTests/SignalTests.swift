import CanteenModel
import Readers
import Testing
import VirtualReaders

@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(2)))
struct SignalTests {
  @Test(
    "each signal is seen and heard at the reader before it counts as shown",
    arguments: [
      (Signal.approved, true, false, 2, 100), (.shownAgain, true, false, 1, 100),
      (.declined, false, true, 1, 500),
    ])
  func shown(signal: Signal, green: Bool, red: Bool, beeps: Int, milliseconds: Int) async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap([1, 2, 3, 4])
      #expect(await bench.next() == presented([1, 2, 3, 4]))
      let earlier = bench.bus.signalLog.count
      #expect(await bench.supervisor.signal(signal, on: Bench.reader) == .shown)
      let entry = try #require(bench.bus.signalLog.dropFirst(earlier).first)
      #expect(entry.reader == Bench.port)
      #expect(
        entry.signal
          == ReaderSignal(
            origin: .host, green: green, red: red, beeps: beeps, beepMilliseconds: milliseconds,
            card: "01020304"))
    }
  }

  @Test("the lights go off when the card is taken away")
  func dark() async throws {
    try await Bench.with { bench in
      await bench.ready()
      let earlier = bench.bus.signalLog.count
      try bench.tap([1, 2, 3, 4])
      #expect(await bench.next() == presented([1, 2, 3, 4]))
      #expect(await bench.supervisor.signal(.approved, on: Bench.reader) == .shown)
      try bench.bus.remove(port: Bench.port)
      var signals = bench.bus.signals().dropFirst(earlier + 1).makeAsyncIterator()
      let dark = try #require(await signals.next())
      #expect(!dark.signal.green)
      #expect(!dark.signal.red)
      #expect(dark.signal.beeps == 0)
    }
  }

  @Test("a light that an earlier program left on is put out before the reader is ready")
  func darkAtStart() async throws {
    try await Bench.with([]) { bench in
      let earlier = bench.bus.signalLog.count
      try bench.bus.plug(.acr122u, port: Bench.port)
      await bench.ready()
      let entries = bench.bus.signalLog.dropFirst(earlier)
      let dark = ReaderSignal(
        origin: .host, green: false, red: false, beeps: 0, beepMilliseconds: 0, card: nil)
      #expect(entries.map(\.signal) == [dark])
    }
  }

  @Test("a new session leaves the answer alone that was just shown, and puts it out at removal")
  func justLit() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap([1, 2, 3, 4])
      #expect(await bench.next() == presented([1, 2, 3, 4]))
      #expect(await bench.supervisor.signal(.approved, on: Bench.reader) == .shown)
      let earlier = bench.bus.signalLog.count
      try bench.bus.inject(.shortFrame, port: Bench.port)
      try bench.bus.chatter(0b01, port: Bench.port)
      await bench.ready()
      #expect(bench.bus.signalLog.count == earlier)
      try await Task.sleep(for: .milliseconds(200))
      try bench.bus.remove(port: Bench.port)
      #expect(await bench.next() == .removed(Bench.reader))
      var signals = bench.bus.signals().dropFirst(earlier).makeAsyncIterator()
      let dark = try #require(await signals.next())
      #expect(!dark.signal.green)
    }
  }

  @Test("a reader's own beep is off after its start, and off again after a reset")
  func ownNoises() async throws {
    try await Bench.with { bench in
      await bench.ready()
      #expect(try bench.bus.beepsOnDetection(port: Bench.port) == false)
      #expect(await bench.supervisor.states().map(\.ownNoises) == [.off])
      let earlier = bench.bus.signalLog.count
      try bench.bus.inject(.garbage, port: Bench.port)
      try bench.tap([1, 2, 3, 4])
      await bench.ready()
      #expect(await bench.next() == presented([1, 2, 3, 4]))
      #expect(try bench.bus.beepsOnDetection(port: Bench.port) == false)
      let signals = bench.bus.signalLog.dropFirst(earlier)
      #expect(signals.allSatisfy { $0.signal.origin == .host })
    }
  }

  @Test("an ACR1252U keeps its noises off without power, and is written to once")
  func behaviour() async throws {
    try await Bench.with([(.acr1252u, Bench.port)]) { bench in
      await bench.ready()
      #expect(try bench.bus.beepsOnDetection(port: Bench.port) == false)
      #expect(await bench.supervisor.states().map(\.ownNoises) == [.off])
      try bench.bus.inject(.garbage, port: Bench.port)
      try bench.tap([1, 2, 3, 4])
      await bench.ready()
      #expect(await bench.next() == presented([1, 2, 3, 4]))
      #expect(try bench.bus.behaviourWrites(port: Bench.port) == 1)
    }
  }

  @Test(
    "an ACR1252U that is quiet, answers otherwise than documented or not at all is not written to",
    arguments: [(0x52, .off), (0xFB, .unknown), (nil, .on)] as [(UInt8?, OwnNoises)])
  func behaviourAsPlugged(behaviour: UInt8?, noises: OwnNoises) async throws {
    var hardware = ReaderHardware.acr1252u
    hardware.behaviour = behaviour
    try await Bench.with([(hardware, Bench.port)]) { bench in
      await bench.ready()
      #expect(await bench.supervisor.states().map(\.ownNoises) == [noises])
      let writes = try bench.bus.behaviourWrites(port: Bench.port)
      #expect(writes == 0)
    }
  }

  @Test("a reader without light and buzzer says so, and one that is not there is away")
  func others() async throws {
    try await Bench.with([(.omnikey5022, Bench.port)]) { bench in
      await bench.ready()
      #expect(await bench.supervisor.signal(.approved, on: Bench.reader) == .unsupported)
      let nowhere = ReaderID(port: "9-9")
      #expect(await bench.supervisor.signal(.approved, on: nowhere) == .readerAway)
      // Nothing is known of its noises.
      #expect(await bench.supervisor.states().map(\.ownNoises) == [.unknown])
    }
  }

  @Test("a signal that the reader does not confirm is given up within its patience")
  func unconfirmed() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.bus.inject(.mute, port: Bench.port)
      let began = ContinuousClock.now
      #expect(await bench.supervisor.signal(.approved, on: Bench.reader) == .readerAway)
      let patience = ReaderSupervisor.signalPatience + .milliseconds(500)
      #expect(ContinuousClock.now - began < patience)
    }
  }

  @Test("signals that wait when the reader is unplugged are all answered")
  func unplugged() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.bus.inject(.mute, port: Bench.port)
      let supervisor = bench.supervisor
      let outcomes = await withTaskGroup(of: SignalOutcome.self) { group in
        for _ in 0..<5 {
          group.addTask { await supervisor.signal(.approved, on: Bench.reader) }
        }
        #expect(throws: Never.self) { try bench.bus.unplug(port: Bench.port) }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outcomes == [SignalOutcome](repeating: .readerAway, count: 5))
    }
  }
}
