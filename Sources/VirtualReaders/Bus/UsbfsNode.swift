import Dispatch
import Glibc
import Synchronization

/// One virtual `/dev/bus/usb/BBB/DDD`: what usbfs does with transfers, in front of a device model.
///
/// Requests come on umockdev's thread; taps, faults and unplugs on any other. Every path that
/// completes a transfer must end in `updateGate`: a client that is not woken waits for ever.
final class UsbfsNode: PluggedDevice {
  /// What the bus hears of its device. Called under the node's lock: they must not call back.
  struct Listener: Sendable {
    let signalled: @Sendable (ReaderSignal) -> Void
    /// A fault asked for an unplug, and the node has already hung up.
    let hungUp: @Sendable () -> Void
  }

  private struct State: ~Copyable {
    var model: any DeviceModel
    /// `nil` after the unplug.
    var gate: PollGate?
    var pending: [PendingURB] = []
    var finished: [PendingURB] = []
    /// Answers that nobody has asked for yet, in order.
    var waiting: [(endpoint: UInt8, bytes: [UInt8], isNotice: Bool)] = []
    var halted: Set<UInt8> = []
    /// Which client has claimed an interface.
    var claims: [UInt8: UInt] = [:]
    var detachedDrivers: Set<UInt8> = []
    var transfersUntilUnplug: Int?
    /// So many reads of notices end with a bus error.
    var noticeFailures = 0
    /// So many requests to end a halt are confirmed without effect.
    var stubbornHalts = 0
    var resets = 0
    var submitted = 0
  }

  private let state: Mutex<State>
  private let listener: Listener
  /// Answers that come later, one after the other: a shared queue may run two at the same time.
  private let delays = DispatchQueue(label: "canteen.virtual-bus.delays")
  /// The path to which the device node is a link.
  let gatePath: String

  init(model: any DeviceModel, listener: Listener) throws(VirtualReaderError) {
    let gate = try PollGate()
    gatePath = gate.path
    state = Mutex(State(model: model, gate: gate))
    self.listener = listener
  }

  /// Transfers that clients have submitted so far: an idle reader's figure stands still.
  var submittedTransfers: Int { state.withLock { $0.submitted } }

  /// See ``PluggedDevice``.
  func act(_ action: (inout any DeviceModel) -> [DeviceEffect]) {
    state.withLock { state in
      guard state.gate != nil else { return }
      let effects = action(&state.model)
      perform(effects, &state)
    }
  }

  /// A copy of the device as it is now.
  func model<Model: DeviceModel>(_ type: Model.Type) -> Model? {
    state.withLock { $0.model as? Model }
  }

  /// Unplugs the device when the n-th transfer from now is submitted.
  func unplug(atTransfer count: Int) {
    state.withLock { $0.transfersUntilUnplug = count }
  }

  /// Lets the pending read of a notice and the next ones end with a bus error.
  func failNotices(_ count: Int) {
    state.withLock { state in
      state.noticeFailures = count
      for urb in state.pending where urb.kind == .interrupt { failNotice(urb, &state) }
    }
  }

  /// Halts an endpoint until the halt was ended so many times.
  func stall(_ endpoint: UInt8, times: Int) {
    state.withLock { state in
      state.stubbornHalts = times - 1
      perform([.halt(endpoint: endpoint)], &state)
    }
  }

  private func failNotice(_ urb: PendingURB, _ state: inout State) {
    state.noticeFailures -= 1
    urb.fail(-EPROTO)
    finish(urb, &state)
  }

  /// Bus resets since the device was plugged in.
  var resets: Int { state.withLock { $0.resets } }

  /// The device is gone: what is pending ends, and so does every later request.
  func hangUp() {
    state.withLock { hangUp(&$0) }
  }

  private func hangUp(_ state: inout State) {
    guard let gate = state.gate.take() else { return }
    for urb in state.pending { urb.fail(-ESHUTDOWN) }
    state.finished += state.pending
    state.pending = []
    state.waiting = []
    gate.hangUp()
  }

  /// libusb wakes exactly when there is something to reap.
  private func updateGate(_ state: inout State) {
    state.gate?.setReapable(!state.finished.isEmpty)
  }
}

