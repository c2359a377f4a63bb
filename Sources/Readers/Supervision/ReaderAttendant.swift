import CanteenModel
import Logging
import USBTransport

/// Serves one device until it is unplugged: session after session, with growing pauses between
/// failures, until it fails too often.
struct ReaderAttendant: Sendable {
  let device: any USBAttachedDevice
  let reader: ReaderID
  let driver: ReaderDriver
  let supervisor: ReaderSupervisor
  let past: ReaderPast
  let clock: ReaderClock
  let logger: Logger

  /// Hubs are asked every 256 ms at the latest whether a cable was pulled (USB 2.0, 11.23.1): that is known before
  /// a device that fails is reset.
  private static let firstPause = Duration.milliseconds(300)

  func run() async {
    var pause = Pause(first: Self.firstPause)
    var needsReset = false
    while !Task.isCancelled, await supervisor.isPresent(reader, device.address) {
      let began = clock.now
      let end = await session(isResetFirst: needsReset)
      if clock.now - began > Pause.healthyAfter { pause = Pause(first: Self.firstPause) }
      // A session that got ready has cured what went wrong before it.
      if await supervisor.isReady(reader, device.address) { needsReset = false }
      var hasFailed = false
      switch end {
      case .cancelled: return
      // Usually it was pulled out, and the bus says so at once. When the kernel has only taken it from us, as
      // it does when the machine wakes up, it is still there.
      case .transport(.deviceGone):
        await supervisor.lose(reader, device.address, .unplugged)
        #if SEEDED_BUGS
          if SeededReaderBug.planted == .takenIsGone { return }
        #endif
      case .transport(.accessDenied):
        await supervisor.lose(reader, device.address, .accessDenied)
      case .transport(.busy):
        await supervisor.lose(reader, device.address, .busy(holder: device.likelyHolder))
      case .transport(let failure):
        (needsReset, hasFailed) = (true, true)
        guard await fail("\(failure)") else { return }
      case .broken(let reason):
        (needsReset, hasFailed) = (true, true)
        guard await fail(reason) else { return }
      }
      await clock.sleep(for: pause.next())
      // Some host controllers report errors of a cable that is pulled before they say that it was.
      if hasFailed, await !supervisor.isPresent(reader, device.address) { past.forgiveRecovery() }
    }
  }

  /// - Returns: Whether it is worth while to go on.
  private func fail(_ reason: String) async -> Bool {
    let mayRecover = past.spendRecovery(at: clock.now)
    await supervisor.lose(reader, device.address, mayRecover ? .failed(reason) : .parked(reason))
    return mayRecover
  }

  private func session(isResetFirst: Bool) async -> SessionEnd {
    do throws(USBError) {
      return try await device.serve(driver.interfaces, isResetFirst: isResetFirst) {
        await serve($0)
      }
    } catch {
      return .transport(error)
    }
  }

  private func serve(_ pipes: any USBPipes) async -> SessionEnd {
    let address = device.address
    let context = SessionContext(
      reader: reader, pipes: pipes, clock: clock, logger: logger
    ) { [supervisor, reader] report in
      await supervisor.note(report, from: reader, address)
    }
    let end =
      switch driver {
      case .card(let layout, let quirks): await serveCards(context, layout, quirks)
      case .scanner(let layout, let settings): await serveCodes(context, layout, settings)
      case .face(let layout, let settings): await serveFaces(context, layout, settings)
      }
    return Task.isCancelled ? .cancelled : end
  }

  private func serveFaces(
    _ context: SessionContext, _ layout: SerialLayout, _ settings: FaceSettings
  ) async -> SessionEnd {
    let line = SerialLine(
      pipes: context.pipes, layout: layout, settings: settings.serial, clock: clock)
    let outlet = FaceOutlet()
    await supervisor.open(outlet, for: reader, device.address)
    var session = FaceSession(
      context, settings: settings, line: line, outlet: outlet, portBegan: past.began)
    let end = await withDiscardingTaskGroup(returning: SessionEnd.self) { group in
      if let end = await session.prepare() { return end }
      group.addTask { await outlet.pump(line) }
      let end = await session.run()
      group.cancelAll()
      return end
    }
    outlet.close()
    return end
  }

  private func serveCards(
    _ context: SessionContext, _ layout: CardReaderLayout, _ quirks: CardReaderQuirks
  ) async -> SessionEnd {
    let mailbox = CardReaderMailbox(clock: clock)
    await supervisor.open(mailbox, for: reader, device.address)
    var session = CardReaderSession(
      context, layout: layout, quirks: quirks, mailbox: mailbox, memory: past.card)
    let watch = CardReaderWatch(
      pipes: context.pipes, clock: clock, interruptIn: layout.interruptIn,
      noticesAreReliable: quirks.noticesAreReliable, mailbox: mailbox)
    let end = await withDiscardingTaskGroup(returning: SessionEnd.self) { group in
      group.addTask { await watch.run() }
      group.addTask { await mailbox.runAlarm() }
      let end = await session.run()
      group.cancelAll()
      return end
    }
    mailbox.close()
    return end
  }

  private func serveCodes(
    _ context: SessionContext, _ layout: ScannerLayout, _ settings: ScannerSettings
  ) async -> SessionEnd {
    let outlet = ScannerOutlet()
    await supervisor.open(outlet, for: reader, device.address)
    var session = ScannerSession(context, layout: layout, settings: settings, outlet: outlet)
    let end = await session.run()
    outlet.close()
    return end
  }
}
