import Testing
import USBTransport
import VirtualReaders

/// Why the suites on the virtual bus are skipped.
let needsPreload: Comment = "needs LD_PRELOAD=libumockdev-preload.so.0 in the environment"

/// One virtual reader with libusb's view of it.
struct Bench {
  static let port = "1-2"
  private let host: VirtualBus?
  let context: USBContext
  let device: USBDeviceReference

  /// The bus, for a bench in the process that hosts it.
  var bus: VirtualBus {
    get throws { try #require(host) }
  }

  /// - Parameter bus: `nil` in a program on a bus that another process hosts.
  init(bus: VirtualBus?, context: USBContext, device: USBDeviceReference) {
    self.host = bus
    self.context = context
    self.device = device
  }

  /// Plugs a reader in, waits until libusb has heard of it, and closes everything afterwards.
  static func with(
    _ hardware: ReaderHardware = .acr122u, _ body: (Bench) async throws -> Void
  ) async throws {
    try await VirtualBus.withTurn { bus in
      let context = try USBContext.start()
      defer { context.close() }
      try bus.plug(hardware, port: port)
      let device = try #require(await arrival(context))
      try await body(Bench(bus: bus, context: context, device: device))
    }
  }

  static func arrival(_ context: USBContext) async -> USBDeviceReference? {
    for await event in context.hotplug {
      if case .arrived(let device) = event, device.descriptor.deviceClass == 0 {
        return device as? USBDeviceReference
      }
    }
    return nil
  }

  /// Claims interface 0 for the body.
  func claimed(
    _ body: (any USBPipes, Endpoints) async -> Void
  ) async throws {
    let endpoints = try #require(Endpoints(try device.interfaces()))
    let opened = try device.open()
    do {
      try await opened.withInterface(0) { await body($0, endpoints) }
    } catch {
      opened.close()
      throw error
    }
    opened.close()
  }
}

/// The endpoints of a reader's first interface.
struct Endpoints {
  let out: USBEndpoint
  let `in`: USBEndpoint
  let interrupt: USBEndpoint

  init?(_ interfaces: [USBInterfaceDescriptor]) {
    guard let first = interfaces.first, let out = first.endpoint(.bulk, .out),
      let `in` = first.endpoint(.bulk, .in), let interrupt = first.endpoint(.interrupt, .in)
    else { return nil }
    (self.out, self.in, self.interrupt) = (out, `in`, interrupt)
  }
}

/// GetSlotStatus, slot 0.
func slotStatus(sequence: UInt8) -> [UInt8] { [0x65, 0, 0, 0, 0, 0, sequence, 0, 0, 0] }

/// Sends GetSlotStatus and reads its answer; `nil` when either failed.
func exchange(
  _ interface: any USBPipes, _ endpoints: Endpoints, _ sequence: UInt8
) async -> [UInt8]? {
  do {
    try await interface.write(
      slotStatus(sequence: sequence), to: endpoints.out, timeout: .seconds(1))
    return try await interface.read(from: endpoints.in, length: 64, timeout: .seconds(1))
  } catch {
    return nil
  }
}

func exchangeOut(_ interface: any USBPipes, _ endpoints: Endpoints) async -> Bool {
  do {
    try await interface.write(slotStatus(sequence: 1), to: endpoints.out, timeout: .seconds(1))
    return true
  } catch {
    return false
  }
}
