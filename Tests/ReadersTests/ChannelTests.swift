import Testing
import USBTransport
import VirtualReaders

@testable import Readers

@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(2)))
struct ChannelTests {
  /// Opens the channel to a card that lies on a reader, powered on.
  private func withCard(
    on hardware: ReaderHardware, _ body: (inout CardReaderChannel) async throws -> Void
  ) async throws {
    try await VirtualBus.withTurn { bus in
      try bus.plug(hardware, port: Bench.port)
      try bus.tap(VirtualCard(kind: .desfire, serial: [1, 2, 3, 4]), port: Bench.port)
      let context = try USBContext.start()
      defer { context.close() }
      for await event in context.hotplug {
        guard case .arrived(let found) = event, let device = found as? USBDeviceReference else {
          continue
        }
        let quirks = CardReaderQuirks.of(
          vendor: device.descriptor.vendor, product: device.descriptor.product)
        let finding = CardReaderLayout.find(in: try device.interfaces(), quirks: quirks)
        guard case .usable(let layout) = finding else { continue }
        let opened = try device.open()
        let outcome: Result<Void, any Error> = try await opened.withInterface(layout.interface) {
          var channel = CardReaderChannel(
            pipes: $0, clock: .machine, layout: layout, needsZeroPacket: quirks.needsZeroPacket)
          do {
            _ = try await channel.powerOn()
            try await body(&channel)
            return .success(())
          } catch {
            return .failure(error)
          }
        }
        opened.close()
        return try outcome.get()
      }
    }
  }

  @Test(
    "an extended-level reader carries APDUs of any length, chained in both directions",
    arguments: [0, 1, 502, 503, 504, 1012, 1013, 5000])
  func chaining(count: Int) async throws {
    let body = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let header: [UInt8] = [0x80, 0xEC, 0, 0, 0, UInt8(count >> 8), UInt8(count & 0xFF)]
    try await withCard(on: .omnikey5022) { channel in
      let answer = try await channel.transmit(header + body)
      #expect(answer == body + [0x90, 0x00])
    }
  }

  @Test(
    "a message of whole packets reaches a reader that waits for a zero-length packet",
    arguments: [48, 49, 50, 112, 113, 114])
  func wholePackets(count: Int) async throws {
    // With the 10 bytes of the message and 5 of the command, 49 and 113 fill whole packets of 64.
    let body = [UInt8](repeating: 7, count: count)
    try await withCard(on: .acr122u) { channel in
      let answer = try await channel.transmit([0x80, 0xEC, 0, 0, UInt8(count)] + body)
      #expect(answer == body + [0x90, 0x00])
    }
  }

  @Test("the longest short APDU is carried")
  func longestShort() async throws {
    let body = [UInt8](repeating: 9, count: 255)
    try await withCard(on: .acr122u) { channel in
      let answer = try await channel.transmit([0x80, 0xEC, 0, 0, 255] + body + [0])
      #expect(answer == body + [0x90, 0x00])
    }
  }

  @Test("the reader answers Escape without a card's help")
  func escape() async throws {
    try await withCard(on: .acr122u) { channel in
      let version = try await channel.escape(PseudoAPDU.getFirmwareVersion)
      #expect(String(decoding: version, as: UTF8.self) == "ACR122U201")
      let direct = try await channel.escape(PseudoAPDU.direct([0xD4, 0x02]))
      #expect(direct == hex("D503320104079000"))
    }
  }
}
