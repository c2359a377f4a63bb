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
    var desk: TransferDesk
    /// `nil` after the unplug.
    var gate: PollGate?
    /// What clients have submitted and the desk has not ended, by number.
    var pending: [UInt64: PendingURB] = [:]
    var finished: [PendingURB] = []
    /// Which client has claimed an interface.
    var claims: [UInt8: UInt] = [:]
    var detachedDrivers: Set<UInt8> = []
    var transfersUntilUnplug: Int?
    var resets = 0
    var submitted: UInt64 = 0
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
    state = Mutex(State(desk: TransferDesk(model), gate: gate))
    self.listener = listener
  }

  /// Transfers that clients have submitted so far: an idle reader's figure stands still.
  var submittedTransfers: Int { state.withLock { Int($0.submitted) } }

  /// See ``PluggedDevice``.
  func act(_ action: (inout any DeviceModel) -> [DeviceEffect]) {
    withDevice { $0.act(action) }
  }

  /// Lets something happen at the desk, unless the device is gone.
  private func withDevice(_ body: (inout TransferDesk) -> [TransferDesk.Output]) {
    state.withLock { state in
      guard state.gate != nil else { return }
      carryOut(body(&state.desk), &state)
    }
  }

  /// A copy of the device as it is now.
  func model<Model: DeviceModel>(_ type: Model.Type) -> Model? {
    state.withLock { $0.desk.model as? Model }
  }

  /// Unplugs the device when the n-th transfer from now is submitted.
  func unplug(atTransfer count: Int) {
    state.withLock { $0.transfersUntilUnplug = count }
  }

  /// Lets the pending read of a notice and the next ones end with a bus error.
  func failNotices(_ count: Int) {
    withDevice { $0.failNotices(count) }
  }

  /// Halts an endpoint until the halt was ended so many times.
  func stall(_ endpoint: UInt8, times: Int) {
    withDevice { $0.stall(endpoint, times: times) }
  }

  /// Bus resets since the device was plugged in.
  var resets: Int { state.withLock { $0.resets } }

  /// The device is gone: what is pending ends, and so does every later request.
  func hangUp() {
    state.withLock { hangUp(&$0) }
  }

  private func hangUp(_ state: inout State) {
    guard let gate = state.gate.take() else { return }
    carryOut(state.desk.hangUp(), &state)
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
      let number = state.submitted
      state.pending[number] = urb
      if let left = state.transfersUntilUnplug {
        state.transfersUntilUnplug = left > 1 ? left - 1 : nil
        if left <= 1 {
          hangUp(&state)
          carryOut([state.desk.refuse(urb.transfer(number))], &state)
          listener.hungUp()
          return .success
        }
      }
      carryOut(state.desk.submit(urb.transfer(number)), &state)
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
      let number = state.pending.first {
        $0.value.clientAddress == address && $0.value.client == client
      }?.key
      guard let number, let output = state.desk.cancel(number) else {
        return .failure(state.gate == nil ? ENODEV : EINVAL)
      }
      carryOut([output], &state)
      return .success
    }
  }

  private func carryOut(_ outputs: [TransferDesk.Output], _ state: inout State) {
    for output in outputs {
      switch output {
      case .ended(let ending):
        guard let urb = state.pending.removeValue(forKey: ending.id) else { continue }
        urb.end(ending)
        state.finished.append(urb)
        updateGate(&state)
      case .signal(let signal): listener.signalled(signal)
      case .later(let delay, let later):
        delays.after(delay) { [self] in withDevice { $0.due(later) } }
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
    state.detachedDrivers.contains(interface) ? nil : state.desk.model.kernelDrivers[interface]
  }

  func bindDriver(_ bind: Bool, to interface: UInt8) -> IoctlAnswer {
    state.withLock { state in
      guard state.gate != nil else { return .failure(ENODEV) }
      guard state.desk.model.kernelDrivers[interface] != nil else { return .failure(ENODATA) }
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
      state.desk.clearHalt(endpoint)
      return .success
    }
  }

  func reset() -> IoctlAnswer {
    state.withLock { state in
      guard state.gate != nil else { return .failure(ENODEV) }
      state.resets += 1
      carryOut(state.desk.reset(), &state)
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
      let left = state.pending.filter { $0.value.client == client }
      for number in left.keys {
        _ = state.desk.cancel(number)
        state.pending[number] = nil
      }
      let orphans = left.values + state.finished.filter { $0.client == client }
      state.finished.removeAll { $0.client == client }
      state.claims = state.claims.filter { $0.value != client }
      updateGate(&state)
      return orphans
    }
    withExtendedLifetime(orphans) {}
  }
}
