import SQLStore
import SyncProtocol
import Testing

@testable import SettlementStore

/// The distribution statements, held against the tables as PostgreSQL has them. There is no Citus here.
@Suite struct DistributedSchemaTests {
  private struct Constraint {
    let name: String
    let table: String
    /// `p`, `u` or `f`, as pg_constraint writes it.
    let kind: String
    let columns: [String]
    /// Of a foreign key.
    let target: String?
    let targetColumns: [String]
  }

  private static let spread = Dictionary(
    uniqueKeysWithValues: DistributedSchema.groups.enumerated().flatMap { group, rows in
      rows.map { ($0.table, (group: group, column: $0.column)) }
    })

  private static func withBooks(_ body: (any Database) throws -> Void) async throws {
    let location = try TestServer.schema()
    try Books(Books.Configuration(store: location, key: SigningKey(), now: { 1 })).close()
    let store = try location.open(label: "distributed schema")
    try store.runAndWait(body)
    try store.close()
  }

  private static func constraints(_ db: any Database) throws -> [Constraint] {
    func columns(_ key: String, of table: String) -> String {
      """
      (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = \(table) AND attnum = ANY (\(key)))
      """
    }
    return try db.rows(
      """
      SELECT CAST(conname AS TEXT) AS name, CAST(pg_class.relname AS TEXT) AS "table",
        CAST(contype AS TEXT) AS kind, \(columns("conkey", of: "conrelid")) AS columns,
        CAST(target.relname AS TEXT) AS target, \(columns("confkey", of: "confrelid")) AS target_columns
      FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
      LEFT JOIN pg_class AS target ON target.oid = confrelid
      WHERE connamespace = current_schema()::regnamespace AND contype IN ('p', 'u', 'f')
      UNION ALL
      SELECT CAST(relname AS TEXT), (SELECT CAST(relname AS TEXT) FROM pg_class WHERE oid = indrelid), 'u',
        (SELECT string_agg(attname, ',') FROM pg_attribute WHERE attrelid = indrelid
          AND attnum = ANY (CAST(indkey AS SMALLINT[]))), NULL, NULL
      FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
      WHERE relnamespace = current_schema()::regnamespace AND indisunique AND indpred IS NOT NULL
      """
    ).map { row in
      Constraint(
        name: try row.text("name"), table: try row.text("table"), kind: try row.text("kind"),
        columns: try row.text("columns").split(separator: ",").map(String.init),
        target: row["target"],
        targetColumns: (row["target_columns"] as String?)?.split(separator: ",").map(String.init)
          ?? [])
    }
  }

  /// Why a cluster could not keep it; `nil` when it can.
  private static func fault(_ constraint: Constraint) -> String? {
    let home = spread[constraint.table]
    guard let target = constraint.target else {
      guard let home, !constraint.columns.contains(home.column) else { return nil }
      return "\(constraint.name) lacks \(home.column)"
    }
    guard let end = spread[target] else { return nil }
    guard let home, home.group == end.group,
      constraint.columns.firstIndex(of: home.column)
        == constraint.targetColumns.firstIndex(of: end.column)
    else { return "\(constraint.name) leads to another machine" }
    return nil
  }

  @Test("every table is spread or everywhere, once")
  func everyTable() async throws {
    try await Self.withBooks { db in
      let tables: [String] = try db.values(
        "SELECT CAST(relname AS TEXT) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
      )
      let named = DistributedSchema.everywhere + DistributedSchema.groups.joined().map(\.table)
      // The note of the tables' version stays with the coordinator, which alone asks for it.
      #expect(Set(tables).subtracting(named) == ["schema_version"])
      #expect(Set(named).isSubset(of: tables) && Set(named).count == named.count)
    }
  }

  @Test(
    "each key has its distribution column, each foreign key stays on its machine, or is dropped")
  func keys() async throws {
    try await Self.withBooks { db in
      let constraints = try Self.constraints(db)
      #expect(constraints.count > 100)
      let faults = constraints.filter { Self.fault($0) != nil }.map(\.name)
      #expect(faults.sorted() == DistributedSchema.unwatched.map(\.constraint).sorted())
    }
  }

  @Test("the statements run in their order, on functions that do nothing")
  func order() async throws {
    try await Self.withBooks { db in
      try db.script(
        """
        CREATE FUNCTION create_reference_table(name text) RETURNS void LANGUAGE sql AS
          'SELECT CAST(NULL AS void) FROM (SELECT name::regclass) AS there';
        CREATE FUNCTION create_distributed_table(name text, spread text, colocate_with text DEFAULT '')
          RETURNS void LANGUAGE sql AS 'SELECT CAST(NULL AS void) FROM (SELECT name::regclass) AS there'
        """)
      for statement in DistributedSchema.statements { try db.script(statement) }
      let left = try Self.constraints(db)
      #expect(left.compactMap { Self.fault($0) } == [])
    }
  }
}
