import CanteenModel
import Testing
import VirtualReaders

@testable import Readers

/// Scanners of every kind, over Debian's libusb.
@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(3)))
struct ScannerTests {
  /// What is plugged in.
  enum Plugged: Sendable, CustomTestStringConvertible {
    case hidPOS(HIDPOSScannerModel.Form)
    case keyboard
    case serial(SerialBridgeModel.Kind)

    static let all: [Plugged] =
      HIDPOSScannerModel.Form.allCases.map { .hidPOS($0) } + [.keyboard]
      + SerialBridgeModel.Kind.allCases.map { .serial($0) }

    /// One of each way of reading.
    static let some: [Plugged] = [
      .hidPOS(.withoutCount), .hidPOS(.withCount), .keyboard, .serial(.cdcACM),
    ]

    var testDescription: String { "\(self)" }

    /// Whether a code comes with the name of its symbology.
    var symbology: String? {
      switch self {
      case .hidPOS(.microscan), .keyboard, .serial(.cp2102): nil
      case .hidPOS, .serial: "]Q1"
      }
    }

    var types: Bool {
      if case .keyboard = self { true } else { false }
    }

    func plug(into bus: VirtualBus) throws {
      switch self {
      case .hidPOS(let form): try bus.plug(HIDPOSScannerModel(form: form), port: Bench.port)
      case .keyboard: try bus.plug(KeyboardScannerModel(), port: Bench.port)
      case .serial(let kind):
        let scanner = ScannerPeripheral(namesSymbology: symbology != nil)
        try bus.plug(SerialBridgeModel(kind, peripheral: scanner), port: Bench.port)
      }
    }
  }

  /// The settings say that a scanner is at the bench's socket.
  private static func plan(_ settings: ScannerSettings = ScannerSettings()) throws -> ReaderPlan {
    try ReaderPlan(places: [
      ReaderPlan.Place(socket: Bench.port, lane: LaneID(1), role: .scanner, scanner: settings)
    ])
  }

  private func with(
    _ plugged: Plugged, _ settings: ScannerSettings = ScannerSettings(),
    _ body: (inout Bench) async throws -> Void
  ) async throws {
    try await Bench.with([], plan: try Self.plan(settings)) { bench in
      try plugged.plug(into: bench.bus)
      await bench.ready()
      try await body(&bench)
    }
  }

  private func scanned(_ bytes: [UInt8], _ symbology: String?) -> ReaderEvent {
    .presented(
      Presentation(
        evidence: .code(ScannedCode(bytes: bytes, symbology: symbology)), reader: Bench.reader),
      lane: LaneID(1))
  }

  private static let address = bytes("https://example.org/pay?a=1&b=%7E_-@#!*('x')")
  /// 食堂一卡通 in GBK.
  private static let gbk = hex("CA B3 CC C3 D2 BB BF A8 CD A8")

  @Test("addresses, GBK, and long codes come over every kind of scanner", arguments: Plugged.all)
  func kinds(plugged: Plugged) async throws {
    try await with(plugged) { bench in
      // No multiple of 56 or 62: the Microscan's cannot be told from a cut code. A keyboard types as long as
      // that: a busy machine makes pauses in it that end a code.
      let length = plugged.types ? 300 : 3000
      let long = (0..<length).map { UInt8(0x21 + $0 % 90) }
      for code in [Self.address, Self.gbk, long, [0x37]] {
        try bench.bus.scan(code, port: Bench.port)
        #expect(await bench.next() == scanned(code, plugged.symbology))
        #expect(bench.wasThereAtStart == false)
      }
    }
  }

  @Test("an idle scanner submits no transfers", arguments: Plugged.some)
  func idle(plugged: Plugged) async throws {
    try await with(plugged) { bench in
      try bench.bus.scan(Self.address, port: Bench.port)
      #expect(await bench.next() == scanned(Self.address, plugged.symbology))
      try await bench.quiet()
      let before = try bench.bus.submittedTransfers(port: Bench.port)
      try await bench.settled()
      #expect(try bench.bus.submittedTransfers(port: Bench.port) == before)
    }
  }

  @Test(
    "a scanner that is pulled in the middle of a code has scanned nothing", arguments: Plugged.some)
  func pulled(plugged: Plugged) async throws {
    try await with(plugged) { bench in
      try bench.bus.disturbScan(.cutOff(afterReports: 1), port: Bench.port)
      try bench.bus.scan(bytes(String(repeating: "x", count: 200)), port: Bench.port)
      try bench.bus.unplug(port: Bench.port)
      // Less than a code's patience has gone by, or more: it is unreadable, or nothing.
      var events: [ReaderEvent?] = []
      repeat {
        events.append(await bench.next())
      } while events.last
        == .unreadable(
          Bench.reader, .brokenCode)
      #expect(events.last == .away(Bench.reader, .unplugged))
      try plugged.plug(into: bench.bus)
      await bench.ready()
      try bench.bus.scan(Self.address, port: Bench.port)
      #expect(await bench.next() == scanned(Self.address, plugged.symbology))
    }
  }