// MARK: - Transfers

extension UsbfsNode {
  func submit(_ urb: PendingURB) -> IoctlAnswer {
    state.withLock { state in
      guard state.gate != nil else { return .failure(ENODEV) }
      state.submitted += 1
      state.pending.append(urb)
      if let left = state.transfersUntilUnplug {
        state.transfersUntilUnplug = left > 1 ? left - 1 : nil
        if left <= 1 {
          hangUp(&state)
          listener.hungUp()
          return .success
        }
      }
      start(urb, &state)
      return .success
    }
  }

  /// The next finished transfer of a client.
  func reap(client: UInt) -> (urb: PendingURB?, answer: IoctlAnswer) {
    state.withLock { state in
      guard let index = state.finished.firstIndex(where: { $0.client == client }) else {
        return (nil, .failure(state.gate == nil ? ENODEV : EAGAIN))
      }
      let urb = state.finished.remove(at: index)
      updateGate(&state)
      return (urb, .success)
    }
  }

  func discard(address: UInt, client: UInt) -> IoctlAnswer {
    state.withLock { state in
      let index = state.pending.firstIndex { $0.clientAddress == address && $0.client == client }
      guard let index else { return .failure(state.gate == nil ? ENODEV : EINVAL) }
      let urb = state.pending.remove(at: index)
      urb.fail(-ENOENT)
      state.finished.append(urb)
      updateGate(&state)
      return .success
    }
  }

  private func start(_ urb: PendingURB, _ state: inout State) {
    switch urb.kind {
    case .control:
      let setup = Array(urb.sent.prefix(8))
      let payload = urb.isIn ? [] : Array(urb.sent.dropFirst(8))
      if let answer = state.model.control(setup: setup, payload: payload) {
        urb.take(Array(answer.prefix(max(0, urb.capacity - 8))))
      } else {
        urb.fail(-EPIPE)
      }
      finish(urb, &state)
      perform(state.model.afterControl(), &state)
    case .bulk, .interrupt:
      if state.halted.contains(urb.endpoint) {
        urb.fail(-EPIPE)
        finish(urb, &state)
      } else if urb.kind == .interrupt, state.noticeFailures > 0 {
        failNotice(urb, &state)
      } else if urb.isIn {
        deliver(to: urb.endpoint, &state)
      } else {
        finish(urb, &state)
        let effects = state.model.received(
          urb.sent, on: urb.endpoint, endedWithZeroPacket: urb.endsWithZeroPacket)
        perform(effects, &state)
      }
    }
  }

  private func finish(_ urb: PendingURB, _ state: inout State) {
    state.pending.removeAll { $0 === urb }
    state.finished.append(urb)
    updateGate(&state)
  }

  /// Brings together who waits for bytes and the bytes that wait.
  private func deliver(to endpoint: UInt8, _ state: inout State) {
    while let urb = state.pending.first(where: { $0.endpoint == endpoint && $0.isIn }),
      let index = state.waiting.firstIndex(where: { $0.endpoint == endpoint })
    {
      urb.take(state.waiting.remove(at: index).bytes)
      finish(urb, &state)
    }
  }

  /// Lets something happen to the device in a while, unless it is gone by then.
  private func after(
    _ delay: Duration, _ action: @escaping @Sendable (inout any DeviceModel) -> [DeviceEffect]
  ) {
    let nanoseconds = delay.components.attoseconds / 1_000_000_000
    let interval = DispatchTimeInterval.nanoseconds(Int(nanoseconds))
    let later = DispatchTime.now() + interval + .seconds(Int(delay.components.seconds))
    delays.asyncAfter(deadline: later) { [self] in
      state.withLock { state in
        guard state.gate != nil else { return }
        perform(action(&state.model), &state)
      }
    }
  }

