/// The 8 bytes that begin a control transfer, and its data stage. Source: USB 2.0, 9.3.
package struct USBSetup: Equatable, Sendable {
  /// Direction in bit 7 (1 is IN), type in bits 5 and 6, recipient in bits 0 to 4.
  package let requestType: UInt8
  /// bRequest.
  package let request: UInt8
  /// wValue.
  package let value: UInt16
  /// wIndex; for a class request mostly the interface.
  package let index: UInt16
  /// What an OUT request sends.
  package let payload: [UInt8]
  /// Bytes of the data stage in either direction.
  package let length: UInt16

  /// Whether the data stage comes from the device.
  package var isIn: Bool { requestType & 0x80 != 0 }

  /// A request that sends `payload`.
  package init(
    writing payload: [UInt8] = [], requestType: UInt8, request: UInt8, value: UInt16, index: UInt16
  ) {
    precondition(requestType & 0x80 == 0, "a request that writes has bit 7 clear")
    precondition(payload.count <= 0xFFFF, "a data stage has at most 65535 bytes")
    (self.requestType, self.request, self.value, self.index) = (requestType, request, value, index)
    self.payload = payload
    self.length = UInt16(payload.count)
  }

  /// A request that asks for at most `length` bytes.
  package init(
    reading length: UInt16, requestType: UInt8, request: UInt8, value: UInt16, index: UInt16
  ) {
    precondition(requestType & 0x80 != 0, "a request that reads has bit 7 set")
    (self.requestType, self.request, self.value, self.index) = (requestType, request, value, index)
    self.payload = []
    self.length = length
  }

  /// On the wire: numbers are little endian.
  package var bytes: [UInt8] {
    let head = [requestType, request]
    return head + [value, index, length].flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
  }
}
