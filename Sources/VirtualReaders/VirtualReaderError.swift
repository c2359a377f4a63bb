/// Why the virtual bus could not do what was asked.
package enum VirtualReaderError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The process was not started under umockdev's preload library.
  case notUnderPreload
  /// A call of the system or of umockdev failed: which one, and its own words.
  case systemCall(String, reason: String)
  /// A reader is already plugged into the port.
  case portTaken(String)
  /// No reader is plugged into the port.
  case nothingPlugged(String)
  /// A port is a bus and a chain of 1 to 6 ports, such as `1-2` or `1-1.4`.
  case malformedPort(String)
  /// The bus has 126 addresses, and each is taken.
  case busFull
  /// What came over the control socket is not a request.
  case malformedRequest(String)
  /// The bus at the other end of the control socket answered with this.
  case refused(String)

  /// In words, for people.
  package var description: String {
    switch self {
    case .notUnderPreload: "not started under libumockdev-preload.so.0"
    case .systemCall(let call, let reason): "\(call): \(reason)"
    case .portTaken(let port): "a reader is already plugged into \(port)"
    case .nothingPlugged(let port): "nothing is plugged into \(port)"
    case .malformedPort(let port): "\(port) is not a port such as 1-2 or 1-1.4"
    case .busFull: "all 126 addresses of the bus are taken"
    case .malformedRequest(let reason): "not a request: \(reason)"
    case .refused(let reason): reason
    }
  }
}
