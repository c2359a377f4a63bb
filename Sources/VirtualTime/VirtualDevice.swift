import Synchronization
package import USBTransport
package import VirtualReaders

/// A device model that is plugged into a ``VirtualHost``.
package final class VirtualDevice: USBAttachedDevice, PluggedDevice {
  /// When a device that is to hang up does so.
  package enum HangUp: Hashable, Sendable, CaseIterable {
    /// The transfer does not reach the device.
    case beforeTransfer
    /// The device has it, the host does not hear so.
    case afterTransfer
  }

  /// What pending transfers end with when a device goes. It depends on the host controller.
  package enum Farewell: Hashable, Sendable, CaseIterable {
    case deviceGone
    /// As a bus error; only the next transfer says that the device is gone.
    case transferError

    var error: USBError {
      switch self {
      case .deviceGone: .deviceGone
      case .transferError: .library(code: -1)
      }
    }
  }

  struct Transfer: Sendable {
    let number: UInt64
    let endpoint: UInt8
    let capacity: Int
    var received: [UInt8] = []
    var timer: UInt64?
    let continuation: CheckedContinuation<USBCompletion, Never>
  }

  struct State {
    var model: any DeviceModel
    var isGone = false
    var pending: [Transfer] = []
    /// Answers that nobody has asked for yet, in order.
    var waiting: [(endpoint: UInt8, bytes: [UInt8], isNotice: Bool)] = []
    var halted: Set<UInt8> = []
    var isClaimed = false
    var transfers = 0
    var resets = 0
    var hangUp: (transfer: Int, when: HangUp)?
    var farewell = Farewell.deviceGone
    var lastNumber: UInt64 = 0
    var signals: [ReaderSignal] = []
  }

  /// See `USBAttachedDevice`.
  package let descriptor: USBDeviceDescriptor
  /// See `USBAttachedDevice`.
  package let address: USBAddress
  /// See `USBAttachedDevice`.
  package let port: String
  /// See `USBAttachedDevice`.
  package let path: String?
  let time: VirtualTime
  let state: Mutex<State>

  init(model: some DeviceModel, port: String, address: USBAddress, time: VirtualTime) {
    self.port = port
    self.address = address
    self.time = time
    path = "pci-0000:00:14.0-usb-0:" + port.drop { $0 != "-" }.dropFirst()
    descriptor = USBDeviceDescriptor(model.deviceDescriptor)
    state = Mutex(State(model: model))
  }

  /// See `USBAttachedDevice`.
  package func interfaces() throws(USBError) -> [USBInterfaceDescriptor] {
    let (isGone, bytes) = state.withLock { ($0.isGone, $0.model.configurationDescriptor) }
    if isGone { throw .deviceGone }
    return USBInterfaceDescriptor.list(configuration: bytes)
  }

  /// See `USBAttachedDevice`.
  package func serve<Result: Sendable>(
    _ interfaces: [UInt8], isResetFirst: Bool, _ body: (any USBPipes) async -> Result
  ) async throws(USBError) -> Result {
    try state.withLock { (state: inout State) throws(USBError) in
      if state.isGone { throw .deviceGone }
      if state.isClaimed { throw .busy }
      state.isClaimed = true
    }
    if isResetFirst { reset() }
    let result = await body(VirtualPipes(device: self))
    state.withLock { state in
      precondition(state.pending.isEmpty, "an interface was given back with transfers pending")
      state.isClaimed = false
    }
    return result
  }

  /// See ``PluggedDevice``.
  package func act(_ action: (inout any DeviceModel) -> [DeviceEffect]) {
    perform(state.withLock { $0.isGone ? [] : action(&$0.model) })
  }

  /// A copy of the model as it is now; `nil` when it is another.
  package func model<Model: DeviceModel>(_ type: Model.Type) -> Model? {
    state.withLock { $0.model as? Model }
  }

  /// Transfers that were submitted since it was plugged in.
  package var transfers: Int { state.withLock { $0.transfers } }
  /// Bus resets since it was plugged in.
  package var resets: Int { state.withLock { $0.resets } }
  /// What it showed and sounded since it was plugged in.
  package var signals: [ReaderSignal] { state.withLock { $0.signals } }
  /// It has been pulled out, or hung up by itself.
  package var isGone: Bool { state.withLock { $0.isGone } }

  /// The device goes when its n-th transfer is submitted (1 is its first). The host hears of it
  /// when ``VirtualHost/unplug(port:)`` is called.
  package func hangUp(atTransfer number: Int, _ when: HangUp) {
    state.withLock { $0.hangUp = (number, when) }
  }

  /// How the transfers end that are pending when the device goes.
  package func setFarewell(_ farewell: Farewell) {
    state.withLock { $0.farewell = farewell }
  }

  private func reset() {
    let (effects, orphans) = state.withLock { state in
      state.resets += 1
      state.waiting = []
      state.halted = []
      defer { state.pending = [] }
      return (state.model.reset(), state.pending)
    }
    for transfer in orphans { end(transfer, .cancelled) }
    perform(effects)
  }

  /// What is pending ends, and so does every later transfer.
  func hangUp() {
    let farewell = state.withLock { state in
      state.isGone = true
      return state.farewell
    }
    endPending(farewell.error)
  }

  /// The kernel takes it from whoever has opened it, as it does when the machine wakes up, and it stays plugged
  /// in.
  package func takeFromPrograms() {
    endPending(.deviceGone)
  }

  private func endPending(_ error: USBError) {
    let orphans = state.withLock { state in
      state.waiting = []
      defer { state.pending = [] }
      return state.pending
    }
    for transfer in orphans { end(transfer, error) }
  }
}
