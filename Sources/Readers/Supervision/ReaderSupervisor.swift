package import CanteenModel
package import Logging
package import USBTransport

/// Keeps every reader of the terminal working: one child task a device, restarted after failures,
/// replaced when the device is plugged in anew.
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
    /// The bus has said that it was pulled out.
    var hasLeft = false
    var outlet: (any ReaderOutlet)?
  }

  /// What the readers tell. For one consumer; it ends when ``run()`` returns.
  package nonisolated let events: AsyncStream<ReaderEvent>
  private let continuation: AsyncStream<ReaderEvent>.Continuation
  private let host: any USBHost
  private let plan: ReaderPlan
  private let clock: ReaderClock
  private let logger: Logger
  private var entries: [ReaderID: Entry] = [:]
  /// One a port that ever had a reader: it outlives replugs.
  private var pasts: [ReaderID: ReaderPast] = [:]
  /// Where a face is looked for.
  private var seekingLanes: Set<LaneID> = []

  /// - Parameter host: Its hot-plug stream is consumed here. Closed by its owner, after ``run()``.
  package init(
    host: any USBHost, plan: ReaderPlan = .oneLane, clock: ReaderClock = .machine, logger: Logger
  ) {
    self.host = host
    self.plan = plan
    self.clock = clock
    self.logger = logger
    (events, continuation) = AsyncStream.makeStream(
      bufferingPolicy: .bufferingOldest(Self.eventCapacity))
  }

  /// Serves readers until the task is cancelled.
  package func run() async {
    let hotplug = host.hotplug
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
    guard let entry = entries[reader], let outlet = entry.outlet else { return .readerAway }
    guard entry.state.canSignal else { return .unsupported }
    let (outcomes, reply) = AsyncStream<SignalOutcome>.makeStream()
    outlet.post(
      SignalOrder(signal: signal, deadline: clock.now + Self.signalPatience, reply: reply))
    let outcome = await clock.limit(Self.signalPatience) {
      for await outcome in outcomes { return outcome }
      return .readerAway
    }
    return outcome ?? .readerAway
  }

  /// A lane looks for a face from now on, or no more. It is remembered for modules that come later.
  ///
  /// Each call with `true` is a new want: who still stands there since an earlier one is presented anew.
  package func seek(_ isWanted: Bool, lane: LaneID) {
    if isWanted { seekingLanes.insert(lane) } else { seekingLanes.remove(lane) }
    for entry in entries.values where entry.state.lane == lane {
      entry.outlet?.setWanted(isWanted)
    }
  }

  /// Carries out an operator's order at a face module; a recognition waits meanwhile. One order at a time.
  ///
  /// - Parameter progress: Called while a face is learnt.
  /// - Returns: When the module has answered, or at the latest after 90 seconds (an enrolment) or 25.
  package func face(
    _ order: FaceOrder, on reader: ReaderID,
    progress: @escaping @Sendable (FaceProgress) -> Void = { _ in }
  ) async -> FaceAnswer {
    guard let outlet = entries[reader]?.outlet else { return .readerAway }
    let (answers, reply) = AsyncStream<FaceAnswer>.makeStream()
    outlet.post(
      FaceTicket(
        order: order, deadline: clock.now + order.patience, progress: progress, reply: reply))
    let answer = await clock.limit(order.patience) {
      for await answer in answers { return answer }
      return .readerAway
    }
    return answer ?? .readerAway
  }

  /// Every reader that is plugged in or was, sorted by port.
  package func states() -> [ReaderState] {
    entries.values.map(\.state).sorted { $0.reader < $1.reader }
  }

  /// A device whose descriptors could not be read: they are read again for three seconds, in which
  /// it is listed as starting.
  private func admitLater(_ device: any USBAttachedDevice) async -> ReaderAttendant? {
    for _ in 0..<Self.descriptorRetries {
      await clock.sleep(for: Self.descriptorPause)
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
  private func admit(_ device: any USBAttachedDevice, isFirst: Bool) -> Admission? {
    let reader = ReaderID(port: device.port)
    let finding: ReaderDriver.Finding
    do throws(USBError) {
      finding = ReaderDriver.find(
        device.descriptor, try device.interfaces(), place: place(of: device))
    } catch {
      // Hubs are never readers.
      if device.descriptor.deviceClass == Self.hubClass { return Admission(value: nil) }
      if isFirst {
        logger.notice("no descriptors", metadata: ["port": "\(reader)", "reason": "\(error)"])
        enter(device, nil)
      }
      return nil
    }
    switch finding {
    case .noReader:
      if !isFirst { entries[reader] = nil }
      return Admission(value: nil)
    case .refused(let reason):
      enter(device, nil)
      lose(reader, device.address, .refused(reason))
      return Admission(value: nil)
    case .usable(let driver):
      let past = past(of: reader)
      past.noteArrival()
      enter(device, driver)
      guard assignLane(to: device, driver) else { return Admission(value: nil) }
      return Admission(
        value: ReaderAttendant(
          device: device, reader: reader, driver: driver, supervisor: self, past: past,
          clock: clock, logger: logger))
    }
  }

  private func place(of device: any USBAttachedDevice) -> ReaderPlan.Place? {
    plan.places.isEmpty ? nil : plan.place(port: device.port, path: device.path)
  }

  /// - Returns: Whether the device serves a lane; it is listed as misplaced where it does not.
  private func assignLane(to device: any USBAttachedDevice, _ driver: ReaderDriver) -> Bool {
    let reader = ReaderID(port: device.port)
    switch plan.lane(ofRole: driver.role, port: device.port, path: device.path) {
    case .success(let lane):
      entries[reader]?.state.lane = lane
      return true
    case .failure(let misplacement):
      let twin = entries.values.first {
        $0.state.condition == .away(.unplugged) && $0.state.lane != nil
          && ($0.state.vendor, $0.state.product)
            == (device.descriptor.vendor, device.descriptor.product)
      }
      let moved = twin.map { "; one like it was at \($0.state.reader): put it back there" } ?? ""
      lose(reader, device.address, .misplaced(misplacement.reason + moved))
      return false
    }
  }

  /// Lists a device as a reader that is starting.
  private func enter(_ device: any USBAttachedDevice, _ driver: ReaderDriver?) {
    let reader = ReaderID(port: device.port)
    entries[reader] = Entry(
      state: ReaderState(
        reader: reader, path: device.path, vendor: device.descriptor.vendor,
        product: device.descriptor.product,
        model: DeviceCatalogue.model(device.descriptor, role: driver?.role), role: driver?.role,
        lane: nil,
        condition: .starting, ownNoises: .unknown, canSignal: driver?.canSignal ?? false),
      address: device.address)
  }

  private func past(of reader: ReaderID) -> ReaderPast {
    #if SEEDED_BUGS
      if SeededReaderBug.planted == .cardsAreForgotten { pasts[reader] = nil }
    #endif
    if let past = pasts[reader] { return past }
    let past = ReaderPast(clock: clock)
    pasts[reader] = past
    return past
  }

  private func dismiss(_ address: USBAddress) {
    guard let reader = entries.first(where: { $0.value.address == address })?.key else { return }
    lose(reader, address, .unplugged)
    entries[reader]?.hasLeft = true
  }
}

// MARK: - What attendants report

extension ReaderSupervisor {
  /// Whether the device is still the one that is plugged into its port.
  func isPresent(_ reader: ReaderID, _ address: USBAddress) -> Bool {
    guard let entry = entries[reader], entry.address == address else { return false }
    return !entry.hasLeft
  }

  /// Whether its session got ready and has not been told lost yet.
  func isReady(_ reader: ReaderID, _ address: USBAddress) -> Bool {
    guard let entry = entries[reader], entry.address == address else { return false }
    return entry.state.condition == .ready
  }

  /// A session begins, and takes orders from now on.
  func open(_ outlet: any ReaderOutlet, for reader: ReaderID, _ address: USBAddress) {
    guard isPresent(reader, address) else { return }
    entries[reader]?.outlet = outlet
    if let lane = entries[reader]?.state.lane, seekingLanes.contains(lane) {
      outlet.setWanted(true)
    }
  }

  func note(_ report: SessionReport, from reader: ReaderID, _ address: USBAddress) {
    guard isPresent(reader, address), let state = entries[reader]?.state, let lane = state.lane
    else { return }
    switch report {
    case .ready(let noises): makeReady(reader, lane, noises)
    case .shown(let evidence, let wasThereAtStart):
      continuation.yield(
        .presented(
          Presentation(evidence: evidence, reader: reader, wasThereAtStart: wasThereAtStart),
          lane: lane))
    case .removed: continuation.yield(.removed(reader))
    case .unreadable(let reason): continuation.yield(.unreadable(reader, reason))
    case .guidance(let guidance): continuation.yield(.guidance(reader, guidance))
    }
  }

  private func makeReady(_ reader: ReaderID, _ lane: LaneID, _ noises: OwnNoises) {
    guard var state = entries[reader]?.state, let role = state.role else { return }
    state.condition = .ready
    state.ownNoises = noises
    entries[reader]?.state = state
    logger.info("reader ready", metadata: ["reader": "\(reader)", "model": "\(state.model)"])
    continuation.yield(
      .ready(
        ReaderDescription(
          reader: reader, lane: lane, role: role, model: state.model, vendor: state.vendor,
          product: state.product, canSignal: state.canSignal)))
  }

  /// The reader does not work any more. Said once for each reason in a row.
  func lose(_ reader: ReaderID, _ address: USBAddress, _ reason: AwayReason) {
    guard let entry = entries[reader], entry.address == address else { return }
    entries[reader]?.outlet = nil
    let condition = ReaderState.Condition.away(reason)
    guard entry.state.condition != condition, !entry.hasLeft else { return }
    entries[reader]?.state.condition = condition
    entries[reader]?.state.ownNoises = .unknown
    logger.notice("reader away", metadata: ["reader": "\(reader)", "reason": "\(reason)"])
    continuation.yield(.away(reader, reason))
  }
}
