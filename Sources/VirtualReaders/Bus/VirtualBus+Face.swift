extension VirtualBus {
  /// Somebody comes before a face module of either family, or goes.
  package func show(_ face: VirtualFace?, port: String) throws(VirtualReaderError) {
    try node(port).show(face)
  }

  /// A person with a number comes before a face module, or everybody goes.
  package func show(face user: UInt16?, port: String) throws(VirtualReaderError) {
    try show(user.map { .person($0) }, port: port)
  }

  /// The recognition of a face module ends with nobody.
  package func timeOutFace(port: String) throws(VirtualReaderError) {
    try node(port).timeOutFace()
  }

  /// Spoils the next answer of a face module.
  package func spoil(_ fault: FaceFault, port: String) throws(VirtualReaderError) {
    try node(port).spoil(fault)
  }
}
