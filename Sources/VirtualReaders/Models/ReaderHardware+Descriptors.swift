extension ReaderHardware {
  /// A full-speed device whose interfaces name their own class.
  var deviceDescriptor: [UInt8] {
    [18, 0x01, 0x10, 0x01, 0, 0, 0, 8] + little(vendor) + little(product)
      + [0x14, 0x02, 0, 0, 0, 1]
  }

  var configurationDescriptor: [UInt8] {
    let body: [UInt8] = interfaces.enumerated().flatMap { describe($1, number: UInt8($0)) }
    return [9, 0x02] + little(UInt16(9 + body.count))
      + [UInt8(interfaces.count), 1, 0, 0x80, 100] + body
  }

  private func describe(_ interface: Interface, number: UInt8) -> [UInt8] {
    let bulk: [UInt8] = [interface.bulkOut, interface.bulkIn].flatMap {
      [7, 0x05, $0, 0x02] + little(UInt16(Self.packetSize)) + [0]
    }
    let interrupt: [UInt8] = interface.interruptIn.map { [7, 0x05, $0, 0x03, 8, 0, 16] } ?? []
    let endpoints: UInt8 = interface.interruptIn == nil ? 2 : 3
    return [9, 0x04, number, 0, endpoints, 0x0B, 0, 0, 0] + functional(interface) + bulk + interrupt
  }

  /// The CCID functional descriptor, 54 bytes. Layout: CCID 1.1, table 5.1-1.
  private func functional(_ interface: Interface) -> [UInt8] {
    var bytes: [UInt8] = [54, 0x21, 0x10, 0x01, 0, 0x07]
    bytes += little(UInt32(3)) + little(UInt32(4000)) + little(UInt32(4000)) + [0]
    bytes += little(UInt32(9600)) + little(UInt32(115_200)) + [0]
    bytes += little(UInt32(254)) + little(UInt32(0)) + little(UInt32(0))
    bytes += little(interface.features) + little(interface.maximumMessage)
    return bytes + [0, 0, 0, 0, 0, 1]
  }
}

/// The bytes of a number, lowest first.
func little(_ number: some FixedWidthInteger) -> [UInt8] {
  stride(from: 0, to: number.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: number >> $0) }
}
