extension VirtualBus {
  /// Holds a code before a scanner.
  ///
  /// - Parameter symbology: Three characters, for scanners that name it.
  package func scan(
    _ code: [UInt8], symbology: String = "]Q1", port: String
  ) throws(VirtualReaderError) {
    precondition(symbology.utf8.count == 3, "a symbology is named by three characters")
    try node(port).scan(code, symbology: symbology)
  }

  /// Makes a scanner show a fault at its next scan.
  package func disturbScan(_ fault: ScannerFault, port: String) throws(VirtualReaderError) {
    try node(port).disturbScan(fault)
  }

  /// Halts the endpoint of a HID POS scanner until the halt was ended so many times.
  package func stallScanner(times: Int, port: String) throws(VirtualReaderError) {
    try node(port).stall(HIDPOSScannerModel.endpointIn, times: times)
  }

  /// The interfaces of a device to which a driver of the kernel is bound now.
  package func kernelInterfaces(port: String) throws(VirtualReaderError) -> [UInt8] {
    let node = try node(port)
    return (0..<32).filter { node.driver(of: $0).name != nil }
  }
}
