import CanteenModel
import Logging
import USBTransport

/// Serves one device until it is unplugged: session after session, with growing pauses between
/// failures.
struct ReaderAttendant: Sendable {
  let device: USBDeviceReference
  let reader: ReaderID
  let layout: CardReaderLayout
  let quirks: CardReaderQuirks
  let memory: CardMemory
  let supervisor: ReaderSupervisor
  let logger: Logger

  func run() async {
    var pause = Pause()
    var needsReset = false
    while !Task.isCancelled, await supervisor.isPresent(reader, device.address) {
      let began = ContinuousClock.now
      let end = await session(resettingFirst: needsReset)
      if ContinuousClock.now - began > Pause.healthyAfter { pause = Pause() }
      // A session that got ready has cured what went wrong before it.
      if await supervisor.isReady(reader, device.address) { needsReset = false }
      switch end {
      case .cancelled: return
      case .transport(.deviceGone):
        await supervisor.lose(reader, device.address, .unplugged)
        return
      case .transport(.accessDenied):
        await supervisor.lose(reader, device.address, .accessDenied)
      case .transport(.busy): await supervisor.lose(reader, device.address, .busy)
      case .transport(let failure):
        needsReset = true
        await supervisor.lose(reader, device.address, .failed("\(failure)"))
      case .broken(let reason):
        needsReset = true
        await supervisor.lose(reader, device.address, .failed(reason))
      }
      // try?: a cancelled sleep ends the loop.
      try? await Task.sleep(for: pause.next())
    }
  }

  private func session(resettingFirst: Bool) async -> CardReaderSession.End {
    do throws(USBError) {
      let opened = try device.open()
      let end = await session(on: opened, resettingFirst: resettingFirst)
      opened.close()
      return end
    } catch {
      return .transport(error)
    }
  }

  private func session(
    on opened: borrowing USBDevice, resettingFirst: Bool
  ) async -> CardReaderSession.End {
    do throws(USBError) {
      if resettingFirst {
        // Another program's reader must not be reset under its hands: the claim finds it busy.
        try await opened.withInterface(layout.interface) { _ in }
        try await opened.reset()
      }
      return try await opened.withInterface(layout.interface) { await serve($0) }
    } catch {
      return .transport(error)
    }
  }

  private func serve(_ interface: ClaimedInterface) async -> CardReaderSession.End {
    let mailbox = CardReaderMailbox()
    let address = device.address
    await supervisor.open(mailbox, for: reader, address)
    var session = CardReaderSession(
      reader: reader, layout: layout, quirks: quirks, interface: interface, mailbox: mailbox,
      memory: memory, logger: logger
    ) { [supervisor, reader] report in
      await supervisor.note(report, from: reader, address)
    }
    let watch = CardReaderWatch(
      interface: interface, interruptIn: layout.interruptIn,
      noticesAreReliable: quirks.noticesAreReliable, mailbox: mailbox)
    let end = await withDiscardingTaskGroup(returning: CardReaderSession.End.self) { group in
      group.addTask { await watch.run() }
      group.addTask { await mailbox.runAlarm() }
      let end = await session.run()
      group.cancelAll()
      return end
    }
    mailbox.close()
    return Task.isCancelled ? .cancelled : end
  }
}

/// How long to wait before the next try: 100 ms at first, doubled each time, 5 s at most.
struct Pause: Equatable, Sendable {
  /// After a session of this length the next failure counts as the first.
  static let healthyAfter = Duration.seconds(10)
  private var length = Duration.milliseconds(100)

  mutating func next() -> Duration {
    defer { length = min(length * 2, .seconds(5)) }
    return length
  }
}
