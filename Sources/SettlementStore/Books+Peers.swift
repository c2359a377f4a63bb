import CanteenModel
import SQLStore
import SyncProtocol

/// What the feed says to a terminal of the others of its canteen.
extension Books {
  /// The others, by number, and where they listen. One that is shut out is named, so that a group is not
  /// whole without it, and not asked.
  func peers(
    of terminal: TerminalID, in canteen: UInt32, _ db: any Database
  ) throws -> [PeerAddress] {
    let rows = try db.rows(
      """
      SELECT number, peer_url, revoked_ms FROM terminal
      WHERE canteen = ? AND number <> ? AND retired_ms IS NULL ORDER BY number LIMIT ?
      """, [Int64(canteen), terminal.number, TerminalPlace.peerLimit])
    return try rows.map { row in
      let isShutOut = row["revoked_ms"] as Int64? != nil
      return PeerAddress(
        terminal: TerminalID(try row.integer("number")), url: isShutOut ? nil : row["peer_url"])
    }
  }

  /// Up to where the accounts' balances include the records of a terminal's neighbours, those that are
  /// retired included: each by its last accepted record that is posted, or held in suspense.
  func peerIncludes(
    of accounts: [SQLValue], besides terminal: TerminalID, _ db: any Database
  ) throws -> [AccountID: [PeerIncludes]] {
    let rows = try db.rows(forEach: accounts) { list in
      """
      SELECT account, included.terminal AS terminal, epoch, sequence FROM included
      JOIN terminal ON terminal.number = included.terminal
      JOIN terminal AS asking ON asking.canteen = terminal.canteen AND asking.canteen > 0
      WHERE account IN (\(list)) AND asking.number = \(terminal.number)
        AND included.terminal <> asking.number
      ORDER BY account, included.terminal
      """
    }
    var includes: [AccountID: [PeerIncludes]] = [:]
    for row in rows {
      let account = AccountID(try row.integer("account"))
      guard includes[account]?.count ?? 0 < AccountSnapshot.peerLimit else { continue }
      includes[account, default: []].append(
        PeerIncludes(
          terminal: TerminalID(try row.integer("terminal")),
          position: JournalPosition(
            epoch: Epoch(try row.integer("epoch")),
            sequence: SequenceNumber(try row.integer("sequence")))))
    }
    return includes
  }
}
