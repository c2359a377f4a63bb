import Readers
import Testing

@Suite struct PseudoAPDUTests {
  @Test(
    "light and buzzer commands have their published bytes and answers",
    arguments: [
      (0x0F, 0, 0, 0, .silent, "FF00400F0400000000", "9003"),
      (0x04, 0, 0, 0, .silent, "FF0040040400000000", "9002"),
      (0x50, 0x14, 0, 1, .duringOn, "FF0040500414000101", "9002"),
      (0x50, 5, 5, 3, .duringOn, "FF0040500405050301", "9002"),
      (0xF0, 5, 5, 3, .throughout, "FF0040F00405050303", "9000"),
      (0xD0, 5, 5, 3, .duringOn, "FF0040D00405050301", "9000"),
    ] as [(UInt8, UInt8, UInt8, UInt8, SignalPattern.Buzzer, String, String)])
  func signals(
    lights: UInt8, on: UInt8, off: UInt8, repetitions: UInt8, buzzer: SignalPattern.Buzzer,
    bytes: String, answer: String
  ) {
    let pattern = SignalPattern(
      lights: lights, onTime: on, offTime: off, repetitions: repetitions, buzzer: buzzer)
    #expect(PseudoAPDU.signal(pattern) == hex(bytes))
    #expect(APDUAnswer(hex(answer))?.status.high == 0x90)
    #expect(pattern.length == .milliseconds((Int(on) + Int(off)) * Int(repetitions) * 100))
  }

  @Test(
    "commands to the reader have the bytes of the maker's document",
    arguments: [
      (PseudoAPDU.getSerial, "FFCA000000"), (PseudoAPDU.getAnswerToSelect, "FFCA010000"),
      (PseudoAPDU.getFirmwareVersion, "FF00480000"),
      (PseudoAPDU.getOperatingParameter, "FF00500000"),
      (PseudoAPDU.setOperatingParameter(0x7F), "FF00517F00"),
      (PseudoAPDU.setTimeout(fiveSeconds: 1), "FF00410100"),
      (PseudoAPDU.beepOnDetection(false), "FF00520000"),
      (PseudoAPDU.beepOnDetection(true), "FF0052FF00"),
      (PseudoAPDU.direct([0xD4, 0x02]), "FF00000002D402"),
    ])
  func commands(command: [UInt8], bytes: String) {
    #expect(command == hex(bytes))
  }

  @Test(
    "published answers are split into body and status word",
    arguments: [
      ("D54B010100082804 85822FA0 0777F780024765 9000", 0x9000),
      ("04010100021805 91AF", 0x91AF), ("04010100061805 91AF", 0x91AF),
      ("04525A19B21B80 8E36544D4026 04 9100", 0x9100),
    ] as [(String, UInt16)])
  func answers(bytes: String, status: UInt16) throws {
    let answer = try #require(APDUAnswer(hex(bytes)))
    #expect(answer.status == StatusWord(status))
    #expect(answer.body == Array(hex(bytes).dropLast(2)))
  }

  @Test("the firmware version is text without a status word")
  func version() {
    #expect(String(decoding: hex("41435231323255323031"), as: UTF8.self) == "ACR122U201")
  }

  @Test(
    "a status word is written with four digits",
    arguments: [(0x0063, "0063"), (0x9000, "9000")] as [(UInt16, String)])
  func text(value: UInt16, expected: String) {
    #expect(StatusWord(value).description == expected)
  }

  @Test("the three signals of the ACR122U differ in light or sound")
  func distinct() throws {
    let quirks = CardReaderQuirks.of(vendor: 0x072F, product: 0x2200)
    let signals = try #require(quirks.signals)
    let commands = [signals.approved, signals.shownAgain, signals.declined, signals.dark]
    #expect(Set(commands.map(PseudoAPDU.signal)).count == 4)
    #expect(quirks.silencing == .command(hex("FF00520000")))
    #expect(CardReaderQuirks.of(vendor: 0x076B, product: 0x5022).signals == nil)
  }

  @Test("the behaviour of an ACR1252U is read and written, and another answer is none")
  func behaviour() {
    #expect(BehaviourEscape.read == hex("E000002100"))
    // The default 7F without what blinks and sounds by itself.
    #expect(BehaviourEscape.write(BehaviourEscape.quiet) == hex("E0000021 01 52"))
    #expect(BehaviourEscape.behaviour(in: hex("E1000000017F")) == 0x7F)
    for answer in ["", "6300", "E100000001", "E10000000152 00", "E00000000152", "E10000000252"] {
      #expect(BehaviourEscape.behaviour(in: hex(answer)) == nil)
    }
  }
}
