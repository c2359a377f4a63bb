import USBTransport

/// Where a scanner's bytes come from.
protocol ScannerInput: Sendable {
  /// Waits for the scanner's next word, for ever.
  func read() async throws(USBError) -> [UInt8]
  /// Makes it readable again after ``USBError/stalled``.
  func clearHalt() async throws(USBError)
  /// A code has begun and not ended, or there is none any more.
  func expect(_ more: Bool) async throws(USBError)
}

/// The reports of a HID interface.
struct HIDInput: ScannerInput {
  let pipes: any USBPipes
  let endpoint: USBEndpoint
  /// Bytes of the longest report.
  let length: Int

  func read() async throws(USBError) -> [UInt8] {
    try await pipes.read(from: endpoint, length: length, timeout: nil)
  }

  func clearHalt() async throws(USBError) {
    try await pipes.clearHalt(of: endpoint)
  }

  /// A report comes when it comes.
  func expect(_ more: Bool) {}
}

/// The bytes of a serial line.
struct SerialInput: ScannerInput {
  private let pipes: any USBPipes
  private let layout: SerialLayout
  private let line: SerialLine

  init(_ context: SessionContext, layout: SerialLayout, settings: ScannerSettings) {
    pipes = context.pipes
    self.layout = layout
    line = SerialLine(
      pipes: context.pipes, layout: layout, settings: settings.line, clock: context.clock,
      haltedReads: 0)
  }

  func setUp() async throws(USBError) {
    try await line.setUp()
  }

  func read() async throws(USBError) -> [UInt8] {
    try await line.read()
  }

  func clearHalt() async throws(USBError) {
    try await pipes.clearHalt(of: layout.bulkIn)
  }

  /// A bridge that gathers bytes must not hold the end of a code back.
  func expect(_ more: Bool) async throws(USBError) {
    try await line.setEager(more)
  }
}

/// How a scanner is made to beep once.
struct ScannerBeep: Sendable {
  /// For the device to take the command.
  private static let patience = Duration.seconds(1)

  let pipes: any USBPipes
  let hid: ScannerLayout.HID
  /// The whole report, with its id.
  let report: [UInt8]

  func sound() async throws(USBError) {
    if let endpoint = hid.interruptOut {
      try await pipes.write(report, to: endpoint, timeout: Self.patience)
    } else {
      try await pipes.request(
        HIDRequest.setReport(report, of: hid.interface), timeout: Self.patience)
    }
  }
}
