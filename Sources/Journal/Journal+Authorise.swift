package import CanteenModel
import GRDB
import SyncProtocol
import Synchronization
import TerminalCore

extension Journal {
  /// Decides one request and makes the decision durable, in the same transaction.
  ///
  /// When this returns, a power cut can no longer lose the decision. Requests that wait together
  /// commit as one group; each sees the spending of those before it.
  ///
  /// - Throws: ``JournalError/commitFailed(code:)``: the record may or may not be on disk. Never
  ///   retry and never light; stop, reopen and reconcile. ``JournalError/requestFailed(_:)``: this
  ///   request alone was rolled back and nothing of it is on disk.
  package func authorise(_ request: SaleRequest) async throws(JournalError) -> SaleOutcome {
    guard case .decided(let outcome) = try await submit(request, .nobody) else {
      preconditionFailure("nobody can be asked")
    }
    return outcome
  }

  /// Puts a request into the next group.
  func submit(
    _ request: SaleRequest, _ centre: CentreWord, _ peers: PeerWord = .nobody
  ) async throws(JournalError) -> SaleStep {
    let result = await withCheckedContinuation { answer in
      let mustDrain: Bool? = waitingRoom.withLock { room in
        if room.isStopped { return nil }
        if room.isChecking { connection.interrupt() }
        return room.enter(
          WaitingRoom.Waiting(
            request: request, centre: centre, peers: peers, answer: answer))
      }
      switch mustDrain {
      case nil: answer.resume(returning: .failure(.stopped))
      case .some(true): drainNextGroup()
      case .some(false): break
      }
    }
    return try result.get()
  }

  /// A task on ``executor`` is about to go on, and cannot say so itself: SQLite's check of a table would be
  /// in its way.
  func makeWay() {
    waitingRoom.withLock { room in if room.isChecking { connection.interrupt() } }
  }

  /// Puts the next group behind whatever already waits for the connection, so that acks and feed
  /// pages get their turn too.
  private func drainNextGroup() {
    connection.asyncWriteWithoutTransaction { db in
      self.commit(self.waitingRoom.withLock { $0.nextGroup() }, db)
      if self.waitingRoom.withLock({ $0.isDrained() }) { return }
      self.drainNextGroup()
    }
  }

  /// Decides a group in one transaction, commits it, and only then answers.
  private func commit(_ group: [WaitingRoom.Waiting], _ db: Database) {
    var draft = state.withLock { $0 }
    #if SEEDED_BUGS
      var group = group
    #endif
    do {
      #if SEEDED_BUGS
        try seeded.look(at: group, draft, configuration.readClock(), db)
      #endif
      guard !waitingRoom.withLock({ $0.isStopped }) else { throw JournalError.stopped }
      // Cached statements: GRDB's own begin and commit are parsed anew for each group.
      try LedgerStatement(db, "BEGIN IMMEDIATE TRANSACTION").run()
      var results: [Result<SaleStep, JournalError>] = []
      for member in group {
        results.append(try decideAlone(member, &draft, db))
      }
      #if SEEDED_BUGS
        group = seeded.answer(group, results)
        try seeded.commit(db)
      #else
        try LedgerStatement(db, "COMMIT TRANSACTION").run()
      #endif
      let committed = draft
      let before = state.withLock { state in
        defer { state = committed }
        return state.position.sequence.number
      }
      for (member, result) in zip(group, results) { member.answer.resume(returning: result) }
      changed.yield()
      let looks = (before, committed.position.sequence.number)
      if looks.0 / Self.recordsBetweenLooks < looks.1 / Self.recordsBetweenLooks {
        lookAtRoom(mayMake: false)
      }
    } catch {
      let failure = stop(after: error, db)
      for member in group { member.answer.resume(returning: .failure(failure)) }
    }
  }

  /// Decides one member of a group. If that fails, it alone is rolled back.
  ///
  /// - Throws: When even the roll-back failed, so that the group cannot stand.
  private func decideAlone(
    _ member: WaitingRoom.Waiting, _ draft: inout LedgerState, _ db: Database
  ) throws -> Result<SaleStep, JournalError> {
    let before = draft
    try LedgerStatement(db, "SAVEPOINT member").run()
    do {
      try hear(member.centre, &draft, db)
      try hear(member.peers, &draft, db)
      let step = try decide(member, &draft, db)
      try settle(member.centre, &draft, db)
      // While the centre is asked, what the others have on disk stays reserved.
      if case .decided = step { draft.statements.forget(member.peers.question) }
      try LedgerStatement(db, "RELEASE member").run()
      return .success(step)
    } catch {
      draft = before
      // A disk that fails is no matter of this request: the group must not stand on it.
      if let error = error as? DatabaseError, error.isOfTheDisk { throw error }
      try LedgerStatement(db, "ROLLBACK TO member").run()
      try LedgerStatement(db, "RELEASE member").run()
      return .failure(.requestFailed("\(JournalError(error))"))
    }
  }

