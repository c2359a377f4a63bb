import Testing

@testable import Readers
@testable import USBTransport

/// The set-up of a line as bytes. Section T.10 and 6.6 of our reference: computed from the sources of the
/// Linux drivers, so they prove agreement with those and not with hardware.
@Suite struct SerialRequestTests {
  private static let singlePort = FTDIPort(release: 0x0600, interface: 0)

  @Test(
    "a request is the bytes of its vector",
    arguments: [
      (CH34xRequest.readVersion, "C05F000000000200", Provenance.computed),
      (CH34xRequest.initialise, "40A1000000000000", .computed),
      (CH34xRequest.setBaud(115_200, version: 0x31), "409A121383CC0000", .computed),
      (CH34xRequest.setLine, "409A1825C3000000", .computed),
      (CH34xRequest.raiseLines, "40A49FFF00000000", .computed),
      (CP210xRequest.enable(interface: 0), "4100010000000000", .computed),
      (CP210xRequest.setBaud(115_200, interface: 0), "411E000000000400", .computed),
      (CP210xRequest.setLine(interface: 0), "4103000800000000", .computed),
      (CP210xRequest.raiseLines(interface: 0), "4107030300000000", .computed),
      (CP210xRequest.purge(interface: 1), "41120F0001000000", .computed),
      (CP210xRequest.setNoFlow(interface: 1), "4113000001001000", .computed),
      (FTDIRequest.reset(singlePort), "4000000000000000", .computed),
      (FTDIRequest.purgeReceived(singlePort), "4000010000000000", .computed),
      (FTDIRequest.purgeSent(singlePort), "4000020000000000", .computed),
      (FTDIRequest.setLine(singlePort), "4004080000000000", .computed),
      (FTDIRequest.raiseDTR(singlePort), "4001010100000000", .computed),
      (FTDIRequest.raiseRTS(singlePort), "4001020200000000", .computed),
      (FTDIRequest.setLatency(255, singlePort), "4009FF0000000000", .computed),
      (FTDIRequest.setEventByte(0x0D, singlePort), "40060D0100000000", .computed),
      (FTDIRequest.setEventByte(nil, singlePort), "4006000000000000", .computed),
      (CDCACMRequest.setLineCoding(baud: 115_200, interface: 2), "2120000002000700", .computed),
      (CDCACMRequest.raiseLines(interface: 2), "2122030002000000", .computed),
    ] as [(USBSetup, String, Provenance)])
  func vectors(setup: USBSetup, bytes: String, mark: Provenance) {
    #expect(setup.bytes == hex(bytes), "\(mark)")
  }

  @Test("the data stages are those of the vectors")
  func payloads() {
    #expect(CP210xRequest.setBaud(115_200, interface: 0).payload == hex("00C20100"))
    #expect(
      CDCACMRequest.setLineCoding(baud: 115_200, interface: 0).payload == hex("00C20100000008"))
    #expect(
      CDCACMRequest.setLineCoding(baud: 9600, interface: 0).payload == hex("80250000000008"))
    #expect(
      CP210xRequest.setNoFlow(interface: 0).payload == hex("01000000400000008000000080000000"))
  }

  @Test(
    "the divisor of a CH340 is the word of the table",
    arguments: [
      (9600, 0xB282), (19_200, 0xD982), (38_400, 0x6483), (57_600, 0x9883), (115_200, 0xCC83),
      (230_400, 0xE683), (460_800, 0xF383), (921_600, 0xF387), (1_500_000, 0xFC83),
    ] as [(Int, UInt16)])
  func wch(baud: Int, word: UInt16) {
    #expect(CH34xRequest.divisor(baud) | 0x80 == word)
    #expect(CH34xRequest.setBaud(baud, version: 0x28).index == word)
    #expect(CH34xRequest.setBaud(baud, version: 0x27).index == word & ~0x80)
  }

  @Test("a CH340 makes every usual rate within 3 %, and both ends of its range")
  func wchRates() {
    for baud in [46, 300, 1200, 2400, 4800, 9600, 31_250, 250_000, 500_000, 2_000_000, 3_000_000] {
      let word = Int(CH34xRequest.divisor(baud))
      let real = (48_000_000 / (0x100 - word >> 8)) >> (12 - 3 * (word & 3) - (word >> 2 & 1))
      #expect(abs(real - baud) * 33 <= baud, "\(baud) is \(real)")
    }
  }

  @Test(
    "the divisor of an FTDI chip is the word of the table",
    arguments: [
      (9600, 0x4138), (19_200, 0x809C), (38_400, 0xC04E), (57_600, 0xC034), (115_200, 0x001A),
      (230_400, 0x000D), (460_800, 0x4006), (921_600, 0x8003), (1_500_000, 0x0002),
      (3_000_000, 0x0000), (2_000_000, 0x0001),
    ] as [(Int, UInt32)])
  func ftdi(baud: Int, word: UInt32) {
    #expect(FTDIRequest.divisor(baud, .full) == word)
  }

  @Test("the high part of an FTDI divisor is where the chip looks for it")
  func ftdiHigh() {
    #expect(FTDIRequest.divisor(115_200, .high) == 0x2C068)
    let first = FTDIPort(release: 0x0700, interface: 0)
    #expect(FTDIRequest.setBaud(115_200, first)?.bytes == hex("400368C001020000"))
    let second = FTDIPort(release: 0x0800, interface: 1)
    #expect(FTDIRequest.setBaud(115_200, second)?.bytes == hex("400368C002020000"))
    let single = FTDIPort(release: 0x0900, interface: 0)
    #expect(FTDIRequest.setBaud(115_200, single)?.bytes == hex("400368C000020000"))
    // Three eighths: the only codes that need the high part of an FT232R.
    #expect(FTDIRequest.divisor(24_000_000 / 27, .full) == 0x1_0003)
    #expect(FTDIRequest.setBaud(24_000_000 / 27, Self.singlePort)?.index == 1)
    #expect(FTDIRequest.setLatency(1, second).index == 2)
  }

  @Test(
    "an FTDI chip refuses what its divisor cannot make, and nothing beside it",
    arguments: [
      (182, false), (184, true), (2_400_000, false), (3_000_000, true), (3_200_000, false),
      (0, false),
      (-1, false),
    ])
  func ftdiLimits(baud: Int, isPossible: Bool) {
    #expect((FTDIRequest.divisor(baud, .full) != nil) == isPossible)
  }

  @Test("the status bytes are taken out of every packet of a transfer, captured or idle")
  func stripping() {
    #expect(FTDIRequest.payload(of: hex("0160"), packetSize: 64) == [])
    #expect(FTDIRequest.payload(of: [], packetSize: 64) == [])
    #expect(FTDIRequest.payload(of: [1], packetSize: 64) == [])
    // Computed: `FT bulk IN` of T.10.
    #expect(FTDIRequest.payload(of: hex("0160EFAA000002"), packetSize: 64) == hex("EFAA000002"))
    for size in [64, 512] {
      for count in [size - 2, size - 1, 2 * size - 4, 3 * size] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let room = size - 2
        let transfer = stride(from: 0, to: count, by: room).flatMap {
          [0x01, 0x60] + bytes[$0..<min($0 + room, count)]
        }
        #expect(FTDIRequest.payload(of: transfer, packetSize: size) == bytes)
      }
    }
  }
}
