import CanteenModel
import SyncProtocol
import TerminalCore

/// What the other terminals of the canteen are asked for one presentation.
struct PeerQuestion {
  let id: UInt64
  let need: PeerNeed
  let request: ReservationRequest
}

/// What a presentation may ask of the other terminals, or heard from them.
enum PeerWord {
  case nobody
  case askable
  case answered(PeerQuestion, isGroup: Bool, heard: [SpendStatement])

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

/// What a terminal has in memory of what it says to others: reservations die with the process.
struct OwnStatements {
  struct Reserved {
    let id: UInt64
    let account: AccountID
    let slot: MealKey
    let amount: Fen
  }

  private(set) var reserved: [Reserved] = []
  private var count: UInt32 = 0
  private var asked: UInt64 = 0

  mutating func reserve(_ need: PeerNeed) -> UInt64 {
    asked += 1
    reserved.append(
      Reserved(id: asked, account: need.account, slot: need.slot, amount: need.amount))
    return asked
  }

  mutating func forget(_ question: PeerQuestion?) {
    guard let question else { return }
    reserved.removeAll { $0.id == question.id }
  }

  mutating func nextNumber(in epoch: Epoch, run: UInt32) -> StatementNumber {
    count += 1
    return StatementNumber(epoch: epoch, run: run, count: count)
  }
}

extension SimulatedJournal {
  /// What is known beside this terminal's own sales of an account: in the slot, and in all that the balance does not
  /// have yet.
  func others(
    of index: Int, in slot: MealKey, asked: PeerQuestion?, _ ledger: Ledger
  ) throws(MoneyError) -> (known: KnownSpend, unsettled: Fen) {
    var known = KnownSpend()
    for reserved in memory.statements.reserved
    where reserved.account.number == Int64(index) + 1 && reserved.slot == slot
      && reserved.id != asked?.id
    {
      try known.add(reserved.amount, approvals: 1)
    }
    var unsettled = Fen.zero
    for statement in ledger.shelves[index].others {
      if statement.slot == slot {
        var one = KnownSpend()
        try one.add(statement)
        referee.summed(one, [statement])
        try known.add(statement)
      }
      let included = ledger.shelves[index].fed?.peerIncludes
        .first { $0.terminal == statement.terminal }?.position
      let isOver = statement.slot < slot
      let part = try statement.unsettled(behind: included, isOver: isOver)
      referee.reckoned(part, statement, behind: included, isOver: isOver)
      unsettled = try unsettled + part
    }
    return (known, unsettled)
  }

  /// Reserves what is needed, in memory, and says what the others are to be sent.
  func ask(_ need: PeerNeed, _ ledger: Ledger) throws(MoneyError) -> PeerQuestion {
    let id = memory.statements.reserve(need)
    return PeerQuestion(
      id: id, need: need,
      request: ReservationRequest(
        statement: try statement(of: need.account, in: need.slot, ledger),
        cap: need.allowance.total, approvals: need.allowance.approvals))
  }

  /// Keeps what the others said of themselves.
  func hear(_ word: PeerWord, _ ledger: inout Ledger) {
    guard case .answered(_, _, let heard) = word else { return }
    for statement in heard { keep(statement, &ledger) }
  }

  /// Answers another terminal of the canteen.
  ///
  /// - Returns: The answer, and how the commit ended: it may be given only when it is durable.
  func reserve(
    _ request: ReservationRequest, now: ClockReading
  ) throws -> (answer: ReservationAnswer, end: SimulatedDisk<Ledger>.End) {
    let (answer, end) = try disk.commit { ledger in
      let wall = memory.clock.reading(now).wallMilliseconds
      memory.enforce(at: wall)
      let asked = request.statement
      let own = try statement(of: asked.account, in: asked.slot, ledger)
      let index = ledger.shelf(asked.account)
      let known = ledger.shelves[index].others.filter { $0.slot == asked.slot }
      let others = [own] + known.filter { $0.terminal != asked.terminal }
      var beside = KnownSpend()
      for statement in others { try beside.add(statement) }
      referee.summed(beside, others)
      let newest = known.first { $0.terminal == asked.terminal }?.number
      let status = ledger.shelves[index].fed?.status
      var verdict = try ReservationRule.judge(
        request, newest: newest, beside: beside, status: status, rulebook: memory.rulebook)
      referee.judged(
        request, newest: newest, beside: beside, status, memory.rulebook, verdict)
      if verdict == .taken, !isNear(asked.slot, at: wall) { verdict = .stale }
      #if SEEDED_BUGS
        if verdict == .taken, SeededFleetBug.planted == .takenAndNotKept {
          return ReservationAnswer(verdict: verdict, own: own)
        }
      #endif
      if verdict == .taken { keep(asked, &ledger) }
      return ReservationAnswer(verdict: verdict, own: own)
    }
    if end != .durable { isStopped = true }
    return (answer, end)
  }

