/// What a HID device says of its input reports. Source: HID 1.11, 6.2.2.
///
/// Any bytes can be given to it: work and memory are in proportion to their number.
package struct HIDReportDescriptor: Equatable, Sendable {
  /// Why a descriptor cannot be used.
  package enum Malformed: Error, Equatable, Sendable {
    case tooLong
    /// An item goes beyond the end.
    case cutOff
    /// A pop without a push, or too many pushes.
    case unbalancedStack
    case unbalancedCollections
    case reportIDZero
    /// A report is longer than ``longestReport``.
    case reportTooLong
  }

  /// Bytes, as in Linux's `HID_MAX_DESCRIPTOR_SIZE`.
  package static let longest = 4096
  /// Bytes of one report, with its id.
  package static let longestReport = 4096
  private static let deepestStack = 16
  private static let deepestCollection = 64

  /// Equal elements that stand one after the other in a report.
  package struct Field: Equatable, Sendable {
    /// 0 in a device that numbers no reports.
    package let report: UInt8
    /// From the first bit of the report, its id included.
    package let bitOffset: Int
    package let bitsPerElement: Int
    package let count: Int
    /// The page in the upper half, the usage in the lower. Element by element; the last goes on to the
    /// end. Empty for padding.
    fileprivate let usages: [ClosedRange<UInt32>]

    /// Bits of the whole field.
    package var bits: Int { bitsPerElement * count }

    /// The usage of an element; `nil` for padding.
    package func usage(of element: Int) -> UInt32? {
      var left = element
      for range in usages {
        let length = Int(range.upperBound - range.lowerBound) + 1
        if left < length { return range.lowerBound + UInt32(left) }
        left -= length
      }
      return usages.last?.upperBound
    }

    /// The first element with a usage.
    package func element(with usage: UInt32) -> Int? {
      var first = 0
      for range in usages {
        if range.contains(usage) {
          let element = first + Int(usage - range.lowerBound)
          return element < count ? element : nil
        }
        first += Int(range.upperBound - range.lowerBound) + 1
      }
      return nil
    }
  }

  /// The variable fields of input reports, in the order of the descriptor. Arrays, which list what is
  /// pressed, are passed over: they only move what comes after them.
  package private(set) var inputs: [Field] = []
  /// Bytes of each input report, with its id; by id.
  package private(set) var inputLengths: [UInt8: Int] = [:]
  /// The same of output reports.
  package private(set) var outputLengths: [UInt8: Int] = [:]
  /// Reports begin with their id.
  package private(set) var hasReportIDs = false

  private struct Globals {
    var page: UInt32 = 0
    var size = 0
    var count = 0
    var report: UInt8 = 0
  }

  fileprivate struct Locals {
    var usages: [ClosedRange<UInt32>] = []
    var minimum: UInt32?
    var isInDelimiter = false
    var hasAlternative = false
  }

  /// - Throws: ``Malformed``.
  package init(_ bytes: [UInt8]) throws(Malformed) {
    guard bytes.count <= Self.longest else { throw .tooLong }
    var globals = Globals()
    var locals = Locals()
    var stack: [Globals] = []
    var depth = 0
    var inputBits: [UInt8: Int] = [:]
    var outputBits: [UInt8: Int] = [:]
    var rest = bytes[...]
    while let item = try Self.next(&rest) {
      switch item.kind {
      case .input:
        let offset = try Self.lengthen(&inputBits, globals)
        append(item.value, globals, locals, at: offset)
        locals = Locals()
      case .output:
        _ = try Self.lengthen(&outputBits, globals)
        locals = Locals()
      case .collection:
        depth += 1
        guard depth <= Self.deepestCollection else { throw .unbalancedCollections }
        locals = Locals()
      case .endCollection:
        depth -= 1
        guard depth >= 0 else { throw .unbalancedCollections }
        locals = Locals()
      case .otherMain: locals = Locals()
      case .push:
        guard stack.count < Self.deepestStack else { throw .unbalancedStack }
        stack.append(globals)
      case .pop:
        #if SEEDED_BUGS
          if SeededCodecBug.planted == .emptyStackIsPopped { stack[stack.count - 1].size += 0 }
        #endif
        guard let saved = stack.popLast() else { throw .unbalancedStack }
        globals = saved
      case .reportID:
        guard let id = UInt8(exactly: item.value), id != 0 else { throw .reportIDZero }
        globals.report = id
        hasReportIDs = true
      case .page: globals.page = item.value & 0xFFFF
      case .size: globals.size = Int(item.value)
      case .count: globals.count = Int(item.value)
      case .usage, .minimum, .maximum, .delimiter: locals.add(item, page: globals.page)
      case .ignored: break
      }
    }
    guard depth == 0 else { throw .unbalancedCollections }
    // A field that stands before the first report id belongs to no report that can be told.
    if hasReportIDs, inputBits[0] != nil || outputBits[0] != nil { throw .reportIDZero }
    inputLengths = inputBits.mapValues { ($0 + 7) / 8 }
    outputLengths = outputBits.mapValues { ($0 + 7) / 8 }
  }

  /// Makes room for a field in its report.
  ///
  /// - Returns: Where the field begins.
  private static func lengthen(
    _ bits: inout [UInt8: Int], _ globals: Globals
  ) throws(Malformed) -> Int {
    let start = bits[globals.report] ?? (globals.report == 0 ? 0 : 8)
    let limit = longestReport * 8
    guard globals.size <= limit, globals.count <= limit,
      start + globals.size * globals.count <= limit
    else { throw .reportTooLong }
    bits[globals.report] = start + globals.size * globals.count
    return start
  }

  private mutating func append(
    _ flags: UInt32, _ globals: Globals, _ locals: Locals, at offset: Int
  ) {
    let field = Field(
      report: globals.report, bitOffset: offset, bitsPerElement: globals.size,
      count: globals.count, usages: locals.usages)
    let isConstant = flags & 1 != 0
    let isVariable = flags & 2 != 0
    if !isConstant, isVariable, field.bits > 0, !locals.usages.isEmpty { inputs.append(field) }
  }
}

