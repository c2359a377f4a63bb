import Dispatch
import Glibc
import Synchronization

/// A device model behind FunctionFS: the kernel is the device on a bus of its own, and its host controller the
/// host. Needs root, `libcomposite` and a device controller, such as that of `dummy_hcd`.
///
/// The controller chooses the endpoints' addresses; the host sees others than the model's.
package final class GadgetDevice: PluggedDevice {
  private struct State {
    var model: any DeviceModel
    /// Counts how often the host has left and come: what was to be said before is not said after it.
    var life = 0
    var isPlugged = false
    /// The newest notice of an endpoint.
    var notices: [UInt8: Int] = [:]
    var transfersUntilUnplug: Int?
    var transfers = 0
    /// What waits for the host, by endpoint.
    var unsaid: [UInt8: Int] = [:]
  }

  private struct Endpoint {
    let address: UInt8
    let isInterrupt: Bool
    let file: GadgetFile
    /// Writes wait for the host, one after the other.
    let queue: DispatchQueue
  }

  private let name: String
  private let controller: String
  private let control: GadgetFile
  private let endpoints: [UInt8: Endpoint]
  private let state: Mutex<State>
  private let isOpen = Atomic(true)
  private let threads: DispatchQueue
  private let delays: DispatchQueue

  private static let configFolder = "/sys/kernel/config/usb_gadget"
  private static let mountFolder = "/run/canteen-gadget"
  /// More at once than any driver sends; a multiple of every packet size.
  private static let longestTransfer = 16_384
  /// Of a bulk endpoint: the controller is a high-speed one.
  private static let packetSize = 512
  /// How often a file is looked at that the host has not enabled.
  private static let idlePause: UInt32 = 5_000

  private var gadgetFolder: String { "\(Self.configFolder)/\(name)" }

  /// Makes the function; the cable is not in yet.
  ///
  /// - Parameters:
  ///   - name: Of the gadget, unique on the machine.
  ///   - controller: As in `/sys/class/udc`, such as `dummy_udc.0`.
  /// - Throws: ``VirtualReaderError/systemCall(_:reason:)``.
  package init(
    _ model: any DeviceModel, name: String, controller: String
  ) throws(VirtualReaderError) {
    let files = "\(Self.mountFolder)/\(name)"
    try Self.describe(model, folder: "\(Self.configFolder)/\(name)", name: name)
    try GadgetFile.makeFolder(Self.mountFolder)
    try GadgetFile.makeFolder(files)
    try GadgetFile.mountFunction(name, at: files)
    control = try GadgetFile("\(files)/ep0")
    let descriptions = FunctionFSDescriptors.descriptors(model.configurationDescriptor)
    guard control.write(descriptions), control.write(FunctionFSDescriptors.strings) else {
      throw .failed("describe \(name)")
    }
    var endpoints: [UInt8: Endpoint] = [:]
    for descriptor in DescriptorWalk(model.configurationDescriptor)
    where descriptor[1] == 0x05 && descriptor.count >= 7 && endpoints[descriptor[2]] == nil {
      let isInterrupt = descriptor[3] & 0x03 == 0x03
      endpoints[descriptor[2]] = Endpoint(
        address: descriptor[2],
        isInterrupt: isInterrupt, file: try GadgetFile("\(files)/ep\(endpoints.count + 1)"),
        queue: DispatchQueue(label: "canteen.gadget.\(name).\(descriptor[2])"))
    }
    self.name = name
    self.controller = controller
    self.endpoints = endpoints
    threads = DispatchQueue(label: "canteen.gadget.\(name)", attributes: .concurrent)
    delays = DispatchQueue(label: "canteen.gadget.\(name).delays")
    state = Mutex(State(model: model))
    threads.async { self.hearControl() }
    for endpoint in endpoints.values where endpoint.address & 0x80 == 0 {
      threads.async { self.hear(endpoint) }
    }
  }

  private static func describe(
    _ model: any DeviceModel, folder: String, name: String
  ) throws(VirtualReaderError) {
    let device = model.deviceDescriptor
    let number = { (low: Int) in "\(Int(device[low]) | Int(device[low + 1]) << 8)" }
    try GadgetFile.makeFolder(folder)
    let words = [
      ("idVendor", number(8)), ("idProduct", number(10)), ("bcdDevice", number(12)),
      ("bDeviceClass", "\(device[4])"), ("bDeviceSubClass", "\(device[5])"),
      ("bDeviceProtocol", "\(device[6])"),
    ]
    for (word, value) in words { try GadgetFile.set("\(folder)/\(word)", to: value) }
    try GadgetFile.makeFolder("\(folder)/configs/c.1")
    try GadgetFile.makeFolder("\(folder)/functions/ffs.\(name)")
    try GadgetFile.link(
      "\(folder)/configs/c.1/ffs.\(name)", to: "\(folder)/functions/ffs.\(name)")
  }

  /// Puts the cable in.
  package func plug() throws(VirtualReaderError) {
    state.withLock { $0.isPlugged = true }
    try GadgetFile.set("\(gadgetFolder)/UDC", to: controller)
  }

  /// Pulls the cable; ``plug()`` puts it in again.
  package func unplug() {
    let wasPlugged = state.withLock { state in
      defer { state.isPlugged = false }
      return state.isPlugged
    }
    // try?: a controller that is gone has pulled the cable.
    if wasPlugged { try? GadgetFile.set("\(gadgetFolder)/UDC", to: "") }
  }

  /// Pulls the cable at the n-th transfer from now, or not any more.
  package func hangUp(atTransfer count: Int?) {
    state.withLock { $0.transfersUntilUnplug = count }
  }

  /// The cable is in.
  package var isPlugged: Bool { state.withLock { $0.isPlugged } }

  /// The endpoints' addresses in the model, sorted.
  package var endpointAddresses: [UInt8] { endpoints.keys.sorted() }

  /// Transfers with the host since the function was made.
  package var transfers: Int { state.withLock { $0.transfers } }

  /// Unplugs and removes the function. It must not be used afterwards.
  package func remove() {
    unplug()
    guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
    for endpoint in endpoints.values { endpoint.queue.sync {} }
    threads.sync(flags: .barrier) {}
    for file in endpoints.values.map(\.file) + [control] { file.close() }
    let files = "\(Self.mountFolder)/\(name)"
    GadgetFile.remove(
      mount: files, link: "\(gadgetFolder)/configs/c.1/ffs.\(name)",
      folders: [
        files, "\(gadgetFolder)/configs/c.1", "\(gadgetFolder)/functions/ffs.\(name)",
        gadgetFolder,
      ])
  }

  /// Lets something happen to the device.
  package func act(_ action: (inout any DeviceModel) -> [DeviceEffect]) {
    let (effects, life) = state.withLock { (action(&$0.model), $0.life) }
    perform(effects, life)
  }
}

