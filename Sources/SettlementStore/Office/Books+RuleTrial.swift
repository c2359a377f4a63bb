import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

extension Books {
  /// How many days of swipes new rules are tried on.
  package static let trialDays: Int64 = 31
  /// How many records are read at once, so that terminals are answered in between.
  private static let trialSlice = 5_000

  /// A terminal whose swipes are judged again.
  private struct TrialTerminal: Sendable {
    let number: UInt32
    let canteen: CanteenID
    let name: String
    let isOnlyTerminal: Bool
  }

  /// Tries rules on the swipes of the last ``trialDays`` days, by the rule that terminals judge by (``RuleTrial``).
  ///
  /// - Parameters:
  ///   - held: What would hold without them; `nil`: nothing, and nothing is tried.
  ///   - canteen: Only there; `nil`: everywhere.
  /// - Returns: A line for each canteen with swipes, by number.
  func trial(
    of proposed: CityRules, beside held: CityRules?, in canteen: CanteenID? = nil
  ) async throws(StoreError) -> [RuleTrialLine] {
    guard let held else { return [] }
    let since = now - Self.trialDays * 86_400_000
    let terminals = try await read { db in try Self.trialTerminals(in: canteen, db) }
    var diners: [AccountID: RuleTrial.Diner] = [:]
    var lines: [RuleTrialLine] = []
    for terminal in terminals {
      var line =
        lines.last?.canteen == terminal.canteen.number
        ? lines.removeLast()
        : RuleTrialLine(canteen: terminal.canteen.number, name: terminal.name)
      var trial = RuleTrial(
        at: terminal.canteen, isOnlyTerminal: terminal.isOnlyTerminal,
        held: held.rulebook(at: terminal.canteen),
        proposed: proposed.rulebook(at: terminal.canteen))
      for bytes in try await swipes(of: terminal.number, since: since) {
        // try?: nobody could read it when it came in either; it is in suspense.
        guard let record = try? RecordCodec.decode(bytes) else { continue }
        do {
          try await judge(record, &trial, &diners, &line)
        } catch let error as StoreError {
          throw error
        } catch {
          throw .refused(["what it changes does not fit into 64 bits of fen"])
        }
      }
      lines.append(line)
    }
    return lines.filter { $0.swipes > 0 }
  }

  private func judge(
    _ record: JournalRecord, _ trial: inout RuleTrial,
    _ diners: inout [AccountID: RuleTrial.Diner], _ line: inout RuleTrialLine
  ) async throws {
    guard let account = record.swiper else { return }
    let diner: RuleTrial.Diner
    if let known = diners[account] {
      diner = known
    } else {
      diner = try await self.diner(account)
      diners[account] = diner
    }
    try trial.judge(record, of: diner, into: &line)
  }

  /// Whom the centre does not know is a visitor everywhere.
  private func diner(_ account: AccountID) async throws(StoreError) -> RuleTrial.Diner {
    try await read { db in
      let row = try db.row(
        "SELECT category, home_canteen FROM account WHERE number = ?", [account.number])
      guard let row else { return RuleTrial.Diner(category: .ordinary, home: nil) }
      let home: UInt32 = try row.integer("home_canteen")
      return RuleTrial.Diner(
        category: DinerCategory(try row.integer("category")),
        home: home == 0 ? nil : CanteenID(home))
    }
  }

  private static func trialTerminals(
    in canteen: CanteenID?, _ db: any Database
  ) throws -> [TrialTerminal] {
    let rows = try db.rows(
      """
      SELECT terminal.number AS number, terminal.canteen AS canteen, canteen.name AS name,
        (SELECT COUNT(*) FROM terminal AS other
          WHERE other.canteen = terminal.canteen AND other.retired_ms IS NULL) AS terminals
      FROM terminal LEFT JOIN canteen ON canteen.number = terminal.canteen
      WHERE terminal.canteen > 0 ORDER BY terminal.canteen, terminal.number
      """)
    return try rows.map { row in
      TrialTerminal(
        number: try row.integer("number"), canteen: CanteenID(try row.integer("canteen")),
        name: row["name"] ?? "", isOnlyTerminal: try row.integer("terminals") as Int64 == 1)
    }.filter { canteen == nil || $0.canteen == canteen }
  }

  /// The sales and refusals of a terminal since a moment, oldest first: read from the end, because a year lies before it.
  private func swipes(of terminal: UInt32, since: Int64) async throws(StoreError) -> [[UInt8]] {
    var swipes: [[UInt8]] = []
    var before: (epoch: Int64, sequence: Int64) = (.max, .max)
    while true {
      let from = before
      let slice = try await read { db in
        try db.rows(
          """
          SELECT epoch, sequence, bytes, wall_ms, kind FROM record
          WHERE terminal = ? AND accepted = 1 AND (epoch, sequence) < (?, ?)
          ORDER BY epoch DESC, sequence DESC LIMIT ?
          """, [terminal, from.epoch, from.sequence, Self.trialSlice])
      }
      for row in slice {
        if let wall = row["wall_ms"] as Int64?, wall < since { return swipes.reversed() }
        guard ["sale", "decline"].contains(row["kind"] as String?),
          let bytes = row["bytes"] as Data?
        else { continue }
        swipes.append(Array(bytes))
      }
      guard let last = slice.last, let epoch = last["epoch"] as Int64?,
        let sequence = last["sequence"] as Int64?
      else { return swipes.reversed() }
      before = (epoch, sequence)
    }
  }
}

extension JournalRecord {
  /// Whose swipe it is; `nil` for what is none.
  fileprivate var swiper: AccountID? {
    switch body {
    case .sale(let sale): sale.account
    case .decline(let decline): decline.account
    case .epochOpened, .correction, .dayClosed, .holdReleased, .keyRotated: nil
    }
  }
}
