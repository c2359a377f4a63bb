import CUMockdev
import CanteenModel
import Dispatch
import Glibc
import Synchronization

/// A USB bus whose readers are models, for unmodified libusb and udev clients under umockdev's
/// preload.
///
/// One per process, for the life of the process. Clients are this process itself and every child
/// that is started with ``environment``. When the process ends, the kernel cleans up what it held,
/// except for the testbed's directory, which ``stop()`` removes.
package final class VirtualBus: ControlledBus {
  private struct Plugged {
    let node: UsbfsNode
    let description: SysfsDescription
  }

  private struct State {
    var readers: [String: Plugged] = [:]
    var hubs: [String: SysfsDescription] = [:]
    /// Of those that were plugged in as specimens.
    var specimens: [String: Specimen] = [:]
    /// One for every address that was ever used: umockdev keeps unowned pointers to them.
    var desks: [String: IoctlDesk] = [:]
    var lastAddress: UInt8 = 1
  }

  private let testbed: Testbed
  private let state = Mutex(State())
  private let log = SignalLog()
  /// Where a reader that a fault unplugged is taken from the tree.
  private let removals = DispatchQueue(label: "canteen.virtual-bus.removals")

  private init(testbed: Testbed) {
    self.testbed = testbed
  }

  /// - Throws: ``VirtualReaderError/notUnderPreload``; see ``reexecUnderPreloadIfNeeded()``.
  package static func start() throws(VirtualReaderError) -> VirtualBus {
    VirtualBus(testbed: try Testbed())
  }

  /// Unplugs every reader and removes the testbed's directory. The bus must not be used afterwards.
  package func stop() {
    unplugAll()
    testbed.end()
  }

  /// Unplugs every reader.
  package func unplugAll() {
    for port in ports {
      // try?: a reader that a fault has unplugged in between is gone as well.
      try? unplug(port: port)
    }
  }

  /// What a child process needs in its environment to see this bus instead of the machine's.
  package var environment: [String: String] {
    ["LD_PRELOAD": Self.preloadLibrary, "UMOCKDEV_DIR": testbed.root]
  }

  /// The ports with a reader, sorted.
  package var ports: [String] { state.withLock { $0.readers.keys.sorted() } }

  /// Plugs a specimen in; see ``plug(_:port:isConfigured:)``.
  package func plug(_ specimen: Specimen, port: String) throws(VirtualReaderError) {
    try plug(specimen.make(), port: port)
    state.withLock { $0.specimens[port] = specimen }
  }

  /// The specimens that are plugged in, sorted by port.
  package var pluggedReaders: [PluggedReader] {
    state.withLock { state in
      state.specimens.filter { state.readers[$0.key] != nil }.sorted { $0.key < $1.key }
        .map { PluggedReader(port: $0, name: $1.name, kind: $1.kind) }
    }
  }

  /// Plugs a card reader in; see ``plug(_:port:isConfigured:)``.
  package func plug(
    _ hardware: ReaderHardware, port: String, isConfigured: Bool = true
  ) throws(VirtualReaderError) {
    try plug(CCIDReaderModel(hardware: hardware), port: port, isConfigured: isConfigured)
  }

  /// Plugs a device in, at a new address. Clients hear of it through udev.
  ///
  /// - Parameters:
  ///   - port: Bus and port chain, such as `1-2`; hubs before it appear by themselves.
  ///   - isConfigured: The kernel has set its configuration; otherwise ``configure(port:)`` does.
  /// - Throws: ``VirtualReaderError/portTaken(_:)``, ``VirtualReaderError/malformedPort(_:)``,
  ///   ``VirtualReaderError/busFull``, ``VirtualReaderError/systemCall(_:reason:)``.
  package func plug(
    _ model: some DeviceModel, port: String, isConfigured: Bool = true
  ) throws(VirtualReaderError) {
    guard let bus = SysfsDescription.bus(ofPort: port) else { throw .malformedPort(port) }
    try state.withLock { (state: inout State) throws(VirtualReaderError) in
      guard state.readers[port] == nil else { throw .portTaken(port) }
      for hub in SysfsDescription.hubs(before: port) where state.hubs[hub] == nil {
        let description = SysfsDescription.hub(
          port: hub, bus: bus, address: try Self.freeAddress(&state))
        try testbed.add(description.deviceText())
        state.hubs[hub] = description
      }
      let description = SysfsDescription(
        port: port, bus: bus, address: try Self.freeAddress(&state),
        deviceDescriptor: model.deviceDescriptor,
        configurationDescriptor: model.configurationDescriptor)
      let node = try UsbfsNode(model: model, listener: listener(port))
      let desk = IoctlDesk(node: node)
      if state.desks[description.node] != nil { testbed.detach(node: description.node) }
      state.desks[description.node] = desk
      try testbed.attach(desk, node: description.node, gate: node.gatePath)
      try testbed.add(description.deviceText(configuration: isConfigured ? 1 : 9))
      for text in description.interfaceTexts { try testbed.add(text) }
      state.readers[port] = Plugged(node: node, description: description)
    }
  }

  /// Sets the configuration of a reader that was plugged in without one.
  package func configure(port: String) throws(VirtualReaderError) {
    try state.withLock { (state: inout State) throws(VirtualReaderError) in
      guard let plugged = state.readers[port] else { throw .nothingPlugged(port) }
      testbed.set("bConfigurationValue", of: plugged.description.syspath, to: "1")
    }
  }

  /// Pulls a reader out, whatever is going on with it.
  package func unplug(port: String) throws(VirtualReaderError) {
    // In one go: whoever finds the port free may plug in there.
    try state.withLock { (state: inout State) throws(VirtualReaderError) in
      guard let plugged = state.readers.removeValue(forKey: port) else {
        throw .nothingPlugged(port)
      }
      plugged.node.hangUp()
      remove(plugged.description)
    }
  }

  /// Lays a card on a reader; one that lies there is taken away first.
  package func tap(_ card: VirtualCard, port: String) throws(VirtualReaderError) {
    try node(port).act(on: CCIDReaderModel.self) { $0.place(card) }
  }

  /// Shows a reader something.
  package func show(_ showing: Showing, port: String) throws(VirtualReaderError) {
    try node(port).show(showing)
  }

  /// Takes away what was shown.
  package func takeAway(port: String) throws(VirtualReaderError) {
    try node(port).takeAway()
  }

  /// Takes the card from a reader. Without a card nothing happens.
  package func remove(port: String) throws(VirtualReaderError) {
    try node(port).act(on: CCIDReaderModel.self) { $0.take() }
  }

  /// The card on a reader loses its power without having moved.
  package func losePower(port: String) throws(VirtualReaderError) {
    try node(port).act(on: CCIDReaderModel.self) { $0.losePower() }
  }

  /// The reader sends a notice `50` with these bits, whatever the card does.
  package func chatter(_ bits: UInt8, port: String) throws(VirtualReaderError) {
    try node(port).act(on: CCIDReaderModel.self) { $0.chatter(bits) }
  }

  /// Makes a reader show a fault, once.
  package func inject(_ fault: ReaderFault, port: String) throws(VirtualReaderError) {
    let node = try node(port)
    if case .unplug(let transfer) = fault {
      node.unplug(atTransfer: transfer)
    } else {
      node.inject(fault)
    }
  }

  /// Lets the pending read of a notice, and the next ones up to a count, end with a bus error.
  package func failNotices(_ count: Int, port: String) throws(VirtualReaderError) {
    try node(port).failNotices(count)
  }

  /// Bus resets of a reader since it was plugged in.
  package func resets(port: String) throws(VirtualReaderError) -> Int {
    try node(port).resets
  }

  /// Every LED and buzzer command that any reader received since the start, oldest first.
  package var signalLog: [SignalLogEntry] { log.entries }

  /// The signal log as it grows, from its first entry on. Never ends by itself.
  package func signals() -> AsyncStream<SignalLogEntry> { log.follow() }

  /// Transfers that clients have submitted to a reader since it was plugged in.
  package func submittedTransfers(port: String) throws(VirtualReaderError) -> Int {
    try node(port).submittedTransfers
  }

  /// Whether the reader would beep by itself when a card comes near.
  package func beepsOnDetection(port: String) throws(VirtualReaderError) -> Bool {
    try node(port).model(CCIDReaderModel.self)?.beepsOnDetection ?? false
  }

  /// How often a card reader's behaviour was written since it was plugged in.
  package func behaviourWrites(port: String) throws(VirtualReaderError) -> Int {
    try node(port).model(CCIDReaderModel.self)?.behaviourWrites ?? 0
  }

  func node(_ port: String) throws(VirtualReaderError) -> UsbfsNode {
    guard let plugged = state.withLock({ $0.readers[port] }) else { throw .nothingPlugged(port) }
    return plugged.node
  }

  private func listener(_ port: String) -> UsbfsNode.Listener {
    UsbfsNode.Listener(
      signalled: { [log] in log.append($0, reader: port) },
      hungUp: { [weak self] in
        // Not here: umockdev's thread is inside the request that the fault struck.
        self?.removals.async { [weak self] in
          // try?: somebody else may have unplugged it first.
          try? self?.unplug(port: port)
        }
      })
  }

  private func remove(_ description: SysfsDescription) {
    // As the kernel does: interfaces first. Their links outlive a parent that is removed alone.
    for path in description.interfaceSyspaths { testbed.remove(path, node: nil) }
    testbed.remove(description.syspath, node: description.node)
  }

  /// Addresses go round, so that a replugged reader never has its old one at once.
  private static func freeAddress(_ state: inout State) throws(VirtualReaderError) -> UInt8 {
    let descriptions = state.readers.values.map(\.description) + Array(state.hubs.values)
    let taken = Set(descriptions.map(\.address))
    guard taken.count < 126 else { throw .busFull }
    repeat {
      state.lastAddress = state.lastAddress >= 127 ? 2 : state.lastAddress + 1
    } while taken.contains(state.lastAddress)
    return state.lastAddress
  }
}
