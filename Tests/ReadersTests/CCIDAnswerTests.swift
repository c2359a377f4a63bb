import Readers
import Testing

@Suite struct CCIDAnswerTests {
  @Test(
    "answers are read as their source means them",
    arguments: [
      ("8100000000 00 05 02 00 00", .slotStatus, .absent, .succeeded, .computed),
      ("8000000000 00 05 80 04 00", .dataBlock, .active, .timeExtension(multiplier: 4), .computed),
      ("8000000000 00 05 42 FE 00", .dataBlock, .absent, .failed(.cardMute), .computed),
      ("8308000000 00 0A 02 81 00 D503320104079000", .escape, .absent, .succeeded, .published),
      ("8008000000 00 00 00 81 00 D503320104079000", .dataBlock, .active, .succeeded, .published),
      ("8200000000 00 01 01 00 01", .parameters, .inactive, .succeeded, .computed),
      (
        "8408000000 00 01 01 00 00 A00F000080250000", .dataRateAndClockFrequency, .inactive,
        .succeeded, .computed
      ),
    ] as [(String, CCIDAnswer.Kind, CCIDAnswer.CardState, CCIDAnswer.CommandState, Provenance)])
  func vectors(
    bytes: String, kind: CCIDAnswer.Kind, card: CCIDAnswer.CardState,
    command: CCIDAnswer.CommandState, _: Provenance
  ) throws {
    let answer = try CCIDAnswer(hex(bytes))
    #expect(answer.kind == kind)
    #expect(answer.card == card)
    #expect(answer.command == command)
    #expect(answer.payload == Array(hex(bytes).dropFirst(10)))
  }

  @Test(
    "bytes that are no message are refused with what is wrong",
    arguments: [
      ("", .short(count: 0)), ("8100000000 00 05 02 00", .short(count: 9)),
      ("8101000000 00 05 02 00 00", .lengthMismatch(stated: 1, received: 0)),
      ("8100000000 00 05 02 00 00 AA", .lengthMismatch(stated: 0, received: 1)),
      ("80FFFFFFFF 00 05 02 00 00", .lengthMismatch(stated: 0xFFFF_FFFF, received: 0)),
      ("7F00000000 00 05 02 00 00", .unknownType(0x7F)),
      ("8500000000 00 05 02 00 00", .unknownType(0x85)),
      ("8100000000 00 05 03 00 00", .unknownStatus(0x03)),
      ("8100000000 00 05 C2 00 00", .unknownStatus(0xC2)),
    ] as [(String, CCIDAnswer.Malformed)])
  func malformed(bytes: String, reason: CCIDAnswer.Malformed) {
    #expect(throws: reason) { try CCIDAnswer(hex(bytes)) }
  }

  @Test(
    "every error code has its name",
    arguments: [
      (0x00, .commandNotSupported), (0x01, .badByte(index: 1)), (0x05, .badByte(index: 5)),
      (0x7F, .badByte(index: 0x7F)), (0x80, .other(0x80)), (0x81, .other(0x81)),
      (0xA2, .cardNotSupported), (0xA3, .answerToResetTooLong), (0xAB, .noDataExchanged),
      (0xB0, .messageTooLongInEMVMode), (0xBB, .protocolErrorInEMVMode), (0xBD, .cardErrorInT1),
      (0xBE, .wrongCommandLength), (0xE0, .slotBusy), (0xEF, .pinCancelled), (0xF0, .pinTimeout),
      (0xF2, .busyWithAutomaticSequence), (0xF3, .deactivatedProtocol),
      (0xF4, .procedureByteConflict), (0xF5, .classNotSupported), (0xF6, .protocolNotSupported),
      (0xF7, .badAnswerToResetChecksum), (0xF8, .badAnswerToResetStart), (0xFB, .hardwareError),
      (0xFC, .overrun), (0xFD, .parityError), (0xFE, .cardMute), (0xFF, .abortedByHost),
    ] as [(UInt8, CCIDFailure)])
  func errorNames(code: UInt8, failure: CCIDFailure) {
    #expect(CCIDFailure(code: code) == failure)
  }

  @Test(
    "notices tell presence and change of each slot",
    arguments: [
      ("5003", 0, true, true), ("5002", 0, false, true), ("5001", 0, true, false),
      ("5000", 0, false, false), ("500C", 1, true, true), ("500003", 4, true, true),
    ])
  func notices(bytes: String, slot: Int, isPresent: Bool, hasChanged: Bool) throws {
    let change = try #require(CCIDNotice(hex(bytes))?.change(ofSlot: slot))
    #expect(change.isPresent == isPresent)
    #expect(change.hasChanged == hasChanged)
  }

  @Test("bytes that are no notice are ignored", arguments: ["", "50", "510001", "80", "4F03"])
  func noNotice(bytes: String) {
    #expect(CCIDNotice(hex(bytes)) == nil)
  }

  @Test("a hardware error is a notice that says nothing about slots")
  func hardwareError() {
    let notice = CCIDNotice(hex("51000701"))
    #expect(notice == .hardwareError(slot: 0, sequence: 7, code: 1))
    #expect(notice?.change(ofSlot: 0) == nil)
    #expect(CCIDNotice(hex("5003"))?.change(ofSlot: 4) == nil)
  }
}
