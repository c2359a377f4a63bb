import CRecordingVFS

/// A value as SQLite has it.
package enum RawValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case text(String)
  case blob([UInt8])

  package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  package var blob: [UInt8]? { if case .blob(let value) = self { value } else { nil } }
}

/// Why a file could not be read by SQLite.
@safe package struct RawDatabaseError: Error, Sendable, CustomStringConvertible {
  package let code: Int32
  package let description: String
}

/// SQLite without the product: a second opinion about a ledger that nobody else has open.
@safe package struct RawDatabase: ~Copyable {
  private let connection: OpaquePointer

  /// Opens a file that is there. A write-ahead log beside it is recovered.
  package init(path: String) throws(RawDatabaseError) {
    var opened: OpaquePointer?
    let code = unsafe sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE, nil)
    guard let connection = unsafe opened, code == SQLITE_OK else {
      unsafe sqlite3_close(opened)
      throw RawDatabaseError(code: code, description: "\(path) cannot be opened")
    }
    unsafe self.connection = unsafe connection
  }

  deinit {
    unsafe sqlite3_close(connection)
  }

  /// The rows of a query. Without arguments: it is for fixed text.
  package func rows(_ sql: String) throws(RawDatabaseError) -> [[RawValue]] {
    var prepared: OpaquePointer?
    guard unsafe sqlite3_prepare_v2(connection, sql, -1, &prepared, nil) == SQLITE_OK else {
      throw failure()
    }
    defer { unsafe sqlite3_finalize(prepared) }
    var rows: [[RawValue]] = []
    while true {
      switch unsafe sqlite3_step(prepared) {
      case SQLITE_ROW:
        rows.append(
          unsafe (0..<sqlite3_column_count(prepared)).map { column in
            unsafe Self.value(prepared, column)
          })
      case SQLITE_DONE: return rows
      default: throw failure()
      }
    }
  }

  /// Runs fixed text that gives no rows that anybody wants.
  package func execute(_ sql: String) throws(RawDatabaseError) {
    guard unsafe sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK else { throw failure() }
  }

  /// Runs one statement many times, in a transaction.
  ///
  /// - Parameter values: What the statement's parameters are in the run of that number, from 0.
  package func insert(_ sql: String, count: Int, values: (Int) throws -> [RawValue]) throws {
    var prepared: OpaquePointer?
    guard unsafe sqlite3_prepare_v2(connection, sql, -1, &prepared, nil) == SQLITE_OK else {
      throw failure()
    }
    defer { unsafe sqlite3_finalize(prepared) }
    try execute("BEGIN IMMEDIATE")
    for number in 0..<count {
      for (place, value) in zip(Int32(1)..., try values(number)) {
        guard unsafe Self.bind(prepared, place, value) == SQLITE_OK else { throw failure() }
      }
      guard unsafe sqlite3_step(prepared) == SQLITE_DONE else { throw failure() }
      unsafe sqlite3_reset(prepared)
    }
    try execute("COMMIT")
  }

  /// SQLite copies what it is given, because the statement outlives it.
  private static func bind(
    _ statement: OpaquePointer?, _ place: Int32, _ value: RawValue
  ) -> Int32 {
    let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    switch value {
    case .null: return unsafe sqlite3_bind_null(statement, place)
    case .integer(let number): return unsafe sqlite3_bind_int64(statement, place, number)
    case .text(let text): return unsafe sqlite3_bind_text(statement, place, text, -1, copied)
    case .blob(let bytes):
      return unsafe bytes.withUnsafeBytes {
        unsafe sqlite3_bind_blob(statement, place, $0.baseAddress, Int32($0.count), copied)
      }
    }
  }

  private func failure() -> RawDatabaseError {
    RawDatabaseError(
      code: unsafe sqlite3_extended_errcode(connection),
      description: unsafe String(cString: sqlite3_errmsg(connection)))
  }

  private static func value(_ statement: OpaquePointer?, _ column: Int32) -> RawValue {
    switch unsafe sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(statement, column))
    case SQLITE_NULL: return .null
    case SQLITE_TEXT:
      guard let text = unsafe sqlite3_column_text(statement, column) else { return .null }
      return .text(unsafe String(cString: text))
    default:
      let count = Int(unsafe sqlite3_column_bytes(statement, column))
      guard let bytes = unsafe sqlite3_column_blob(statement, column) else { return .blob([]) }
      return .blob(unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count)))
    }
  }
}
