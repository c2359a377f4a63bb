package import CanteenModel
package import Logging
package import USBTransport

/// Keeps every card reader of the terminal working: one child task a device, restarted after
/// failures, replaced when the device is plugged in anew.
///
/// ``run()`` never ends by itself; nothing that a reader does ends it.
package actor ReaderSupervisor {
  /// How long ``signal(_:on:)`` waits for the reader's confirmation.
  package static let signalPatience = Duration.seconds(1)
  /// Events that wait for the terminal. More than a canteen taps in minutes; at the bound the
  /// newest is dropped, which to the diner is a tap that was not seen.
  private static let eventCapacity = 1024

  /// As many times more the descriptors of a device that has just come are read.
  private static let descriptorRetries = 10
  private static let descriptorPause = Duration.milliseconds(300)
  /// USB class of hubs.
  private static let hubClass: UInt8 = 0x09

  private struct Entry {
    var state: ReaderState
    let address: USBAddress
    var mailbox: CardReaderMailbox?
  }

  /// What the readers tell. For one consumer; it ends when ``run()`` returns.
  package nonisolated let events: AsyncStream<ReaderEvent>
  private let continuation: AsyncStream<ReaderEvent>.Continuation
  private let context: USBContext
  private let logger: Logger
  private var entries: [ReaderID: Entry] = [:]
  /// One a port that ever had a reader: it outlives replugs.
  private var memories: [ReaderID: CardMemory] = [:]

  /// - Parameter context: Its hot-plug stream is consumed here. Closed by its owner, after
  ///   ``run()``.
  package init(context: USBContext, logger: Logger) {
    self.context = context
    self.logger = logger
    (events, continuation) = AsyncStream.makeStream(
      bufferingPolicy: .bufferingOldest(Self.eventCapacity))
  }

  /// Serves readers until the task is cancelled.
  package func run() async {
    let hotplug = context.hotplug
    await withDiscardingTaskGroup { group in
      for await event in hotplug {
        switch event {
        case .arrived(let device):
          if let admission = admit(device, isFirst: true) {
            if let attendant = admission.value { group.addTask { await attendant.run() } }
          } else {
            group.addTask { await self.admitLater(device)?.run() }
          }
        case .left(let address): dismiss(address)
        }
      }
      group.cancelAll()
    }
    continuation.finish()
  }

  /// Shows a signal to the diner.
  ///
  /// - Returns: When the reader has confirmed, or at the latest after ``signalPatience``. After
  ///   that the signal is not shown any more, unless the reader had already begun.
  package func signal(_ signal: Signal, on reader: ReaderID) async -> SignalOutcome {
    guard let entry = entries[reader], let mailbox = entry.mailbox else { return .readerAway }
    guard entry.state.canSignal else { return .unsupported }
    let (outcomes, reply) = AsyncStream<SignalOutcome>.makeStream()
    let deadline = ContinuousClock.now + Self.signalPatience
    mailbox.post(SignalOrder(signal: signal, deadline: deadline, reply: reply))
    return await withTaskGroup(of: SignalOutcome.self) { group in
      group.addTask {
        for await outcome in outcomes { return outcome }
        return .readerAway
      }
      group.addTask {
        // try?: a cancelled sleep only ends the wait.
        try? await Task.sleep(until: deadline, clock: .continuous)
        return .readerAway
      }
      defer { group.cancelAll() }
      return await group.next() ?? .readerAway
    }
  }

  /// Every reader that is plugged in or was, sorted by port.
  package func states() -> [ReaderState] {
    entries.values.map(\.state).sorted { $0.reader < $1.reader }
  }

  /// A device whose descriptors could not be read: they are read again for three seconds, in which
  /// it is listed as starting.
  private func admitLater(_ device: USBDeviceReference) async -> ReaderAttendant? {
    for _ in 0..<Self.descriptorRetries {
      // try?: whoever cancels also ends the loop.
      try? await Task.sleep(for: Self.descriptorPause)
      let reader = ReaderID(port: device.port)
      guard !Task.isCancelled, isPresent(reader, device.address) else { return nil }
      if let admission = admit(device, isFirst: false) { return admission.value }
    }
    let reader = ReaderID(port: device.port)
    lose(reader, device.address, .failed("its descriptors cannot be read: plug it in anew"))
    return nil
  }

  /// What came of reading a device's descriptors.
  private struct Admission {
    /// `nil` when it is not to be served.
    let value: ReaderAttendant?
  }

  /// A new device: an attendant for it, unless it is no reader or one that cannot be used.
  ///
  /// - Returns: `nil` when the descriptors could not be read.
  private func admit(_ device: USBDeviceReference, isFirst: Bool) -> Admission? {
    let reader = ReaderID(port: device.port)
    let quirks = CardReaderQuirks.of(
      vendor: device.descriptor.vendor, product: device.descriptor.product)
    let finding: CardReaderLayout.Finding
    do throws(USBError) {
      finding = CardReaderLayout.find(in: try device.interfaces(), quirks: quirks)
    } catch {
      // Hubs are never readers.
      if device.descriptor.deviceClass == Self.hubClass { return Admission(value: nil) }
      if isFirst {
        logger.notice("no descriptors", metadata: ["port": "\(reader)", "reason": "\(error)"])
        enter(device, quirks)
      }
      return nil
    }
    switch finding {
    case .noReader:
      if !isFirst { entries[reader] = nil }
      return Admission(value: nil)
    case .refused(let reason):
      enter(device, quirks)
      lose(reader, device.address, .refused(reason))
      return Admission(value: nil)
    case .usable(let layout):
      enter(device, quirks)
      return Admission(
        value: ReaderAttendant(
          device: device, reader: reader, layout: layout, quirks: quirks,
          memory: memory(of: reader), supervisor: self, logger: logger))
    }
  }

  /// Lists a device as a reader that is starting.
  private func enter(_ device: USBDeviceReference, _ quirks: CardReaderQuirks) {
    let reader = ReaderID(port: device.port)
    entries[reader] = Entry(
      state: ReaderState(
        reader: reader, vendor: device.descriptor.vendor, product: device.descriptor.product,
        model: quirks.model, condition: .starting, ownNoises: .unknown,
        canSignal: quirks.signals != nil),
      address: device.address)
  }

  private func memory(of reader: ReaderID) -> CardMemory {
    if let memory = memories[reader] { return memory }
    let memory = CardMemory()
    memories[reader] = memory
    return memory
  }

  private func dismiss(_ address: USBAddress) {
    guard let reader = entries.first(where: { $0.value.address == address })?.key else { return }
    lose(reader, address, .unplugged)
  }
}

