/// What the keys of a keyboard mean, as data. A scanner types the keys of the keyboard for which it was
/// set up: one that was left on another layout turns every `/` and `z` into something else.
package struct KeyboardLayout: Equatable, Sendable {
  /// What a key gives, and whether it waits for the next one: an accent stands alone only before a
  /// space.
  struct Stroke: Equatable, Sendable {
    let character: Character
    let isDead: Bool
  }

  /// Which keys are held beside it.
  enum Level: Hashable, Sendable {
    case plain, shift, altGr
  }

  private struct Key: Hashable, Sendable {
    let code: UInt8
    let level: Level
  }

  /// By which the settings name it: `us`, `de`, `fr`.
  package let name: String
  private var strokes: [Key: Stroke] = [:]

  /// HID codes of the keys, row by row as they lie: from `, Q, A and the key left of Z.
  private static let rows: [[UInt8]] = [
    [0x35, 0x1E, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2D, 0x2E],
    [0x14, 0x1A, 0x08, 0x15, 0x17, 0x1C, 0x18, 0x0C, 0x12, 0x13, 0x2F, 0x30],
    [0x04, 0x16, 0x07, 0x09, 0x0A, 0x0B, 0x0D, 0x0E, 0x0F, 0x33, 0x34, 0x31],
    [0x64, 0x1D, 0x1B, 0x06, 0x19, 0x05, 0x11, 0x10, 0x36, 0x37, 0x38],
  ]
  /// The key beside Enter has this code on keyboards with 102 keys.
  private static let besideEnter: (code: UInt8, like: UInt8) = (0x32, 0x31)
  private static let space: UInt8 = 0x2C
  private static let tab: UInt8 = 0x2B
  /// The numeric keypad, from `/` to `9`, `0`.
  private static let keypad: [(UInt8, Character)] = zip(
    [0x54, 0x55, 0x56, 0x57] + Array(0x59...0x62), "/*-+1234567890"
  ).map { ($0, $1) }
  private static let keypadPoint: UInt8 = 0x63

  /// - Parameters:
  ///   - plain, shift, altGr: The characters of ``rows``; a space where a key gives none.
  ///   - dead: Accents of a level that wait for the next key.
  private init(
    name: String, plain: [String], shift: [String], altGr: [String] = [],
    dead: [Level: String] = [:],
    point: Character = "."
  ) {
    self.name = name
    for (level, lines) in [(Level.plain, plain), (.shift, shift), (.altGr, altGr)] {
      for (codes, line) in zip(Self.rows, lines) {
        precondition(codes.count == line.count, "a layout has a character for every key")
        for (code, character) in zip(codes, line) where character != " " {
          set(code, level, character, isDead: dead[level]?.contains(character) ?? false)
        }
      }
    }
    for level in [Level.plain, .shift] {
      for (code, character) in Self.keypad { set(code, level, character) }
      set(Self.keypadPoint, level, point)
      set(Self.space, level, " ")
      set(Self.tab, level, "\t")
    }
  }

  private mutating func set(
    _ code: UInt8, _ level: Level, _ character: Character, isDead: Bool = false
  ) {
    let stroke = Stroke(character: character, isDead: isDead)
    strokes[Key(code: code, level: level)] = stroke
    if code == Self.besideEnter.like {
      strokes[Key(code: Self.besideEnter.code, level: level)] = stroke
    }
  }

  func stroke(_ code: UInt8, _ level: Level) -> Stroke? {
    strokes[Key(code: code, level: level)]
  }

  /// Every layout that is known.
  package static let all = [us, german, french]

  /// A layout by its name.
  package static func named(_ name: String) -> KeyboardLayout? {
    all.first { $0.name == name }
  }
}

// MARK: - Layouts. Source: X.Org xkeyboard-config, symbols us, de and fr; accents wait as on Windows.

extension KeyboardLayout {
  package static let us = KeyboardLayout(
    name: "us",
    plain: [#"`1234567890-="#, #"qwertyuiop[]"#, #"asdfghjkl;'\"#, #"\zxcvbnm,./"#],
    shift: [#"~!@#$%^&*()_+"#, #"QWERTYUIOP{}"#, #"ASDFGHJKL:"|"#, #"|ZXCVBNM<>?"#])

  package static let german = KeyboardLayout(
    name: "de",
    plain: [#"^1234567890ß´"#, #"qwertzuiopü+"#, #"asdfghjklöä#"#, #"<yxcvbnm,.-"#],
    shift: [#"°!"§$%&/()=?`"#, #"QWERTZUIOPÜ*"#, #"ASDFGHJKLÖÄ'"#, #">YXCVBNM;:_"#],
    altGr: [#"  ²³   {[]}\ "#, #"@ €        ~"#, #"            "#, #"|      µ   "#],
    dead: [.plain: "^´", .shift: "`"], point: ",")

  package static let french = KeyboardLayout(
    name: "fr",
    plain: [#"²&é"'(-è_çà)="#, #"azertyuiop^$"#, #"qsdfghjklmù*"#, #"<wxcvbn,;:!"#],
    shift: [#" 1234567890°+"#, #"AZERTYUIOP¨£"#, #"QSDFGHJKLM%µ"#, #">WXCVBN?./§"#],
    altGr: [#"  ~#{[|`\^@]}"#, #"  €        ¤"#, #"            "#, #"           "#],
    dead: [.plain: "^", .shift: "¨", .altGr: "~`"])
}
