import Synchronization
package import USBTransport
package import VirtualReaders

/// A bus in virtual time: device models behind the same protocols that libusb stands behind.
///
/// Every transfer takes ``transferTime``. It believes what the models believe; that libusb and a kernel
/// agree is shown elsewhere.
package final class VirtualHost: USBHost {
  /// As long a transfer takes at least.
  package static let transferTime = Duration.microseconds(250)

  private struct State {
    var devices: [String: VirtualDevice] = [:]
    var lastAddress: UInt8 = 0
  }

  /// See `USBHost`.
  package let hotplug: AsyncStream<USBHotplugEvent>
  private let events: AsyncStream<USBHotplugEvent>.Continuation
  private let time: VirtualTime
  private let state = Mutex(State())

  /// A bus without devices.
  package init(time: VirtualTime) {
    self.time = time
    (hotplug, events) = AsyncStream.makeStream()
  }

  /// Plugs a device in.
  ///
  /// - Precondition: The port is free.
  @discardableResult
  package func plug(_ model: some DeviceModel, port: String) -> VirtualDevice {
    let device = state.withLock { state in
      precondition(state.devices[port] == nil, "the port is taken")
      state.lastAddress = state.lastAddress >= 127 ? 1 : state.lastAddress + 1
      let device = VirtualDevice(
        model: model, port: port, address: USBAddress(bus: 1, device: state.lastAddress),
        time: time)
      state.devices[port] = device
      return device
    }
    events.yield(.arrived(device))
    return device
  }

  /// Pulls a device out, whatever is going on with it. A port without one stays as it is.
  package func unplug(port: String) {
    guard let device = state.withLock({ $0.devices.removeValue(forKey: port) }) else { return }
    device.hangUp()
    events.yield(.left(device.address))
  }

  /// The device at a port.
  package func device(port: String) -> VirtualDevice? {
    state.withLock { $0.devices[port] }
  }
}
