/// What the guest says to its host, a line of JSON each.
enum GuestMessage: Codable {
  /// It has booted, and sets up what it tries.
  case begun
  /// For whoever looks on.
  case line(String)
  /// A figure of the benchmarks.
  case figure(BenchFigure)
  case order(HostOrder)
  /// A file to be kept with the results.
  case file(name: String, text: String)
  /// All is done; whether all was as it must be.
  case ended(isSound: Bool)
}

/// What only the host can do: act on devices that nobody here wrote.
enum HostOrder: Codable {
  /// A keyboard of QEMU's at a port of its USB 3 controller.
  case addKeyboard(id: String, port: String)
  /// A serial converter of QEMU's, with one of the lines behind it.
  case addSerial(id: String, port: String, line: Int)
  case remove(id: String)
  /// Whatever is still plugged in.
  case removeAll
  /// Types at the keyboard that was added last.
  case type(String)
  /// What the device behind a line says.
  case say(line: Int, [UInt8])
  /// A face module is behind a line, and this person stands before it; nobody when there is no number.
  case face(line: Int, user: UInt16?)
}

/// The host's answer to an order.
struct HostReply: Codable {
  /// Why it was not done; missing when it was.
  var reason: String?
}
