import Synchronization
package import USBTransport
package import VirtualReaders

/// A bus on which one device's traffic is written down, as the drivers see it.
package final class RecordingHost: USBHost {
  /// See `USBHost`.
  package let hotplug: AsyncStream<USBHotplugEvent>
  private let socket: String
  private let describe: @Sendable (any USBAttachedDevice) -> [UInt8]
  private let clock: @Sendable () -> Duration
  private let events: AsyncStream<USBHotplugEvent>.Continuation
  private let host: any USBHost
  private let state = Mutex(State())

  private struct State {
    var lines: [TrafficScript.Line] = []
    var start: Duration?
    var lastArrival = Duration.zero
    var descriptors: [UInt8] = []
    var hasLeft = false
    package var device: (any USBAttachedDevice)?
  }

  /// A recording ends at so many lines.
  package static let limit = 100_000

  /// - Parameters:
  ///   - socket: Only the device that is plugged in there is passed on.
  ///   - describe: Reads the descriptors of that device, while it is there.
  ///   - clock: Time since a moment that does not change.
  package init(
    _ host: any USBHost, socket: String,
    describe: @escaping @Sendable (any USBAttachedDevice) -> [UInt8] = { _ in [] },
    clock: @escaping @Sendable () -> Duration
  ) {
    self.describe = describe
    self.host = host
    self.socket = socket
    self.clock = clock
    (hotplug, events) = AsyncStream.makeStream()
  }

  /// Passes the device on until it is cancelled or the device is pulled out.
  package func run() async {
    for await event in host.hotplug {
      switch event {
      case .arrived(let device):
        guard device.port == socket || device.path == socket else { continue }
        let descriptors = describe(device)
        state.withLock { ($0.device, $0.descriptors) = (device, descriptors) }
        events.yield(.arrived(RecordedDevice(device: device, host: self)))
      case .left(let address):
        // Pulled out and put back it would begin its script anew.
        if address == device?.address { return state.withLock { $0.hasLeft = true } }
      }
    }
  }

  /// The device, once it was seen.
  package var device: (any USBAttachedDevice)? { state.withLock { $0.device } }

  /// Its descriptors, as they were read.
  package var descriptors: [UInt8] { state.withLock { $0.descriptors } }
  /// It was pulled out.
  package var hasLeft: Bool { state.withLock { $0.hasLeft } }
  /// No more is written down.
  package var isFull: Bool { state.withLock { $0.lines.count == Self.limit } }

  /// When the driver was last given bytes of the device, by the clock.
  package var lastArrival: Duration { state.withLock { $0.lastArrival } }

  /// What was written down.
  package var script: TrafficScript { TrafficScript(lines: state.withLock { $0.lines }) }

  func note(_ transfer: TrafficScript.Transfer) {
    let now = clock()
    state.withLock { state in
      if case .into = transfer { state.lastArrival = now }
      guard state.lines.count < Self.limit else { return }
      let start = state.start ?? now
      state.start = start
      state.lines.append(TrafficScript.Line(at: now - start, transfer: transfer))
    }
  }
}

private struct RecordedDevice: USBAttachedDevice {
  let device: any USBAttachedDevice
  let host: RecordingHost

  var descriptor: USBDeviceDescriptor { device.descriptor }
  var address: USBAddress { device.address }
  var port: String { device.port }
  var path: String? { device.path }
  var likelyHolder: String? { device.likelyHolder }

  func interfaces() throws(USBError) -> [USBInterfaceDescriptor] { try device.interfaces() }

  func serve<Result: Sendable>(
    _ interfaces: [UInt8], isResetFirst: Bool, _ body: (any USBPipes) async -> Result
  ) async throws(USBError) -> Result {
    if isResetFirst { host.note(.reset) }
    return try await device.serve(interfaces, isResetFirst: isResetFirst) { pipes in
      await body(RecordedPipes(pipes: pipes, host: host))
    }
  }
}

private struct RecordedPipes: USBPipes {
  let pipes: any USBPipes
  let host: RecordingHost

  func receive(
    from endpoint: USBEndpoint, length: Int, timeout: Duration?
  ) async -> USBCompletion {
    let completion = await pipes.receive(from: endpoint, length: length, timeout: timeout)
    // What came before a failure was given to the driver as well.
    if completion.failure == nil || !completion.bytes.isEmpty {
      host.note(.into(endpoint: endpoint.address, bytes: completion.bytes))
    }
    if completion.failure == .stalled { host.note(.halt(endpoint: endpoint.address)) }
    return completion
  }

  func write(
    _ bytes: [UInt8], to endpoint: USBEndpoint, timeout: Duration?, endingWithZeroPacket: Bool
  ) async throws(USBError) {
    // Before it is sent: the answer must not come first.
    host.note(.out(endpoint: endpoint.address, bytes: bytes))
    try await pipes.write(
      bytes, to: endpoint, timeout: timeout, endingWithZeroPacket: endingWithZeroPacket)
  }

  func control(_ setup: USBSetup, timeout: Duration?) async -> USBCompletion {
    let completion = await pipes.control(setup, timeout: timeout)
    if completion.failure == nil {
      host.note(.control(setup: setup.bytes, data: setup.isIn ? completion.bytes : setup.payload))
    } else if completion.failure == .stalled {
      host.note(.control(setup: setup.bytes, data: nil))
    }
    return completion
  }

  func clearHalt(of endpoint: USBEndpoint) async throws(USBError) {
    try await pipes.clearHalt(of: endpoint)
  }
}
