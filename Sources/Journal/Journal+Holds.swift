package import CanteenModel
import GRDB
import SyncProtocol
import Synchronization
import TerminalCore

/// What came of a presentation for which the centre may be asked.
package enum SaleStep: Hashable, Sendable {
  case decided(SaleOutcome)
  /// Nothing is decided: the request is on disk, and the centre must be asked. The caller comes back
  /// with the answer, or without one.
  case asks(HoldRequest)
  /// Nothing is decided: other terminals of the canteen must be asked. The caller comes back with what they
  /// said, or without.
  case asksPeers(PeerQuestion)
}

/// What a presentation may ask of the centre, or heard from it.
enum CentreWord {
  case nobody
  case askable
  /// `nil`: no answer came in time.
  case answered(HoldRequest, HoldAnswer?)
}

extension Journal {
  /// Decides one request, or says what the centre must be asked first.
  ///
  /// Nothing waits while the centre is asked: other presentations are decided meanwhile. What is asked is
  /// on disk before this returns, so that it is given back by a record whatever happens: after the
  /// answer, or by the next opening.
  ///
  /// - Throws: As ``authorise(_:)``.
  package func authoriseOrAsk(_ request: SaleRequest) async throws(JournalError) -> SaleStep {
    try await submit(request, .askable)
  }

  /// Decides a request for which the centre was asked. All rules are judged anew.
  ///
  /// - Parameter answer: `nil` when none came in time, or none that was to be believed. A granted amount
  ///   that no sale took is given back by a record in the same transaction; one that the centre refused
  ///   is forgotten.
  /// - Precondition: The answer answers the request (``HoldAnswer/answers(_:)``).
  /// - Throws: As ``authorise(_:)``; the amount is given back all the same.
  package func authorise(
    _ request: SaleRequest, asked: HoldRequest, answer: HoldAnswer?
  ) async throws(JournalError) -> SaleOutcome {
    try await authorise(request, asked: asked, answer: answer, .nobody)
  }

  func authorise(
    _ request: SaleRequest, asked: HoldRequest, answer: HoldAnswer?, _ peers: PeerWord
  ) async throws(JournalError) -> SaleOutcome {
    precondition(answer?.answers(asked) ?? true, "the answer is to what was asked")
    do throws(JournalError) {
      let word = CentreWord.answered(asked, answer)
      guard case .decided(let outcome) = try await submit(request, word, peers) else {
        preconditionFailure("the centre is asked once")
      }
      return outcome
    } catch {
      guard case .requestFailed = error else { throw error }
      try await write { db, draft in try self.release(asked.released, &draft, db) }
      throw error
    }
  }

  /// Gives back what is left of every lease. ``closeDay(by:)`` does.
  ///
  /// Amounts that the centre is being asked for are left to their presentations.
  ///
  /// - Returns: How many were given back.
  @discardableResult
  package func releaseHolds() async throws(JournalError) -> Int {
    let before = state.withLock { $0.openHolds }
    var last = before
    while last > 0 {
      try await write { db, draft in
        for hold in try HoldRows.open(isAnswered: true, limit: Self.releasesAtOnce, db) {
          try self.release(hold, &draft, db)
        }
      }
      let now = state.withLock { $0.openHolds }
      guard now < last else { break }
      last = now
    }
    return before - last
  }

  /// How many holds are given back in one transaction: some ten milliseconds.
  private static let releasesAtOnce = 256

  /// Gives back what was asked for in an earlier life and never decided: nobody waits for it.
  func releaseUnanswered() throws(JournalError) {
    guard state.withLock({ $0.openHolds }) > 0 else { return }
    do {
      try connection.inDatabase { db in
        try self.writeNow(db) { db, draft in
          for hold in try HoldRows.open(isAnswered: false, limit: .max, db) {
            try self.release(hold, &draft, db)
          }
        }.get()
      }
    } catch {
      throw JournalError(error)
    }
  }

  /// Makes a request durable before it is asked.
  func ask(_ need: HoldNeed, _ draft: inout LedgerState, _ db: Database) throws -> HoldRequest {
    let request = HoldRequest(
      terminal: configuration.terminal, id: HoldID(.random()), account: need.account,
      asked: need.asked, least: need.least, ownSales: try HoldRows.ownSales(of: need.account, db),
      echoedNonce: draft.acknowledged.nonce, challenge: .random())
    try HoldRows.insert(request, isLease: need.isLease, db)
    draft.openHolds += 1
    return request
  }

  /// Takes what the centre said, before the rules are judged again.
  func hear(_ word: CentreWord, _ draft: inout LedgerState, _ db: Database) throws {
    guard case .answered(let asked, let answer?) = word else { return }
    switch answer.verdict {
    case .granted(let amount): try HoldRows.grant(amount, to: asked.id, db)
    case .refused: if try HoldRows.delete(asked.id, db) { draft.openHolds -= 1 }
    }
    if let account = answer.account { try FedAccount.refresh(account, db) }
  }

  /// After the decision: what was granted and is of no more use is given back, in the same transaction.
  func settle(_ word: CentreWord, _ draft: inout LedgerState, _ db: Database) throws {
    guard case .answered(let asked, _) = word else { return }
    if try HoldRows.isUsedLease(asked.id, db) { return }
    try release(asked.released, &draft, db)
  }

  /// Writes that a hold is given back, unless nothing is left of it.
  func release(
    _ hold: HoldReleased, _ draft: inout LedgerState, _ db: Database
  ) throws {
    guard try HoldRows.delete(hold.hold, db) else { return }
    draft.openHolds -= 1
    let time = draft.clock.stamp(configuration.readClock())
    _ = try append(JournalRecord(time: time, body: .holdReleased(hold)), &draft, db)
  }
}

extension HoldRequest {
  fileprivate var released: HoldReleased { HoldReleased(hold: id, account: account) }
}

extension CentreWord {
  /// As the rules see it.
  func reach(openHolds: Int) -> CentreReach {
    switch self {
    case .nobody, .answered(_, nil): .silent
    case .askable: .askable(canLease: openHolds < HoldRows.leaseLimit)
    case .answered(_, let answer?):
      if case .refused(let refusal) = answer.verdict { .answered(refusal) } else { .answered(nil) }
    }
  }
}
