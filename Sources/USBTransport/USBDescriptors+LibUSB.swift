import CLibUSB

extension USBDeviceDescriptor {
  init(_ descriptor: libusb_device_descriptor) {
    self.init(
      vendor: descriptor.idVendor, product: descriptor.idProduct, release: descriptor.bcdDevice,
      deviceClass: descriptor.bDeviceClass)
  }
}

extension USBInterfaceDescriptor {
  init(_ descriptor: libusb_interface_descriptor) {
    let endpoints = unsafe UnsafeBufferPointer(
      start: descriptor.endpoint, count: Int(descriptor.bNumEndpoints))
    unsafe self.init(
      number: descriptor.bInterfaceNumber, alternateSetting: descriptor.bAlternateSetting,
      interfaceClass: descriptor.bInterfaceClass, interfaceSubclass: descriptor.bInterfaceSubClass,
      interfaceProtocol: descriptor.bInterfaceProtocol,
      endpoints: endpoints.map { unsafe USBEndpoint($0) },
      extra: bytes(descriptor.extra, descriptor.extra_length))
  }
}

extension USBEndpoint {
  init(_ descriptor: libusb_endpoint_descriptor) {
    unsafe self.init(
      address: descriptor.bEndpointAddress,
      // Two bits, so each of the four kinds has its value.
      kind: Kind(rawValue: descriptor.bmAttributes & 0b11) ?? .control,
      // Bits 11 and 12 count extra transactions of high-speed periodic endpoints.
      maxPacketSize: max(1, Int(descriptor.wMaxPacketSize & 0x07FF)),
      extra: bytes(descriptor.extra, descriptor.extra_length))
  }
}

/// A copy of memory that libusb frees with the configuration.
private func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int32) -> [UInt8] {
  unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
}
