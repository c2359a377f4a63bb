package import USBTransport

/// The devices that are known by their identifiers. A device that is not listed is driven by its class
/// (a CCID reader), or because the settings say what is plugged into its socket.
///
/// Identifiers are cloned and shared: what a device says of its interfaces comes before its name.
package struct DeviceCatalogue {
  /// How a device speaks.
  package enum Speech: Hashable, Sendable {
    /// USB CCID: a card reader.
    case ccid
    /// HID, usage page `8C`: a scanner.
    case hidPOS
    /// HID boot keyboard: a scanner that types.
    case hidKeyboard
    /// A serial line in the class's own way: a scanner, or a bridge.
    case cdcACM
    /// Serial bridges: what is behind them, a scanner or a face module, the settings say.
    case ch34x, cp210x, ftdi
  }

  package struct Entry: Hashable, Sendable {
    package let vendor: UInt16
    package let product: UInt16
    /// In words, for people.
    package let model: String
    package let speech: Speech
    /// `nil` for a device that may be anything.
    package let role: ReaderRole?
  }

  /// Sources: the free CCID driver's `readers/*.txt`; usb.ids 2026.06.26; the Linux drivers ch341, cp210x
  /// and ftdi_sio. Sorted by vendor and product.
  package static let entries: [Entry] =
    [
      scanner(0x0416, 0xC141, "Winbond barcode scanner", .hidKeyboard),
      scanner(0x04B4, 0x0100, "Cino FuzzyScan F760-B", .hidKeyboard),
      card(0x04E6, 0x5293, "Identiv SCL011"),
      card(0x04E6, 0x5720, "Identiv CLOUD 4700 F"),
      card(0x04E6, 0x5790, "Identiv uTrust 3700 F"),
      card(0x04E6, 0x5791, "Identiv uTrust 3701 F"),
      scanner(0x0536, 0x01CA, "Honeywell IT4800", .hidKeyboard),
      scanner(0x05E0, 0x1200, "Zebra scanner (keyboard)", .hidKeyboard),
      scanner(0x05E0, 0x1701, "Zebra scanner (CDC)", .cdcACM),
      scanner(0x05F9, 0x2206, "Datalogic Gryphon (keyboard)", .hidKeyboard),
      scanner(0x05F9, 0x4204, "Datalogic Gryphon (serial)", .cdcACM),
      scanner(0x065A, 0x0001, "Opticon NLV-1001 (keyboard)", .hidKeyboard),
      scanner(0x067E, 0x0801, "Intermec scanner (keyboard)", .hidKeyboard),
      scanner(0x067E, 0x0809, "Intermec SG20 (HID POS)", .hidPOS),
      card(0x072F, 0x2200, "ACS ACR122U"),
      card(0x072F, 0x223B, "ACS ACR1252U"),
      card(0x072F, 0x223E, "ACS ACR1252U (reader only)"),
      card(0x072F, 0x2303, "ACS ACR1552U"),
      card(0x076B, 0x5022, "HID OMNIKEY 5022 CL"),
      card(0x076B, 0x502A, "HID OMNIKEY 5025 CL"),
      card(0x076B, 0x5422, "HID OMNIKEY 5422"),
      card(0x076B, 0x5427, "HID OMNIKEY 5427 CK"),
      card(0x08E6, 0x5504, "Gemalto Prox-SU"),
      card(0x096E, 0x0608, "Feitian R502-CL"),
      card(0x096E, 0x060D, "Feitian R502"),
      card(0x09D8, 0x0427, "Elatec TWN4 SmartCard NFC"),
      scanner(0x0C2E, 0x0200, "Honeywell MS7120 (keyboard)", .hidKeyboard),
      scanner(0x0C2E, 0x0B61, "Honeywell Vuquest 3310g (keyboard)", .hidKeyboard),
      scanner(0x0C2E, 0x0B6A, "Honeywell Vuquest 3310 (CDC)", .cdcACM),
      scanner(0x0C2E, 0x0B81, "Honeywell Voyager 1400g (keyboard)", .hidKeyboard),
      scanner(0x1EAB, 0x0103, "Newland HR200 (keyboard)", .hidKeyboard),
      scanner(0x1EAB, 0x0106, "Newland HR200 (CDC)", .cdcACM),
      scanner(0x1EAB, 0x0110, "Newland HR200 (HID POS)", .hidPOS),
      scanner(0x1EAB, 0x1603, "Newland FM100-M (keyboard)", .hidKeyboard),
      scanner(0x1EAB, 0x1606, "Newland FM100-M (CDC)", .cdcACM),
      scanner(0x1EAB, 0x1610, "Newland FM100-M (HID POS)", .hidPOS),
      scanner(0x1EAB, 0x1D03, "Newland FM430 (keyboard)", .hidKeyboard),
      scanner(0x1EAB, 0x1D06, "Newland FM430 (CDC)", .cdcACM),
      scanner(0x1EAB, 0x1D10, "Newland FM430 (HID POS)", .hidPOS),
      scanner(0x1EAB, 0x8203, "Newland EM3080 (keyboard)", .hidKeyboard),
      scanner(0x1EAB, 0x8206, "Newland EM3080 (CDC)", .cdcACM),
      scanner(0x1EAB, 0x8210, "Newland EM3080 (HID POS)", .hidPOS),
      bridge(0x0403, 0x6001, "FTDI FT232R", .ftdi),
      bridge(0x0403, 0x6010, "FTDI FT2232", .ftdi),
      bridge(0x0403, 0x6011, "FTDI FT4232H", .ftdi),
      bridge(0x0403, 0x6014, "FTDI FT232H", .ftdi),
      bridge(0x0403, 0x6015, "FTDI FT-X", .ftdi),
      bridge(0x10C4, 0xEA60, "Silicon Labs CP2102", .cp210x),
      bridge(0x10C4, 0xEA61, "Silicon Labs CP210x", .cp210x),
      bridge(0x10C4, 0xEA70, "Silicon Labs CP2105", .cp210x),
      bridge(0x10C4, 0xEA71, "Silicon Labs CP2108", .cp210x),
      bridge(0x1A86, 0x5523, "WCH CH341", .ch34x),
      bridge(0x1A86, 0x55D3, "WCH CH343", .cdcACM),
      bridge(0x1A86, 0x7522, "WCH CH340 (7522)", .ch34x),
      bridge(0x1A86, 0x7523, "WCH CH340", .ch34x),
      bridge(0x4348, 0x5523, "WCH CH341 (old vendor)", .ch34x),
    ].sorted { ($0.vendor, $0.product) < ($1.vendor, $1.product) }

  /// What is known of a device; `nil` for a stranger.
  package static func entry(vendor: UInt16, product: UInt16) -> Entry? {
    entries.first { $0.vendor == vendor && $0.product == product }
  }

  /// What to call a device.
  ///
  /// - Parameter role: What a stranger turned out to be.
  package static func model(_ device: USBDeviceDescriptor, role: ReaderRole?) -> String {
    entry(vendor: device.vendor, product: device.product)?.model ?? role?.name ?? "unknown device"
  }

  private static func card(_ vendor: UInt16, _ product: UInt16, _ model: String) -> Entry {
    Entry(vendor: vendor, product: product, model: model, speech: .ccid, role: .card)
  }

  private static func scanner(
    _ vendor: UInt16, _ product: UInt16, _ model: String, _ speech: Speech
  ) -> Entry {
    Entry(vendor: vendor, product: product, model: model, speech: speech, role: .scanner)
  }

  private static func bridge(
    _ vendor: UInt16, _ product: UInt16, _ model: String, _ speech: Speech
  ) -> Entry {
    Entry(vendor: vendor, product: product, model: model, speech: speech, role: nil)
  }
}
