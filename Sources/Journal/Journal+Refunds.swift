package import CanteenModel
import GRDB
import SyncProtocol
import TerminalCore

/// What came of the refund of another terminal's sale. It exists only after the record is on disk.
package enum RefundOutcome: Hashable, Sendable {
  case refunded(CorrectionRecord, at: JournalPosition)
  /// The centre refused; nothing was written.
  case refused(RefundHoldRefusal)
  /// Nothing was given back. A record says that what was asked for is of no use any more.
  case unanswered
}

extension Journal {
  /// Makes the request to give back what another terminal sold durable, before the centre is asked:
  /// whatever happens, a record uses what the centre set aside or gives it back, the last at the next
  /// opening.
  ///
  /// - Parameters:
  ///   - seller: Who sold; another terminal.
  ///   - epoch: `nil`: the seller's newest at the centre.
  ///   - amount: `nil`: everything that is left of the sale.
  package func askRefund(
    of seller: TerminalID, epoch: Epoch?, sequence: SequenceNumber, amount: Fen?
  ) async throws(JournalError) -> RefundHoldRequest {
    precondition(seller != terminal, "the own sales are in this ledger")
    return try await write { db, draft in
      let request = RefundHoldRequest(
        terminal: self.terminal, id: HoldID(.random()), seller: seller, epoch: epoch,
        sequence: sequence, amount: amount, challenge: .random())
      try HoldRows.insert(request, db)
      draft.openHolds += 1
      return request
    }
  }

  /// Writes that money goes back from another terminal's sale, exactly what the centre set aside; or,
  /// without an answer, that what was asked for is given back.
  ///
  /// The diner's balance here does not have the money before the centre feeds it.
  ///
  /// - Parameter answer: `nil` when none came in time, or none that was to be believed.
  /// - Precondition: The answer answers the request (``RefundHoldAnswer/answers(_:)``).
  /// - Throws: ``JournalError/commitFailed(code:)``: the record may or may not be on disk. After anything
  ///   else nothing goes back to the diner, and what was set aside is given back to the centre.
  package func refund(
    asked: RefundHoldRequest, answer: RefundHoldAnswer?, by identity: OperatorIdentity, note: String
  ) async throws(JournalError) -> RefundOutcome {
    precondition(answer?.answers(asked) ?? true, "the answer is to what was asked")
    do throws(JournalError) {
      return try await write { db, draft in
        switch answer?.verdict {
        case .granted(let grant):
          let correction = try CorrectionRecord(asked, grant, by: identity, note: note)
          return try self.append(correction, asked, &draft, db)
        case .refused(let refusal):
          if try HoldRows.delete(asked.id, db) { draft.openHolds -= 1 }
          return .refused(refusal)
        case nil:
          try self.release(asked.released, &draft, db)
          return .unanswered
        }
      }
    } catch {
      switch error {
      case .commitFailed, .stopped: break
      default: try await write { db, draft in try self.release(asked.released, &draft, db) }
      }
      throw error
    }
  }

  private func append(
    _ correction: CorrectionRecord, _ asked: RefundHoldRequest, _ draft: inout LedgerState,
    _ db: Database
  ) throws -> RefundOutcome {
    // A ledger that was opened anew meanwhile has given it back.
    guard try HoldRows.delete(asked.id, db) else { return .unanswered }
    draft.openHolds -= 1
    let time = draft.clock.stamp(configuration.readClock())
    let position = try append(
      JournalRecord(time: time, body: .correction(correction)), &draft, db)
    return .refunded(correction, at: position)
  }
}

extension RefundHoldRequest {
  fileprivate var released: HoldReleased { HoldReleased(hold: id, account: nil) }
}

extension CorrectionRecord {
  /// What the centre set aside goes back. No counter here has the sale, so none loses it.
  fileprivate init(
    _ asked: RefundHoldRequest, _ grant: RefundHoldAnswer.Grant, by identity: OperatorIdentity,
    note: String
  ) throws(MoneyError) {
    try self.init(
      kind: .refund, original: grant.original, originalID: grant.originalID,
      account: grant.account, returns: grant.returns, slot: grant.slot,
      uncounted: SaleCounts(
        meals: 0, guests: 0, amount: grant.total, alone: 0, aloneAmount: .zero,
        marketAmount: .zero), by: identity, note: note,
      elsewhere: SoldElsewhere(terminal: asked.seller, hold: asked.id))
  }
}
