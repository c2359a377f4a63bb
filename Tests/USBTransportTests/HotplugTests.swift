import Glibc
import Testing
import USBTransport
import VirtualReaders

@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(2)))
struct HotplugTests {
  @Test("a reader that was plugged in before the start arrives once, with its port and descriptors")
  func earlyReader() async throws {
    try await VirtualBus.withTurn { bus in
      try bus.plug(.omnikey5022, port: "1-1.4")
      let context = try USBContext.start()
      defer { context.close() }
      let device = try #require(await Bench.arrival(context))
      #expect(device.port == "1-1.4")
      #expect(device.descriptor.vendor == 0x076B)
      #expect(device.descriptor.product == 0x5022)
      let interfaces = try device.interfaces()
      #expect(interfaces.map(\.interfaceClass) == [0x0B])
      #expect(interfaces[0].endpoints.map(\.address) == [0x05, 0x84, 0x83])
      #expect(interfaces[0].endpoints.map(\.kind) == [.bulk, .bulk, .interrupt])
      #expect(interfaces[0].endpoints.map(\.maxPacketSize) == [64, 64, 8])
      #expect(interfaces[0].classDescriptor(ofType: 0x21)?.count == 54)
    }
  }

  @Test("a reader that is replugged leaves and arrives at a new address on the same port")
  func replug() async throws {
    try await Bench.with { bench in
      try bench.bus.unplug(port: Bench.port)
      try bench.bus.plug(.acr122u, port: Bench.port)
      var events = bench.context.hotplug.makeAsyncIterator()
      guard case .left(let address) = await events.next() else {
        Issue.record("the reader did not leave")
        return
      }
      #expect(address == bench.device.address)
      guard case .arrived(let found) = await events.next(), let again = found as? USBDeviceReference
      else {
        Issue.record("the reader did not come back")
        return
      }
      #expect(again.port == Bench.port)
      #expect(again.address != bench.device.address)
    }
  }

  @Test("a device that is gone cannot be opened")
  func openAfterUnplug() async throws {
    try await Bench.with { bench in
      try bench.bus.unplug(port: Bench.port)
      #expect(throws: USBError.deviceGone) {
        let opened = try bench.device.open()
        opened.close()
      }
    }
  }

  @Test(
    "a program that is killed amid its transfers leaves the reader to the next", arguments: 1...3)
  func killedProgram(_: Int) async throws {
    try await Bench.with(.omnikey5022) { bench in
      await #expect(processExitsWith: .signal(SIGKILL)) {
        let context = try USBContext.start()
        let device = try #require(await Bench.arrival(context))
        let bench = Bench(bus: nil, context: context, device: device)
        try await bench.claimed { interface, endpoints in
          async let notice = interface.receive(
            from: endpoints.interrupt, length: 8, timeout: nil)
          _ = await exchange(interface, endpoints, 1)
          kill(getpid(), SIGKILL)
          _ = await notice
        }
      }
      var answer: [UInt8]?
      // The bus hears of the death on a thread of its own; until then the claim is busy.
      while answer == nil {
        do {
          try await bench.claimed { answer = await exchange($0, $1, 2) }
        } catch USBError.busy {
          try await Task.sleep(for: .milliseconds(1))
        }
      }
      #expect(answer == [0x81, 0, 0, 0, 0, 0, 2, 2, 0, 1])
    }
  }

  @Test("a context that is dropped open traps")
  func droppedContext() async {
    await #expect(processExitsWith: .failure) {
      _ = try USBContext.start()
    }
  }
}
