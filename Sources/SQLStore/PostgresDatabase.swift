import CLibPQ

/// PostgreSQL's connection, with the statements that it has prepared.
final class PostgresDatabase: Database {
  private var connection: PostgresConnection
  private var prepared: [Statement: String] = [:]

  /// What makes two statements the same for the server.
  private struct Statement: Hashable {
    let sql: String
    let types: [Oid]
  }

  /// The server keeps so many statements; then it forgets all of them.
  private static let preparedLimit = 1000
  /// From so many rows on a COPY is faster than statements.
  private static let copiedRows = 8

  init(_ connection: consuming PostgresConnection) {
    self.connection = connection
  }

  /// Hangs up. Every later statement fails.
  func close() { connection.close() }

  var serverVersion: Int32 { connection.serverVersion }

  @discardableResult
  func execute(_ sql: String, _ arguments: SQLArguments) throws(SQLError) -> Int {
    try run(sql, arguments).written
  }

  func rows(_ sql: String, _ arguments: SQLArguments) throws(SQLError) -> [Row] {
    try Self.rows(of: try run(sql, arguments))
  }

  /// Numbers travel as one array for each column: one statement, planned once, however many rows there are.
  func execute(
    forEach rows: [SQLArguments], _ sql: (_ source: String) -> String
  ) throws(SQLError) {
    guard let width = rows.first?.values.count else { return }
    let columns = (0..<width).map { column in
      PostgresParameter(numbers: rows.map { $0.values[column] })
    }
    let arrays = columns.compactMap(\.self)
    guard arrays.count == width else { return try executeSliced(forEach: rows, sql) }
    let places = (1...width).map { "$\($0)" }.joined(separator: ", ")
    let names = (1...width).map { "column\($0)" }.joined(separator: ", ")
    _ = try run(sql("SELECT * FROM unnest(\(places)) AS rows (\(names))"), arrays)
  }

  func rows(
    forEach values: [SQLValue], _ sql: (_ list: String) -> String
  ) throws(SQLError) -> [Row] {
    guard !values.isEmpty else { return [] }
    guard let array = PostgresParameter(numbers: values) else {
      return try rowsSliced(forEach: values, sql)
    }
    return try Self.rows(of: try run(sql("SELECT unnest($1)"), [array]))
  }

  private static func rows(of result: consuming PostgresResult) throws(SQLError) -> [Row] {
    let columns = result.columns
    let names = columns.map(\.name)
    var rows: [Row] = []
    rows.reserveCapacity(Int(result.rowCount))
    for row in 0..<result.rowCount {
      var values: [SQLValue] = []
      values.reserveCapacity(columns.count)
      for (place, column) in zip(Int32(0)..., columns) {
        values.append(try result.value(row, place, type: column.type))
      }
      rows.append(Row(names: names, values: values))
    }
    return rows
  }

  func insert(
    into table: String, _ columns: [String], _ rows: [SQLArguments]
  ) throws(SQLError) {
    let names = columns.joined(separator: ", ")
    guard rows.count >= Self.copiedRows else {
      return try executeSliced(forEach: rows) { "INSERT INTO \(table) (\(names)) \($0)" }
    }
    try connection.copy(
      "COPY \(table) (\(names)) FROM STDIN (FORMAT binary)", PostgresRows.encoded(rows))
  }

  func script(_ sql: String) throws(SQLError) {
    _ = try connection.run(
      sql.replacing(/\bINTEGER\b/, with: "BIGINT").replacing(/\bBLOB\b/, with: "BYTEA")
        .replacing(/\bTEXT\b/, with: #"TEXT COLLATE "C""#).replacing(/\) STRICT\b/, with: ")"))
  }

  func schemaVersion() throws(SQLError) -> Int {
    guard try value("SELECT to_regclass('schema_version') IS NOT NULL") == true else { return 0 }
    return try value("SELECT version FROM schema_version") ?? 0
  }

  func setSchemaVersion(_ version: Int) throws(SQLError) {
    try script("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
    try execute("DELETE FROM schema_version")
    try execute("INSERT INTO schema_version (version) VALUES (?)", [version])
  }

  func begin(_ kind: TransactionKind) throws(SQLError) {
    let isolation =
      switch kind {
      case .reading: "ISOLATION LEVEL REPEATABLE READ READ ONLY"
      case .writing: "ISOLATION LEVEL READ COMMITTED READ WRITE"
      }
    _ = try connection.run("BEGIN \(isolation)")
  }

  func commit() throws(SQLError) {
    // The server says yes to the COMMIT of a transaction that failed, and rolls it back.
    let done = try connection.run("COMMIT").command
    guard done == "COMMIT" else {
      throw SQLError(.refused, code: "PostgreSQL 25P02", "the transaction was rolled back: \(done)")
    }
  }

  func rollBack() throws(SQLError) {
    _ = try connection.run("ROLLBACK")
  }

  /// The server does it by itself.
  func checkpoint(above bytes: Int64) throws(SQLError) -> Bool { false }

  private func run(
    _ sql: String, _ arguments: SQLArguments
  ) throws(SQLError) -> PostgresResult {
    try run(Self.numbered(sql), arguments.values.map { PostgresParameter($0) })
  }

  /// - Parameter sql: With numbered parameters.
  private func run(
    _ sql: String, _ parameters: [PostgresParameter]
  ) throws(SQLError) -> PostgresResult {
    let statement = Statement(sql: sql, types: parameters.map(\.type))
    let name: String
    if let known = prepared[statement] {
      name = known
    } else {
      if prepared.count >= Self.preparedLimit {
        _ = try connection.run("DEALLOCATE ALL")
        prepared = [:]
      }
      name = "s\(prepared.count)"
      try connection.prepare(name, sql, types: statement.types)
      prepared[statement] = name
    }
    return try connection.run(prepared: name, PostgresParameters(parameters))
  }

  /// `$1, $2` for question marks.
  static func numbered(_ sql: String) -> String {
    var text = ""
    var number = 0
    for part in sql.split(separator: "?", omittingEmptySubsequences: false) {
      if number > 0 { text += "$\(number)" }
      text += part
      number += 1
    }
    return text
  }
}
