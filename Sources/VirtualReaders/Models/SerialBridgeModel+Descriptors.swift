extension SerialBridgeModel {
  /// See ``DeviceModel``.
  package var deviceDescriptor: [UInt8] {
    let ownClass: UInt8 = kind == .cdcACM ? 0x02 : 0
    return [18, 0x01, 0x00, 0x02, ownClass, 0, 0, 64] + little(vendor) + little(product)
      + little(kind.release) + [0, 0, 0, 1]
  }

  /// See ``DeviceModel``.
  package var configurationDescriptor: [UInt8] {
    let body: [UInt8] = kind == .cdcACM ? Self.communication : []
    let isPair = kind == .cdcACM
    let data: [UInt8] = [9, 0x04, isPair ? 1 : 0, 0, 2, isPair ? 0x0A : 0xFF, 0, 0, 0]
    let bulk: [UInt8] = [kind.bulkIn, kind.bulkOut].flatMap {
      [7, 0x05, $0, 0x02] + little(UInt16(kind.packetSize)) + [0]
    }
    let all = body + data + bulk
    let count: UInt8 = kind == .cdcACM ? 2 : 1
    return [9, 0x02] + little(UInt16(9 + all.count)) + [count, 1, 0, 0x80, 50] + all
  }

  /// The control interface with its functional descriptors: header, call management, abstract control,
  /// union of 0 and 1.
  private static let communication: [UInt8] =
    [9, 0x04, 0, 0, 1, 0x02, 0x02, 0x01, 0] + [5, 0x24, 0x00, 0x10, 0x01]
    + [5, 0x24, 0x01, 0x00, 0x01] + [4, 0x24, 0x02, 0x02] + [5, 0x24, 0x06, 0, 1]
    + [7, 0x05, 0x83, 0x03, 8, 0, 16]

  /// See ``DeviceModel``.
  package var kernelDrivers: [UInt8: String] {
    switch kind {
    case .cdcACM: [0: "cdc_acm", 1: "cdc_acm"]
    case .ch340: [0: "ch341"]
    case .cp2102: [0: "cp210x"]
    case .ft232r, .ft232h: [0: "ftdi_sio"]
    }
  }
}

extension SerialBridgeModel.Kind {
  var identifiers: (vendor: UInt16, product: UInt16) {
    switch self {
    case .cdcACM: (0x1A86, 0x55D3)
    case .ch340: (0x1A86, 0x7523)
    case .cp2102: (0x10C4, 0xEA60)
    case .ft232r: (0x0403, 0x6001)
    case .ft232h: (0x0403, 0x6014)
    }
  }

  /// By which the driver tells FTDI's chips apart.
  var release: UInt16 {
    switch self {
    case .cdcACM, .cp2102: 0x0100
    case .ch340: 0x0264
    case .ft232r: 0x0600
    case .ft232h: 0x0900
    }
  }

  var packetSize: Int {
    switch self {
    case .ch340: 32
    case .cdcACM, .cp2102, .ft232r: 64
    case .ft232h: 512
    }
  }

  /// Ours, so that a driver that hard-codes the real ones fails.
  var bulkIn: UInt8 { self == .ch340 ? 0x86 : 0x84 }
  var bulkOut: UInt8 { self == .ch340 ? 0x05 : 0x03 }
}
