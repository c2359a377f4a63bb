import CanteenModel

/// What can be asked of a virtual bus from another process: one JSON object a line.
package enum BusRequest: Hashable, Sendable, Codable {
  /// Lays a card on a reader. The serial number is hexadecimal.
  case tap(port: String, serial: String)
  case remove(port: String)
  /// Shows a scanner a code, as UTF-8.
  case scan(port: String, text: String)
  /// Somebody steps in front of a face module.
  case face(port: String, user: UInt16)
  /// Whatever was shown goes away.
  case takeAway(port: String)
  /// What is plugged in.
  case readers
  /// The model by its name, such as `acr122u`.
  case plug(port: String, model: String)
  case unplug(port: String)
  /// The fault by its name, such as `mute` or `stale=3`.
  case fault(port: String, fault: String)
  /// The entries of the signal log from an index on.
  case log(from: Int)
}

/// The answer: one JSON object a line.
package struct BusReply: Hashable, Sendable, Codable {
  /// Why it was not done; missing when it was.
  package var reason: String?
  /// Of the signal log, when it was asked for.
  package var entries: [SignalLogEntry]?
  /// What is plugged in, when it was asked for.
  package var readers: [PluggedReader]?
}

/// A device on the virtual bus.
package struct PluggedReader: Hashable, Sendable, Codable {
  package let port: String
  /// The specimen's name.
  package let name: String
  package let kind: Specimen.Kind
}

/// A bus that another process may act on.
package protocol ControlledBus: Sendable {
  /// Plugs a specimen in.
  func plug(_ specimen: Specimen, port: String) throws(VirtualReaderError)
  /// Pulls it out.
  func unplug(port: String) throws(VirtualReaderError)
  /// Shows it something.
  func show(_ showing: Showing, port: String) throws(VirtualReaderError)
  /// Takes that away.
  func takeAway(port: String) throws(VirtualReaderError)
  /// Lets a card reader misbehave.
  func inject(_ fault: ReaderFault, port: String) throws(VirtualReaderError)
  /// What is plugged in, sorted by port.
  var pluggedReaders: [PluggedReader] { get }
  /// What the devices showed and sounded, in order.
  var signalLog: [SignalLogEntry] { get }
}

extension ControlledBus {
  /// Does what was asked.
  package func perform(_ request: BusRequest) throws(VirtualReaderError) -> BusReply {
    switch request {
    case .tap(let port, let serial):
      guard let card = VirtualCard(serialText: serial), card.serial.count <= 32 else {
        throw .malformedRequest("\(serial) is not a serial number of 1 to 32 bytes")
      }
      try show(.card(card), port: port)
    case .remove(let port): try takeAway(port: port)
    case .scan(let port, let text):
      guard (1...4096).contains(text.utf8.count) else {
        throw .malformedRequest("a code has 1 to 4096 bytes")
      }
      try show(.code(Array(text.utf8)), port: port)
    case .face(let port, let user): try show(.face(user), port: port)
    case .takeAway(let port): try takeAway(port: port)
    case .readers: return BusReply(readers: pluggedReaders)
    case .plug(let port, let model): try plug(VirtualBus.specimen(named: model), port: port)
    case .unplug(let port): try unplug(port: port)
    case .fault(let port, let name):
      guard let fault = ReaderFault(text: name) else {
        throw .malformedRequest("there is no fault \(name)")
      }
      try inject(fault, port: port)
    case .log(let from): return BusReply(entries: Array(signalLog.dropFirst(max(0, from))))
    }
    return BusReply()
  }
}

extension VirtualBus {
  /// A specimen by the name that the command line knows.
  package static func specimen(named name: String) throws(VirtualReaderError) -> Specimen {
    guard let specimen = Specimen.named(name) else {
      let known = Specimen.all.map(\.name).joined(separator: ", ")
      throw .malformedRequest("there is no model \(name); known are \(known)")
    }
    return specimen
  }
}
