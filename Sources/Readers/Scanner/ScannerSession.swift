import CanteenModel
import Logging
import USBTransport

/// One life of a scanner: from the claim of its interfaces until it fails or is cancelled.
///
/// A read without end is pending on the scanner; nothing asks it, and nothing wakes an idle terminal.
/// While a code is coming in an alarm is set, too.
struct ScannerSession: ReaderSession {
  /// A scanner that sends without a pause for so long after the start is broken.
  static let longestSettling = Duration.seconds(5)
  /// So many reads in a row may fail by a halt or an overlong transfer; one more, and the scanner is
  /// reset. Before each next read is a pause of 100 ms that doubles.
  static let failureLimit = 5
  /// For a request on endpoint 0.
  private static let requestPatience = Duration.seconds(1)

  private let context: SessionContext
  private let layout: ScannerLayout
  private let settings: ScannerSettings
  private let outlet: ScannerOutlet

  init(
    _ context: SessionContext, layout: ScannerLayout, settings: ScannerSettings,
    outlet: ScannerOutlet
  ) {
    self.context = context
    self.layout = layout
    self.settings = settings
    self.outlet = outlet
  }

  /// How the scanner turned out to speak.
  private struct Source {
    let input: any ScannerInput
    let decoder: any CodeDecoder
    var beep: ScannerBeep?
  }

  private enum SetUpError: Error {
    case transport(USBError)
    case broken(String)
  }

  mutating func run() async -> SessionEnd {
    do throws(SetUpError) {
      let source =
        switch layout.way {
        case .hid(let interfaces): try await setUp(interfaces)
        case .serial(let line): try await setUp(line)
        }
      return await listen(to: source)
    } catch {
      switch error {
      case .transport(.cancelled): return .cancelled
      case .transport(let failure): return .transport(failure)
      case .broken(let reason): return .broken(reason)
      }
    }
  }

  /// Sleeps until the scanner says something, a code stops in its middle, or a signal is to be shown.
  private func listen(to source: Source) async -> SessionEnd {
    let (input, clock, outlet) = (source.input, context.clock, outlet)
    var hearing = ScannerHearing(decoder: source.decoder, clock: clock)
    return await withTaskGroup(of: Wake.self) { group in
      defer { group.cancelAll() }
      group.addTask { await Self.read(input) }
      group.addTask { await Self.serve(outlet, source.beep, clock) }
      while true {
        if let time = hearing.nextAlarm() {
          group.addTask {
            await clock.sleep(until: time)
            return .alarm(time)
          }
        }
        switch await group.next() {
        case .transfer(let bytes):
          group.addTask { await Self.read(input) }
          for reading in hearing.take(bytes) { await tell(reading) }
          await expect(hearing.expectation(), input)
          guard hearing.isSettling(for: Self.longestSettling) else { continue }
          return .broken("it sends without a pause")
        case .failure(let failure):
          guard failure == .stalled || failure == .overflow else {
            return failure == .cancelled ? .cancelled : .transport(failure)
          }
          if let reading = hearing.interrupt() { await tell(reading) }
          guard let pause = hearing.failed(limit: Self.failureLimit) else {
            return .broken("reading fails again and again: \(failure)")
          }
          group.addTask {
            await clock.sleep(for: pause)
            // try?: the read that follows finds out whether the endpoint works again.
            if failure == .stalled { try? await input.clearHalt() }
            return await Self.read(input)
          }
        case .alarm(let time):
          let wasSettling = hearing.isSettling(for: .zero)
          if let reading = hearing.ring(time) { await tell(reading) }
          await expect(hearing.expectation(), input)
          if wasSettling, !hearing.isSettling(for: .zero) {
            await context.report(.ready(layout.quirks.ownNoises))
          }
        case .served:
          group.addTask { await Self.serve(outlet, source.beep, clock) }
        case .closed, nil: return .cancelled
        }
      }
    }
  }

  /// - Parameter more: `nil` when nothing has changed.
  private func expect(_ more: Bool?, _ input: any ScannerInput) async {
    // try?: what the failure means for the scanner, the pending read finds out.
    if let more { try? await input.expect(more) }
  }

  private func tell(_ reading: CodeReading) async {
    switch reading {
    case .code(let code):
      await context.report(.shown(.code(code), wasThereAtStart: false))
    case .unreadable(let reason): await context.report(.unreadable(reason))
    }
  }
}

// MARK: - What runs beside each other

extension ScannerSession {
  private enum Wake: Sendable {
    case transfer([UInt8])
    case failure(USBError)
    /// It was set for this time.
    case alarm(Duration)
    /// A signal was answered.
    case served
    /// The session is cancelled.
    case closed
  }

