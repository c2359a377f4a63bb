import CUMockdev
import Glibc

/// Takes a client's ioctls from umockdev to a ``UsbfsNode``. Source: linux/usbdevice_fs.h.
///
/// Every request is answered before the handler returns; transfers end later, by being reaped.
@safe
// @unchecked: the pointer is constant, and umockdev calls the handlers on one thread, its worker.
final class IoctlDesk: @unchecked Sendable {
  /// For ``Testbed`` only, which attaches it to a node's path.
  let base: UnsafeMutablePointer<UMockdevIoctlBase>
  private let node: UsbfsNode

  /// The desk must live until the testbed has ended: umockdev keeps an unowned pointer to it.
  init(node: UsbfsNode) {
    self.node = node
    unsafe base = umockdev_ioctl_base_new()
    let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe canteen_connect_ioctl(
      base,
      { _, client, owner in
        guard let client = unsafe client, let owner = unsafe owner else { return 0 }
        let desk = unsafe Unmanaged<IoctlDesk>.fromOpaque(owner).takeUnretainedValue()
        let answer = unsafe desk.answer(client)
        unsafe umockdev_ioctl_client_complete(client, glong(answer.result), answer.error)
        return 1
      }, owner)
    unsafe canteen_connect_connected(
      base,
      { _, client, owner in
        guard let client = unsafe client else { return }
        unsafe canteen_watch_client(
          client,
          { owner, client in
            guard let owner = unsafe owner else { return }
            let desk = unsafe Unmanaged<IoctlDesk>.fromOpaque(owner).takeUnretainedValue()
            desk.node.clientVanished(UInt(bitPattern: client))
          }, owner)
      }, owner)
  }

  private func answer(_ client: UnsafeMutablePointer<UMockdevIoctlClient>) -> IoctlAnswer {
    let identity = UInt(bitPattern: client)
    guard let argument = unsafe umockdev_ioctl_client_get_arg(client) else {
      return .failure(EFAULT)
    }
    switch unsafe umockdev_ioctl_client_get_request(client) {
    case canteen_usbfs_submit_urb: return unsafe submit(argument, identity)
    case canteen_usbfs_reap_urb_no_delay: return unsafe reap(argument, identity)
    case canteen_usbfs_discard_urb:
      // The argument is the address itself.
      return node.discard(address: unsafe address(argument), client: identity)
    case canteen_usbfs_claim_interface:
      return unsafe withNumber(argument) {
        node.claim(UInt8(truncatingIfNeeded: $0), client: identity)
      }
    case canteen_usbfs_release_interface:
      return unsafe withNumber(argument) {
        node.release(UInt8(truncatingIfNeeded: $0), client: identity)
      }
    case canteen_usbfs_clear_halt:
      return unsafe withNumber(argument) { node.clearHalt(UInt8(truncatingIfNeeded: $0)) }
    case canteen_usbfs_get_driver: return unsafe getDriver(argument)
    case canteen_usbfs_interface_ioctl: return unsafe interfaceRequest(argument)
    case canteen_usbfs_get_capabilities: return unsafe getCapabilities(argument)
    case canteen_usbfs_reset: return node.reset()
    case canteen_usbfs_set_configuration, canteen_usbfs_set_interface: return node.probe()
    // Also DISCONNECT_CLAIM: libusb then detaches and claims in two steps.
    default: return .failure(ENOTTY)
    }
  }

  private func submit(
    _ argument: UnsafeMutablePointer<UMockdevIoctlData>, _ client: UInt
  ) -> IoctlAnswer {
    guard
      let request = unsafe resolve(argument, MemoryLayout<usbdevfs_urb>.size),
      let urb = unsafe PendingURB(request, client: client)
    else { return .failure(EINVAL) }
    return node.submit(urb)
  }

  private func reap(
    _ argument: UnsafeMutablePointer<UMockdevIoctlData>, _ client: UInt
  ) -> IoctlAnswer {
    let (urb, answer) = node.reap(client: client)
    guard let urb else { return answer }
    guard let place = unsafe resolve(argument, MemoryLayout<UInt>.size) else {
      return .failure(EFAULT)
    }
    unsafe urb.reap(into: place)
    unsafe umockdev_ioctl_data_unref(place)
    return answer
  }

  private func getDriver(_ argument: UnsafeMutablePointer<UMockdevIoctlData>) -> IoctlAnswer {
    guard let place = unsafe resolve(argument, MemoryLayout<usbdevfs_getdriver>.size) else {
      return .failure(EFAULT)
    }
    defer { unsafe umockdev_ioctl_data_unref(place) }
    return unsafe place.pointee.data.withMemoryRebound(to: usbdevfs_getdriver.self, capacity: 1) {
      let (name, answer) = node.driver(of: UInt8(truncatingIfNeeded: unsafe $0.pointee.interface))
      if let name {
        unsafe withUnsafeMutableBytes(of: &$0.pointee.driver) { room in
          unsafe room.copyBytes(from: (name + "\0").utf8.prefix(room.count))
        }
      }
      return answer
    }
  }

  /// DISCONNECT and CONNECT, the requests to an interface's driver that libusb makes.
  private func interfaceRequest(
    _ argument: UnsafeMutablePointer<UMockdevIoctlData>
  ) -> IoctlAnswer {
    guard let place = unsafe resolve(argument, MemoryLayout<usbdevfs_ioctl>.size) else {
      return .failure(EFAULT)
    }
    defer { unsafe umockdev_ioctl_data_unref(place) }
    let request = unsafe place.pointee.data.withMemoryRebound(
      to: usbdevfs_ioctl.self, capacity: 1
    ) { unsafe $0.pointee }
    let interface = UInt8(truncatingIfNeeded: unsafe request.ifno)
    switch gulong(UInt32(bitPattern: unsafe request.ioctl_code)) {
    case canteen_usbfs_disconnect: return node.bindDriver(false, to: interface)
    case canteen_usbfs_connect: return node.bindDriver(true, to: interface)
    default: return .failure(ENOTTY)
    }
  }

  private func getCapabilities(_ argument: UnsafeMutablePointer<UMockdevIoctlData>) -> IoctlAnswer {
    unsafe withNumber(argument) {
      $0 = UInt32(USBDEVFS_CAP_ZERO_PACKET) | UInt32(USBDEVFS_CAP_REAP_AFTER_DISCONNECT)
      return node.probe()
    }
  }

  /// Lends the 32-bit number that the argument points to.
  private func withNumber(
    _ argument: UnsafeMutablePointer<UMockdevIoctlData>, _ body: (inout UInt32) -> IoctlAnswer
  ) -> IoctlAnswer {
    guard let place = unsafe resolve(argument, MemoryLayout<UInt32>.size) else {
      return .failure(EFAULT)
    }
    defer { unsafe umockdev_ioctl_data_unref(place) }
    return unsafe place.pointee.data.withMemoryRebound(to: UInt32.self, capacity: 1) {
      unsafe body(&$0.pointee)
    }
  }

  private func address(_ argument: UnsafeMutablePointer<UMockdevIoctlData>) -> UInt {
    unsafe argument.pointee.data.withMemoryRebound(to: UInt.self, capacity: 1) {
      unsafe $0.pointee
    }
  }

  /// The client's memory behind a pointer, as a reference of our own.
  private func resolve(
    _ argument: UnsafeMutablePointer<UMockdevIoctlData>, _ size: Int
  ) -> UnsafeMutablePointer<UMockdevIoctlData>? {
    unsafe umockdev_ioctl_data_resolve(argument, 0, gsize(size), nil)
  }
}