// MARK: - The host's side

extension GadgetDevice {
  /// Control requests and the cable, until the function is removed.
  private func hearControl() {
    while isOpen.load(ordering: .acquiring) {
      guard let event = control.read(atMost: FunctionFSDescriptors.eventLength) else {
        usleep(Self.idlePause)
        continue
      }
      switch FunctionFSDescriptors.event(event) {
      case .setup(let setup): answer(setup)
      case .disabled:
        let (life, effects) = state.withLock { state in
          state.life += 1
          return (state.life, state.model.reset())
        }
        perform(effects, life)
      case .enabled, .other: break
      }
    }
  }

  private func answer(_ setup: [UInt8]) {
    let length = Int(setup[6]) | Int(setup[7]) << 8
    let isIn = setup[0] & 0x80 != 0
    let payload = isIn || length == 0 ? [] : control.read(atMost: length) ?? []
    countTransfer()
    let (answer, effects, life) = state.withLock { state in
      let answer = state.model.control(setup: setup, payload: payload)
      return (answer, state.model.afterControl(), state.life)
    }
    switch answer {
    case .some(let bytes) where isIn: _ = control.write(Array(bytes.prefix(length)))
    case .some: if length == 0 { control.readNothing() }
    case nil: if isIn { control.readNothing() } else { control.writeNothing() }
    }
    perform(effects, life)
  }

