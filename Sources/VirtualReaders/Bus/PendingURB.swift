import CUMockdev

/// A request block that a client submitted and has not reaped yet.
///
/// Its C memory mirrors the client's; umockdev writes it back when a reaping ioctl completes.
@safe
// @unchecked: it belongs to one ``UsbfsNode`` and is only touched under that node's lock.
final class PendingURB: @unchecked Sendable {
  private let kind: TransferDesk.Transfer.Kind
  /// With the direction in bit 7; 0 for a control request.
  private let endpoint: UInt8
  /// Which open file of which client submitted it.
  let client: UInt
  /// What an OUT request sends, or the set-up of a control request with its data.
  private let sent: [UInt8]
  private let endsWithZeroPacket: Bool
  /// Bytes of room for what is sent or received.
  private let capacity: Int
  private var ending: TransferDesk.Ending?
  private let request: UnsafeMutablePointer<UMockdevIoctlData>
  private let buffer: UnsafeMutablePointer<UMockdevIoctlData>?

  /// - Parameter request: Resolved from the client's memory; this object takes the reference over.
  init?(_ request: UnsafeMutablePointer<UMockdevIoctlData>, client: UInt) {
    let urb = unsafe request.pointee.data.withMemoryRebound(to: usbdevfs_urb.self, capacity: 1) {
      unsafe $0.pointee
    }
    guard let kind = unsafe TransferDesk.Transfer.Kind(rawValue: urb.type) else { return nil }
    let length = Int(unsafe urb.buffer_length)
    let offset = unsafe MemoryLayout<usbdevfs_urb>.offset(of: \.buffer) ?? 0
    let buffer =
      unsafe length > 0
      ? umockdev_ioctl_data_resolve(request, gsize(offset), gsize(length), nil) : nil
    let bytes = unsafe buffer.map {
      unsafe Array(UnsafeBufferPointer(start: $0.pointee.data, count: length))
    }
    unsafe self.request = request
    unsafe self.buffer = unsafe buffer
    self.kind = kind
    self.endpoint = kind == .control ? 0 : unsafe urb.endpoint
    self.client = client
    self.sent = bytes ?? []
    self.capacity = length
    self.endsWithZeroPacket = unsafe urb.flags & UInt32(USBDEVFS_URB_ZERO_PACKET) != 0
  }

  deinit {
    if let buffer = unsafe buffer { unsafe umockdev_ioctl_data_unref(buffer) }
    unsafe umockdev_ioctl_data_unref(request)
  }

  /// Where the block stands in the client's memory: by this the client cancels it.
  var clientAddress: UInt { unsafe UInt(request.pointee.client_addr) }

  /// As the desk takes it.
  func transfer(_ number: UInt64) -> TransferDesk.Transfer {
    let isControl = kind == .control
    return TransferDesk.Transfer(
      id: number, kind: kind, endpoint: endpoint, setup: isControl ? Array(sent.prefix(8)) : [],
      sent: isControl ? Array(sent.dropFirst(8)) : sent, capacity: capacity - (isControl ? 8 : 0),
      endsWithZeroPacket: endsWithZeroPacket)
  }

  func end(_ ending: TransferDesk.Ending) {
    self.ending = ending
  }

  /// Writes the outcome into the client's memory and answers a reaping ioctl with it.
  func reap(into argument: UnsafeMutablePointer<UMockdevIoctlData>) {
    let received = ending?.received ?? []
    if let buffer = unsafe buffer, !received.isEmpty {
      let start = kind == .control ? 8 : 0
      unsafe (buffer.pointee.data + start).update(from: received, count: received.count)
    }
    unsafe request.pointee.data.withMemoryRebound(to: usbdevfs_urb.self, capacity: 1) {
      unsafe $0.pointee.status = ending?.status ?? 0
      unsafe $0.pointee.actual_length = Int32(ending?.moved ?? 0)
    }
    unsafe _ = umockdev_ioctl_data_set_ptr(argument, 0, request)
  }
}
