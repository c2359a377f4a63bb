import CLibPQ
import Foundation

/// PostgreSQL's binary form of the values that the tables hold. Source: the send and receive functions of
/// PostgreSQL 15's types; their numbers are those of `pg_type.dat`.
enum PostgresType {
  static let truth: Oid = 16
  static let bytes: Oid = 17
  static let integer: Oid = 20
  /// An array of them.
  static let integers: Oid = 1016
  static let short: Oid = 21
  static let plain: Oid = 23
  static let text: Oid = 25
  static let varying: Oid = 1043
  /// What sums are of.
  static let numeric: Oid = 1700
  /// A text in a statement whose type nothing tells.
  static let unknown: Oid = 705
  static let name: Oid = 19
}

extension SQLValue {
  /// 0 lets the server infer what a NULL is one of.
  var postgresType: Oid {
    switch self {
    case .null: 0
    case .integer: PostgresType.integer
    case .text: PostgresType.text
    case .bytes: PostgresType.bytes
    }
  }

  /// How many bytes the binary form has; -1 for NULL.
  fileprivate var postgresLength: Int32 {
    switch self {
    case .null: -1
    case .integer: 8
    case .text(let text): Int32(text.utf8.count)
    case .bytes(let data): Int32(data.count)
    }
  }

  /// Appends the binary form; nothing for NULL.
  func append(to bytes: inout [UInt8]) {
    switch self {
    case .null: break
    case .integer(let number):
      bytes.append(bigEndian: number)
    case .text(let text): bytes.append(contentsOf: text.utf8)
    case .bytes(let data): bytes.append(contentsOf: data)
    }
  }

  /// Reads the binary form.
  ///
  /// - Throws: ``SQLError`` for a type that no table of ours has.
  init(postgres bytes: UnsafeRawBufferPointer, type: Oid) throws(SQLError) {
    switch type {
    case PostgresType.integer, PostgresType.plain, PostgresType.short:
      // Two's complement, the highest byte first.
      let start: Int64 = unsafe bytes.first.map { $0 & 0x80 == 0 } ?? true ? 0 : -1
      self = .integer(unsafe bytes.reduce(start) { $0 << 8 | Int64($1) })
    case PostgresType.truth: self = .integer(unsafe bytes.first == 0 ? 0 : 1)
    case PostgresType.numeric: self = .integer(try unsafe Self.whole(bytes))
    case PostgresType.text, PostgresType.varying, PostgresType.name, PostgresType.unknown:
      self = .text(unsafe String(decoding: bytes, as: UTF8.self))
    case PostgresType.bytes: self = .bytes(unsafe Data(bytes))
    default: throw SQLError(.refused, code: "PostgreSQL", "a column is of the type \(type)")
    }
  }

  /// A sum of whole numbers: groups of four decimal digits, the highest first. The first four fields are the
  /// number of groups, the weight of the first one, the sign, and how many digits a person is shown.
  private static func whole(_ bytes: UnsafeRawBufferPointer) throws(SQLError) -> Int64 {
    var fields: [Int64] = []
    for start in stride(from: 0, to: bytes.count - 1, by: 2) {
      fields.append(
        Int64(Int16(bitPattern: unsafe UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1]))))
    }
    let broken = SQLError(.refused, code: "PostgreSQL", "a sum does not fit into 64 bits")
    guard fields.count >= 4, fields.count == 4 + Int(fields[0]) else { throw broken }
    let (weight, isNegative, groups) = (fields[1], fields[2] == 0x4000, fields.dropFirst(4))
    guard fields[2] == 0 || isNegative, fields[0] <= weight + 1 || fields[0] == 0 else {
      throw broken
    }
    var sum: Int64 = 0
    for place in 0..<max(0, fields[0] == 0 ? 0 : weight + 1) {
      let group = Int(place) < groups.count ? groups[groups.startIndex + Int(place)] : 0
      let (shifted, isTooLarge) = sum.multipliedReportingOverflow(by: 10_000)
      // Downwards, because there is one more number below zero than above.
      let (next, isTooSmall) = shifted.subtractingReportingOverflow(group)
      guard !isTooLarge, !isTooSmall else { throw broken }
      sum = next
    }
    guard isNegative || sum > .min else { throw broken }
    return isNegative ? sum : -sum
  }
}

/// A parameter of a statement, in binary.
struct PostgresParameter {
  let type: Oid
  /// `nil`: NULL.
  let bytes: [UInt8]?

  init(_ value: SQLValue) {
    type = value.postgresType
    var bytes: [UInt8] = []
    value.append(to: &bytes)
    self.bytes = value == .null ? nil : bytes
  }

  /// An array of numbers; `nil` when something else is among them. Source: `array_recv`.
  init?(numbers: [SQLValue]) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(20 + 12 * numbers.count)
    // One dimension, no NULL, the elements' type, how many, and the first one's number.
    for word in [1, 0, Int32(PostgresType.integer), Int32(numbers.count), 1] {
      bytes.append(bigEndian: word)
    }
    for value in numbers {
      guard case .integer(let number) = value else { return nil }
      bytes.append(bigEndian: Int32(8))
      bytes.append(bigEndian: number)
    }
    type = PostgresType.integers
    self.bytes = bytes
  }
}

/// The parameters of a statement in one piece of memory.
struct PostgresParameters {
  private var bytes: [UInt8] = []
  /// Where each one begins; -1 for NULL.
  private var starts: [Int] = []
  private var lengths: [Int32] = []

  var count: Int { starts.count }

  init(_ parameters: [PostgresParameter]) {
    starts.reserveCapacity(parameters.count)
    lengths.reserveCapacity(parameters.count)
    for parameter in parameters {
      starts.append(parameter.bytes == nil ? -1 : bytes.count)
      lengths.append(Int32(parameter.bytes?.count ?? 0))
      bytes += parameter.bytes ?? []
    }
    // An empty text has an address, too.
    bytes.append(0)
  }

  func withPointers<Result>(
    _ body: (
      _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafePointer<Int32>?,
      _ formats: UnsafePointer<Int32>?
    ) -> Result
  ) -> Result {
    let formats = [Int32](repeating: 1, count: count)
    return unsafe bytes.withUnsafeBytes { buffer in
      let base = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      let pointers = unsafe starts.map { start -> UnsafePointer<CChar>? in
        unsafe start < 0 ? nil : base?.advanced(by: start)
      }
      return unsafe pointers.withUnsafeBufferPointer { values in
        unsafe lengths.withUnsafeBufferPointer { lengths in
          unsafe formats.withUnsafeBufferPointer { formats in
            unsafe body(values.baseAddress, lengths.baseAddress, formats.baseAddress)
          }
        }
      }
    }
  }
}

/// Rows as `COPY … (FORMAT binary)` takes them. Source: PostgreSQL 15, COPY, Binary Format.
enum PostgresRows {
  static func encoded(_ rows: [SQLArguments]) -> [UInt8] {
    // The signature, no flags, no extension.
    var bytes = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0x00] + [UInt8](repeating: 0, count: 8)
    for row in rows {
      bytes.append(bigEndian: Int16(row.values.count))
      for value in row.values {
        bytes.append(bigEndian: value.postgresLength)
        value.append(to: &bytes)
      }
    }
    bytes.append(bigEndian: Int16(-1))
    return bytes
  }
}

extension [UInt8] {
  /// The highest byte first.
  fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
    for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }
}
