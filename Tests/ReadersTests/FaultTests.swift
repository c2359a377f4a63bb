import CanteenModel
import Logging
import Testing
import USBTransport
import VirtualReaders

@testable import Readers

@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(4)))
struct FaultTests {
  @Test(
    "a fault that the driver can ride out is not noticed",
    arguments: [
      ReaderFault.timeExtension(multiplier: 4, delayMilliseconds: 1500), .staleSequence(count: 1),
      .staleSequence(count: 10), .zeroPacket, .stall, .failure(error: 0xFE),
    ])
  func riddenOut(fault: ReaderFault) async throws {
    try await Bench.with { bench in
      await bench.ready()
      // Of the tap's exchanges the first asks for the state; the next powers the card on.
      try bench.bus.inject(.zeroPacket, port: Bench.port)
      try bench.bus.inject(fault, port: Bench.port)
      try bench.tap([1, 2, 3, 4])
      #expect(await bench.next() == presented([1, 2, 3, 4]))
    }
  }

  @Test(
    "a fault that breaks the protocol takes the reader away, and a reset brings it back",
    arguments: [
      ReaderFault.mute, .garbage, .shortFrame, .lengthMismatch, .partial,
      .staleSequence(count: 11),
    ])
  func reset(fault: ReaderFault) async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.bus.inject(fault, port: Bench.port)
      try bench.tap([1, 2, 3, 4])
      guard case .away(Bench.reader, .failed) = await bench.next() else {
        Issue.record("the fault was not noticed")
        return
      }
      await bench.ready()
      #expect(await bench.next() == presented([1, 2, 3, 4]))
    }
  }

  @Test("a reader whose slot is busy is asked again and not reset", arguments: [0xE0, 0xF2])
  func slotBusy(error: UInt8) async throws {
    try await Bench.with { bench in
      await bench.ready()
      try await bench.quiet()
      for _ in 0..<CardReaderChannel.busyRetries {
        try bench.bus.inject(.failure(error: error), port: Bench.port)
      }
      try bench.tap([1, 2, 3, 4])
      #expect(await bench.next() == presented([1, 2, 3, 4]))
    }
  }

  @Test("a reader whose slot stays busy is reset")
  func staysBusy() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try await bench.quiet()
      for _ in 0...CardReaderChannel.busyRetries {
        try bench.bus.inject(.failure(error: 0xE0), port: Bench.port)
      }
      try bench.tap([1, 2, 3, 4])
      guard case .away(Bench.reader, .failed) = await bench.next() else {
        Issue.record("not noticed")
        return
      }
      await bench.ready()
      #expect(await bench.next() == presented([1, 2, 3, 4]))
    }
  }

  @Test("a light whose confirmation was lost in a halt is not shown twice")
  func haltedLight() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try bench.tap([1, 2, 3, 4])
      #expect(await bench.next() == presented([1, 2, 3, 4]))
      try await bench.quiet()
      let earlier = bench.bus.signalLog.count
      try bench.bus.inject(.stall, port: Bench.port)
      #expect(await bench.supervisor.signal(.approved, on: Bench.reader) == .readerAway)
      await bench.ready()
      #expect(bench.bus.signalLog.dropFirst(earlier).filter { $0.signal.beeps > 0 }.count == 1)
    }
  }

  @Test("a reader that another program holds is away as busy, and ready once it is let go")
  func busy() async throws {
    try await VirtualBus.withTurn { bus in
      try bus.plug(.acr122u, port: Bench.port)
      let other = try USBContext.start()
      let context = try USBContext.start()
      defer {
        other.close()
        context.close()
      }
      let supervisor = ReaderSupervisor(host: context, logger: Logger(label: "test"))
      var events = supervisor.events.makeAsyncIterator()
      var arrivals = other.hotplug.makeAsyncIterator()
      guard case .arrived(let found) = await arrivals.next(),
        let device = found as? USBDeviceReference
      else { return }
      let opened = try device.open()
      try await withThrowingDiscardingTaskGroup { group in
        let first = try await opened.withInterface(0) { _ in
          group.addTask { await supervisor.run() }
          return await events.next(isolation: #isolation)
        }
        #expect(first == .away(Bench.reader, .busy(holder: device.likelyHolder)))
        guard case .ready = await events.next(isolation: #isolation) else {
          Issue.record("not ready")
          return
        }
        group.cancelAll()
      }
      opened.close()
    }
  }

  @Test("a reader that another program holds is not reset, also when it failed before")
  func busyAfterFailure() async throws {
    try await Bench.with { bench in
      await bench.ready()
      try await bench.quiet()
      let other = try USBContext.start()
      defer { other.close() }
      var arrivals = other.hotplug.makeAsyncIterator()
      guard case .arrived(let found) = await arrivals.next(),
        let device = found as? USBDeviceReference
      else { return }
      let opened = try device.open()
      try bench.bus.inject(.shortFrame, port: Bench.port)
      try bench.bus.chatter(0b01, port: Bench.port)
      guard case .away(Bench.reader, .failed) = await bench.next() else {
        Issue.record("the fault was not noticed")
        return
      }
      let resets = try bench.bus.resets(port: Bench.port)
      var held: ReaderEvent?
      while held == nil {
        try await Task.sleep(for: .milliseconds(1))
        do throws(USBError) {
          held = try await opened.withInterface(0) { _ in await bench.next() }
        } catch {
          #expect(error == .busy)
        }
      }
      opened.close()
      #expect(held == .away(Bench.reader, .busy(holder: nil)))
      #expect(try bench.bus.resets(port: Bench.port) == resets)
      await bench.ready()
      #expect(try bench.bus.resets(port: Bench.port) == resets + 1)
    }
  }

  @Test("an unplug at the n-th transfer of a session is survived, for every n", arguments: 1...24)
  func unplugAnywhere(transfer: Int) async throws {
    try await Bench.with([]) { bench in
      try bench.bus.plug(.acr122u, port: Bench.port)
      try bench.bus.inject(.unplug(atTransfer: transfer), port: Bench.port)
      // A session with a card and a signal makes 20 transfers or more; later ones are made here.
      try? bench.tap([1, 2, 3, 4])
      let supervisor = bench.supervisor
      try await withThrowingTaskGroup { group in
        group.addTask {
          while !Task.isCancelled {
            _ = await supervisor.signal(.approved, on: Bench.reader)
            try await Task.sleep(for: .milliseconds(20))
          }
        }
        while let event = await bench.next() {
          if case .away(_, let reason) = event {
            #expect(reason == .unplugged)
            break
          }
        }
        group.cancelAll()
        while !bench.bus.ports.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
      }
      try bench.bus.plug(.acr122u, port: Bench.port)
      await bench.ready()
      try bench.tap([5, 6, 7, 8])
      #expect(await bench.next() == presented([5, 6, 7, 8]))
    }
  }
}
