import Testing
import USBTransport
import VirtualReaders

@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(2)))
struct TransferTests {
  @Test("a command is answered while an interrupt transfer stays pending")
  func concurrentEndpoints() async throws {
    try await Bench.with { bench in
      try await bench.claimed { interface, endpoints in
        async let notice = interface.receive(
          from: endpoints.interrupt, length: 8, timeout: nil)
        #expect(await exchange(interface, endpoints, 7) == [0x81, 0, 0, 0, 0, 0, 7, 2, 0, 1])
        #expect(throws: Never.self) {
          try bench.bus.tap(VirtualCard(serial: [1, 2, 3, 4]), port: Bench.port)
        }
        #expect(await notice.bytes == [0x50, 0b11])
      }
    }
  }

  @Test("a read that times out keeps the bytes that came")
  func partialBytes() async throws {
    try await Bench.with { bench in
      try bench.bus.inject(.partial, port: Bench.port)
      try await bench.claimed { interface, endpoints in
        let completion = await withTaskGroup(of: USBCompletion.self) { group in
          group.addTask {
            await interface.receive(from: endpoints.in, length: 512, timeout: .milliseconds(300))
          }
          _ = await exchangeOut(interface, endpoints)
          return await group.next()
        }
        // The read is submitted beside the write; where the packet came before it, it is lost.
        guard let completion, completion.transferred > 0 else { return }
        #expect(completion.failure == .timedOut(transferred: 64))
        #expect(completion.bytes.prefix(7) == [0x81, 0, 0, 0, 0, 0, 1])
        #expect(completion.bytes.count == 64)
      }
    }
  }

  @Test("a read of a silent endpoint times out with nothing")
  func silentEndpoint() async throws {
    try await Bench.with { bench in
      try await bench.claimed { interface, endpoints in
        let completion = await interface.receive(
          from: endpoints.in, length: 64, timeout: .milliseconds(50))
        #expect(completion.failure == .timedOut(transferred: 0))
        #expect(completion.bytes.isEmpty)
      }
    }
  }

  @Test("cancelling a task ends its transfer", arguments: 1...20)
  func cancellation(round: Int) async throws {
    try await Bench.with { bench in
      try await bench.claimed { interface, endpoints in
        let completion = await withTaskGroup(of: USBCompletion.self) { group in
          group.addTask {
            await interface.receive(from: endpoints.interrupt, length: 8, timeout: nil)
          }
          // Every other round cancels before the transfer is submitted.
          if round.isMultiple(of: 2) { _ = await exchange(interface, endpoints, 1) }
          group.cancelAll()
          return await group.next()
        }
        #expect(completion?.failure == .cancelled)
        #expect(await exchange(interface, endpoints, 2)?.count == 10)
      }
    }
  }

  @Test("a halted endpoint stalls every read until its halt is cleared")
  func stall() async throws {
    try await Bench.with { bench in
      try bench.bus.inject(.stall, port: Bench.port)
      try await bench.claimed { interface, endpoints in
        #expect(await exchange(interface, endpoints, 1) == nil)
        let again = await interface.receive(
          from: endpoints.in, length: 64, timeout: .milliseconds(50))
        #expect(again.failure == .stalled)
        await #expect(throws: Never.self) { try await interface.clearHalt(of: endpoints.in) }
        #expect(await exchange(interface, endpoints, 2)?.count == 10)
      }
    }
  }

  @Test("control requests carry their answer, and a refused one stalls")
  func control() async throws {
    try await Bench.with { bench in
      try await bench.claimed { interface, _ in
        let rates = USBSetup(
          reading: 64, requestType: 0xA1, request: 0x03, value: 0, index: 0)
        let completion = await interface.control(rates, timeout: .seconds(1))
        #expect(completion.failure == nil)
        #expect(completion.bytes == [0x80, 0x25, 0, 0])
        let unknown = USBSetup(requestType: 0x21, request: 0x77, value: 0, index: 0)
        #expect(await interface.control(unknown, timeout: .seconds(1)).failure == .stalled)
      }
    }
  }

  @Test("an unplug ends every pending transfer, and the device still closes")
  func unplug() async throws {
    try await Bench.with { bench in
      try await bench.claimed { interface, endpoints in
        let failures = await withTaskGroup(of: USBError?.self) { group in
          group.addTask {
            await interface.receive(from: endpoints.interrupt, length: 8, timeout: nil).failure
          }
          group.addTask {
            await interface.receive(from: endpoints.in, length: 64, timeout: nil).failure
          }
          _ = await exchangeOut(interface, endpoints)
          #expect(throws: Never.self) { try bench.bus.unplug(port: Bench.port) }
          return await group.reduce(into: [USBError?]()) { $0.append($1) }
        }
        // The answer to the command may have come first, but nothing waits for ever.
        #expect(failures.contains(.deviceGone))
        let late = await interface.receive(from: endpoints.in, length: 64, timeout: nil)
        #expect(late.failure == .deviceGone)
      }
    }
  }

  @Test("an interface that another program holds is busy, and free after its release")
  func busy() async throws {
    try await Bench.with(.omnikey5022) { bench in
      try await bench.claimed { _, _ in
        await #expect(throws: USBError.busy) { try await bench.claimed { _, _ in } }
      }
      try await bench.claimed { interface, endpoints in
        #expect(await exchange(interface, endpoints, 1)?.count == 10)
      }
    }
  }

  @Test("a reset leaves the device usable")
  func reset() async throws {
    try await Bench.with { bench in
      let opened = try bench.device.open()
      await #expect(throws: Never.self) { try await opened.reset() }
      opened.close()
      try await bench.claimed { interface, endpoints in
        #expect(await exchange(interface, endpoints, 1)?.count == 10)
      }
    }
  }

  @Test("an idle interrupt transfer makes no traffic")
  func idle() async throws {
    try await Bench.with { bench in
      try await bench.claimed { interface, endpoints in
        _ = await interface.receive(
          from: endpoints.interrupt, length: 8, timeout: .milliseconds(500))
      }
      #expect(try bench.bus.submittedTransfers(port: Bench.port) == 1)
    }
  }
}
