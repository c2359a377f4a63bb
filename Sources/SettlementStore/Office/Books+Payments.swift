package import CanteenModel
import SQLStore
package import SettlementCore

/// What the bank is asked to pay to caterers: made once, kept, and printed as often as one likes (S18, S30).
package struct PaymentOrder: Hashable, Sendable, Codable {
  package let number: Int64
  /// Unix time in milliseconds.
  package let orderedMilliseconds: Int64
  package let people: TwoPeople
  /// By caterer.
  package let lines: [Line]

  /// What one caterer is paid.
  package struct Line: Hashable, Sendable, Codable {
    package let caterer: CatererID
    /// As they were when it was ordered.
    package let name: String
    package let bankAccount: String
    /// More than zero.
    package let amount: Fen
  }
}

extension Books {
  /// Orders what approved statements owe to caterers, less what was ordered or paid already: each fen once, however
  /// often it is called, and a caterer who owes is paid when later statements have made up for it.
  ///
  /// - Throws: ``StoreError/refused(_:)`` when nobody is to be paid.
  package func orderPayments(by people: TwoPeople) async throws(StoreError) -> PaymentOrder {
    try await settling { db in
      let due = try self.due(db)
      let lines = due.map(\.line)
      guard !due.isEmpty else {
        throw StoreError.refused([
          "nobody is to be paid: whatever approved statements owe is ordered or paid already"
        ])
      }
      let number: Int64 = (try db.value("SELECT MAX(number) FROM payment_order") ?? 0) + 1
      try db.execute(
        """
        INSERT INTO payment_order (number, ordered_ms, proposed_by, approved_by) VALUES (?, ?, ?, ?)
        """, [number, self.now, people.proposer, people.approver])
      try db.insert(
        into: "payment_order_line", ["payment_order", "caterer", "name", "bank_account", "fen"],
        lines.map { [number, $0.caterer.number, $0.name, $0.bankAccount, $0.amount.value] })
      try self.book(try self.entries(due, order: number, by: people, db), db)
      return PaymentOrder(
        number: number, orderedMilliseconds: self.now, people: people, lines: lines)
    }
  }

  /// Every order, newest last.
  package func paymentOrders() async throws(StoreError) -> [PaymentOrder] {
    try await read { db in
      try db.snapshot {
        let lines = Dictionary(
          grouping: try db.rows(
            "SELECT * FROM payment_order_line ORDER BY payment_order, caterer"
          ).map { (order: try $0.integer("payment_order") as Int64, line: try Self.line($0)) },
          by: \.order)
        return try db.rows("SELECT * FROM payment_order ORDER BY number").map { row in
          let number: Int64 = try row.integer("number")
          return try Self.order(row, lines: lines[number, default: []].map(\.line))
        }
      }
    }
  }

  /// The file for the bank of one order: the same bytes each time.
  ///
  /// - Returns: CSV with the columns caterer, name, bank_account, amount (yuan), in order of caterer.
  /// - Throws: ``StoreError/refused(_:)`` for an order that there is not.
  package func paymentFile(of order: Int64) async throws(StoreError) -> [UInt8] {
    try await read { db in
      let rows = try db.rows(
        "SELECT * FROM payment_order_line WHERE payment_order = ? ORDER BY caterer", [order])
      guard !rows.isEmpty else {
        throw StoreError.refused(["there is no payment order \(order): statement payments"])
      }
      var lines = [["caterer", "name", "bank_account", "amount"]]
      for row in rows {
        let line = try Self.line(row)
        let fields = ["\(line.caterer)", line.name, line.bankAccount, line.amount.plainYuan]
        lines.append(fields.map(CommaSeparatedText.field))
      }
      return CommaSeparatedText.file(lines)
    }
  }

  /// What one caterer is owed, and is to be paid of it now.
  private struct Due {
    let line: PaymentOrder.Line
    /// With what the bank paid beyond earlier orders, which this one makes up for.
    let owed: Fen
  }

  private func due(_ db: any Database) throws -> [Due] {
    let rows = try db.rows(
      """
      SELECT number, name, bank_account, owed.fen AS owed, COALESCE(ordered.fen, 0) AS ordered
      FROM caterer JOIN office_balance AS owed ON owed.ledger_account = 'owed:' || number
      LEFT JOIN office_balance AS ordered ON ordered.ledger_account = 'ordered:' || number
      ORDER BY number
      """)
    return try rows.compactMap { row in
      let (owed, ordered) = (Fen(try row.integer("owed")), Fen(try row.integer("ordered")))
      let amount = try owed + min(.zero, ordered)
      guard amount > .zero else { return nil }
      return Due(
        line: PaymentOrder.Line(
          caterer: CatererID(try row.integer("number")), name: try row.text("name"),
          bankAccount: try row.text("bank_account"), amount: amount), owed: owed)
    }
  }

  /// From what is owed to what is ordered, one entry for each caterer.
  private func entries(
    _ due: [Due], order: Int64, by people: TwoPeople, _ db: any Database
  ) throws -> [OfficeEntry] {
    if Self.forgetsOrders { return [] }
    let day = LocalTime(offsetMinutes: try utcOffsetMinutes(db)).day(of: now)
    return try due.map { due in
      OfficeEntry(
        name: "order:\(order):\(due.line.caterer)", kind: .order, day: day,
        proposer: people.proposer, approver: people.approver, note: "payment order \(order)",
        legs: [
          Leg(.owed(due.line.caterer), try Fen.zero - due.owed),
          Leg(.ordered(due.line.caterer), due.owed),
        ])
    }
  }

  private static func line(_ row: Row) throws -> PaymentOrder.Line {
    PaymentOrder.Line(
      caterer: CatererID(try row.integer("caterer")), name: try row.text("name"),
      bankAccount: try row.text("bank_account"), amount: Fen(try row.integer("fen")))
  }

  private static func order(_ row: Row, lines: [PaymentOrder.Line]) throws -> PaymentOrder {
    guard
      let people = TwoPeople(
        proposer: try row.text("proposed_by"), approver: try row.text("approved_by"))
    else { throw StoreError.damaged("a payment order of one person") }
    return PaymentOrder(
      number: try row.integer("number"), orderedMilliseconds: try row.integer("ordered_ms"),
      people: people, lines: lines)
  }

  private static var forgetsOrders: Bool {
    #if SEEDED_BUGS
      SeededStatementBug.planted == .forgetsOrders
    #else
      false
    #endif
  }
}