  private static func read(_ input: any ScannerInput) async -> Wake {
    do throws(USBError) {
      return .transfer(try await input.read())
    } catch {
      return .failure(error)
    }
  }

  /// Waits for a signal, and shows it.
  private static func serve(
    _ outlet: ScannerOutlet, _ beep: ScannerBeep?, _ clock: ReaderClock
  ) async -> Wake {
    guard let order = await outlet.next() else { return .closed }
    guard let beep else {
      order.answer(.unsupported)
      return .served
    }
    do throws(USBError) {
      for index in 0..<ScannerQuirks.beeps(for: order.signal) {
        if index > 0 { await clock.sleep(for: ScannerQuirks.beepPause) }
        guard clock.now < order.deadline, !Task.isCancelled else { throw .cancelled }
        try await beep.sound()
      }
      order.answer(.shown)
    } catch {
      // What the failure means for the scanner, the pending read finds out.
      order.answer(.readerAway)
    }
    return .served
  }
}

// MARK: - Set-up

extension ScannerSession {
  /// Finds the interface that carries codes: one whose report descriptor says so, otherwise one that
  /// types.
  private func setUp(_ interfaces: [ScannerLayout.HID]) async throws(SetUpError) -> Source {
    for interface in interfaces where !interface.isBootKeyboard {
      guard let descriptor = try await reportDescriptor(of: interface) else { continue }
      let reports = ScannedDataReport.find(in: descriptor)
      guard !reports.isEmpty else { continue }
      try await request(HIDRequest.setIdle(interface.interface))
      let length = descriptor.inputLengths.values.max() ?? 0
      return Source(
        input: HIDInput(pipes: context.pipes, endpoint: interface.interruptIn, length: length),
        decoder: ReportAssembler(reports: reports, settings: settings),
        beep: beep(interface, descriptor))
    }
    guard let keyboard = interfaces.first(where: \.isBootKeyboard) else {
      throw .broken("no report of it carries codes: set it up as HID POS, keyboard or serial")
    }
    guard settings.suffix != .none else {
      throw .broken("a scanner that types must send a suffix after each code")
    }
    try await request(HIDRequest.setBootProtocol(keyboard.interface))
    try await request(HIDRequest.setIdle(keyboard.interface))
    return Source(
      input: HIDInput(
        pipes: context.pipes, endpoint: keyboard.interruptIn, length: KeyboardDecoder.reportLength),
      decoder: KeyboardDecoder(settings: settings))
  }

  private func setUp(_ layout: SerialLayout) async throws(SetUpError) -> Source {
    let input = SerialInput(context, layout: layout, settings: settings)
    do throws(USBError) {
      try await input.setUp()
    } catch {
      throw .transport(error)
    }
    return Source(input: input, decoder: SerialFramer(settings: settings))
  }

  /// - Returns: `nil` when the device gives none, or none that can be read.
  private func reportDescriptor(
    of interface: ScannerLayout.HID
  ) async throws(SetUpError) -> HIDReportDescriptor? {
    let setup = HIDRequest.getReportDescriptor(
      of: interface.interface, length: interface.descriptorLength)
    let bytes: [UInt8]
    do throws(USBError) {
      bytes = try await context.pipes.ask(setup, timeout: Self.requestPatience)
    } catch .stalled {
      return nil
    } catch {
      throw .transport(error)
    }
    do throws(HIDReportDescriptor.Malformed) {
      return try HIDReportDescriptor(bytes)
    } catch {
      context.logger.notice(
        "report descriptor", metadata: ["reader": "\(context.reader)", "reason": "\(error)"])
      return nil
    }
  }

  /// A request that a device may refuse: many scanners know neither of them, and do what is asked
  /// all the same.
  private func request(_ setup: USBSetup) async throws(SetUpError) {
    do throws(USBError) {
      try await context.pipes.request(setup, timeout: Self.requestPatience)
    } catch .stalled {
      context.logger.debug("refused", metadata: ["reader": "\(context.reader)"])
    } catch {
      throw .transport(error)
    }
  }

  /// - Returns: `nil` where no command is documented, or the device does not take its report.
  private func beep(
    _ interface: ScannerLayout.HID, _ descriptor: HIDReportDescriptor
  ) -> ScannerBeep? {
    guard layout.canBeep, let command = layout.quirks.beep, let id = command.first,
      let length = descriptor.outputLengths[id], length >= command.count
    else { return nil }
    let padding = [UInt8](repeating: 0, count: length - command.count)
    return ScannerBeep(pipes: context.pipes, hid: interface, report: command + padding)
  }
}
