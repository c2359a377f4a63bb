package import CanteenModel
import SQLStore
package import SettlementCore

/// Who ate where: the people of one unit in the canteens of one unit, on one day (S9, S24).
package struct ClearingLine: Hashable, Sendable, Codable {
  /// Of the diners; `nil`: of those who belonged to no unit then, or whom the centre does not know.
  package let home: UInt32?
  /// To which the canteen belongs.
  package let host: UInt32
  /// The local day, in days since 1970-01-01.
  package let day: Int32
  package let sales: Int64
  /// Sold less what went back on the day.
  package let amount: Fen
}

/// What stands between a unit and the others after a quarter.
package struct ClearingPosition: Hashable, Sendable, Codable {
  package let unit: UInt32
  /// What its people ate in canteens of others.
  package let ateElsewhere: Fen
  /// What other people ate in its canteens.
  package let hosted: Fen
  /// Hosted less eaten elsewhere. The positions of all units, and what people of no unit ate, sum to zero.
  package let net: Fen
}

extension Books {
  /// The daily matrix of a closed quarter, by day, home and host: what its statements count, late records too.
  package func clearing(of quarter: Quarter) async throws(StoreError) -> [ClearingLine] {
    try await read { db in
      try db.snapshot {
        let selection = try self.selection(quarter, nil, db)
        var cells: [Cell: (sales: Int64, amount: Fen)] = [:]
        for (parts, sold) in [
          (selection.salesOfRecords, "record.wall_ms"),
          (selection.correctionsOfRecords, "sale.wall_ms"),
        ] {
          for row in try db.rows(Self.matrix(selection, parts, soldAt: sold)) {
            let cell = Cell(
              day: try row.integer("day"), home: row["home"], host: try row.integer("host"))
            let before = cells[cell] ?? (0, .zero)
            cells[cell] = (
              before.sales + (try row.integer("sales") as Int64),
              try before.amount + Fen(try row.integer("fen"))
            )
          }
        }
        return cells.sorted { $0.key < $1.key }.map { cell, sums in
          ClearingLine(
            home: cell.home, host: cell.host, day: cell.day, sales: sums.sales,
            amount: sums.amount)
        }
      }
    }
  }

  private struct Cell: Hashable, Comparable {
    let day: Int32
    let home: UInt32?
    let host: UInt32

    static func < (left: Self, right: Self) -> Bool {
      (left.day, left.home ?? 0, left.host) < (right.day, right.home ?? 0, right.host)
    }
  }

  /// The home of a diner is the unit to which they belonged on the day of the sale, also where it is corrected later.
  private static func matrix(
    _ selection: QuarterSelection, _ parts: String, soldAt: String
  ) -> String {
    """
    WITH member AS (SELECT account, unit, from_day, COALESCE(LEAD(from_day) OVER
        (PARTITION BY account ORDER BY from_day) - 1, 2147483647) AS to_day FROM membership),
      part AS (SELECT place.canteen AS canteen, record.account AS account,
        \(selection.time.day(of: "record.wall_ms")) AS day, \(selection.time.day(of: soldAt)) AS sold_day,
        CASE record.kind WHEN 'sale' THEN 1 ELSE 0 END AS sales,
        record.subsidy_fen + record.personal_fen AS fen \(parts))
    SELECT member.unit AS home, canteen.unit AS host, day, SUM(sales) AS sales, SUM(fen) AS fen
    FROM part JOIN canteen ON canteen.number = part.canteen
    LEFT JOIN member ON member.account = part.account 
      AND sold_day BETWEEN member.from_day AND member.to_day
    GROUP BY 1, 2, 3
    """
  }
}

extension [ClearingLine] {
  /// What stands between the units, by unit.
  ///
  /// - Throws: ``MoneyError/overflow``.
  package func positions() throws(MoneyError) -> [ClearingPosition] {
    var (elsewhere, hosted) = ([UInt32: Fen](), [UInt32: Fen]())
    for line in self where line.home != line.host {
      if let home = line.home {
        elsewhere[home] = try (elsewhere[home] ?? .zero) + line.amount
      }
      hosted[line.host] = try (hosted[line.host] ?? .zero) + line.amount
    }
    var positions: [ClearingPosition] = []
    for unit in Set(elsewhere.keys).union(hosted.keys).sorted() {
      let (ate, gave) = (elsewhere[unit] ?? .zero, hosted[unit] ?? .zero)
      positions.append(
        ClearingPosition(unit: unit, ateElsewhere: ate, hosted: gave, net: try gave - ate))
    }
    return positions
  }
}
