import CLibPQ
import Foundation

/// A connection of libpq's, used by one thread at a time. Source: PostgreSQL 15, chapter 34.
@safe struct PostgresConnection: ~Copyable {
  /// `nil` when it is closed: libpq then says so itself.
  private var connection: OpaquePointer?

  /// What is said to the server unless the URI says otherwise: a server that is gone is noticed within half a
  /// minute, also in the middle of an answer.
  private static let defaults = [
    ("connect_timeout", "10"), ("keepalives_idle", "10"), ("keepalives_interval", "5"),
    ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
  ]

  init(uri: String, label: String) throws(SQLError) {
    let settings =
      Self.defaults + [
        ("fallback_application_name", label), ("client_encoding", "UTF8"), ("dbname", uri),
      ]
    let made = unsafe Self.withStrings(settings.map(\.0)) { keywords in
      unsafe Self.withStrings(settings.map(\.1)) { values in
        unsafe PQconnectdbParams(keywords, values, 1)
      }
    }
    guard let made = unsafe made else {
      throw SQLError(.refused, code: "PostgreSQL", "no memory for a connection")
    }
    guard unsafe PQstatus(made) == CONNECTION_OK else {
      let message = unsafe Self.text(PQerrorMessage(made))
      unsafe PQfinish(made)
      throw SQLError(.disconnected, code: "PostgreSQL", message)
    }
    unsafe connection = made
  }

  deinit {
    unsafe PQfinish(connection)
  }

  /// Hangs up. Every later statement fails.
  mutating func close() {
    unsafe PQfinish(connection)
    unsafe connection = nil
  }

  var isConnected: Bool { unsafe PQstatus(connection) == CONNECTION_OK }

  /// The server's version, as 150004 for 15.4.
  var serverVersion: Int32 { unsafe PQserverVersion(connection) }

  /// Runs statements without parameters; of their answers the last one counts.
  func run(_ sql: String) throws(SQLError) -> PostgresResult {
    try unsafe checked(PQexec(connection, sql))
  }

  /// - Parameter types: The numbers of the parameters' types; 0 lets the server infer one.
  func prepare(_ name: String, _ sql: String, types: [Oid]) throws(SQLError) {
    _ = try unsafe checked(PQprepare(connection, name, sql, Int32(types.count), types))
  }

  /// Runs a prepared statement. What it is given and what it gives is binary.
  func run(
    prepared name: String, _ parameters: PostgresParameters
  ) throws(SQLError) -> PostgresResult {
    let result = unsafe parameters.withPointers { values, lengths, formats in
      unsafe PQexecPrepared(
        connection, name, Int32(parameters.count), values, lengths, formats, 1)
    }
    return try unsafe checked(result)
  }

  /// Hands rows to a `COPY … FROM STDIN`.
  func copy(_ sql: String, _ bytes: [UInt8]) throws(SQLError) {
    let begun = unsafe PostgresResult(PQexec(connection, sql))
    guard begun.status == PGRES_COPY_IN else { throw failure(begun) }
    let isSent = unsafe bytes.withUnsafeBytes { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
        unsafe PQputCopyData(connection, characters.baseAddress, Int32(characters.count)) == 1
      }
    }
    guard isSent, unsafe PQputCopyEnd(connection, nil) == 1 else {
      throw SQLError(
        .disconnected, code: "PostgreSQL", unsafe Self.text(PQerrorMessage(connection)))
    }
    // One answer for the rows, then none: it is ready for the next statement.
    let end = unsafe PostgresResult(PQgetResult(connection))
    while let more = unsafe PQgetResult(connection) { unsafe PQclear(more) }
    guard end.isGood else { throw failure(end) }
  }

  private func checked(_ pointer: OpaquePointer?) throws(SQLError) -> PostgresResult {
    let result = unsafe PostgresResult(pointer)
    guard result.isGood else { throw failure(result) }
    return result
  }

  private func failure(_ result: borrowing PostgresResult) -> SQLError {
    let message = unsafe Self.text(PQerrorMessage(connection))
    guard isConnected, let state = result.state else {
      return SQLError(.disconnected, code: "PostgreSQL", message)
    }
    // 57P01 to 57P03: an administrator, a crash, or a start that is not over. Source: appendix A.
    return SQLError(
      state.hasPrefix("57P") ? .disconnected : .refused, code: "PostgreSQL \(state)", message)
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
    guard let pointer = unsafe pointer else { return "PostgreSQL gave no message" }
    return unsafe String(cString: pointer).split(separator: "\n").joined(separator: "; ")
  }

  /// An array of C's strings with nothing behind the last one.
  private static func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
  ) -> Result {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe Glibc.free($0) } }
    let pointers = unsafe copies.map { unsafe UnsafePointer($0) } + [nil]
    return unsafe pointers.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { preconditionFailure("it has a last element") }
      return unsafe body(start)
    }
  }
}

/// The answer to a statement.
@safe struct PostgresResult: ~Copyable {
  private let result: OpaquePointer?

  init(_ result: OpaquePointer?) {
    unsafe self.result = result
  }

  deinit {
    unsafe PQclear(result)
  }

  var status: ExecStatusType { unsafe PQresultStatus(result) }

  var isGood: Bool { status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK }

  /// SQLSTATE. Source: PostgreSQL 15, appendix A.
  var state: String? {
    let field = unsafe PQresultErrorField(result, Int32(UnicodeScalar("C").value))
    return unsafe field.map { unsafe String(cString: $0) }
  }

  /// What was done: `COMMIT`, `INSERT 0 3`.
  var command: String { unsafe String(cString: PQcmdStatus(result)) }

  /// How many rows were written.
  var written: Int { unsafe Int(String(cString: PQcmdTuples(result))) ?? 0 }

  var rowCount: Int32 { unsafe PQntuples(result) }

  var columns: [(name: String, type: Oid)] {
    unsafe (0..<PQnfields(result)).map { column in
      unsafe (
        PQfname(result, column).map { unsafe String(cString: $0) } ?? "", PQftype(result, column)
      )
    }
  }

  /// What a column holds, which the server gave in binary.
  func value(_ row: Int32, _ column: Int32, type: Oid) throws(SQLError) -> SQLValue {
    guard unsafe PQgetisnull(result, row, column) == 0 else { return .null }
    let bytes = unsafe UnsafeRawBufferPointer(
      start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
    return try unsafe SQLValue(postgres: bytes, type: type)
  }
}