  @Test(
    "a code that stops in its middle is unreadable, what may be its end too, and the next is read",
    arguments: Plugged.some)
  func cutOff(plugged: Plugged) async throws {
    try await with(plugged) { bench in
      try bench.bus.disturbScan(.cutOff(afterReports: 2), port: Bench.port)
      try bench.bus.scan(bytes(String(repeating: "x", count: 200)), port: Bench.port)
      #expect(await bench.next() == .unreadable(Bench.reader, .brokenCode))
      try bench.bus.scan(bytes("perhaps its end"), port: Bench.port)
      try bench.bus.scan(Self.address, port: Bench.port)
      #expect(await bench.next() == scanned(Self.address, plugged.symbology))
    }
  }

  @Test(
    "an endpoint that stalls is cleared, without a reset, and the next code is read",
    arguments: [Plugged.hidPOS(.withCount), .keyboard])
  func stalled(plugged: Plugged) async throws {
    try await with(plugged) { bench in
      for number in 0..<3 {
        try bench.bus.disturbScan(.stall(afterReports: number), port: Bench.port)
        try bench.bus.scan(bytes(String(repeating: "x", count: 200)), port: Bench.port)
        try bench.bus.scan(bytes("perhaps its end"), port: Bench.port)
        try bench.bus.scan(Self.address, port: Bench.port)
        var event = await bench.next()
        while event == .unreadable(Bench.reader, .brokenCode) { event = await bench.next() }
        #expect(event == scanned(Self.address, plugged.symbology))
      }
      #expect(try bench.bus.resets(port: Bench.port) == 0)
    }
  }

  @Test("an endpoint that stalls again and again is reset, and works again")
  func stalledForGood() async throws {
    try await with(.hidPOS(.withCount)) { bench in
      try bench.bus.stallScanner(times: 6, port: Bench.port)
      let reason = "reading fails again and again: the endpoint is halted"
      #expect(await bench.next() == .away(Bench.reader, .failed(reason)))
      await bench.ready()
      #expect(try bench.bus.resets(port: Bench.port) == 1)
      try bench.bus.scan(Self.address, port: Bench.port)
      #expect(await bench.next() == scanned(Self.address, "]Q1"))
    }
  }

  @Test("bytes that are none cost at most the code after them", arguments: Plugged.some)
  func garbage(plugged: Plugged) async throws {
    try await with(plugged) { bench in
      for fault in [ScannerFault.garbage, .shortReport] {
        try bench.bus.disturbScan(fault, port: Bench.port)
        try bench.bus.scan(Self.address, port: Bench.port)
        try bench.bus.scan(bytes("good"), port: Bench.port)
        var event = await bench.next()
        while event != scanned(bytes("good"), plugged.symbology) {
          switch event {
          case .unreadable: break
          case .presented(let presentation, _):
            // A serial line has no reports: what stands before the code belongs to it.
            guard case .code(let code) = presentation.evidence else { return }
            #expect(code.bytes.suffix(Self.address.count) == Self.address[...])
          default:
            Issue.record("\(String(describing: event))")
            return
          }
          event = await bench.next()
        }
      }
    }
  }

  @Test(
    "a code of more than 4096 bytes is unreadable, and the next is read", arguments: Plugged.some)
  func overlong(plugged: Plugged) async throws {
    try await with(plugged) { bench in
      try bench.bus.scan([UInt8](repeating: 0x78, count: 4200), port: Bench.port)
      #expect(await bench.next() == .unreadable(Bench.reader, .brokenCode))
      try bench.bus.scan(Self.address, port: Bench.port)
      #expect(await bench.next() == scanned(Self.address, plugged.symbology))
    }
  }

  @Test("the bar code of a drink is told, and is no wallet")
  func wrongSymbology() async throws {
    try await with(.hidPOS(.honeywell)) { bench in
      try bench.bus.scan(bytes("6901234567892"), symbology: "]E0", port: Bench.port)
      #expect(await bench.next() == .unreadable(Bench.reader, .wrongSymbology))
    }
  }