// MARK: - What attendants report

extension ReaderSupervisor {
  /// Whether the device is still the one that is plugged into its port.
  func isPresent(_ reader: ReaderID, _ address: USBAddress) -> Bool {
    guard let entry = entries[reader], entry.address == address else { return false }
    return entry.state.condition != .away(.unplugged)
  }

  /// Whether its session got ready and has not been told lost yet.
  func isReady(_ reader: ReaderID, _ address: USBAddress) -> Bool {
    guard let entry = entries[reader], entry.address == address else { return false }
    return entry.state.condition == .ready
  }

  /// A session begins, and takes signals from now on.
  func open(_ mailbox: CardReaderMailbox, for reader: ReaderID, _ address: USBAddress) {
    guard isPresent(reader, address) else { return }
    entries[reader]?.mailbox = mailbox
  }

  func note(
    _ report: CardReaderSession.Report, from reader: ReaderID, _ address: USBAddress
  ) {
    guard isPresent(reader, address) else { return }
    switch report {
    case .event(let event): continuation.yield(event)
    case .ready(let noises):
      guard var state = entries[reader]?.state else { return }
      state.condition = .ready
      state.ownNoises = noises
      entries[reader]?.state = state
      logger.info("reader ready", metadata: ["reader": "\(reader)", "model": "\(state.model)"])
      continuation.yield(
        .ready(
          ReaderDescription(
            reader: reader, model: state.model, vendor: state.vendor, product: state.product,
            canSignal: state.canSignal)))
    }
  }

  /// The reader does not work any more. Said once for each reason in a row.
  func lose(_ reader: ReaderID, _ address: USBAddress, _ reason: AwayReason) {
    guard let entry = entries[reader], entry.address == address else { return }
    entries[reader]?.mailbox = nil
    let condition = ReaderState.Condition.away(reason)
    guard entry.state.condition != condition, entry.state.condition != .away(.unplugged) else {
      return
    }
    entries[reader]?.state.condition = condition
    entries[reader]?.state.ownNoises = .unknown
    logger.notice("reader away", metadata: ["reader": "\(reader)", "reason": "\(reason)"])
    continuation.yield(.away(reader, reason))
  }
}
