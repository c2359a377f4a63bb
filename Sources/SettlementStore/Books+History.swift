package import CanteenModel
import Foundation
import SQLStore
import SettlementCore

/// What moved the purses of one account, and what was in them at the end of a day.
///
/// Two times belong to every movement: when it happened, and when it was booked. A correction of a sale or a record that
/// came late from a terminal without a network changes what *was*, from the day on which it was booked.
package struct AccountHistory: Hashable, Sendable, Codable {
  package let account: Int64
  package let name: String
  /// By the time at which they happened, then by when they were booked.
  package let movements: [Movement]
  package let subsidyFen: Int64
  package let personalFen: Int64

  /// One entry of the books.
  package struct Movement: Hashable, Sendable, Codable {
    /// `opening`, `sale` and `correction`, or what people booked: `allocation`, `yearEnd` and others.
    package let kind: String
    /// Unix time in milliseconds at which it happened, by the terminal's clock; `nil` for an opening balance.
    package let happenedMilliseconds: Int64?
    /// When the books got it; `nil` for an opening balance.
    package let bookedMilliseconds: Int64?
    /// The local day for which it counts, in days since 1970-01-01; `nil` for an opening balance.
    package let day: Int32?
    /// The terminal whose record it is, and the record's place there, as in `2/17`.
    package let terminal: UInt32?
    package let record: String?
    /// What people wrote beside it.
    package let note: String?
    package let subsidyFen: Int64
    package let personalFen: Int64
  }
}

extension Books {
  /// What moved the purses of an account up to the end of a local day, as the books knew it at the end of another one.
  ///
  /// A record whose terminal did not know the time counts from when it was handed in.
  ///
  /// - Parameters:
  ///   - day: The last day of what happened, in days since 1970-01-01.
  ///   - known: The last day of what had been booked; the same on any later one, unless something comes late.
  /// - Throws: ``StoreError/refused(_:)`` for an account that is not here.
  package func history(
    of account: AccountID, until day: Int32, knownOn known: Int32
  ) async throws(StoreError) -> AccountHistory {
    try await read { db in
      try db.snapshot {
        let name: String? = try db.value(
          "SELECT name FROM account WHERE number = ?", [account.number])
        guard let name else { throw StoreError.refused(["there is no account \(account)"]) }
        let time = LocalTime(offsetMinutes: try self.utcOffsetMinutes(db))
        let movements = try self.movements(of: account, time, db)
          .filter { movement in
            (movement.day ?? .min) <= day
              && movement.bookedMilliseconds.map { time.day(of: $0) } ?? .min <= known
          }
        return AccountHistory(
          account: account.number, name: name, movements: movements,
          subsidyFen: movements.reduce(0) { $0 + $1.subsidyFen },
          personalFen: movements.reduce(0) { $0 + $1.personalFen })
      }
    }
  }

  /// What an entry moved in the two purses.
  fileprivate struct Moved {
    var subsidyFen: Int64 = 0
    var personalFen: Int64 = 0
  }

  private func movements(
    of account: AccountID, _ time: LocalTime, _ db: any Database
  ) throws -> [AccountHistory.Movement] {
    var moved: [Data: Moved] = [:]
    let legs = try db.rows(
      "SELECT entry, ledger_account, fen FROM leg WHERE ledger_account >= ? AND ledger_account < ?",
      ["purse:\(account.number):", "purse:\(account.number);"])
    for leg in legs {
      let entry = leg["entry"] as Data? ?? Data()
      let fen: Int64 = try leg.integer("fen")
      switch LedgerAccount(key: try leg.text("ledger_account")) {
      case .purse(_, .subsidy, _): moved[entry, default: Moved()].subsidyFen += fen
      case .purse(_, .personal, _): moved[entry, default: Moved()].personalFen += fen
      default: throw StoreError.damaged("an entry of account \(account) names no purse")
      }
    }
    var movements: [AccountHistory.Movement] = []
    let opening = Data("opening:\(account)".utf8)
    if let sums = moved.removeValue(forKey: opening) {
      movements.append(AccountHistory.Movement(kind: "opening", sums))
    }
    let entries = moved.keys.sorted { $0.lexicographicallyPrecedes($1) }.map(\.sqlValue)
    let booked = try db.rows(forEach: entries) {
      "SELECT entry, kind, day, booked_ms, note FROM office_entry WHERE entry IN (\($0))"
    }
    for row in booked {
      guard let sums = moved.removeValue(forKey: row["entry"] ?? Data()) else { continue }
      let day: Int32 = try row.integer("day")
      movements.append(
        AccountHistory.Movement(
          kind: try row.text("kind"), happened: time.start(of: day),
          booked: try row.integer("booked_ms"), day: day, note: try row.text("note"), sums))
    }
    movements += try recorded(&moved, of: account, time, db)
    guard moved.isEmpty else {
      throw StoreError.damaged("\(moved.count) entries of account \(account) belong to no record")
    }
    return movements.sorted { $0.place.lexicographicallyPrecedes($1.place) }
  }

  /// Those of records. The record of an entry is at one of the terminals that charged the account, but for those of a
  /// fork: they are looked for at every other.
  private func recorded(
    _ moved: inout [Data: Moved], of account: AccountID, _ time: LocalTime, _ db: any Database
  ) throws -> [AccountHistory.Movement] {
    let terminals = try db.rows(
      """
      SELECT number FROM terminal ORDER BY number NOT IN
        (SELECT terminal FROM included WHERE account = ?), number
      """, [account.number])
    var movements: [AccountHistory.Movement] = []
    for terminal in terminals where !moved.isEmpty {
      let number: UInt32 = try terminal.integer("number")
      let entries = moved.keys.sorted { $0.lexicographicallyPrecedes($1) }.map(\.sqlValue)
      let rows = try db.rows(forEach: entries) { list in
        """
        SELECT record.id AS id, record.epoch AS epoch, sequence, kind, wall_ms, received_ms
        FROM record JOIN intake ON intake.terminal = record.terminal AND number = intake
        WHERE record.terminal = \(number) AND id IN (\(list))
        """
      }
      for row in rows {
        guard let sums = moved.removeValue(forKey: row["id"] ?? Data()) else { continue }
        let received: Int64 = try row.integer("received_ms")
        let happened = row["wall_ms"] ?? received
        movements.append(
          AccountHistory.Movement(
            kind: try row.text("kind"), happened: happened, booked: received,
            day: time.day(of: happened), terminal: number,
            record: "\(try row.integer("epoch") as Int64)/\(try row.integer("sequence") as Int64)",
            sums))
      }
    }
    return movements
  }
}

extension AccountHistory.Movement {
  fileprivate init(
    kind: String, happened: Int64? = nil, booked: Int64? = nil, day: Int32? = nil,
    terminal: UInt32? = nil, record: String? = nil, note: String? = nil, _ moved: Books.Moved
  ) {
    self.init(
      kind: kind, happenedMilliseconds: happened, bookedMilliseconds: booked, day: day,
      terminal: terminal, record: record, note: note, subsidyFen: moved.subsidyFen,
      personalFen: moved.personalFen)
  }

  /// By what movements are sorted.
  fileprivate var place: [Int64] {
    [happenedMilliseconds ?? .min, bookedMilliseconds ?? .min, terminal.map(Int64.init) ?? -1]
  }
}
