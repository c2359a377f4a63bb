import CanteenModel
import Testing
import VirtualReaders

@testable import Readers

/// Which cards were there when the process looked for the first time.
@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(2)))
struct StartTests {
  private let card: [UInt8] = [1, 2, 3, 4]

  @Test("a card that lies on the reader at the start is told as such, and laid anew it is not")
  func lying() async throws {
    try await Bench.with([]) { bench in
      try bench.bus.plug(.acr122u, port: Bench.port)
      try bench.tap(card)
      await bench.ready()
      #expect(await bench.next() == presented(card))
      #expect(bench.wasThereAtStart == true)
      try bench.bus.remove(port: Bench.port)
      #expect(await bench.next() == .removed(Bench.reader))
      // At once: the card that lay there is gone, so the reader need not settle first.
      try bench.tap(card)
      #expect(await bench.next() == presented(card))
      #expect(bench.wasThereAtStart == false)
    }
  }

  @Test("a card that a reader finds half a second after its start counts as there at the start")
  func foundLate() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try await Task.sleep(for: .milliseconds(400))
      try bench.tap(card)
      #expect(await bench.next() == presented(card))
      #expect(bench.wasThereAtStart == true)
    }
  }

  @Test(
    "a card that is laid when the reader has settled was not there at the start",
    arguments: [ReaderHardware.acr122u, .omnikey5022, .withoutInterrupt])
  func settled(hardware: ReaderHardware) async throws {
    try await Bench.with([(hardware, Bench.port)]) { bench in
      await bench.ready()
      try await bench.settled()
      try bench.tap(card)
      #expect(await bench.next() == presented(card))
      #expect(bench.wasThereAtStart == false)
    }
  }

  @Test("another card after the one that was there at the start is a new one")
  func swapped() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap(card)
      #expect(await bench.next() == presented(card))
      #expect(bench.wasThereAtStart == true)
      try bench.tap([5, 6, 7, 8])
      #expect(await bench.next() == .removed(Bench.reader))
      #expect(await bench.next() == presented([5, 6, 7, 8]))
      #expect(bench.wasThereAtStart == false)
    }
  }

  @Test("a card that lies on a reader that is plugged in later was there at the start of its port")
  func pluggedLater() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try await bench.settled()
      let port = "1-3"
      try bench.bus.plug(.acr122u, port: port)
      try bench.tap(card, port: port)
      await bench.ready(ReaderID(port: port))
      #expect(await bench.next() == presented(card, at: port))
      #expect(bench.wasThereAtStart == true)
    }
  }

  @Test("a card that is first seen after the reader was plugged in anew was not there at the start")
  func laterSession() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try await bench.settled()
      try bench.bus.unplug(port: Bench.port)
      #expect(await bench.next() == .away(Bench.reader, .unplugged))
      try bench.bus.plug(.acr122u, port: Bench.port)
      try bench.tap(card)
      await bench.ready()
      #expect(await bench.next() == presented(card))
      #expect(bench.wasThereAtStart == false)
    }
  }
}
