import Dispatch
import Glibc
import Synchronization

/// Device models that any Linux kernel with `vhci-hcd` can attach, over TCP.
///
/// USB/IP knows neither passwords nor encryption: it is for one's own machine or a laboratory's network.
package final class USBIPServer: ControlledBus {
  private struct State {
    var devices: [String: (device: USBIPDevice, specimen: Specimen)] = [:]
    var lastAddress: UInt8 = 0
  }

  /// Where it listens.
  package let port: UInt16
  private let listener: Int32
  private let state = Mutex(State())
  private let log = SignalLog()
  private let isOpen = Atomic(true)
  /// Each connection occupies a thread; a counter has a few.
  private let connections = DispatchQueue(label: "canteen.usbip", attributes: .concurrent)

  /// Listens at an address.
  ///
  /// - Parameters:
  ///   - address: In dotted decimals, such as `127.0.0.1`.
  ///   - port: 0 for one that is free.
  /// - Throws: ``VirtualReaderError/systemCall(_:reason:)``.
  package static func start(
    address: String = "127.0.0.1", port: UInt16 = USBIPMessage.port
  ) throws(VirtualReaderError) -> USBIPServer {
    let (listener, port) = try listeningSocket(address: address, port: port)
    let server = USBIPServer(listener: listener, port: port)
    server.connections.async { server.accept() }
    return server
  }

  private init(listener: Int32, port: UInt16) {
    self.listener = listener
    self.port = port
  }

  /// Pulls every cable and stops listening.
  package func stop() {
    guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
    for reader in pluggedReaders { device(reader.port)?.hangUp() }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  /// Offers a device for attaching.
  ///
  /// - Parameter port: Its bus id, such as `1-2`; what it becomes at the client is the client's affair.
  package func plug(_ specimen: Specimen, port: String) throws(VirtualReaderError) {
    try plug(specimen, model: specimen.make(), port: port)
  }

  /// Offers a device that is not as it comes from the factory; see ``plug(_:port:)``.
  package func plug(
    _ specimen: Specimen, model: any DeviceModel, port: String
  ) throws(VirtualReaderError) {
    guard let bus = SysfsDescription.bus(ofPort: port) else { throw .malformedPort(port) }
    try state.withLock { (state: inout State) throws(VirtualReaderError) in
      guard state.devices[port] == nil else { throw .portTaken(port) }
      state.lastAddress = state.lastAddress % 126 + 1
      let device = USBIPDevice(model, busID: port, bus: bus, address: state.lastAddress) {
        [log] in log.append($0, reader: port)
      }
      state.devices[port] = (device, specimen)
    }
  }

  /// Pulls a device out.
  package func unplug(port: String) throws(VirtualReaderError) {
    guard let plugged = state.withLock({ $0.devices.removeValue(forKey: port) }) else {
      throw .nothingPlugged(port)
    }
    plugged.device.hangUp()
  }

  /// Pulls the cable when the n-th transfer from now is submitted to the device that a kernel has configured,
  /// or not any more; the device can be attached again.
  package func hangUp(atTransfer count: Int?, port: String) throws(VirtualReaderError) {
    try plugged(port).hangUp(atTransfer: count)
  }

  /// Pulls the cable now; the device can be attached again.
  package func hangUp(port: String) throws(VirtualReaderError) {
    try plugged(port).hangUp()
  }

  /// Lets a card reader misbehave.
  package func inject(_ fault: ReaderFault, port: String) throws(VirtualReaderError) {
    if case .unplug(let transfer) = fault { return try hangUp(atTransfer: transfer, port: port) }
    try plugged(port).inject(fault)
  }

  /// A client has attached it.
  package func isAttached(port: String) throws(VirtualReaderError) -> Bool {
    try plugged(port).isAttached
  }

  /// Transfers that clients have submitted to the configured device since it was plugged in.
  package func submittedTransfers(port: String) throws(VirtualReaderError) -> Int {
    try plugged(port).submittedTransfers
  }

  /// Shows a device something.
  package func show(_ showing: Showing, port: String) throws(VirtualReaderError) {
    try plugged(port).show(showing)
  }

  /// Takes away what was shown.
  package func takeAway(port: String) throws(VirtualReaderError) {
    try plugged(port).takeAway()
  }

  /// What is offered, sorted by port.
  package var pluggedReaders: [PluggedReader] {
    state.withLock { state in
      state.devices.sorted { $0.key < $1.key }.map {
        PluggedReader(port: $0.key, name: $0.value.specimen.name, kind: $0.value.specimen.kind)
      }
    }
  }

  /// What its devices showed and sounded, in order.
  package var signalLog: [SignalLogEntry] { log.entries }

  private func device(_ port: String) -> USBIPDevice? {
    state.withLock { $0.devices[port]?.device }
  }

  private func plugged(_ port: String) throws(VirtualReaderError) -> USBIPDevice {
    guard let device = device(port) else { throw .nothingPlugged(port) }
    return device
  }

  // MARK: - Clients

  private func accept() {
    while isOpen.load(ordering: .acquiring), let client = acceptClient(of: listener) {
      connections.async {
        self.answer(client)
        close(client)
      }
    }
    close(listener)
  }

  private func answer(_ client: Int32) {
    guard let head = receive(USBIPMessage.requestLength, from: client),
      let (rest, parse) = USBIPMessage.request(head), let body = receive(rest, from: client)
    else { return }
    switch parse(body) {
    case .list:
      let devices = state.withLock { $0.devices.sorted { $0.key < $1.key }.map(\.value.device) }
      _ = sendAll(USBIPMessage.list(devices.map(\.description)), to: client)
    case .attach(let busID):
      let device = device(busID)
      let isServed = device?.serve(client) {
        sendAll(USBIPMessage.attached(device?.description), to: client)
      }
      // There is no such device, or another client has it.
      if isServed != true { _ = sendAll(USBIPMessage.attached(nil), to: client) }
    }
  }
}