  /// Reads what the decision depends on, decides, and writes what came of it.
  private func decide(
    _ member: WaitingRoom.Waiting, _ draft: inout LedgerState, _ db: Database
  ) throws -> SaleStep {
    let request = member.request
    let time = draft.clock.stamp(configuration.readClock())
    let wall = time.wallMilliseconds
    draft.presentedAtBoot = time.bootMilliseconds
    draft.enforceRulebook(at: wall)
    let slot = draft.slot(at: wall)
    let day = draft.localDay(of: wall)
    #if SEEDED_BUGS
      let view =
        try seeded.view(of: request)
        ?? AccountView.read(
          db, for: request, at: time, slot: slot, draft, asked: member.peers.question)
    #else
      let view = try AccountView.read(
        db, for: request, at: time, slot: slot, draft, asked: member.peers.question)
    #endif
    let facts = SaleFacts(
      rulebook: draft.rulebook, place: draft.place, account: view,
      items: try Catalogue.items(of: request, db), backlog: draft.backlog,
      holds: draft.openHolds > 0
        ? try view.map { try HoldRows.rests(of: $0.account, db) } ?? [] : [],
      centre: member.centre.reach(openHolds: draft.openHolds), peers: member.peers.reach)
    let decision = try Authorisation.decide(request, facts, at: time)
    if let outcome = withoutRecord(decision, request, draft) { return .decided(outcome) }
    switch decision {
    case .approve(let sale):
      let position = try append(JournalRecord(time: time, body: .sale(sale)), &draft, db)
      #if SEEDED_BUGS
        try seeded.insert(sale, at: position, time, db)
      #else
        try SaleRows.insert(sale, at: position, time, db)
      #endif
      draft.openHolds -= try HoldRows.spend(sale.holds, db)
      return .decided(
        SaleOutcome(
          verdict: .approved(sale), position: position,
          diner: try view?.diner(after: sale, on: day)))
    case .showAgain(let earlier):
      draft.today.countShownAgain(at: time)
      draft.unlit.settle(earlier.position)
      return .decided(
        SaleOutcome(
          verdict: .shownAgain(earlier.sale, at: earlier.time), position: earlier.position,
          diner: try view?.diner(after: nil, on: day)))
    case .tapAgain:
      return .decided(
        SaleOutcome(
          verdict: .tapAgain, position: draft.position,
          diner: try view?.diner(after: nil, on: day)))
    case .decline(let decline, let shortfall):
      let position = try refuse(decline, at: time, &draft, db)
      return .decided(
        SaleOutcome(
          verdict: .declined(decline, shortfall: shortfall), position: position,
          diner: try view?.diner(after: nil, on: day)))
    case .askCentre(let need):
      return .asks(try ask(need, &draft, db))
    case .askPeers(let need):
      return .asksPeers(try ask(need, &draft, db))
    }
  }

  /// Writes a record and moves the chain to it.
  func append(
    _ record: JournalRecord, _ draft: inout LedgerState, _ db: Database
  ) throws -> JournalPosition {
    try unfold(&draft, db)
    let position = JournalPosition(
      epoch: draft.position.epoch, sequence: draft.position.sequence.next)
    let bytes = try RecordCodec.encode(record)
    #if SEEDED_BUGS
      let previous = seeded.bug == .headNotChained ? .zero : draft.head
    #else
      let previous = draft.head
    #endif
    let head = Chain.head(
      after: previous, record: bytes, terminal: configuration.terminal, position: position)
    try RecordRow.insert(bytes, record.time, head, at: position, db)
    if case .sale(let sale) = record.body {
      draft.unsettledTotal = try draft.unsettledTotal + sale.total
    }
    if draft.unsettledSince == nil { draft.unsettledSince = record.time.wallMilliseconds }
    try LedgerStatement(
      db, "UPDATE terminal_state SET sequence = ?, head = ?, unsettled_fen = ?"
    ).run(
      .integer(Int64(position.sequence.number)), .bytes(head.bytes),
      .integer(draft.unsettledTotal.value))
    draft.position = position
    draft.head = head
    draft.today.count(record)
    return position
  }

  /// The diner of this sale saw no light: an equal presentation within
  /// ``UnlitSales/windowMilliseconds`` is shown the sale and not charged.
  package func markUnlit(_ position: JournalPosition) async throws(JournalError) {
    try await read { db in
      let earlier = try SaleRows.read(position, db)
      let now = self.configuration.readClock().bootMilliseconds
      self.state.withLock { state in
        state.unlit.expire(bootMilliseconds: now)
        state.unlit.add(earlier, bootMilliseconds: now)
      }
    }
  }
}

extension DatabaseError {
  /// Whether SQLite found that the file contradicts itself.
  var saysDamage: Bool { [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(resultCode) }

  /// Whether the file or the disk under it failed, so that nothing more can be built on it.
  var isOfTheDisk: Bool {
    [.SQLITE_IOERR, .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CANTOPEN, .SQLITE_READONLY]
      .contains(resultCode)
  }
}
