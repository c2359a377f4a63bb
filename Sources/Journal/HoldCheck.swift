import CanteenModel
import GRDB

/// What the records say was taken from the holds that are open, for verification.
struct HoldCheck: Sendable {
  /// At most ``HoldRows/leaseLimit`` leases, and what is being asked for.
  private var taken: [HoldID: Fen]

  /// - Parameter db: Where the open holds are; only those are looked for in the records.
  init(_ db: Database) throws {
    taken = [:]
    for row in try Row.fetchAll(db, sql: "SELECT id FROM hold") {
      taken[HoldID(try row.head("id"))] = .zero
    }
  }

  mutating func count(_ record: JournalRecord) throws {
    guard !taken.isEmpty, case .sale(let sale) = record.body else { return }
    for spend in sale.holds {
      if let before = taken[spend.hold] { taken[spend.hold] = try before + spend.amount }
    }
  }

  /// Compares with the rows, when nothing was recorded meanwhile.
  ///
  /// A row that says less than the records would let a lease be spent twice; more is what it says when
  /// old records were removed.
  func findings(_ db: Database) throws -> [String] {
    let rows = try Row.fetchAll(db, sql: "SELECT id, ifnull(granted_fen, 0), spent_fen FROM hold")
    return try rows.compactMap { row in
      let hold = HoldID(try row.head("id"))
      let spent = Fen(try row.value(2))
      let isRight =
        try spent >= taken[hold] ?? .zero && spent <= Fen(row.value(1))
      return isRight ? nil : "what is left of the hold \(hold) is not what the records say"
    }
  }
}
