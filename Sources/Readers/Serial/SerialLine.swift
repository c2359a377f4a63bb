import USBTransport

/// A serial line over claimed pipes. One task reads, one at a time writes or sets.
struct SerialLine: Sendable {
  /// For a control transfer, and for a write.
  static let patience = Duration.seconds(1)
  /// An FTDI chip ends every transfer with a short packet; this is 8 of its packets at full speed, and
  /// one at high speed. The others may end a full packet with nothing, so they are read packet by packet.
  private static let ftdiTransfer = 512
  /// Reads in a row that bring nothing, or a halt, before they are slowed down or given up.
  private static let emptyReads = 8
  static let haltedReads = 3
  private static let emptyPause = Duration.milliseconds(2)

  private let pipes: any USBPipes
  private let layout: SerialLayout
  private let settings: SerialSettings
  private let clock: ReaderClock
  private let haltedReads: Int

  /// - Parameter haltedReads: 0 for who must hear of every halt, because bytes may have been lost.
  init(
    pipes: any USBPipes, layout: SerialLayout, settings: SerialSettings, clock: ReaderClock,
    haltedReads: Int = haltedReads
  ) {
    self.haltedReads = haltedReads
    self.pipes = pipes
    self.layout = layout
    self.settings = settings
    self.clock = clock
  }

  /// Sets the line: rate, 8N1, no flow control, DTR and RTS up. What came before is thrown away where the
  /// bridge can.
  ///
  /// - Throws: `library(code: -2)`, an invalid parameter, for a rate that
  ///   ``SerialLayout/refusal(of:)`` refuses; nothing was sent then.
  func setUp() async throws(USBError) {
    guard layout.refusal(of: settings) == nil else { throw .library(code: -2) }
    switch layout.bridge {
    case .cdcACM(let control): try await setUpCDCACM(control)
    case .ch34x: try await setUpCH34x()
    case .cp210x(let interface): try await setUpCP210x(interface)
    case .ftdi(let port): try await setUpFTDI(port)
    }
  }

  /// Whether somebody waits for the next byte. An FTDI bridge, which gathers bytes, is told: eager it
  /// wakes us 125 times a second, otherwise 4 times, and what does not end with the settings' last byte
  /// may come a quarter of a second late. The other bridges wake us for bytes only.
  func setEager(_ isEager: Bool) async throws(USBError) {
    guard case .ftdi(let port) = layout.bridge else { return }
    let latency = isEager ? FTDIRequest.eagerLatency : FTDIRequest.idleLatency
    try await send(FTDIRequest.setLatency(latency, port))
  }

  /// Waits for bytes, for ever.
  ///
  /// - Returns: One or more, without what the bridge adds.
  func read() async throws(USBError) -> [UInt8] {
    var (empty, halted) = (0, 0)
    while true {
      let completion = await pipes.receive(
        from: layout.bulkIn, length: transferLength, timeout: nil)
      let bytes = payload(of: completion.bytes)
      // Bytes that came before a failure count; the next read meets the failure again.
      if !bytes.isEmpty { return bytes }
      switch completion.failure {
      case nil:
        empty += 1
        if empty > Self.emptyReads {
          await clock.sleep(for: Self.emptyPause)
          if Task.isCancelled { throw .cancelled }
        }
      case .stalled:
        halted += 1
        guard halted <= haltedReads else { throw .stalled }
        try await pipes.clearHalt(of: layout.bulkIn)
      case .some(let failure): throw failure
      }
    }
  }

  /// - Throws: ``USBError/timedOut(transferred:)`` when the bridge does not take the bytes in a second.
  func write(_ bytes: [UInt8]) async throws(USBError) {
    try await pipes.write(bytes, to: layout.bulkOut, timeout: Self.patience)
  }

  private var transferLength: Int {
    guard case .ftdi = layout.bridge else { return layout.bulkIn.maxPacketSize }
    return max(Self.ftdiTransfer, layout.bulkIn.maxPacketSize)
  }

  private func payload(of transfer: [UInt8]) -> [UInt8] {
    guard case .ftdi = layout.bridge else { return transfer }
    return FTDIRequest.payload(of: transfer, packetSize: layout.bulkIn.maxPacketSize)
  }

  private func send(_ setup: USBSetup) async throws(USBError) {
    try await pipes.request(setup, timeout: Self.patience)
  }
}

// MARK: - The bridges

extension SerialLine {
  /// A device that makes its line up may stall what it has no use for.
  private func setUpCDCACM(_ control: UInt8) async throws(USBError) {
    let requests = [
      CDCACMRequest.setLineCoding(baud: settings.baud, interface: control),
      CDCACMRequest.raiseLines(interface: control),
    ]
    for request in requests {
      do throws(USBError) {
        try await send(request)
      } catch {
        guard error == .stalled else { throw error }
      }
    }
  }

  private func setUpCH34x() async throws(USBError) {
    let version = try await pipes.ask(CH34xRequest.readVersion, timeout: Self.patience).first ?? 0
    try await send(CH34xRequest.initialise)
    try await send(CH34xRequest.setBaud(settings.baud, version: version))
    if version >= CH34xRequest.firstVersionWithLine { try await send(CH34xRequest.setLine) }
    try await send(CH34xRequest.raiseLines)
  }

  private func setUpCP210x(_ interface: UInt8) async throws(USBError) {
    try await send(CP210xRequest.enable(interface: interface))
    try await send(CP210xRequest.setBaud(settings.baud, interface: interface))
    try await send(CP210xRequest.setLine(interface: interface))
    try await send(CP210xRequest.setNoFlow(interface: interface))
    try await send(CP210xRequest.raiseLines(interface: interface))
    try await send(CP210xRequest.purge(interface: interface))
  }

  private func setUpFTDI(_ port: FTDIPort) async throws(USBError) {
    guard let baud = FTDIRequest.setBaud(settings.baud, port) else { throw .library(code: -2) }
    try await send(FTDIRequest.reset(port))
    try await send(FTDIRequest.purgeReceived(port))
    try await send(FTDIRequest.purgeSent(port))
    try await send(baud)
    try await send(FTDIRequest.setLine(port))
    try await send(FTDIRequest.setNoFlow(port))
    try await send(FTDIRequest.raiseDTR(port))
    try await send(FTDIRequest.raiseRTS(port))
    try await send(FTDIRequest.setEventByte(settings.lastByte, port))
    try await send(FTDIRequest.setLatency(FTDIRequest.idleLatency, port))
  }
}
