/// A file of comma-separated values: RFC 4180, UTF-8 with or without a byte-order mark, lines that
/// end in CRLF or LF, a header first.
struct CommaSeparatedFile: Sendable {
  /// A row below the header.
  struct Row: Sendable {
    /// As a spreadsheet counts: the header is row 1.
    let number: Int
    let fields: [String]
  }

  let header: [String]
  /// In the file's order; empty lines are left out but counted.
  let rows: [Row]

  /// Reads a file whole.
  ///
  /// - Throws: ``StoreError/refused(_:)`` with the first row that breaks the format.
  init(_ bytes: [UInt8]) throws(StoreError) {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let content = bytes.starts(with: mark) ? bytes[mark.count...] : bytes[...]
    var rows: [Row] = []
    var reader = Reader(rest: content)
    while let fields = try reader.nextRow() {
      if fields != [""] { rows.append(Row(number: reader.row, fields: fields)) }
    }
    guard let header = rows.first else {
      throw .refused(["the file is empty: its first row names the columns"])
    }
    self.header = header.fields
    self.rows = Array(rows.dropFirst())
  }

  /// Takes one row after the other off the bytes.
  private struct Reader {
    var rest: ArraySlice<UInt8>
    /// The number of the row that was read last; 0 before the first.
    var row = 0

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    init(rest: ArraySlice<UInt8>) {
      self.rest = rest
    }

    /// - Returns: `nil` behind the last row.
    mutating func nextRow() throws(StoreError) -> [String]? {
      guard !rest.isEmpty else { return nil }
      row += 1
      var fields: [String] = []
      while true {
        fields.append(
          rest.first == Self.quote
            ? try quotedField(column: fields.count + 1) : try plainField(column: fields.count + 1))
        switch rest.popFirst() {
        case Self.comma: continue
        case Self.carriageReturn where rest.first == Self.lineFeed:
          rest.removeFirst()
          return fields
        case Self.lineFeed, nil: return fields
        default:
          throw fault(fields.count, "something follows the closing quote: double quotes inside")
        }
      }
    }

    private mutating func plainField(column: Int) throws(StoreError) -> String {
      let end =
        rest.firstIndex { $0 == Self.comma || $0 == Self.lineFeed || $0 == Self.carriageReturn }
        ?? rest.endIndex
      let field = rest[..<end]
      rest = rest[end...]
      guard !field.contains(Self.quote) else {
        throw fault(column, "a quote inside of a field: quote the whole field and double the quote")
      }
      if rest.first == Self.carriageReturn, rest.dropFirst().first != Self.lineFeed {
        throw fault(column, "a lone carriage return: end lines with CRLF or LF")
      }
      return try text(field, column)
    }

    private mutating func quotedField(column: Int) throws(StoreError) -> String {
      rest.removeFirst()
      var field: [UInt8] = []
      while let byte = rest.popFirst() {
        guard byte == Self.quote else {
          field.append(byte)
          continue
        }
        guard rest.first == Self.quote else { return try text(field[...], column) }
        rest.removeFirst()
        field.append(Self.quote)
      }
      throw fault(column, "the quoted field does not end: close it with a quote")
    }

    private func text(_ field: ArraySlice<UInt8>, _ column: Int) throws(StoreError) -> String {
      guard let text = String(validating: field, as: UTF8.self) else {
        throw fault(column, "the text is not UTF-8: save the file as CSV UTF-8")
      }
      return text
    }

    private func fault(_ column: Int, _ text: String) -> StoreError {
      .refused(["row \(row), column \(column): \(text)"])
    }
  }
}
