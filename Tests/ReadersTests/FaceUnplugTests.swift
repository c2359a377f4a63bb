import CanteenModel
import Readers
import Testing
import VirtualReaders

/// A face module's session that is cut off, or answered too late.
@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(4)))
struct FaceUnplugTests {
  @Test(
    "an unplug at the n-th transfer of a face module's session is survived, for every n",
    arguments: 1...40)
  func anywhere(transfer: Int) async throws {
    try await Bench.withFaceModule { bench in
      await bench.supervisor.seek(true, lane: Bench.lane)
      try plug(into: bench)
      // A session with one recognition makes some 30 transfers behind an FTDI bridge.
      try bench.bus.inject(.unplug(atTransfer: transfer), port: Bench.port)
      // try?: the fault may have struck already.
      try? bench.bus.show(face: 5, port: Bench.port)
      let supervisor = bench.supervisor
      var shown = 0
      await withThrowingTaskGroup { group in
        group.addTask {
          // Later transfers are made here.
          while !Task.isCancelled {
            _ = await supervisor.face(.list, on: Bench.reader)
            try await Task.sleep(for: .milliseconds(20))
          }
        }
        while let event = await bench.nextBesideGuidance() {
          if case .presented = event { shown += 1 }
          guard case .away(_, let reason) = event else { continue }
          #expect(reason == .unplugged)
          break
        }
        group.cancelAll()
      }
      #expect(shown <= 1)
      while !bench.bus.ports.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
      try plug(into: bench)
      await bench.ready()
      try bench.bus.show(face: 5, port: Bench.port)
      #expect(await bench.nextBesideGuidance() == presented(user: 5))
    }
  }

  /// Five times as fast as the machine's: a round with nobody lasts two seconds.
  private static let fast = {
    let start = ContinuousClock.now
    return ReaderClock(
      now: { (ContinuousClock.now - start) * 5 }, sleep: { try await Task.sleep(for: $0 / 5) })
  }()

  @Test("an answer that is lost costs its round, and the next one presents")
  func lostAnswer() async throws {
    try await Bench.withFaceModule(clock: Self.fast) { bench in
      try plug(into: bench)
      await bench.ready()
      try bench.bus.spoil(.wrongChecksum, port: Bench.port)
      try bench.bus.show(face: 5, port: Bench.port)
      await bench.supervisor.seek(true, lane: Bench.lane)
      #expect(await bench.nextBesideGuidance() == presented(user: 5))
      #expect(try bench.bus.resets(port: Bench.port) == 0)
    }
  }

  @Test(
    "a module that keeps quiet about a round with nobody is asked for a sign of life, not reset")
  func quietRound() async throws {
    try await Bench.withFaceModule(clock: Self.fast) { bench in
      try plug(into: bench)
      await bench.ready()
      try bench.bus.show(face: 5, port: Bench.port)
      await bench.supervisor.seek(true, lane: Bench.lane)
      #expect(await bench.nextBesideGuidance() == presented(user: 5))
      try bench.bus.show(face: nil, port: Bench.port)
      #expect(await bench.nextBesideGuidance() == .removed(Bench.reader))
      #expect(await bench.supervisor.states().map(\.word) == ["ready"])
      try bench.bus.show(face: 5, port: Bench.port)
      #expect(await bench.nextBesideGuidance() == presented(user: 5))
      #expect(try bench.bus.resets(port: Bench.port) == 0)
    }
  }

  private func plug(into bench: Bench) throws {
    try bench.plug(FaceModuleAPeripheral(users: [5: "zhang"]), .ft232r)
  }
}
