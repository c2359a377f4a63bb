import CanteenModel
import Foundation
import SQLStore

extension Books {
  /// Takes a file of one list, all of it or nothing. The same file twice changes nothing; rows that are not in the file
  /// stay as they are.
  ///
  /// - Throws: ``StoreError/refused(_:)`` with every fault by row and column, and what to do.
  package func importRegistry(
    _ list: RegistryList, _ file: [UInt8]
  ) async throws(StoreError) -> ImportOutcome {
    let rows = try RegistryFile(list).read(file)
    return try await write { db in
      var outcome = (added: 0, changed: 0)
      var faults: [String] = []
      for var row in rows {
        if let fault = try self.resolve(&row, list, db) {
          faults.append(fault)
          continue
        }
        switch try self.put(row, list, db) {
        case .added: outcome.added += 1
        case .changed: outcome.changed += 1
        case .unchanged: break
        case .refused(let fault): faults.append(fault)
        }
      }
      guard faults.isEmpty else { throw StoreError.refused(FaultList.shortened(faults)) }
      return ImportOutcome(
        added: outcome.added, changed: outcome.changed,
        unchanged: rows.count - outcome.added - outcome.changed)
    }
  }

  /// A list as a file that ``importRegistry(_:_:)`` reads: UTF-8 with a byte-order mark, so that spreadsheets know it.
  package func exportRegistry(_ list: RegistryList) async throws(StoreError) -> [UInt8] {
    try await read { db in
      let fields = list.columns.map { $0.shown(of: list.table) }.joined(separator: ", ")
      let keys = list.keys.map(\.field).joined(separator: ", ")
      let rows = try db.rows("SELECT \(fields) FROM \(list.table) ORDER BY \(keys)")
      return RegistryFile(list).write(rows.map(\.values))
    }
  }

  private enum Change {
    case added, changed, unchanged
    case refused(String)
  }

  /// Puts numbers in the place of names.
  ///
  /// - Returns: What a row refers to that nobody knows.
  private func resolve(
    _ row: inout RegistryFile.Row, _ list: RegistryList, _ db: any Database
  ) throws -> String? {
    for (place, column) in list.columns.enumerated() where row.values[place] != .null {
      let value = SQLArguments([row.values[place]])
      let unknown: String
      switch column.kind {
      case .reference(let table, let key, let word),
        .optionalReference(let table, let key, let word):
        if try db.hasRow("SELECT 1 FROM \(table) WHERE \(key) = ?", value) { continue }
        unknown = word
      case .named(let table, let word):
        if let number: Int64 = try db.value("SELECT number FROM \(table) WHERE name = ?", value) {
          row.values[place] = .integer(number)
          continue
        }
        unknown = word
      case .number, .count, .optionalHundredths, .text, .note, .optionalText, .day, .optionalDay,
        .choice:
        continue
      }
      return row.fault(column, "is no \(unknown) that is known: import it first")
    }
    return nil
  }

  private func put(
    _ row: RegistryFile.Row, _ list: RegistryList, _ db: any Database
  ) throws -> Change {
    let fields = list.columns.map(\.field)
    let keys = zip(list.columns, row.values).filter(\.0.isKey)
    let condition = keys.map { "\($0.0.field) = ?" }.joined(separator: " AND ")
    let stored = try db.row(
      "SELECT \(fields.joined(separator: ", ")) FROM \(list.table) WHERE \(condition)",
      SQLArguments(keys.map(\.1)))
    if let stored, stored.values == row.values { return .unchanged }
    if let fault = try taken(row, list, db) ?? settled(row, list, db) { return .refused(fault) }
    guard stored != nil else {
      try db.insert(into: list.table, fields, [SQLArguments(row.values)])
      return .added
    }
    let others = zip(list.columns, row.values).filter { !$0.0.isKey }
    let changes = others.map { "\($0.0.field) = ?" }.joined(separator: ", ")
    try db.execute(
      "UPDATE \(list.table) SET \(changes) WHERE \(condition)",
      SQLArguments(others.map(\.1) + keys.map(\.1)))
    return .changed
  }

  /// A term that an approved statement rests on, or one that would have begun before it ended (S18).
  private func settled(
    _ row: RegistryFile.Row, _ list: RegistryList, _ db: any Database
  ) throws -> String? {
    guard list.table == Self.termTable else { return nil }
    let keys = zip(list.columns, row.values).filter(\.0.isKey)
    let quarter: String? = try db.value(
      """
      SELECT MAX(quarter) FROM statement JOIN quarter_close USING (quarter)
      WHERE canteen = ? AND last_day >= ? AND signed IS NOT NULL
      """, SQLArguments(keys.map(\.1)))
    guard let quarter, let day = keys.last?.0 else { return nil }
    return row.fault(
      day, "lies in or before \(quarter), whose statement is approved: begin the term behind it")
  }

  private static let termTable = RegistryList.terms.table

  /// Names and bank accounts that somebody else has already.
  private func taken(
    _ row: RegistryFile.Row, _ list: RegistryList, _ db: any Database
  ) throws -> String? {
    let unique = ["unit": ["name", "bank_account"], "holder_type": ["name"]][list.table] ?? []
    guard let key = zip(list.columns, row.values).first(where: \.0.isKey) else { return nil }
    for (column, value) in zip(list.columns, row.values)
    where unique.contains(column.field) && value != .null {
      let isTaken = try db.hasRow(
        "SELECT 1 FROM \(list.table) WHERE \(column.field) = ? AND \(key.0.field) <> ?",
        SQLArguments([value, key.1]))
      if isTaken { return row.fault(column, "belongs to another row of \(list.name) already") }
    }
    return nil
  }
}

extension RegistryList.Column {
  /// What an export shows of it: a name where a file has one.
  fileprivate func shown(of table: String) -> String {
    guard case .named(let other, _) = kind else { return field }
    return "(SELECT name FROM \(other) WHERE number = \(table).\(field))"
  }
}