  @Test("every interface of a scanner that types is taken from the console, and given back")
  func console() async throws {
    try await with(.keyboard) { bench in
      let bound = try bench.bus.kernelInterfaces(port: Bench.port)
      #expect(bound == [])
    }
    try await VirtualBus.withTurn { bus in
      try bus.plug(KeyboardScannerModel(), port: Bench.port)
      #expect(try bus.kernelInterfaces(port: Bench.port) == [0, 1])
    }
  }

  @Test("a German scanner that ends with Tab is read as the settings say")
  func settings() async throws {
    var settings = ScannerSettings()
    settings.suffix = .tab
    settings.keyboard = .german
    let plan = try Self.plan(settings)
    try await Bench.with([], plan: plan) { bench in
      try bench.bus.plug(KeyboardScannerModel(suffix: 0x2B), port: Bench.port)
      await bench.ready()
      // The model types on a US keyboard: what it calls z and / are y and - on a German one.
      try bench.bus.scan(bytes("z/"), port: Bench.port)
      #expect(await bench.next() == scanned(bytes("y-"), nil))
    }
  }

  @Test(
    "a serial scanner without suffix is read when it falls silent",
    arguments: [SerialBridgeModel.Kind.cdcACM, .ft232r])
  func noSuffix(kind: SerialBridgeModel.Kind) async throws {
    var settings = ScannerSettings()
    settings.suffix = .none
    try await Bench.with([], plan: try Self.plan(settings)) { bench in
      let model = SerialBridgeModel(kind, peripheral: ScannerPeripheral(suffix: []))
      try bench.bus.plug(model, port: Bench.port)
      await bench.ready()
      let text = bytes(String(repeating: "a\r\n", count: 100))
      try bench.bus.scan(text, port: Bench.port)
      #expect(await bench.next() == scanned(text, nil))
    }
  }

  @Test("what was scanned before the terminal listened is no presentation")
  func stale() async throws {
    try await Bench.with([], plan: try Self.plan()) { bench in
      try bench.bus.plug(HIDPOSScannerModel(form: .withCount), port: Bench.port)
      try bench.bus.scan(bytes("stale"), port: Bench.port)
      await bench.ready()
      try bench.bus.scan(bytes("fresh"), port: Bench.port)
      #expect(await bench.next() == scanned(bytes("fresh"), "]Q1"))
    }
  }

  @Test("a Honeywell scanner beeps twice to approve and four times to decline; others cannot")
  func beeps() async throws {
    try await Bench.with([], plan: try Self.plan()) { bench in
      let honeywell = HIDPOSScannerModel(form: .honeywell, vendor: 0x0C2E, product: 0x9999)
      try bench.bus.plug(honeywell, port: Bench.port)
      await bench.ready()
      for (signal, beeps) in [(Signal.approved, 2), (.declined, 4), (.shownAgain, 1)] {
        let before = bench.bus.signalLog.count
        #expect(await bench.supervisor.signal(signal, on: Bench.reader) == .shown)
        #expect(bench.bus.signalLog.count == before + beeps)
      }
      #expect(await bench.supervisor.states().map(\.ownNoises) == [.unknown])
    }
    try await with(.hidPOS(.withCount)) { bench in
      #expect(await bench.supervisor.signal(.approved, on: Bench.reader) == .unsupported)
    }
  }

  @Test("a scanner whose reports carry no codes says so, and is parked in the end")
  func noCodes() async throws {
    try await Bench.with([], plan: try Self.plan()) { bench in
      // Set up as something else: its only interface is that of media keys.
      try bench.bus.plug(MediaKeys(), port: Bench.port)
      let reason = "no report of it carries codes: set it up as HID POS, keyboard or serial"
      #expect(await bench.next() == .away(Bench.reader, .failed(reason)))
    }
  }
}

/// A HID device without keys or codes.
private struct MediaKeys: DeviceModel {
  let keyboard = KeyboardScannerModel()
  var deviceDescriptor: [UInt8] { keyboard.deviceDescriptor }
  var kernelDrivers: [UInt8: String] { [:] }

  var configurationDescriptor: [UInt8] {
    [9, 2, 34, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 1, 3, 0, 0, 0, 9, 0x21, 0x11, 1, 0, 1, 0x22, 4, 0]
      + [7, 5, 0x82, 3, 8, 0, 8]
  }

  mutating func control(setup: [UInt8], payload: [UInt8]) -> [UInt8]? {
    setup[0] == 0x81 ? [0x05, 0x0C, 0x09, 0x01] : nil
  }

  mutating func received(
    _ bytes: [UInt8], on endpoint: UInt8, endedWithZeroPacket: Bool
  ) -> [DeviceEffect] { [] }

  mutating func reset() -> [DeviceEffect] { [] }
}
