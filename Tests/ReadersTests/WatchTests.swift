import Readers
import Testing
import VirtualReaders

@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(2)))
struct WatchTests {
  /// Transfers within a second, when the reader has nothing to say.
  private func transfers(_ bench: Bench) async throws -> Int {
    let before = try bench.bus.submittedTransfers(port: Bench.port)
    try await Task.sleep(for: .seconds(1))
    return try bench.bus.submittedTransfers(port: Bench.port) - before
  }

  @Test("a bus error on the interrupt endpoint does not make the reader one that is polled")
  func transient() async throws {
    try await Bench.with { bench in
      await bench.ready()
      // The last look of a start is over.
      try await bench.settled()
      try bench.bus.failNotices(2, port: Bench.port)
      // A reader that is polled is never quiet for a second.
      var quiet = false
      for _ in 0..<5 where !quiet { quiet = try await transfers(bench) == 0 }
      #expect(quiet)
      try bench.tap([1, 2, 3, 4])
      #expect(await bench.next() == presented([1, 2, 3, 4]))
    }
  }

  @Test("a reader whose interrupt endpoint fails again and again is polled")
  func lasting() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try await Task.sleep(for: .milliseconds(100))
      try bench.bus.failNotices(1000, port: Bench.port)
      try await Task.sleep(for: .milliseconds(3500))
      #expect(try await transfers(bench) > 0)
      try bench.tap([1, 2, 3, 4])
      #expect(await bench.next() == presented([1, 2, 3, 4]))
    }
  }
}
