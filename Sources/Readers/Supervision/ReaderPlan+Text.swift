import CanteenModel

extension ReaderPlan.Place {
  /// A text that describes no place.
  package struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is expected in place of what was found; it goes on from "the setting".
    package let description: String
  }

  /// Reads lane, role, socket and how the device is set up: `1 scanner pci-0000:00:14.0-usb-0:1.2 suffix=tab`.
  ///
  /// - Throws: ``Malformed``, with what may be said.
  package init(_ text: String) throws(Malformed) {
    let words = text.split(separator: " ").map(String.init)
    guard words.count >= 3, let lane = UInt16(words[0]), lane >= 1,
      let role = ReaderRole(rawValue: words[1])
    else {
      throw Malformed(
        description: "has lane, role (card, scanner, face) and socket, such as "
          + "\"1 scanner pci-0000:00:14.0-usb-0:1.2\" (canteenctl devices shows the sockets), "
          + "not \(text)")
    }
    var (scanner, face) = (ScannerSettings(), FaceSettings())
    for word in words.dropFirst(3) {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      let isTaken =
        parts.count == 2
        && (role == .scanner
          ? scanner.set(parts[0], to: parts[1]) : role == .face && face.set(parts[0], to: parts[1]))
      guard isTaken else { throw Malformed(description: "\(Self.options(of: role)), not \(word)") }
    }
    self.init(socket: words[2], lane: LaneID(lane), role: role, scanner: scanner, face: face)
  }

  /// What may be said of a device, in words.
  private static func options(of role: ReaderRole) -> String {
    switch role {
    case .card: "says nothing more of a card reader"
    case .scanner:
      "says of a scanner suffix="
        + ScannerSettings.Suffix.allCases.map(\.rawValue).joined(separator: "|")
        + ", keyboard=" + KeyboardLayout.all.map(\.name).joined(separator: "|")
        + ", symbologies=all or a list such as ]Q,]d and baud=9600"
    case .face:
      "says of a face module family="
        + FaceFamily.allCases.map(\.rawValue).joined(separator: "|")
        + ", baud=115200 and encrypted=yes|no"
    }
  }
}

extension ScannerSettings {
  /// - Returns: Whether there is such an option and value.
  fileprivate mutating func set(_ key: String, to value: String) -> Bool {
    switch key {
    case "suffix":
      guard let suffix = Suffix(rawValue: value) else { return false }
      self.suffix = suffix
    case "keyboard":
      guard let keyboard = KeyboardLayout.named(value) else { return false }
      self.keyboard = keyboard
    case "symbologies":
      let names = value.split(separator: ",").map(String.init)
      guard value == "all" || names.allSatisfy({ $0.hasPrefix("]") && $0.count >= 2 }) else {
        return false
      }
      symbologies = value == "all" ? [] : names
    case "baud":
      guard let baud = Int(value), baud > 0 else { return false }
      self.baud = baud
    default: return false
    }
    return true
  }
}

extension FaceSettings {
  /// - Returns: Whether there is such an option and value.
  fileprivate mutating func set(_ key: String, to value: String) -> Bool {
    switch (key, value) {
    case ("family", _):
      guard let family = FaceFamily(rawValue: value) else { return false }
      self.family = family
    case ("baud", _):
      guard let baud = Int(value), baud > 0 else { return false }
      self = FaceSettings(family: family, baud: baud, isEncrypted: isEncrypted)
    case ("encrypted", "yes"): isEncrypted = true
    case ("encrypted", "no"): isEncrypted = false
    default: return false
    }
    return true
  }
}
