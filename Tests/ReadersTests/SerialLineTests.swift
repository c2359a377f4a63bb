import Testing
import USBTransport
import VirtualReaders

@testable import Readers

/// Says back what it hears.
private struct Echo: SerialPeripheral {
  var heard: [UInt8] = []

  mutating func received(_ bytes: [UInt8]) -> [SerialWord] {
    heard += bytes
    return [SerialWord(bytes)]
  }

  mutating func reset() -> [SerialWord] { [] }
}

@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(2)))
struct SerialLineTests {
  /// Claims the line of a bridge with an echo behind it.
  private func withLine(
    _ model: SerialBridgeModel, settings: SerialSettings = SerialSettings(),
    _ body: (SerialLine, VirtualBus) async throws -> Void
  ) async throws {
    try await VirtualBus.withTurn { bus in
      try bus.plug(model, port: Bench.port)
      let context = try USBContext.start()
      defer { context.close() }
      for await event in context.hotplug {
        guard case .arrived(let device) = event, device.port == Bench.port else { continue }
        let layout = try #require(
          SerialLayout.find(in: try device.interfaces(), device: device.descriptor))
        let outcome: Result<Void, any Error> = try await device.serve(
          layout.interfaces, isResetFirst: false
        ) { pipes in
          let line = SerialLine(
            pipes: pipes, layout: layout, settings: settings, clock: .machine)
          do {
            try await body(line, bus)
            return .success(())
          } catch {
            return .failure(error)
          }
        }
        return try outcome.get()
      }
    }
  }

  /// Reads until so many bytes have come.
  private func read(_ count: Int, from line: SerialLine) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count { bytes += try await line.read() }
    return bytes
  }

  @Test(
    "bytes of any number pass both ways over every bridge",
    arguments: SerialBridgeModel.Kind.allCases)
  func passes(kind: SerialBridgeModel.Kind) async throws {
    try await withLine(SerialBridgeModel(kind, peripheral: Echo())) { line, bus in
      try await line.setUp()
      for count in [1, 30, 32, 62, 63, 64, 124, 125, 248, 249, 510, 511, 1500] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try await line.write(bytes)
        #expect(try await read(count, from: line) == bytes)
      }
      let state = try #require(try bus.line(port: Bench.port))
      #expect(state.isOn && state.isDTRUp && state.isRTSUp && state.isEightBitsNoParity)
    }
  }

  @Test(
    "a line is set to the rate that was asked for, and a wrong one carries garbage",
    arguments: SerialBridgeModel.Kind.allCases)
  func rates(kind: SerialBridgeModel.Kind) async throws {
    for baud in [9600, 57_600, 460_800] {
      let model = SerialBridgeModel(kind, peripheral: Echo(), baud: baud)
      try await withLine(model, settings: SerialSettings(baud: baud)) { line, _ in
        try await line.setUp()
        try await line.write([1, 2, 3])
        #expect(try await read(3, from: line) == [1, 2, 3])
      }
      try await withLine(model) { line, bus in
        try await line.setUp()
        try await line.write([1, 2, 3])
        #expect(try await read(3, from: line).count == 3)
        #expect(try bus.peripheral(Echo.self, port: Bench.port)?.heard != [1, 2, 3])
      }
    }
  }

  @Test(
    "an old CH340 is set without its line register, and sends at once", arguments: [0x20, 0x27])
  func oldChip(version: UInt8) async throws {
    let model = SerialBridgeModel(.ch340, peripheral: Echo(), version: version)
    try await withLine(model) { line, _ in
      try await line.setUp()
      try await line.write([1, 2, 3])
      #expect(try await read(3, from: line) == [1, 2, 3])
    }
  }

  @Test("an impossible rate is an error before anything is sent")
  func impossible() async throws {
    let model = SerialBridgeModel(.ft232r, peripheral: Echo())
    try await withLine(model, settings: SerialSettings(baud: 3_200_000)) { line, bus in
      let before = try bus.submittedTransfers(port: Bench.port)
      await #expect(throws: USBError.library(code: -2)) { try await line.setUp() }
      #expect(try bus.submittedTransfers(port: Bench.port) == before)
    }
  }

  @Test("an FTDI chip is told its event byte, and how soon to send what does not end with it")
  func latency() async throws {
    let model = SerialBridgeModel(.ft232h, peripheral: Echo())
    try await withLine(model) { line, bus in
      try await line.setUp()
      #expect(try bus.line(port: Bench.port)?.latency == 255)
      #expect(try bus.line(port: Bench.port)?.eventByte == 0x0D)
      try await line.setEager(true)
      #expect(try bus.line(port: Bench.port)?.latency == 8)
      try await line.setEager(false)
      #expect(try bus.line(port: Bench.port)?.latency == 255)
    }
    try await withLine(model, settings: SerialSettings(lastByte: nil)) { line, bus in
      try await line.setUp()
      #expect(try bus.line(port: Bench.port)?.eventByte == nil)
    }
  }

  @Test("a bridge that is pulled out while a read is pending says that it is gone")
  func unplugged() async throws {
    try await withLine(SerialBridgeModel(.cp2102, peripheral: Echo())) { line, bus in
      try await line.setUp()
      async let bytes = line.read()
      try bus.unplug(port: Bench.port)
      do {
        #expect(try await bytes == [], "nothing was said")
      } catch {
        #expect(error as? USBError == .deviceGone)
      }
    }
  }
}
