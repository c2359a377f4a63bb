/// The fuzzer's bytes, taken apart into choices. There are always more: after the end come zeros, so that
/// every input says something.
struct FuzzInput {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) {
    rest = bytes[...]
  }

  var isEmpty: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  mutating func flag() -> Bool { byte() & 1 != 0 }

  /// Less than `limit`.
  ///
  /// - Precondition: `limit` is 1 to 256.
  mutating func number(below limit: Int) -> Int {
    precondition((1...256).contains(limit), "a choice is one byte")
    return Int(byte()) % limit
  }

  mutating func choice<Element>(_ elements: [Element]) -> Element {
    elements[number(below: elements.count)]
  }

  /// At most so many.
  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  /// Its length stands before it.
  mutating func piece() -> [UInt8] { bytes(Int(byte())) }

  /// Its length, in two bytes, stands before it.
  mutating func longPiece() -> [UInt8] { bytes(Int(byte()) << 8 | Int(byte())) }

  /// All that is left.
  mutating func remainder() -> [UInt8] {
    defer { rest = [] }
    return Array(rest)
  }
}

extension [UInt8] {
  /// Cut at lengths that repeat: what a driver reads comes in any pieces.
  func cut(_ lengths: [UInt8]) -> [[UInt8]] {
    guard !lengths.isEmpty else { return [self] }
    var pieces: [[UInt8]] = []
    var rest = self[...]
    var turn = 0
    while !rest.isEmpty {
      let length = Swift.max(1, Int(lengths[turn % lengths.count]))
      pieces.append(Array(rest.prefix(length)))
      rest = rest.dropFirst(length)
      turn += 1
    }
    return pieces
  }
}
