package import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

extension Books {
  /// Sets aside what a terminal gives back of another one's sale, or says why not.
  ///
  /// When this returns, it is on disk: until a record of the terminal uses it or gives it back, it counts
  /// as given back. The same request again gets the same bytes; one that a record gave back meanwhile, or
  /// before it came, is refused.
  ///
  /// - Parameter terminal: Who asks, as the caller found out; it must be the request's own.
  /// - Returns: The signed answer.
  /// - Throws: As ``hold(asked:by:)``.
  package func refundHold(
    asked bytes: [UInt8], by terminal: TerminalID
  ) async throws(StoreError) -> [UInt8] {
    let request = try await genuine(from: terminal) { key throws(WireError) in
      try RefundHoldCodec.open(request: bytes, key: key)
    }
    guard request.terminal == terminal else {
      throw .notGenuine(.malformed("refund request.terminal is \(request.terminal)"))
    }
    return try await write { db in
      try self.refuseRetired(terminal, db)
      if let stored = try self.storedAnswer(to: request, db) { return stored }
      let verdict = try RefundHoldRule.judge(request, try self.found(request, db))
      let answer = try self.seal(verdict, request)
      try self.insert(request, verdict, answer, db)
      return answer
    }
  }

  /// The answer to a request whose number is known.
  private func storedAnswer(
    to request: RefundHoldRequest, _ db: any Database
  ) throws -> [UInt8]? {
    let row = try db.row(
      "SELECT challenge, answer, closed_by FROM hold WHERE terminal = ? AND id = ?",
      [request.terminal.number, request.id.digest.blob])
    guard let row else { return nil }
    if ["record", "operator"].contains(row["closed_by"] as String?) {
      return try seal(.refused(.released), request)
    }
    guard try row.digest("challenge") == request.challenge, let answer = row["answer"] as Data?
    else {
      throw StoreError.refused(["the request's number is that of another request: draw a new one"])
    }
    return Array(answer)
  }

  /// What the books have at the place that a request names; a fork's record does not count.
  private func found(
    _ request: RefundHoldRequest, _ db: any Database
  ) throws -> RefundHoldRule.Found {
    let row = try db.row(
      """
      SELECT id, epoch FROM record WHERE terminal = ? AND sequence = ? AND accepted = 1
        AND epoch = COALESCE(?, (SELECT MAX(epoch) FROM chain WHERE terminal = ?))
      """,
      [
        request.seller.number, Int64(request.sequence.number), request.epoch?.number,
        request.seller.number,
      ])
    guard let row else { return .nothing }
    let id = try row.digest("id")
    guard let sale = try correctedSale(id, of: request.seller, butFor: nil, db) else {
      return .otherRecord
    }
    let position = JournalPosition(
      epoch: Epoch(try row.integer("epoch")), sequence: request.sequence)
    return .sale(sale, at: position, id: id)
  }

  private func seal(
    _ verdict: RefundHoldAnswer.Verdict, _ request: RefundHoldRequest
  ) throws -> [UInt8] {
    let answer = RefundHoldAnswer(
      terminal: request.terminal, id: request.id, verdict: verdict, challenge: request.challenge,
      timeMilliseconds: configuration.now())
    return try RefundHoldCodec.seal(answer, key: configuration.key)
  }

  private func insert(
    _ request: RefundHoldRequest, _ verdict: RefundHoldAnswer.Verdict, _ answer: [UInt8],
    _ db: any Database
  ) throws {
    var grant: RefundHoldAnswer.Grant?
    if case .granted(let granted) = verdict { grant = granted }
    let now = configuration.now()
    try db.execute(
      """
      INSERT INTO hold (terminal, id, account, asked_fen, granted_fen, asked_ms, closed_ms,
        closed_by, challenge, answer, seller, original)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        request.terminal.number, request.id.digest.blob, grant?.account.number ?? 0,
        (request.amount ?? grant?.total ?? .zero).value, grant?.total.value ?? 0, now,
        grant == nil ? now : nil, grant == nil ? "refused" : nil, request.challenge.blob,
        Data(answer), grant.map { _ in request.seller.number }, grant?.originalID.blob,
      ])
    for part in grant?.returns ?? [] {
      try db.execute(
        """
        INSERT INTO hold_part (terminal, hold, purse, tranche, fen) VALUES (?, ?, ?, ?, ?)
        """,
        [
          request.terminal.number, request.id.digest.blob, part.purse.number,
          part.tranche.number, part.amount.value,
        ])
    }
  }
}
