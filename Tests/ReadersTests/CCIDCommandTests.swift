import Readers
import Testing
import USBTransport

@Suite struct CCIDCommandTests {
  @Test(
    "every command has its published or computed bytes",
    arguments: [
      (CCIDCommand.iccPowerOn(.automatic), 0x07, "62 00000000 00 07 000000", .computed),
      (.transferBlock([], chain: .next), 0x08, "6F 00000000 00 08 00 1000", .computed),
      (.escape(hex("FF00000002D402")), 0x0A, "6B 07000000 00 0A 000000 FF00000002D402", .published),
      (
        .transferBlock(hex("FF00000002D402")), 0x00, "6F 07000000 00 00 000000 FF00000002D402",
        .published
      ),
      (.iccPowerOn(.volts1Point8), 1, "62 00000000 00 01 030000", .computed),
      (.iccPowerOff, 2, "63 00000000 00 02 000000", .computed),
      (.getSlotStatus, 255, "65 00000000 00 FF 000000", .computed),
      (
        .transferBlock([0xAA], chain: .middle, waitingTimeExtension: 5), 3,
        "6F 01000000 00 03 050300 AA", .computed
      ),
      (.getParameters, 4, "6C 00000000 00 04 000000", .computed),
      (.resetParameters, 5, "6D 00000000 00 05 000000", .computed),
      (
        .setParameters([1, 2, 3, 4, 5, 6, 7], protocolNumber: 1), 6,
        "61 07000000 00 06 010000 01020304050607", .computed
      ),
      (.iccClock(stop: true), 7, "6E 00000000 00 07 010000", .computed),
      (.t0APDU(changes: 1, getResponse: 2, envelope: 3), 8, "6A 00000000 00 08 010203", .computed),
      (.secure([9]), 9, "69 01000000 00 09 000000 09", .computed),
      (.mechanical(function: 2), 10, "71 00000000 00 0A 020000", .computed),
      (.abort, 11, "72 00000000 00 0B 000000", .computed),
      (
        .setDataRateAndClockFrequency(clockKilohertz: 4000, bitsPerSecond: 9600), 12,
        "73 08000000 00 0C 000000 A00F0000 80250000", .computed
      ),
    ] as [(CCIDCommand, UInt8, String, Provenance)])
  func bytes(command: CCIDCommand, sequence: UInt8, expected: String, _: Provenance) {
    #expect(command.message(slot: 0, sequence: sequence) == hex(expected))
  }

  @Test("an abort's two halves carry the same slot and sequence")
  func abort() {
    let setup = CCIDRequest.abort(slot: 2, sequence: 9).setup(interface: 1, length: 0)
    #expect(setup.bytes == hex("21 01 0209 0100 0000"))
    #expect(CCIDCommand.abort.message(slot: 2, sequence: 9).dropFirst(5).prefix(2) == [2, 9])
  }

  @Test("the numbers of a control answer are little endian, and a rest is ignored")
  func numbers() {
    let rates = CCIDRequest.getDataRates.setup(interface: 0, length: 8)
    #expect(rates.bytes == hex("A1 03 0000 0000 0800"))
    let clocks = CCIDRequest.getClockFrequencies.setup(interface: 0, length: 4)
    #expect(clocks.bytes == hex("A1 02 0000 0000 0400"))
    #expect(CCIDRequest.numbers(hex("80250000 00C20100 FF")) == [9600, 115_200])
  }
}