// MARK: - Items

extension HIDReportDescriptor {
  fileprivate enum Kind {
    case input, output, collection, endCollection, otherMain
    case page, size, count, reportID, push, pop
    case usage, minimum, maximum, delimiter
    case ignored
  }

  fileprivate struct Item {
    let kind: Kind
    let value: UInt32
    /// Bytes of the value: a usage of 4 brings its page along.
    let length: Int
  }

  /// - Returns: `nil` at the end.
  private static func next(_ rest: inout ArraySlice<UInt8>) throws(Malformed) -> Item? {
    guard let prefix = rest.popFirst() else { return nil }
    if prefix == 0xFE {
      // A long item: none is defined.
      guard let length = rest.popFirst(), rest.popFirst() != nil, rest.count >= length else {
        throw .cutOff
      }
      rest = rest.dropFirst(Int(length))
      return Item(kind: .ignored, value: 0, length: 0)
    }
    let length = [0, 1, 2, 4][Int(prefix & 3)]
    guard rest.count >= length else { throw .cutOff }
    let value = rest.prefix(length).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    rest = rest.dropFirst(length)
    return Item(kind: kind(prefix & 0xFC), value: value, length: length)
  }

  private static func kind(_ tag: UInt8) -> Kind {
    switch tag {
    case 0x80: .input
    case 0x90: .output
    case 0xB0: .otherMain
    case 0xA0: .collection
    case 0xC0: .endCollection
    case 0x04: .page
    case 0x74: .size
    case 0x84: .reportID
    case 0x94: .count
    case 0xA4: .push
    case 0xB4: .pop
    case 0x08: .usage
    case 0x18: .minimum
    case 0x28: .maximum
    case 0xA8: .delimiter
    default: .ignored
    }
  }
}

extension HIDReportDescriptor.Locals {
  /// Of usages between delimiters only the first counts; the others are other names for it.
  fileprivate mutating func add(_ item: HIDReportDescriptor.Item, page: UInt32) {
    let usage = item.length == 4 ? item.value : page << 16 | item.value & 0xFFFF
    switch item.kind {
    case .usage where !isInDelimiter || !hasAlternative:
      usages.append(usage...usage)
      hasAlternative = isInDelimiter
    case .minimum: minimum = usage
    case .maximum:
      if let minimum, minimum <= usage, minimum >> 16 == usage >> 16 {
        usages.append(minimum...usage)
      }
      minimum = nil
    case .delimiter:
      isInDelimiter = item.value == 1
      hasAlternative = false
    default: break
    }
  }
}
