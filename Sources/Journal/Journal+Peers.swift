package import CanteenModel
import GRDB
import SyncProtocol
import Synchronization
import TerminalCore

/// What the other terminals of the canteen are asked for one presentation. It is reserved here, in memory,
/// until the presentation is decided.
package struct PeerQuestion: Hashable, Sendable {
  let id: UInt64
  let need: PeerNeed
  /// What each of them is sent.
  package let request: ReservationRequest
}

/// What a presentation may ask of the other terminals, or heard from them.
package enum PeerWord: Sendable {
  case nobody
  case askable
  /// `isGroup`: so many have it on disk as the rules demand. `heard`: what those said of themselves who
  /// answered.
  case answered(PeerQuestion, isGroup: Bool, heard: [SpendStatement])

  /// Whether others may still be asked.
  package var mayAsk: Bool {
    if case .askable = self { true } else { false }
  }

  var question: PeerQuestion? {
    if case .answered(let question, _, _) = self { question } else { nil }
  }

  var reach: PeerReach {
    switch self {
    case .nobody: .silent
    case .askable: .askable
    case .answered(let question, isGroup: true, _): .agreed(question.need)
    case .answered(_, isGroup: false, _): .notAgreed
    }
  }
}

extension Journal {
  /// Decides one request as far as it can be decided, with what the other terminals may be asked or said.
  ///
  /// All rules are judged anew each time. What others said of themselves is on disk before the decision, in
  /// its transaction; what was reserved here ends with the decision.
  ///
  /// - Parameter mayAskCentre: Whether the centre may be asked, too.
  /// - Throws: As ``authorise(_:)``; what was reserved is forgotten then.
  package func authorise(
    _ request: SaleRequest, peers: PeerWord, mayAskCentre: Bool
  ) async throws(JournalError) -> SaleStep {
    do throws(JournalError) {
      return try await submit(request, mayAskCentre ? .askable : .nobody, peers)
    } catch {
      await forget(peers)
      throw error
    }
  }

  /// Decides a request for which the centre was asked, after the other terminals or without them.
  ///
  /// - Throws: As ``authorise(_:asked:answer:)``; what was reserved is forgotten then.
  package func authorise(
    _ request: SaleRequest, peers: PeerWord, asked: HoldRequest, answer: HoldAnswer?
  ) async throws(JournalError) -> SaleOutcome {
    // The others are asked before the centre or not at all: after its answer everything is decided.
    let peers = peers.question == nil ? .nobody : peers
    do throws(JournalError) {
      return try await authorise(request, asked: asked, answer: answer, peers)
    } catch {
      await forget(peers)
      throw error
    }
  }

  /// What the rulebook in force says of groups.
  package var grouping: PeerGrouping {
    state.withLock { $0.rulebook?.offline.groups ?? .none }
  }

  private func forget(_ peers: PeerWord) async {
    guard let question = peers.question else { return }
    // try?: a journal that has stopped decides nothing more, and forgets it with its process.
    _ = try? await read { _ in self.state.withLock { $0.statements.forget(question) } }
  }

  /// Reserves what is needed and says what the others are to be sent.
  func ask(_ need: PeerNeed, _ draft: inout LedgerState, _ db: Database) throws -> PeerQuestion {
    let id = draft.statements.reserve(need)
    return PeerQuestion(
      id: id, need: need,
      request: ReservationRequest(
        statement: try statement(of: need.account, in: need.slot, &draft, db),
        cap: need.allowance.total, approvals: need.allowance.approvals))
  }

  /// Keeps what the others said of themselves.
  func hear(_ word: PeerWord, _ draft: inout LedgerState, _ db: Database) throws {
    guard case .answered(_, _, let heard) = word else { return }
    for statement in heard { try PeerRows.store(statement, &draft, db) }
  }

  /// Answers another terminal of the canteen; what it takes is on disk when this returns, and counts here as
  /// if it had been sold here.
  ///
  /// - Precondition: The caller knows that the terminal of the statement asks, and that it is of this
  ///   canteen.
  /// - Throws: ``JournalError/commitFailed(code:)``: it may or may not be on disk, and must not be said to
  ///   be.
  package func reserve(
    _ request: ReservationRequest
  ) async throws(JournalError) -> ReservationAnswer {
    let (asked, boot) = (request.statement, configuration.readClock())
    return try await write { db, draft in
      let time = draft.clock.reading(boot)
      draft.enforceRulebook(at: time.wallMilliseconds)
      let own = try self.statement(of: asked.account, in: asked.slot, &draft, db)
      let known = try PeerRows.statements(of: asked.account, in: asked.slot, db)
      var beside = KnownSpend()
      try beside.add(own)
      for statement in known where statement.terminal != asked.terminal {
        try beside.add(statement)
      }
      let newest = known.first { $0.terminal == asked.terminal }?.number
      var verdict = try ReservationRule.judge(
        request, newest: newest, beside: beside, status: FedAccount.status(of: asked.account, db),
        rulebook: draft.rulebook)
      let isOfNow = draft.isNear(asked.slot, at: time.wallMilliseconds)
      if verdict == .taken, !isOfNow { verdict = .stale }
      if verdict == .taken, newest == nil, !draft.statements.mayAdd(asked) { verdict = .overCap }
      if verdict == .taken { try PeerRows.store(asked, &draft, db) }
      return ReservationAnswer(verdict: verdict, own: own)
    }
  }

  /// Keeps what another terminal of the canteen says of itself, unless it said something newer before.
  ///
  /// - Precondition: As for ``reserve(_:)``.
  package func hear(_ statements: [SpendStatement]) async throws(JournalError) {
    guard !statements.isEmpty else { return }
    let boot = configuration.readClock()
    try await write { db, draft in
      let wall = draft.clock.reading(boot).wallMilliseconds
      for statement in statements where draft.isNear(statement.slot, at: wall) {
        let isKnown = try PeerRows.statements(of: statement.account, in: statement.slot, db)
          .contains { $0.terminal == statement.terminal }
        guard isKnown || draft.statements.mayAdd(statement) else { continue }
        try PeerRows.store(statement, &draft, db)
      }
    }
  }

  /// What this terminal says of an account in a meal period now.
  package func statement(
    of account: AccountID, in slot: MealKey
  ) async throws(JournalError) -> SpendStatement {
    try await read { db in
      var now = self.state.withLock { $0 }
      let statement = try self.statement(of: account, in: slot, &now, db)
      let statements = now.statements
      self.state.withLock { $0.statements = statements }
      return statement
    }
  }

  private func statement(
    of account: AccountID, in slot: MealKey, _ draft: inout LedgerState, _ db: Database
  ) throws -> SpendStatement {
    let sold = try PeerRows.ownSales(of: account, in: slot, db)
    let reserved = draft.statements.reserved
      .filter { $0.account == account && $0.slot == slot }
      .map { SpendStatement.Entry(position: nil, amount: $0.amount) }
    return SpendStatement(
      terminal: configuration.terminal, account: account, slot: slot,
      number: draft.statements.nextNumber(in: draft.position.epoch), entries: sold + reserved)
  }
}

extension LedgerState {
  /// Whether a meal is of today, yesterday or tomorrow: nobody else's sale is still under way, and nobody
  /// fills the ledger with the days of a century.
  fileprivate func isNear(_ slot: MealKey, at wallMilliseconds: Int64) -> Bool {
    abs(Int64(slot.day) - Int64(localDay(of: wallMilliseconds))) <= 1
  }
}
