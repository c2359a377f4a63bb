import CanteenModel
import Testing

@testable import Readers

@Suite struct KeyboardDecoderTests {
  private static let released = [UInt8](repeating: 0, count: 8)

  private func decoder(
    _ layout: KeyboardLayout = .us, suffix: ScannerSettings.Suffix = .newline
  ) -> KeyboardDecoder {
    var settings = ScannerSettings()
    settings.keyboard = layout
    settings.suffix = suffix
    return KeyboardDecoder(settings: settings).settled
  }

  /// One key, pressed and released.
  private func stroke(_ key: UInt8, _ modifiers: UInt8 = 0) -> [[UInt8]] {
    [[modifiers, 0, key, 0, 0, 0, 0, 0], Self.released]
  }

  private var enter: [[UInt8]] { stroke(0x28) }

  @Test("a letter, the same with Shift, and Enter are a code (computed)")
  func letters() {
    var decoder = decoder()
    let reports = [
      hex("00 00 04 00 00 00 00 00"), Self.released, hex("02 00 04 00 00 00 00 00"), Self.released,
    ]
    #expect(decoder.take(all: reports) == [])
    #expect(decoder.patience == .milliseconds(100))
    #expect(decoder.take(hex("00 00 28 00 00 00 00 00")) == [code("aA")])
    #expect(decoder.patience == nil)
  }

  @Test("three keypad digits in one captured report, with Alt held, are one character")
  func altKeypad() {
    var decoder = decoder()
    #expect(decoder.take(hex("04 00 62 60 5B 00 00 00")) == [])
    #expect(decoder.patience == .milliseconds(100))
    #expect(decoder.take(hex("00 00 28 00 00 00 00 00")) == [code("S")])
  }

  @Test("bytes that are typed as numbers, one digit a report, are those bytes")
  func altBytes() {
    var decoder = decoder()
    // 食 in GBK is CA B3: 0202, 0179.
    for digits in [[0x62, 0x5A, 0x62, 0x5A], [0x62, 0x59, 0x5F, 0x61]] as [[UInt8]] {
      for digit in digits {
        _ = decoder.take(all: [[4, 0, digit, 0, 0, 0, 0, 0], [4, 0, 0, 0, 0, 0, 0, 0]])
      }
      #expect(decoder.take(Self.released) == [])
    }
    let read = decoder.take(all: enter)
    #expect(read == [.code(ScannedCode(bytes: [0xCA, 0xB3], symbology: nil))])
  }

  @Test("a number that is no byte breaks the code", arguments: [(255, true), (256, false)])
  func altLimit(number: Int, isTaken: Bool) {
    var decoder = decoder()
    let reports = "\(number)".compactMap(\.wholeNumberValue).flatMap { digit -> [[UInt8]] in
      [[4, 0, digit == 0 ? 0x62 : 0x58 + UInt8(digit), 0, 0, 0, 0, 0], [4, 0, 0, 0, 0, 0, 0, 0]]
    }
    let read = decoder.take(all: reports + enter)
    let whole = CodeReading.code(ScannedCode(bytes: [255], symbology: nil))
    #expect(read == [isTaken ? whole : .unreadable(.brokenCode)])
  }

  @Test("a key that is still held is not typed again, and one that comes beside it is")
  func heldKeys() {
    var decoder = decoder()
    let reports = [hex("00 00 04 00 00 00 00 00"), hex("00 00 04 05 00 00 00 00")]
    _ = decoder.take(all: reports + [hex("00 00 05 06 00 00 00 00"), Self.released])
    #expect(decoder.take(all: stroke(0x04) + stroke(0x04) + enter) == [code("abcaa")])
  }

  @Test("more keys than a report can hold break the code: some may be missing")
  func rollOver() {
    var decoder = decoder()
    _ = decoder.take(all: stroke(0x04))
    #expect(decoder.take(hex("00 00 01 01 01 01 01 01")) == [.unreadable(.brokenCode)])
    #expect(decoder.take(all: stroke(0x05) + enter) == [])
    #expect(decoder.take(all: stroke(0x05) + enter) == [code("b")])
  }

  @Test(
    "what no code can hold breaks it: Caps Lock, Escape, Control, Alt with a letter, an odd length",
    arguments: ["0000390000000000", "0000290000000000", "0100040000000000", "0400040000000000"]
      + ["01000004000000000000", "000004"])
  func unknown(report: String) {
    var decoder = decoder()
    _ = decoder.take(all: stroke(0x04))
    #expect(decoder.take(hex(report)) == [.unreadable(.brokenCode)])
    #expect(decoder.take(all: [Self.released] + stroke(0x05) + enter) == [])
    #expect(decoder.take(all: stroke(0x05) + enter) == [code("b")])
  }

