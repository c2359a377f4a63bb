extension VirtualBus {
  /// Lets something happen to the peripheral behind a serial bridge, if it is of this type.
  package func act<Peripheral: SerialPeripheral>(
    on type: Peripheral.Type, port: String,
    _ action: (inout Peripheral) -> [SerialWord]
  ) throws(VirtualReaderError) {
    try node(port).act(on: type, action)
  }

  /// A copy of the peripheral behind a serial bridge; `nil` when it is of another type.
  package func peripheral<Peripheral: SerialPeripheral>(
    _ type: Peripheral.Type, port: String
  ) throws(VirtualReaderError) -> Peripheral? {
    try node(port).model(SerialBridgeModel.self)?.peripheral(type)
  }

  /// How a serial bridge is set; `nil` for another device.
  package func line(port: String) throws(VirtualReaderError) -> SerialLineState? {
    try node(port).model(SerialBridgeModel.self)?.line
  }
}
