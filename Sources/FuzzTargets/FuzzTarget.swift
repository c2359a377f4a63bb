import Readers

/// A part of the product that anybody's bytes reach, with what must hold whatever they are.
///
/// ``run(_:)`` is the same for the fuzzer and for the test that replays what the fuzzer once found.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// What a card reader says on its pipes, and exchanges with one.
  case ccid
  case atr
  /// HID: what a scanner says of its reports, those reports, and those of one that types.
  case hidDescriptor = "hid-descriptor"
  case hidReports = "hid-reports"
  case keyboard
  /// The bytes of a serial scanner, and what an FTDI bridge adds to them.
  case serial
  /// Both families of face modules.
  case faceFM22x = "face-fm22x"
  case faceTX510 = "face-tx510"
  /// A device's and a configuration's descriptor, up to where its driver looks.
  case usb
  case record
  /// Batches as they come, and signed ones that no codec of ours made.
  case batch
  /// What the centre signs and a terminal believes: acks, feeds, rulebooks, holds, refunds.
  case downlink
  /// What another terminal of the canteen says.
  case neighbours
  /// Bodies in JSON, and bytes that are written in it.
  case json
  /// A statement or a certificate, signed, and who reckons it again.
  case statement
  /// A scanned code on its way to a credential and to the screen.
  case code
  /// A whole virtual device under the real supervisor, in virtual time.
  case device

  /// Lets the bytes reach the code.
  ///
  /// - Throws: What did not hold. A trap, a leak and a run of more than a second are findings, too.
  package func run(_ bytes: [UInt8]) throws(BrokenPromise) {
    switch self {
    case .ccid: try CCIDFuzz.run(bytes)
    case .atr: try CCIDFuzz.answerToReset(bytes)
    case .hidDescriptor: try HIDFuzz.descriptor(bytes)
    case .hidReports: try HIDFuzz.reports(bytes)
    case .keyboard: try HIDFuzz.keyboard(bytes)
    case .serial: try SerialFuzz.run(bytes)
    case .faceFM22x: try FaceFuzz.run(bytes, .fm22x)
    case .faceTX510: try FaceFuzz.run(bytes, .tx510)
    case .usb: try USBFuzz.run(bytes)
    case .record: try WireFuzz.record(bytes)
    case .batch: try WireFuzz.batch(bytes)
    case .downlink: try WireFuzz.downlink(bytes)
    case .neighbours: try NeighbourFuzz.run(bytes)
    case .json: try WireFuzz.json(bytes)
    case .statement: try StatementFuzz.run(bytes)
    case .code: try CodeFuzz.run(bytes)
    case .device: try DeviceFuzz.run(bytes)
    }
  }

  /// How much of the time it gets: a driver has more to go wrong than a codec, and is slower.
  package var share: Int { self == .device ? 6 : 1 }

  /// Bytes; nothing is learnt from longer inputs.
  package var longestInput: Int {
    switch self {
    case .atr: 64
    case .device: 512
    case .code: 4200
    // More than the longest code.
    case .serial: 6000
    case .ccid, .hidDescriptor, .hidReports, .keyboard, .faceFM22x, .faceTX510, .usb,
      .record, .batch, .downlink, .neighbours, .json, .statement:
      2048
    }
  }

  /// The files whose coverage is counted, from the top of the repository.
  package var codec: [String] {
    func card(_ names: String...) -> [String] { names.map { "Sources/Readers/Card/\($0).swift" } }
    func scanner(_ names: String...) -> [String] {
      names.map { "Sources/Readers/Scanner/\($0).swift" }
    }
    func wire(_ names: String...) -> [String] { names.map { "Sources/SyncProtocol/\($0).swift" } }
    let face = ["FaceFrame", "FaceMessage"].map { "Sources/Readers/Face/\($0).swift" }
    return switch self {
    case .ccid:
      card(
        "CCIDAnswer", "CCIDNotice", "CCIDExchange", "APDUExchange", "CCIDFunctionalDescriptor",
        "SerialReading")
    case .atr: card("AnswerToReset")
    case .hidDescriptor: scanner("HIDReportDescriptor", "ScannedDataReport")
    case .hidReports: scanner("ReportAssembler", "ScannedDataReport", "CodeCollector")
    case .keyboard: scanner("KeyboardDecoder", "CodeCollector")
    case .serial:
      scanner("SerialFramer", "CodeCollector", "SymbologyIdentifier")
    case .faceFM22x: face + ["Sources/Readers/Face/FaceCipher.swift"]
    case .faceTX510: face
    case .usb:
      ["Sources/USBTransport/USBDescriptors.swift", "Sources/Readers/Serial/SerialLayout.swift"]
        + card("CardReaderLayout") + scanner("ScannerLayout")
    case .record: wire("RecordCodec", "CorrectionRows", "HoldRecords")
    case .batch: wire("BatchCodec", "Chain", "Signing")
    case .downlink:
      wire(
        "AckCodec", "FeedCodec", "FeedRows", "RulebookCodec", "RulebookRows", "HoldCodec",
        "RefundHoldCodec")
    case .neighbours: wire("PeerCodec", "HeadCodec")
    case .json: wire("WireForm")
    case .statement:
      wire("StatementCodec", "CertificateDocument") + ["Sources/StatementVerification"]
    case .code: scanner("CodeText") + ["Sources/SyncProtocol/Credential+Code.swift"]
    case .device: ["Sources/Readers"]
    }
  }
}
