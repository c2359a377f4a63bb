/// A device of the laboratory, ready to be plugged in.
package struct Specimen: Sendable {
  /// What it looks at.
  package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case card, scanner, face
  }

  /// By which it is named on the command line.
  package let name: String
  package let kind: Kind
  /// What a terminal must be told of it, in the words of `canteen.readers`; empty for most.
  package let settings: String
  /// A new one.
  package let make: @Sendable () -> any DeviceModel

  /// A specimen from its parts.
  package init(
    name: String, kind: Kind, settings: String = "", make: @escaping @Sendable () -> any DeviceModel
  ) {
    (self.name, self.kind, self.settings, self.make) = (name, kind, settings, make)
  }

  /// Two things that it can be shown, one after the other.
  package var showings: [Showing] {
    switch kind {
    case .card:
      [
        .card(VirtualCard(kind: .desfire, serial: [4, 1, 2, 3, 4, 5, 6])),
        .card(VirtualCard(serial: [1, 2, 3, 4])),
      ]
    case .scanner: ["first-code", "second-code"].map { .code(Array($0.utf8)) }
    case .face: [.face(5), .face(6)]
    }
  }

  /// Card readers that can be used.
  package static let cardReaders: [Specimen] = ReaderHardware.usable.map { hardware in
    Specimen(name: hardware.name, kind: .card) { CCIDReaderModel(hardware: hardware) }
  }

  /// Scanners that are known by their identifiers, in each of the three ways.
  package static let scanners: [Specimen] = [
    Specimen(name: "sg20", kind: .scanner) {
      HIDPOSScannerModel(form: .withoutCount, vendor: 0x067E, product: 0x0809)
    },
    Specimen(name: "hr200-pos", kind: .scanner) {
      HIDPOSScannerModel(form: .withCount, vendor: 0x1EAB, product: 0x0110)
    },
    Specimen(name: "fm430-pos", kind: .scanner) {
      HIDPOSScannerModel(form: .honeywell, vendor: 0x1EAB, product: 0x1D10)
    },
    Specimen(name: "fm430-keyboard", kind: .scanner) {
      KeyboardScannerModel(vendor: 0x1EAB, product: 0x1D03)
    },
    Specimen(name: "fm430-cdc", kind: .scanner) {
      SerialBridgeModel(
        .cdcACM, peripheral: ScannerPeripheral(), identifiers: (0x1EAB, 0x1D06))
    },
    Specimen(name: "scanner-ch340", kind: .scanner, settings: "baud=9600") {
      SerialBridgeModel(.ch340, peripheral: ScannerPeripheral(), baud: 9600)
    },
  ]

  /// Modules of the `EF AA` family behind each bridge, and one of the other family; they know the people 1
  /// to 200.
  package static let faceModules: [Specimen] =
    SerialBridgeModel.Kind.allCases.map { bridge in
      Specimen(name: "fm225-\(bridge.rawValue)", kind: .face) {
        SerialBridgeModel(
          bridge,
          peripheral: FaceModuleAPeripheral(
            users: Dictionary(uniqueKeysWithValues: (1...200).map { (UInt16($0), "user \($0)") })))
      }
    } + [
      Specimen(name: "tx510-ch340", kind: .face, settings: "family=tx510") {
        SerialBridgeModel(.ch340, peripheral: FaceModuleBPeripheral(users: Set(1...200)))
      }
    ]

  /// A reader that a driver must refuse.
  private static let refused = Specimen(name: ReaderHardware.acr38u.name, kind: .card) {
    CCIDReaderModel(hardware: .acr38u)
  }

  /// Those that can be used.
  package static let usable = cardReaders + scanners + faceModules

  /// All of them.
  package static let all = usable + [refused]

  /// The one of this name; `nil` when there is none.
  package static func named(_ name: String) -> Specimen? { all.first { $0.name == name } }
}

extension Specimen.Kind {
  /// One of many things that such a device can be shown: a card, a code, one of the people 1 to 200.
  ///
  /// - Parameter number: 0 or more. Cards are the same again after 2^32, people after 200.
  package func showing(_ number: Int) -> Showing {
    switch self {
    case .card:
      // Not 08, which would be a random number.
      .card(
        VirtualCard(
          kind: .desfire,
          serial: [0x04, 0xA1, 0xB2] + little(UInt32(truncatingIfNeeded: number))))
    case .scanner: .code(Array("canteen-\(number)".utf8))
    case .face: .face(UInt16(1 + number % 200))
    }
  }
}