  /// Keeps what another terminal says of itself, and where its chain ends.
  func hear(_ news: PeerNews, now: ClockReading) throws -> SimulatedDisk<Ledger>.End {
    try write { ledger in
      let wall = memory.clock.reading(now).wallMilliseconds
      for statement in news.statements where isNear(statement.slot, at: wall) {
        keep(statement, &ledger)
      }
      guard let head = news.head else { return }
      if let place = ledger.witnessed.firstIndex(where: {
        $0.head.terminal == head.claim.terminal
      }) {
        guard ledger.witnessed[place].head.position < head.claim.position else { return }
        ledger.witnessed.remove(at: place)
      }
      ledger.witnessed.append(Ledger.Witnessed(head: head.claim, bytes: head.bytes))
    }
  }

  /// Removes what was stated of days long past.
  func forgetStatements(now: ClockReading) throws {
    let oldest = localDay(at: memory.clock.reading(now).wallMilliseconds) - 7
    guard
      ledger.shelves.contains(where: { shelf in shelf.others.contains { $0.slot.day < oldest } })
    else { return }
    try write { ledger in
      for index in ledger.shelves.indices {
        ledger.shelves[index].others.removeAll { $0.slot.day < oldest }
      }
    }
  }

  /// What this terminal says of an account in a slot now, under a new number.
  func statement(
    of account: AccountID, in slot: MealKey, _ ledger: Ledger
  ) throws(MoneyError) -> SpendStatement {
    let reserved = memory.statements.reserved
      .filter { $0.account == account && $0.slot == slot }
      .map { SpendStatement.Entry(position: nil, amount: $0.amount) }
    let position = ledger.position
    return SpendStatement(
      terminal: terminal, account: account, slot: slot,
      number: memory.statements.nextNumber(in: position.epoch, run: ledger.openings),
      entries: try ownSales(of: account, in: slot, ledger) + reserved)
  }

  /// What this terminal sold in a slot without the centre, in order; what went back is taken off.
  private func ownSales(
    of account: AccountID, in slot: MealKey, _ ledger: Ledger
  ) throws(MoneyError) -> [SpendStatement.Entry] {
    let index = Int(account.number) - 1
    guard index < ledger.shelves.count else { return [] }
    var entries: [SpendStatement.Entry] = []
    var last: JournalPosition?
    for row in ledger.shelves[index].sales.reversed() where row.position != last {
      last = row.position
      guard case .sale(let sale) = ledger.stored(row.position)?.record.body else { continue }
      // Record time never falls, and a meal may go beyond midnight.
      guard sale.slot.day >= slot.day - 1 else { break }
      guard sale.slot == slot, sale.place != .online else { continue }
      var amount = sale.total
      for place in ledger.corrections[row.position] ?? [] {
        guard case .correction(let back) = ledger.stored(place)?.record.body else { continue }
        amount = try amount - back.total
      }
      if amount > .zero {
        entries.append(SpendStatement.Entry(position: row.position, amount: amount))
      }
    }
    return entries.reversed()
  }

  /// Keeps a statement unless a newer one of its terminal is here.
  private func keep(_ statement: SpendStatement, _ ledger: inout Ledger) {
    let index = ledger.shelf(statement.account)
    let place = ledger.shelves[index].others.firstIndex {
      $0.terminal == statement.terminal && $0.slot == statement.slot
    }
    guard let place else {
      ledger.shelves[index].others.append(statement)
      return
    }
    #if SEEDED_BUGS
      let isOlder =
        ledger.shelves[index].others[place].number >= statement.number
        && SeededFleetBug.planted != .olderStatementStands
    #else
      let isOlder = ledger.shelves[index].others[place].number >= statement.number
    #endif
    if !isOlder { ledger.shelves[index].others[place] = statement }
  }

  private func localDay(at wallMilliseconds: Int64) -> Int32 {
    memory.rulebook?.localDay(of: wallMilliseconds) ?? 0
  }

  /// Whether a slot is of today, yesterday or tomorrow.
  private func isNear(_ slot: MealKey, at wallMilliseconds: Int64) -> Bool {
    abs(Int64(slot.day) - Int64(localDay(at: wallMilliseconds))) <= 1
  }
}
