/// What a scanner was set up for by its set-up codes, and what this canteen takes from it.
package struct ScannerSettings: Equatable, Sendable {
  /// What the scanner sends after each code. A HID POS scanner needs none.
  package enum Suffix: String, Hashable, Sendable, Codable, CaseIterable {
    /// CR, LF or both; of a scanner that types, Enter on either part of the keyboard.
    case newline
    /// CR alone: a line feed belongs to the code.
    case carriageReturn
    /// LF alone.
    case lineFeed
    /// CR and LF, together.
    case both
    case tab
    /// A pause of 100 ms ends the code, so one that is cut off cannot be told from a whole one. Serial
    /// scanners only.
    case none
  }

  package var suffix = Suffix.newline
  /// Of a scanner that types: for which keyboard it was set up.
  package var keyboard = KeyboardLayout.us
  /// Beginnings of AIM names. Codes of other symbologies are refused, so that the bar code of a drink
  /// is no wallet; a scanner that names none is believed. Empty takes all.
  package var symbologies = ["]Q"]
  /// Baud of a serial line.
  package var baud = 115_200

  /// A QR code, then Enter or a line end, on a US keyboard or at 115200 baud.
  package init() {}

  /// How the serial line of such a scanner is set.
  var line: SerialSettings { SerialSettings(baud: baud, lastByte: suffix.lastByte) }
}

extension ScannerSettings.Suffix {
  /// With which a code's bytes end for certain; `nil` where nothing follows the code.
  fileprivate var lastByte: UInt8? {
    switch self {
    // A line feed that comes after it is an empty line.
    case .newline, .carriageReturn: UInt8(ascii: "\r")
    case .lineFeed, .both: UInt8(ascii: "\n")
    case .tab: UInt8(ascii: "\t")
    case .none: nil
    }
  }
}
