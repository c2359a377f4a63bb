import CanteenModel

@testable import Readers

/// What is known of the bytes of scanners, with where it comes from.
enum ScannerVectors {
  /// Published, Access-IS: HID POS without a byte count.
  static let descriptorA = hex(
    """
    05 8C 09 02 A1 01 85 02 15 00 26 FF 00 75 08 95 01 09 FB 81 02 09 FC 81 02 09 FD 81 02 95 38 09
    FE 82 02 01 75 01 95 01 25 01 09 FF 81 02 75 07 81 03 C0
    """)
  /// Published, Access-IS: HID POS with a byte count.
  static let descriptorB = hex(
    """
    05 8C 09 02 A1 01 85 02 09 12 A1 02 15 00 26 FF 00 75 08 95 01 05 01 09 3B 81 02 95 03 05 8C 09
    FB 09 FC 09 FD 81 02 95 38 09 FE 82 02 01 25 01 75 01 95 01 09 FF 81 02 75 07 81 03 C0 C0
    """)
  /// Computed: the second with two bytes before the continuation, as the Voyager's reports have them.
  static let descriptorVoyager = hex(
    """
    05 8C 09 02 A1 01 85 02 09 12 A1 02 15 00 26 FF 00 75 08 95 01 05 01 09 3B 81 02 95 03 05 8C 09
    FB 09 FC 09 FD 81 02 95 38 09 FE 82 02 01 06 00 FF 09 01 95 02 81 02 05 8C 25 01 75 01 95 01 09
    FF 81 02 75 07 81 03 C0 C0
    """)

  /// Captured, Honeywell Voyager 1602g: the answer to a menu command, in two reports.
  static let voyager1 = hex(
    """
    02 38 5D 58 30 50 72 6F 64 75 63 74 20 4E 61 6D 65 3A 20 56 6F 79 61 67 65 72 20 31 36 30 32 67
    0D 0A 42 6F 6F 74 20 52 65 76 69 73 69 6F 6E 3A 20 3A 20 38 38 39 32 0D 0A 53 6F 66 74 3F 00 01
    """)
  static let voyager2 =
    hex("02 09 5D 58 30 75 6D 3A 20 4E 2F 41 0D 0A") + zeros(47) + hex("3F 00 00")
  /// Captured: the scanner's confirmation of a command.
  static let voyager3 =
    hex("02 08 5D 5A 36 52 45 56 49 4E 46 06 2E") + zeros(48) + hex("36 00 00")

  static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  /// Settings that take every symbology.
  static var everything: ScannerSettings {
    var settings = ScannerSettings()
    settings.symbologies = []
    return settings
  }
}

/// Bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// What a whole code must be read as.
func code(_ text: String, _ symbology: String? = nil) -> CodeReading {
  .code(ScannedCode(bytes: bytes(text), symbology: symbology))
}

extension CodeDecoder {
  /// The same, after the moment of quiet at the start.
  var settled: Self {
    var decoder = self
    _ = decoder.lapse()
    return decoder
  }

  mutating func take(all transfers: [[UInt8]]) -> [CodeReading] {
    var readings: [CodeReading] = []
    for transfer in transfers { readings += take(transfer) }
    return readings
  }
}
