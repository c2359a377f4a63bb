import Foundation
import GRDB
import GRDBSQLite

/// SQLite's connection. GRDB keeps it and its statements; they are bound and read through SQLite's own
/// interface, because GRDB boxes every argument and copies every row.
final class SQLiteDatabase: Database {
  private let connection: GRDB.Database
  private let path: String

  init(_ connection: GRDB.Database, path: String) {
    self.connection = connection
    self.path = path
  }

  @discardableResult
  func execute(_ sql: String, _ arguments: SQLArguments) throws(SQLError) -> Int {
    let statement = try SQLiteStatement(connection, sql)
    try statement.bind(arguments.values)
    defer { statement.reset() }
    while try statement.step() {}
    return connection.changesCount
  }

  func rows(_ sql: String, _ arguments: SQLArguments) throws(SQLError) -> [Row] {
    let statement = try SQLiteStatement(connection, sql)
    try statement.bind(arguments.values)
    defer { statement.reset() }
    let names = statement.names
    var rows: [Row] = []
    while try statement.step() { rows.append(Row(names: names, values: try statement.values())) }
    return rows
  }

  func insert(
    into table: String, _ columns: [String], _ rows: [SQLArguments]
  ) throws(SQLError) {
    let places = Array(repeating: "?", count: columns.count).joined(separator: ", ")
    let statement = try SQLiteStatement(
      connection,
      "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))")
    defer { statement.reset() }
    for row in rows {
      try statement.bind(row.values)
      while try statement.step() {}
      statement.reset()
    }
  }

  func execute(
    forEach rows: [SQLArguments], _ sql: (_ source: String) -> String
  ) throws(SQLError) {
    try executeSliced(forEach: rows, sql)
  }

  func rows(
    forEach values: [SQLValue], _ sql: (_ list: String) -> String
  ) throws(SQLError) -> [Row] {
    try rowsSliced(forEach: values, sql)
  }

  func script(_ sql: String) throws(SQLError) {
    try translated { try connection.execute(sql: sql) }
  }

  func schemaVersion() throws(SQLError) -> Int {
    try value("PRAGMA user_version") ?? 0
  }

  func setSchemaVersion(_ version: Int) throws(SQLError) {
    try script("PRAGMA user_version = \(version)")
  }

  func begin(_ kind: TransactionKind) throws(SQLError) {
    try translated { try connection.beginTransaction(kind == .writing ? .immediate : .deferred) }
  }

  func commit() throws(SQLError) {
    try translated { try connection.commit() }
  }

  func rollBack() throws(SQLError) {
    try translated { try connection.rollback() }
  }

  /// A checkpoint is the only moment at which a lying disk can corrupt the file, so there are few.
  func checkpoint(above bytes: Int64) throws(SQLError) -> Bool {
    guard bytes == 0 || logBytes > bytes else { return false }
    try translated { _ = try connection.checkpoint(.truncate) }
    return true
  }

  /// The size of the write-ahead log.
  private var logBytes: Int64 {
    // try?: no log is a log of no size.
    let facts = try? FileManager.default.attributesOfItem(atPath: path + "-wal")
    return (facts?[.size] as? NSNumber)?.int64Value ?? 0
  }

  private func translated(_ body: () throws -> Void) throws(SQLError) {
    do { try body() } catch { throw SQLError(error) }
  }
}

/// A statement of the connection's cache. It is reset before a call returns, so that no read stays open.
private struct SQLiteStatement {
  private let statement: Statement

  init(_ connection: GRDB.Database, _ sql: String) throws(SQLError) {
    do {
      statement = try connection.cachedStatement(sql: sql)
    } catch {
      throw SQLError(error)
    }
  }

  var names: [String] { statement.columnNames }

  func reset() {
    unsafe _ = sqlite3_reset(statement.sqliteStatement)
  }

  func bind(_ values: [SQLValue]) throws(SQLError) {
    precondition(
      unsafe Int(sqlite3_bind_parameter_count(statement.sqliteStatement)) == values.count,
      "every parameter of a statement is bound")
    for (place, value) in zip(Int32(1)..., values) {
      let code =
        switch value {
        case .null: unsafe sqlite3_bind_null(statement.sqliteStatement, place)
        case .integer(let number):
          unsafe sqlite3_bind_int64(statement.sqliteStatement, place, number)
        case .text(let text): bind(text, at: place)
        case .bytes(let bytes): bind(bytes, at: place)
        }
      guard code == SQLITE_OK else { throw failure(code) }
    }
  }

  private func bind(_ text: String, at place: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
      // A pointer to no byte at all would bind NULL.
      unsafe bytes.isEmpty
        ? sqlite3_bind_text(statement.sqliteStatement, place, "", 0, Self.transient)
        : bytes.withMemoryRebound(to: CChar.self) { characters in
          unsafe sqlite3_bind_text(
            statement.sqliteStatement, place, characters.baseAddress, Int32(characters.count),
            Self.transient)
        }
    }
  }

  private func bind(_ bytes: Data, at place: Int32) -> Int32 {
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe bytes.isEmpty
        ? sqlite3_bind_zeroblob(statement.sqliteStatement, place, 0)
        : sqlite3_bind_blob(
          statement.sqliteStatement, place, bytes.baseAddress, Int32(bytes.count), Self.transient)
    }
  }

  /// - Returns: Whether there is a row.
  func step() throws(SQLError) -> Bool {
    let code = unsafe sqlite3_step(statement.sqliteStatement)
    if code == SQLITE_ROW { return true }
    guard code != SQLITE_DONE else { return false }
    throw failure(code)
  }

  /// The row on which it stands.
  func values() throws(SQLError) -> [SQLValue] {
    let pointer = unsafe statement.sqliteStatement
    var values: [SQLValue] = []
    let count = unsafe sqlite3_column_count(pointer)
    for column in 0..<count {
      switch unsafe sqlite3_column_type(pointer, column) {
      case SQLITE_NULL: values.append(.null)
      case SQLITE_INTEGER:
        values.append(.integer(unsafe sqlite3_column_int64(pointer, column)))
      case SQLITE_TEXT:
        // The pointer first: SQLite may convert the value, and counts what it gave.
        let start = unsafe sqlite3_column_text(pointer, column)
        let count = unsafe Int(sqlite3_column_bytes(pointer, column))
        values.append(
          .text(
            unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        )
      case SQLITE_BLOB:
        let start = unsafe sqlite3_column_blob(pointer, column)
        let count = unsafe Int(sqlite3_column_bytes(pointer, column))
        values.append(.bytes(unsafe start.map { unsafe Data(bytes: $0, count: count) } ?? Data()))
      default:
        throw SQLError(
          .refused, code: "SQLite \(SQLITE_MISMATCH)",
          "column \(names[Int(column)]) holds a fraction")
      }
    }
    return values
  }

  private func failure(_ code: Int32) -> SQLError {
    let message = unsafe sqlite3_errmsg(sqlite3_db_handle(statement.sqliteStatement))
    let text = unsafe message.map { unsafe String(cString: $0) } ?? "SQLite gave no message"
    return SQLError(
      code & 0xff == SQLITE_BUSY ? .inUse : .refused, code: "SQLite \(code)",
      "\(text): \(statement.sql)")
  }

  /// `SQLITE_TRANSIENT`: the bytes are copied before the call returns.
  private static var transient: sqlite3_destructor_type {
    unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }
}