  @Test("a pause of 100 ms without a suffix breaks the code, and its end is none")
  func gap() {
    var decoder = decoder()
    _ = decoder.take(all: stroke(0x04))
    #expect(decoder.lapse() == .unreadable(.brokenCode))
    #expect(decoder.take(all: stroke(0x05) + enter) == [])
    #expect(decoder.take(all: stroke(0x06) + enter) == [code("c")])
  }

  @Test(
    "the suffix is what was configured",
    arguments: [
      (ScannerSettings.Suffix.newline, UInt8(0x28), true), (.newline, 0x58, true),
      (.carriageReturn, 0x28, true), (.newline, 0x2B, false), (.tab, 0x2B, true),
      (.tab, 0x28, false),
    ])
  func suffix(suffix: ScannerSettings.Suffix, key: UInt8, ends: Bool) {
    var decoder = decoder(suffix: suffix)
    _ = decoder.take(all: stroke(0x04))
    let read = decoder.take(all: stroke(key))
    // A Tab may be in a code; an Enter that is no suffix is none that a code can hold.
    #expect(read == (ends ? [code("a")] : key == 0x2B ? [] : [.unreadable(.brokenCode)]))
  }

  @Test(
    "a code of 4096 characters is taken, one of a character more is broken",
    arguments: [4096, 4097])
  func longest(length: Int) {
    var decoder = decoder()
    var readings: [CodeReading] = []
    for _ in 0..<length { readings += decoder.take(all: stroke(0x04)) }
    readings += decoder.take(all: enter)
    let text = String(repeating: "a", count: length)
    #expect(readings == [length <= 4096 ? code(text) : .unreadable(.brokenCode)])
  }

  @Test("a symbology before the code is its name")
  func symbology() {
    var decoder = decoder()
    // ]Q1a, then ]E0a.
    let close = stroke(0x30)
    let good = close + stroke(0x14, 2) + stroke(0x1E) + stroke(0x04) + enter
    #expect(decoder.take(all: good) == [code("a", "]Q1")])
    let bad = close + stroke(0x08, 2) + stroke(0x27) + stroke(0x04) + enter
    #expect(decoder.take(all: bad) == [.unreadable(.wrongSymbology)])
  }

  @Test("each layout types an address with the keys of its keyboard")
  func layouts() {
    // Keys of "ttps://a-z@_" with the modifiers 02 Shift and 40 AltGr.
    let keys: [(KeyboardLayout, [(UInt8, UInt8)])] = [
      (
        .us,
        [
          (0x17, 0), (0x17, 0), (0x13, 0), (0x16, 0), (0x33, 2), (0x38, 0), (0x38, 0),
          (0x04, 0), (0x2D, 0), (0x1D, 0), (0x1F, 2), (0x2D, 0x20),
        ]
      ),
      (
        .german,
        [
          (0x17, 0), (0x17, 0), (0x13, 0), (0x16, 0), (0x37, 2), (0x24, 2), (0x24, 2),
          (0x04, 0), (0x38, 0), (0x1C, 0), (0x14, 0x40), (0x38, 2),
        ]
      ),
      (
        .french,
        [
          (0x17, 0), (0x17, 0), (0x13, 0), (0x16, 0), (0x37, 0), (0x37, 2), (0x37, 2),
          (0x14, 0), (0x23, 0), (0x1A, 0), (0x27, 0x40), (0x25, 0),
        ]
      ),
    ]
    for (layout, strokes) in keys {
      var decoder = decoder(layout)
      let reports = strokes.flatMap { stroke($0.0, $0.1) }
      #expect(decoder.take(all: reports + enter) == [code("ttps://a-z@_")], "\(layout.name)")
    }
  }

  @Test("an accent stands alone before a space, and breaks the code before anything else")
  func accents() {
    var decoder = decoder(.german)
    let circumflex = stroke(0x35)
    #expect(decoder.take(all: circumflex + stroke(0x2C) + stroke(0x04) + enter) == [code("^a")])
    let broken = decoder.take(all: circumflex + stroke(0x04) + enter)
    #expect(broken == [.unreadable(.brokenCode)])
    #expect(decoder.take(all: stroke(0x04) + circumflex + enter) == [.unreadable(.brokenCode)])
  }

  @Test("every layout can type every printable character of ASCII")
  func complete() {
    for layout in KeyboardLayout.all {
      let typed = Set(
        (UInt8.min...UInt8.max).flatMap { key in
          [KeyboardLayout.Level.plain, .shift, .altGr].compactMap {
            layout.stroke(key, $0)?.character
          }
        })
      let missing = (0x20...0x7E).map { Character(Unicode.Scalar($0)) }.filter {
        !typed.contains($0)
      }
      #expect(missing == [], "\(layout.name)")
      #expect(KeyboardLayout.named(layout.name) == layout)
    }
  }
}
