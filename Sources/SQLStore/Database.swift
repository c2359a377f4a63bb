/// The one connection to a store, lent to whoever runs on its queue.
///
/// The statements are written in what SQLite 3.40 and PostgreSQL 15 both understand. Parameters are question
/// marks; none stands inside of quotes.
package protocol Database: AnyObject {
  /// Runs a statement to its end.
  ///
  /// - Returns: How many rows it wrote.
  @discardableResult
  func execute(_ sql: String, _ arguments: SQLArguments) throws(SQLError) -> Int

  /// Runs a statement and reads every row that it gives.
  func rows(_ sql: String, _ arguments: SQLArguments) throws(SQLError) -> [Row]

  /// Writes new rows, as fast as the store takes them.
  func insert(
    into table: String, _ columns: [String], _ rows: [SQLArguments]
  ) throws(SQLError)

  /// Runs one statement for many rows of parameters.
  ///
  /// - Parameters:
  ///   - rows: All of one length.
  ///   - sql: Gets a query that gives the rows, with columns named `column1`, `column2` and so on.
  func execute(
    forEach rows: [SQLArguments], _ sql: (_ source: String) -> String
  ) throws(SQLError)

  /// Reads with one statement what belongs to many values.
  ///
  /// - Parameter sql: Gets what stands inside of `IN ()`.
  func rows(
    forEach values: [SQLValue], _ sql: (_ list: String) -> String
  ) throws(SQLError) -> [Row]

  /// Runs several statements without parameters, such as those that make tables.
  ///
  /// The types are SQLite's: INTEGER, TEXT, BLOB, and STRICT behind a table.
  func script(_ sql: String) throws(SQLError)

  /// Which version of the tables the store has; 0 before there are any.
  func schemaVersion() throws(SQLError) -> Int
  /// Kept with the transaction that is open.
  func setSchemaVersion(_ version: Int) throws(SQLError)

  /// - Precondition: No transaction is open.
  func begin(_ kind: TransactionKind) throws(SQLError)
  /// When this returns, a power cut no longer loses what was written.
  func commit() throws(SQLError)
  /// Undoes what was written since ``begin(_:)``.
  func rollBack() throws(SQLError)

  /// Moves the write-ahead log into the store when it is larger, where that is ours to do. Outside of a
  /// transaction.
  ///
  /// - Parameter bytes: 0: whatever is there.
  /// - Returns: Whether it was moved.
  func checkpoint(above bytes: Int64) throws(SQLError) -> Bool
}

/// What a transaction is for.
package enum TransactionKind: Sendable {
  /// Every statement sees the store as it was at the first of them.
  case reading
  /// Nobody else writes meanwhile.
  case writing
}

extension Database {
  /// Runs a statement without parameters.
  ///
  /// - Returns: How many rows it wrote.
  @discardableResult
  package func execute(_ sql: String) throws(SQLError) -> Int {
    try execute(sql, [])
  }

  /// Reads every row that a statement without parameters gives.
  package func rows(_ sql: String) throws(SQLError) -> [Row] {
    try rows(sql, [])
  }

  /// The first row that a statement gives; `nil` when it gives none.
  package func row(_ sql: String, _ arguments: SQLArguments = []) throws(SQLError) -> Row? {
    try rows(sql, arguments).first
  }

  /// The first column of the first row; `nil` when there is none, and for NULL.
  package func value<Value: SQLConvertible>(
    _ sql: String, _ arguments: SQLArguments = []
  ) throws(SQLError) -> Value? {
    try row(sql, arguments).flatMap { $0.values.first.flatMap { Value($0) } }
  }

  /// The first column of every row, without NULLs.
  package func values<Value: SQLConvertible>(
    _ sql: String, _ arguments: SQLArguments = []
  ) throws(SQLError) -> [Value] {
    try rows(sql, arguments).compactMap { row in row.values.first.flatMap { Value($0) } }
  }

  /// Whether a statement gives a row.
  package func hasRow(_ sql: String, _ arguments: SQLArguments = []) throws(SQLError) -> Bool {
    try row(sql, arguments) != nil
  }

  /// Some hundreds of rows at a time.
  func executeSliced(
    forEach rows: [SQLArguments], _ sql: (_ source: String) -> String
  ) throws(SQLError) {
    guard let width = rows.first?.values.count else { return }
    let tuple = "(" + Array(repeating: "?", count: width).joined(separator: ", ") + ")"
    for slice in Self.slices(rows) {
      let tuples = Array(repeating: tuple, count: slice.count).joined(separator: ", ")
      try execute(sql("VALUES " + tuples), SQLArguments(slice.flatMap(\.values)))
    }
  }

  /// Some hundreds of values at a time.
  func rowsSliced(
    forEach values: [SQLValue], _ sql: (_ list: String) -> String
  ) throws(SQLError) -> [Row] {
    var found: [Row] = []
    for slice in Self.slices(values) {
      let list = Array(repeating: "?", count: slice.count).joined(separator: ", ")
      found += try rows(sql(list), SQLArguments(Array(slice)))
    }
    return found
  }

  /// Few lengths, so that the store prepares few statements. SQLite binds at most 32,766 values.
  private static func slices<Element>(_ elements: [Element]) -> [ArraySlice<Element>] {
    var (rest, slices) = (elements[...], [ArraySlice<Element>]())
    for count in [256, 64, 16, 4, 1] {
      while rest.count >= count {
        slices.append(rest.prefix(count))
        rest = rest.dropFirst(count)
      }
    }
    return slices
  }

  /// Reads in one snapshot.
  package func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
    try begin(.reading)
    do {
      let value = try body()
      try commit()
      return value
    } catch {
      // try?: what failed first is what must be told.
      try? rollBack()
      throw error
    }
  }
}