  /// What the host sends to an endpoint, until the function is removed.
  private func hear(_ endpoint: Endpoint) {
    while isOpen.load(ordering: .acquiring) {
      // Ends with a packet that is not full.
      guard let transfer = endpoint.file.read(atMost: Self.longestTransfer) else {
        usleep(Self.idlePause)
        continue
      }
      let life = state.withLock { $0.life }
      countTransfer()
      let effects = state.withLock {
        $0.model.received(transfer, on: endpoint.address, endedWithZeroPacket: true)
      }
      perform(effects, life, mayWait: true)
    }
  }

  private func countTransfer() {
    let isLast = state.withLock { state in
      state.transfers += 1
      guard let left = state.transfersUntilUnplug else { return false }
      state.transfersUntilUnplug = left > 1 ? left - 1 : nil
      return left <= 1
    }
    if isLast { unplug() }
  }
}

// MARK: - The device's side

extension GadgetDevice {
  /// - Parameters:
  ///   - life: In which the host caused them.
  ///   - mayWait: On a thread that has nothing else to do until the host has fetched an answer: a device has
  ///     room for one, and a change of thread is more than its time on the bus.
  private func perform(_ effects: [DeviceEffect], _ life: Int, mayWait: Bool = false) {
    for effect in effects {
      switch effect {
      case .answer(let bytes, let endpoint, .zero): say(bytes, endpoint, life, mayWait: mayWait)
      case .answer(let bytes, let endpoint, let delay):
        delays.after(delay) { [self] in say(bytes, endpoint, life) }
      case .alarm(let number, let delay):
        delays.after(delay) { [self] in act { $0.alarm(number) } }
      case .notice(let bytes, let endpoint): say(bytes, endpoint, life, isNotice: true)
      // A packet that is not full ends the host's transfer: there is no part of one.
      case .partialAnswer(let bytes, let endpoint): say(bytes, endpoint, life)
      case .halt(let address):
        guard let endpoint = endpoints[address] else { continue }
        // The wrong direction halts an endpoint.
        endpoint.queue.async {
          if address & 0x80 != 0 {
            endpoint.file.readNothing()
          } else {
            endpoint.file.writeNothing()
          }
        }
      // Nobody looks at it here.
      case .signal: break
      }
    }
  }

  /// Bytes for the host's next read of an endpoint. They wait until it reads, until a bus reset, or, if
  /// they are a notice, until there is a newer one.
  private func say(
    _ bytes: [UInt8], _ address: UInt8, _ life: Int, isNotice: Bool = false, mayWait: Bool = false
  ) {
    guard let endpoint = endpoints[address] else { return }
    let (number, isFirst) = state.withLock { state in
      if isNotice { state.notices[address, default: 0] += 1 }
      state.unsaid[address, default: 0] += 1
      return (state.notices[address], state.unsaid[address] == 1)
    }
    let body: @Sendable () -> Void = { [self] in
      write(bytes, to: endpoint) {
        $0.life == life && (!isNotice || $0.notices[address] == number)
      }
      state.withLock { $0.unsaid[address, default: 0] -= 1 }
    }
    if mayWait, isFirst { body() } else { endpoint.queue.async(execute: body) }
  }

  private func write(_ bytes: [UInt8], to endpoint: Endpoint, while isDue: (State) -> Bool) {
    while isOpen.load(ordering: .acquiring), state.withLock({ isDue($0) }) {
      if endpoint.file.write(bytes) {
        countTransfer()
        // What fills its last packet is ended by an empty one; notices are shorter.
        if !endpoint.isInterrupt, bytes.count.isMultiple(of: Self.packetSize) {
          endpoint.file.writeNothing()
        }
        return
      }
      usleep(Self.idlePause)
    }
  }
}
