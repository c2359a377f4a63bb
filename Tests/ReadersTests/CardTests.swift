import Readers
import Testing

@Suite struct CardTests {
  @Test(
    "published ATRs tell the kind of card",
    arguments: [
      ("3B8F8001804F0CA000000306030001000000006A", .classic1K, .published),
      ("3B8F8001804F0CA00000030603F004000000009F", .topaz, .published),
      ("3B8F8001804F0CA00000030603F011000000008A", .feliCa212, .published),
      ("3B8680010675778102 8000", .processor, .published),
      ("3B8180018080", .processor, .published),
      ("3B8F8001804F0CA0000003060300020000000069", .classic4K, .computed),
      ("3B8F8001804F0CA0000003060300030000000068", .ultralight, .computed),
      ("3B8F8001804F0CA000000306030026000000004D", .mini, .computed),
      ("3B8F8001804F0CA00000030603F0120000000089", .feliCa424, .computed),
      ("3B8F8001804F0CA00000030603FF2800000000BC", .undefined(sak: 0x28), .computed),
      (
        "3B8F8001804F0CA0000003060300550000000 03E", .otherStorage(standard: 3, name: 0x55),
        .computed
      ),
    ] as [(String, CardTechnology, Provenance)])
  func answersToReset(bytes: String, card: CardTechnology, _: Provenance) throws {
    #expect(try AnswerToReset(hex(bytes)).card == card)
  }

  @Test(
    "an ATR that is not whole is refused with what is wrong",
    arguments: [
      ("3B818001", .length(4)), ("3F8180018080", .start(0x3F)),
      ("3B8280018080", .historicalBytes(stated: 2, received: 1)),
      ("3B8080018080", .historicalBytes(stated: 0, received: 1)),
      ("3B0180018080", .interfaceBytes), ("3B8180018081", .checksum),
    ] as [(String, AnswerToReset.Malformed)])
  func malformed(bytes: String, reason: AnswerToReset.Malformed) {
    #expect(throws: reason) { try AnswerToReset(hex(bytes)) }
  }

  @Test("an ATR of 5 and of 20 bytes is taken, one of 34 is not")
  func lengths() throws {
    #expect(try AnswerToReset(hex("3B80800101")).historicalBytes.isEmpty)
    #expect(throws: AnswerToReset.Malformed.length(34)) {
      try AnswerToReset([UInt8](repeating: 0x3B, count: 34))
    }
  }

  @Test(
    "serial numbers of 4, 7 and 10 bytes are identities, random ones and others are not",
    arguments: [
      ("01020304 9000", .success([1, 2, 3, 4])), ("0801020304050607 9000", .failure(.oddSerial)),
      ("08010203 9000", .failure(.randomSerial)), ("07010203 9000", .success([7, 1, 2, 3])),
      ("08010203040506 9000", .success([8, 1, 2, 3, 4, 5, 6])),
      ("01020304050607080910 9000", .success(hex("01020304050607080910"))),
      ("010203 9000", .failure(.oddSerial)), ("0102030405 9000", .failure(.oddSerial)),
      ("9000", .failure(.oddSerial)), ("6300", .failure(.mute)), ("6A81", .failure(.noSerial)),
      ("90", .failure(.mute)), ("", .failure(.mute)),
    ] as [(String, SerialReading)])
  func serials(answer: String, reading: SerialReading) {
    #expect(SerialReading(answer: hex(answer)) == reading)
  }

  @Test("a reader that refuses to read a serial number has a mute card")
  func refusedSerial() {
    #expect(SerialReading(answer: nil) == .failure(.mute))
  }
}
