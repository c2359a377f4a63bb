/// A device of the laboratory, ready to be plugged in.
package struct Specimen: Sendable {
  /// What it looks at.
  package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case card, scanner, face
  }

  /// By which it is named on the command line.
  package let name: String
  package let kind: Kind
  /// A new one.
  package let make: @Sendable () -> any DeviceModel

  /// A specimen from its parts.
  package init(
    name: String, kind: Kind, make: @escaping @Sendable () -> any DeviceModel
  ) {
    (self.name, self.kind, self.make) = (name, kind, make)
  }

  /// Card readers that can be used.
  package static let cardReaders: [Specimen] = ReaderHardware.usable.map { hardware in
    Specimen(name: hardware.name, kind: .card) { CCIDReaderModel(hardware: hardware) }
  }

  /// A reader that a driver must refuse.
  private static let refused = Specimen(name: ReaderHardware.acr38u.name, kind: .card) {
    CCIDReaderModel(hardware: .acr38u)
  }

  /// Those that can be used.
  package static let usable = cardReaders

  /// All of them.
  package static let all = usable + [refused]
}
