package import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

/// The answer to a request for a hold.
package struct HoldDecision: Hashable, Sendable {
  /// As signed.
  package let bytes: [UInt8]
  package let answer: HoldAnswer
}

extension Books {
  /// Sets an amount of an account aside for a terminal, or says why not.
  ///
  /// When this returns, it is on disk. The same request again gets the same bytes; one that a record
  /// gave back meanwhile, or before it came, is refused.
  ///
  /// - Parameter terminal: Who asks, as the caller found out; it must be the request's own.
  /// - Throws: ``StoreError/unknownTerminal(_:)``, ``StoreError/notGenuine(_:)``;
  ///   ``StoreError/refused(_:)`` when the number was another request's;
  ///   ``StoreError/commitFailed(code:)``: it may or may not be set aside, the terminal's record gives
  ///   it back.
  package func hold(
    asked bytes: [UInt8], by terminal: TerminalID
  ) async throws(StoreError) -> HoldDecision {
    let request = try await genuine(from: terminal) { key throws(WireError) in
      try HoldCodec.open(request: bytes, key: key)
    }
    guard request.terminal == terminal else {
      throw .notGenuine(.malformed("hold request.terminal is \(request.terminal)"))
    }
    return try await write { db in
      try self.refuseRetired(terminal, db)
      if let stored = try self.storedHold(request, db) { return stored }
      let decision = try self.decide(request, db)
      try self.insert(request, decision, db)
      return decision
    }
  }

  /// The answer to a request whose number is known.
  private func storedHold(_ request: HoldRequest, _ db: any Database) throws -> HoldDecision? {
    let row = try db.row(
      """
      SELECT account, asked_fen, challenge, answer, closed_by FROM hold
      WHERE terminal = ? AND id = ?
      """, [request.terminal.number, request.id.digest.blob])
    guard let row else { return nil }
    let isGivenBack = ["record", "operator"].contains(row["closed_by"] as String?)
    if isGivenBack {
      let account = try snapshot(for: request, db)
      return try seal(.refused(.released), request, account, db)
    }
    guard try row.integer("account") as Int64 == request.account.number,
      try row.integer("asked_fen") as Int64 == request.asked.value,
      try row.digest("challenge") == request.challenge, let answer = row["answer"] as Data?
    else {
      throw StoreError.refused(["the request's number is that of another request: draw a new one"])
    }
    let bytes = Array(answer)
    return HoldDecision(bytes: bytes, answer: try HoldCodec.open(answer: bytes, key: publicKey))
  }

  private func decide(_ request: HoldRequest, _ db: any Database) throws -> HoldDecision {
    guard let account = try snapshot(for: request, db) else {
      return try seal(.refused(.unknownAccount), request, nil, db)
    }
    let free = try HoldRule.free(
      of: try allTranches(of: request.account, db), on: try localDay(db),
      held: try held(of: request.account, db), asked: request, includes: account.includes)
    return try seal(
      HoldRule.judge(request, status: account.status, free: free), request, account, db)
  }

  private func seal(
    _ verdict: HoldAnswer.Verdict, _ request: HoldRequest, _ account: AccountSnapshot?,
    _ db: any Database
  ) throws -> HoldDecision {
    let answer = HoldAnswer(
      terminal: request.terminal, id: request.id, verdict: verdict, account: account,
      challenge: request.challenge, timeMilliseconds: configuration.now())
    return HoldDecision(
      bytes: try HoldCodec.seal(answer, key: configuration.key), answer: answer)
  }

  private func insert(
    _ request: HoldRequest, _ decision: HoldDecision, _ db: any Database
  ) throws {
    var granted = Fen.zero
    if case .granted(let amount) = decision.answer.verdict { granted = amount }
    let now = configuration.now()
    let isGranted = granted > .zero
    try db.execute(
      """
      INSERT INTO hold (terminal, id, account, asked_fen, granted_fen, asked_ms, closed_ms,
        closed_by, challenge, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        request.terminal.number, request.id.digest.blob, request.account.number,
        request.asked.value, granted.value, now, isGranted ? nil : now,
        isGranted ? nil : "refused", request.challenge.blob, Data(decision.bytes),
      ])
  }

  /// The account's row as the feed would show it to the asking ledger now.
  private func snapshot(for request: HoldRequest, _ db: any Database) throws -> AccountSnapshot? {
    let asking = FeedRequest(
      terminal: request.terminal, cursor: FeedCursor(version: 0, rulebookVersion: 0),
      echoedNonce: request.echoedNonce)
    return try snapshot(of: request.account, for: asking, db)
  }

  /// What is set aside of an account, for whatever terminal.
  private func held(of account: AccountID, _ db: any Database) throws -> Fen {
    #if SEEDED_BUGS
      if planted == .forgetsHolds { return .zero }
    #endif
    let sum: Int64? = try db.value(
      """
      SELECT COALESCE(SUM(granted_fen - used_fen), 0) FROM hold
      WHERE account = ? AND closed_ms IS NULL AND original IS NULL
      """, [account.number])
    return Fen(sum ?? 0)
  }

  /// The day of now, by the clocks on the canteens' walls.
  func localDay(_ db: any Database) throws -> Int32 {
    let minutes = configuration.now() / 60_000
    let offset = try rulebookInForce(db)?.utcOffsetMinutes ?? 480
    return Int32(clamping: (minutes + Int64(offset)) / 1440)
  }
}
