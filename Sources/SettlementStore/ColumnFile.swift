import CanteenModel

/// A comma-separated file whose first row names the columns, in any order.
struct ColumnFile<Column: RawRepresentable<String> & CaseIterable & Hashable> {
  private let file: CommaSeparatedFile
  private let places: [Column: Int]

  /// - Parameter optional: The columns that may be missing.
  /// - Throws: ``StoreError/refused(_:)`` for a file that breaks the format or lacks a column.
  init(_ bytes: [UInt8], optional: Set<Column> = []) throws(StoreError) {
    file = try CommaSeparatedFile(bytes)
    places = try Self.places(in: file.header, optional: optional)
  }

  /// Reads every row with `entry`, which notes what is wrong with the row in it.
  ///
  /// - Throws: ``StoreError/refused(_:)`` with every fault, by row and column, those that `check` finds
  ///   in the entries included.
  func entries<Entry>(
    _ entry: (inout ColumnRow<Column>) -> Entry?, check: ([Entry]) -> [String] = { _ in [] }
  ) throws(StoreError) -> [Entry] {
    var faults: [String] = []
    var entries: [Entry] = []
    for row in file.rows {
      guard row.fields.count == file.header.count else {
        faults.append(
          "row \(row.number): \(row.fields.count) fields, the header has \(file.header.count): "
            + "quote a field that contains a comma")
        continue
      }
      var reader = ColumnRow(row: row, places: places)
      let read = entry(&reader)
      if reader.faults.isEmpty, let read { entries.append(read) }
      faults += reader.faults
    }
    faults += check(entries)
    guard faults.isEmpty else { throw .refused(FaultList.shortened(faults)) }
    return entries
  }

  private static func places(
    in header: [String], optional: Set<Column>
  ) throws(StoreError) -> [Column: Int] {
    let known = Column.allCases.map(\.rawValue).joined(separator: ",")
    var places: [Column: Int] = [:]
    for (index, name) in header.enumerated() {
      guard let column = Column(rawValue: name.filter { !$0.isWhitespace }) else {
        throw .refused(["row 1: the column \(name) is not known; the columns are \(known)"])
      }
      guard places.updateValue(index, forKey: column) == nil else {
        throw .refused(["row 1: the column \(name) is there twice; remove one"])
      }
    }
    let missing = Column.allCases.filter { places[$0] == nil && !optional.contains($0) }
      .map(\.rawValue)
    guard missing.isEmpty else {
      throw .refused([
        "row 1: no column \(missing.joined(separator: ",")); the header is \(known)"
      ])
    }
    return places
  }
}

/// One row of a ``ColumnFile``, and what is wrong with it.
struct ColumnRow<Column: RawRepresentable<String> & Hashable> {
  private let row: CommaSeparatedFile.Row
  private let places: [Column: Int]
  private(set) var faults: [String] = []

  init(row: CommaSeparatedFile.Row, places: [Column: Int]) {
    self.row = row
    self.places = places
  }

  /// As a spreadsheet counts.
  var number: Int { row.number }

  /// Whether the file has the column at all.
  func has(_ column: Column) -> Bool { places[column] != nil }

  /// The field without surrounding white space; empty when the column is missing.
  func text(_ column: Column) -> String {
    guard let place = places[column] else { return "" }
    let field = row.fields[place].drop { $0.isWhitespace }
    return String(field.reversed().drop { $0.isWhitespace }.reversed())
  }

  mutating func fault(_ column: Column, _ text: String) {
    faults.append("row \(row.number), column \(column.rawValue): \"\(self.text(column))\" \(text)")
  }

  /// A whole number of a range; `otherwise` when the field is empty.
  mutating func number<Value: FixedWidthInteger>(
    _ column: Column, in range: ClosedRange<Value>, otherwise: Value? = nil
  ) -> Value {
    let text = text(column)
    if text.isEmpty, let otherwise { return otherwise }
    guard let number = Value(text), range.contains(number) else {
      let most = range.upperBound == .max ? "or more" : "to \(range.upperBound)"
      fault(column, "is not a number of \(range.lowerBound) \(most)")
      return range.lowerBound
    }
    return number
  }

  /// Yuan from 0 to the most that may be booked; `otherwise` when the field is empty.
  mutating func amount(_ column: Column, upTo limit: Fen, otherwise: Fen? = nil) -> Fen {
    let text = text(column)
    if text.isEmpty, let otherwise { return otherwise }
    guard let amount = try? Fen(yuan: text) else {  // both errors have the same cure
      fault(column, "is not an amount: write yuan such as 12.50")
      return .zero
    }
    guard amount >= .zero, amount <= limit else {
      fault(column, "is not between 0 and \(limit)")
      return .zero
    }
    return amount
  }

  /// A local day such as `2026-12-31`, in days since 1970-01-01; `nil` when the field is empty.
  mutating func day(_ column: Column) -> Int32? {
    let text = text(column)
    guard !text.isEmpty else { return nil }
    guard let day = CivilDate(text)?.day else {
      fault(column, "is not a day such as 2026-12-31")
      return nil
    }
    return day
  }
}

/// Faults of a file, as they are told.
enum FaultList {
  /// No more are listed at once; the rest is counted.
  private static let limit = 50

  static func shortened(_ faults: [String]) -> [String] {
    guard faults.count > limit else { return faults }
    return faults.prefix(limit) + ["and \(faults.count - limit) more"]
  }
}
