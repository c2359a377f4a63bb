import Synchronization
import USBTransport
import VirtualReaders

/// A bus on which one device's traffic is written down, as the drivers see it.
final class RecordingHost: USBHost {
  let hotplug: AsyncStream<USBHotplugEvent>
  private let port: String
  private let clock: @Sendable () -> Duration
  private let events: AsyncStream<USBHotplugEvent>.Continuation
  private let host: any USBHost
  private let state = Mutex(State())

  private struct State {
    var lines: [TrafficScript.Line] = []
    var start: Duration?
    var lastArrival = Duration.zero
    var device: (any USBAttachedDevice)?
  }

  /// A recording ends at so many lines.
  static let limit = 100_000

  /// - Parameters:
  ///   - port: Only the device that is plugged in there is passed on.
  ///   - clock: Time since a moment that does not change.
  init(_ host: any USBHost, port: String, clock: @escaping @Sendable () -> Duration) {
    self.host = host
    self.port = port
    self.clock = clock
    (hotplug, events) = AsyncStream.makeStream()
  }

  /// Passes the device on until it is cancelled or the device is pulled out.
  func run() async {
    for await event in host.hotplug {
      switch event {
      case .arrived(let device):
        guard device.port == port else { continue }
        state.withLock { $0.device = device }
        events.yield(.arrived(RecordedDevice(device: device, host: self)))
      case .left(let address):
        // Pulled out and put back it would begin its script anew.
        if address == device?.address { return }
      }
    }
  }

  /// The device, once it was seen.
  var device: (any USBAttachedDevice)? { state.withLock { $0.device } }

  /// When the driver was last given bytes of the device, by the clock.
  var lastArrival: Duration { state.withLock { $0.lastArrival } }

  var script: TrafficScript { TrafficScript(lines: state.withLock { $0.lines }) }

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
    switch completion.failure {
    case nil: host.note(.into(endpoint: endpoint.address, bytes: completion.bytes))
    case .stalled?: host.note(.halt(endpoint: endpoint.address))
    // Nothing was on the wire.
    case _?: break
    }
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
    switch completion.failure {
    case nil:
      host.note(.control(setup: setup.bytes, data: setup.isIn ? completion.bytes : setup.payload))
    case .stalled?: host.note(.control(setup: setup.bytes, data: nil))
    case _?: break
    }
    return completion
  }

  func clearHalt(of endpoint: USBEndpoint) async throws(USBError) {
    try await pipes.clearHalt(of: endpoint)
  }
}
