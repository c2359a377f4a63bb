import CanteenModel
import GRDB
import GRDBSQLite

/// A statement of the way of a swipe, bound and read through SQLite's own interface.
///
/// GRDB boxes every argument and copies every row; for the statements of one sale that costs more than
/// the work that SQLite does for them. GRDB keeps the statement and its connection. Used on the
/// connection's queue only, and reset before a call returns, so that no read stays open.
struct LedgerStatement {
  /// What a parameter is bound to.
  enum Value {
    case integer(Int64)
    case bytes([UInt8])
  }

  private let statement: Statement

  /// Takes the statement from the connection's cache; it is parsed once.
  init(_ db: Database, _ sql: String) throws {
    statement = try db.cachedStatement(sql: sql)
  }

  /// Runs it to its end.
  func run(_ values: Value...) throws {
    try bind(values)
    defer { unsafe _ = sqlite3_reset(statement.sqliteStatement) }
    while try step() {}
  }

  /// Reads every row.
  func rows(_ values: Value..., read: (borrowing LedgerRow) throws -> Void) throws {
    try bind(values)
    defer { unsafe _ = sqlite3_reset(statement.sqliteStatement) }
    while try step() { try read(unsafe LedgerRow(statement.sqliteStatement)) }
  }

  /// Reads rows as long as the closure asks for the next one.
  func prefix(_ values: Value..., while read: (borrowing LedgerRow) throws -> Bool) throws {
    try bind(values)
    defer { unsafe _ = sqlite3_reset(statement.sqliteStatement) }
    while try step(), try read(unsafe LedgerRow(statement.sqliteStatement)) {}
  }

  /// Reads the first row; `nil` when there is none.
  func first<Result>(
    _ values: Value..., read: (borrowing LedgerRow) throws -> Result
  ) throws -> Result? {
    try bind(values)
    defer { unsafe _ = sqlite3_reset(statement.sqliteStatement) }
    return try step() ? try read(unsafe LedgerRow(statement.sqliteStatement)) : nil
  }

  private func bind(_ values: [Value]) throws {
    precondition(
      unsafe Int(sqlite3_bind_parameter_count(statement.sqliteStatement)) == values.count,
      "every parameter of a statement is bound")
    for (place, value) in zip(Int32(1)..., values) {
      switch value {
      case .integer(let number):
        try check(unsafe sqlite3_bind_int64(statement.sqliteStatement, place, number))
      case .bytes(let bytes):
        // SQLite copies them; a pointer to no byte at all would bind NULL.
        let copied = unsafe bytes.withUnsafeBytes {
          unsafe $0.isEmpty
            ? sqlite3_bind_zeroblob(statement.sqliteStatement, place, 0)
            : sqlite3_bind_blob(
              statement.sqliteStatement, place, $0.baseAddress, Int32($0.count), Self.transient)
        }
        try check(copied)
      }
    }
  }

  /// - Returns: Whether there is a row.
  private func step() throws -> Bool {
    let code = unsafe sqlite3_step(statement.sqliteStatement)
    if code == SQLITE_ROW { return true }
    guard code != SQLITE_DONE else { return false }
    throw failure(code)
  }

  private func check(_ code: Int32) throws {
    if code != SQLITE_OK { throw failure(code) }
  }

  /// As GRDB would have thrown it.
  private func failure(_ code: Int32) -> DatabaseError {
    let message = unsafe sqlite3_errmsg(sqlite3_db_handle(statement.sqliteStatement))
    return DatabaseError(
      resultCode: ResultCode(rawValue: code),
      message: unsafe message.map { unsafe String(cString: $0) },
      sql: statement.sql)
  }

  /// `SQLITE_TRANSIENT`: the bytes are copied before the call returns.
  private static var transient: sqlite3_destructor_type {
    unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }
}

/// The row on which a statement stands. It cannot leave the closure that reads it.
///
/// The tables are STRICT, so another type than the asked one shows damage.
@safe struct LedgerRow: ~Copyable {
  private let statement: SQLiteStatement

  fileprivate init(_ statement: SQLiteStatement) {
    unsafe self.statement = unsafe statement
  }

  /// - Throws: ``JournalError/damaged(_:)``, also when the number does not fit.
  func value<Integer: FixedWidthInteger>(_ index: Int32) throws -> Integer {
    guard let value: Integer = try optional(index) else { throw wrong(index) }
    return value
  }

  /// A number that may be missing.
  ///
  /// - Throws: ``JournalError/damaged(_:)``, also when the number does not fit.
  func optional<Integer: FixedWidthInteger>(_ index: Int32) throws -> Integer? {
    switch unsafe sqlite3_column_type(statement, index) {
    case SQLITE_NULL: return nil
    case SQLITE_INTEGER:
      guard let value = unsafe Integer(exactly: sqlite3_column_int64(statement, index)) else {
        throw wrong(index)
      }
      return value
    default: throw wrong(index)
    }
  }

  /// - Throws: ``JournalError/damaged(_:)``.
  func text(_ index: Int32) throws -> String {
    guard unsafe sqlite3_column_type(statement, index) == SQLITE_TEXT,
      let text = unsafe sqlite3_column_text(statement, index)
    else { throw wrong(index) }
    return unsafe String(cString: text)
  }

  /// - Throws: ``JournalError/damaged(_:)``.
  func bytes(_ index: Int32) throws -> [UInt8] {
    guard unsafe sqlite3_column_type(statement, index) == SQLITE_BLOB else { throw wrong(index) }
    // The pointer first: SQLite may convert the value, and counts what it gave. No byte, no pointer.
    guard let start = unsafe sqlite3_column_blob(statement, index) else { return [] }
    let count = unsafe Int(sqlite3_column_bytes(statement, index))
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// The place that an epoch and a sequence beside it name.
  func position() throws -> JournalPosition {
    JournalPosition(epoch: Epoch(try value(0)), sequence: SequenceNumber(try value(1)))
  }

  private func wrong(_ index: Int32) -> JournalError {
    .damaged("column \(index) of a row holds what it cannot hold")
  }
}