  private func perform(_ effects: [DeviceEffect], _ state: inout State) {
    for effect in effects {
      switch effect {
      case .answer(let bytes, let endpoint, .zero):
        state.waiting.append((endpoint, bytes, false))
        deliver(to: endpoint, &state)
      case .answer(let bytes, let endpoint, let delay):
        after(delay) { _ in [.answer(bytes, endpoint: endpoint)] }
      case .alarm(let number, let delay):
        after(delay) { $0.alarm(number) }
      case .partialAnswer(let bytes, let endpoint):
        state.pending.first { $0.endpoint == endpoint && $0.isIn }?.take(bytes)
      case .notice(let bytes, let endpoint):
        state.waiting.removeAll { $0.endpoint == endpoint && $0.isNotice }
        state.waiting.append((endpoint, bytes, true))
        deliver(to: endpoint, &state)
      case .halt(let endpoint):
        state.halted.insert(endpoint)
        for urb in state.pending where urb.endpoint == endpoint {
          urb.fail(-EPIPE)
          finish(urb, &state)
        }
      case .signal(let signal):
        listener.signalled(signal)
      }
    }
  }
}

// MARK: - Requests without transfers

extension UsbfsNode {
  func claim(_ interface: UInt8, client: UInt) -> IoctlAnswer {
    state.withLock { state in
      guard state.gate != nil else { return .failure(ENODEV) }
      if Self.driver(of: interface, state) != nil { return .failure(EBUSY) }
      if let owner = state.claims[interface], owner != client { return .failure(EBUSY) }
      state.claims[interface] = client
      return .success
    }
  }

  func release(_ interface: UInt8, client: UInt) -> IoctlAnswer {
    state.withLock { state in
      guard state.gate != nil else { return .failure(ENODEV) }
      guard state.claims[interface] == client else { return .failure(EINVAL) }
      state.claims[interface] = nil
      return .success
    }
  }

  /// The driver of the kernel that is bound to an interface now.
  func driver(of interface: UInt8) -> (name: String?, answer: IoctlAnswer) {
    state.withLock { state in
      guard state.gate != nil else { return (nil, .failure(ENODEV)) }
      let name = Self.driver(of: interface, state)
      return (name, name == nil ? .failure(ENODATA) : .success)
    }
  }

  private static func driver(of interface: UInt8, _ state: borrowing State) -> String? {
    state.detachedDrivers.contains(interface) ? nil : state.model.kernelDrivers[interface]
  }

  func bindDriver(_ bind: Bool, to interface: UInt8) -> IoctlAnswer {
    state.withLock { state in
      guard state.gate != nil else { return .failure(ENODEV) }
      guard state.model.kernelDrivers[interface] != nil else { return .failure(ENODATA) }
      if bind {
        state.detachedDrivers.remove(interface)
      } else {
        state.detachedDrivers.insert(interface)
      }
      return .success
    }
  }

  func clearHalt(_ endpoint: UInt8) -> IoctlAnswer {
    state.withLock { state in
      guard state.gate != nil else { return .failure(ENODEV) }
      if state.stubbornHalts > 0 {
        state.stubbornHalts -= 1
      } else {
        state.halted.remove(endpoint)
      }
      return .success
    }
  }

  func reset() -> IoctlAnswer {
    state.withLock { state in
      guard state.gate != nil else { return .failure(ENODEV) }
      state.resets += 1
      for urb in state.pending { urb.fail(-ENOENT) }
      state.finished += state.pending
      state.pending = []
      state.halted = []
      state.stubbornHalts = 0
      state.waiting = []
      perform(state.model.reset(), &state)
      updateGate(&state)
      return .success
    }
  }

  /// Whether the device is still there, for requests that change nothing.
  func probe() -> IoctlAnswer {
    state.withLock { $0.gate == nil ? .failure(ENODEV) : .success }
  }

  /// A client closed its file or died: the kernel ends its transfers and releases its interfaces.
  /// Answers that it did not fetch stay in the device.
  func clientVanished(_ client: UInt) {
    // Its requests are freed after the lock is given back: they are umockdev's objects.
    let orphans = state.withLock { state in
      let orphans = (state.pending + state.finished).filter { $0.client == client }
      state.pending.removeAll { $0.client == client }
      state.finished.removeAll { $0.client == client }
      state.claims = state.claims.filter { $0.value != client }
      updateGate(&state)
      return orphans
    }
    withExtendedLifetime(orphans) {}
  }
}
