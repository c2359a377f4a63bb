import Dispatch
import Glibc
import Synchronization

/// A device model that a client's kernel can attach over USB/IP; one client at a time.
///
/// The protocol does not carry bus resets: attaching is what resets the device.
final class USBIPDevice: PluggedDevice {
  private struct State {
    var desk: TransferDesk
    /// The client's socket, while it is attached.
    var client: Int32?
    /// The client's kernel has chosen a configuration. Before that it only finds out what it has.
    var isConfigured = false
    /// The cable is pulled when so many transfers were submitted.
    var transfersUntilUnplug: Int?
    var submitted = 0
  }

  let description: USBIPDescription
  private let state: Mutex<State>
  private let kinds: [UInt8: TransferDesk.Transfer.Kind]
  private let signalled: @Sendable (ReaderSignal) -> Void
  /// Answers that come later, one after the other.
  private let delays = DispatchQueue(label: "canteen.usbip.delays")

  /// How such a request begins. Source: USB 2.0, 9.4.7.
  private static let setConfiguration: [UInt8] = [0x00, 0x09]

  init(
    _ model: any DeviceModel, busID: String, bus: UInt8, address: UInt8,
    signalled: @escaping @Sendable (ReaderSignal) -> Void
  ) {
    description = USBIPDescription(
      busID: busID, bus: bus, address: address, deviceDescriptor: model.deviceDescriptor,
      configurationDescriptor: model.configurationDescriptor)
    let endpoints = DescriptorWalk(model.configurationDescriptor)
      .filter { $0[1] == 0x05 && $0.count >= 7 }
    kinds = Dictionary(
      endpoints.map { ($0[2], $0[3] & 0x03 == 0x03 ? .interrupt : .bulk) },
      uniquingKeysWith: { first, _ in first })
    self.signalled = signalled
    state = Mutex(State(desk: TransferDesk(model)))
  }

  /// Lets something happen to the device, attached or not.
  func act(_ action: (inout any DeviceModel) -> [DeviceEffect]) {
    state.withLock { carryOut($0.desk.act(action), &$0) }
  }

  private func act(_ later: TransferDesk.Later) {
    state.withLock { carryOut($0.desk.due(later), &$0) }
  }

  /// Pulls the cable: the client's connection ends.
  func hangUp() {
    state.withLock { Self.hangUp(&$0) }
  }

  /// Pulls the cable when the n-th transfer from now is submitted to the configured device, or not any more.
  func hangUp(atTransfer count: Int?) {
    state.withLock { $0.transfersUntilUnplug = count }
  }

  /// Transfers that clients have submitted to the configured device since it was plugged in.
  var submittedTransfers: Int { state.withLock { $0.submitted } }

  /// A client has it.
  var isAttached: Bool { state.withLock { $0.client != nil } }

  private static func hangUp(_ state: inout State) {
    // The thread that serves it wakes up, and closes it.
    if let client = state.client { shutdown(client, Int32(SHUT_RDWR)) }
  }

  /// Serves a client until either side hangs up; the caller closes the socket.
  ///
  /// - Parameter greet: Says whether the device is attached; not when another client has it.
  /// - Returns: Whether it was free.
  func serve(_ client: Int32, greet: () -> Bool) -> Bool {
    let isFree = state.withLock { state in
      guard state.client == nil else { return false }
      state.client = client
      state.isConfigured = false
      carryOut(state.desk.reset(), &state)
      return true
    }
    guard isFree else { return false }
    if greet() { while takeCommand(from: client) {} }
    state.withLock { state in
      state.client = nil
      _ = state.desk.hangUp()
    }
    return true
  }

  /// - Returns: Whether the connection goes on.
  private func takeCommand(from client: Int32) -> Bool {
    guard let header = receive(USBIPMessage.headerLength, from: client),
      let command = USBIPMessage.command(header)
    else { return false }
    switch command {
    case .submit(let submit):
      guard let sent = receive(submit.payloadLength, from: client) else { return false }
      self.submit(submit, sent)
    case .unlink(let number, let victim):
      state.withLock { state in
        let isPending = state.desk.cancel(UInt64(victim)) != nil
        send(USBIPMessage.unlinked(number, status: isPending ? -ECONNRESET : 0), &state)
      }
    }
    return true
  }

  private func submit(_ submit: USBIPMessage.Submit, _ sent: [UInt8]) {
    let endpoint = submit.endpoint == 0 ? 0 : submit.endpoint | (submit.isIn ? 0x80 : 0)
    let transfer = TransferDesk.Transfer(
      id: UInt64(submit.number), kind: endpoint == 0 ? .control : kinds[endpoint] ?? .bulk,
      endpoint: endpoint, setup: submit.setup, sent: sent, capacity: Int(submit.length),
      endsWithZeroPacket: submit.endsWithZeroPacket)
    state.withLock { state in
      if state.isConfigured {
        state.submitted += 1
        if let left = state.transfersUntilUnplug {
          state.transfersUntilUnplug = left > 1 ? left - 1 : nil
          if left <= 1 { return Self.hangUp(&state) }
        }
      }
      if transfer.kind == .control, transfer.setup.starts(with: Self.setConfiguration) {
        state.isConfigured = true
      }
      carryOut(state.desk.submitOnBus(transfer), &state)
    }
  }

  private func carryOut(_ outputs: [TransferDesk.Output], _ state: inout State) {
    for output in outputs {
      switch output {
      case .ended(let ending):
        send(USBIPMessage.ended(UInt32(truncatingIfNeeded: ending.id), ending), &state)
      case .signal(let signal): signalled(signal)
      case .later(let delay, let later):
        delays.after(delay) { self.act(later) }
      }
    }
  }

  /// A client that does not take its answers is treated as gone.
  private func send(_ message: [UInt8], _ state: inout State) {
    guard let client = state.client else { return }
    if !sendAll(message, to: client) { Self.hangUp(&state) }
  }
}
