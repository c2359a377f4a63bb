import CanteenModel
import TerminalCore

/// The terminals of a canteen that reserve with one another, by the real rules, while their network is whole.
extension WeekRun {
  /// The other terminals of the canteen.
  func neighbours(of index: Int) -> [Int] {
    let first = index / OrdinaryWeek.terminalsPerCanteen * OrdinaryWeek.terminalsPerCanteen
    return (first..<(first + OrdinaryWeek.terminalsPerCanteen)).filter { $0 != index }
  }

  private func reached(from index: Int) -> [Int] {
    guard rulebook.offline.groups != .none else { return [] }
    return neighbours(of: index).filter { terminals[$0].lanPart == terminals[index].lanPart }
  }

  /// Decides with the neighbours that are there, and what they say.
  mutating func decide(
    _ visit: Visit, _ diner: LoneDiner, _ backlog: Backlog
  ) throws -> Authorisation.Decision {
    let index = visit.terminal
    let peers = reached(from: index)
    let groups = rulebook.offline.groups
    let isGroup =
      groups == .any
      ? !peers.isEmpty : groups == .whole && peers.count == neighbours(of: index).count
    let first = try ask(visit, diner, backlog, isGroup ? .askable : .silent)
    guard case .askPeers(let need) = first else { return first }
    let own = statement(of: index, visit.account, need.slot, reserving: need.amount)
    let request = ReservationRequest(
      statement: own, cap: need.allowance.total, approvals: need.allowance.approvals)
    var tally = ReservationTally(
      asked: peers.map(Self.number), others: neighbours(of: index).count, groups: groups)
    for peer in peers {
      let said = statement(of: peer, visit.account, need.slot)
      var beside = KnownSpend()
      try beside.add(said)
      for other in terminals[peer].stated[visit.account]
      where other.terminal != own.terminal && other.slot == need.slot { try beside.add(other) }
      let verdict = try ReservationRule.judge(
        request, newest: nil, beside: beside, status: .active, rulebook: rulebook)
      // What was reserved is replaced by what was sold at once: nothing else happens in between.
      if verdict == .taken { keep(own, visit.account, at: peer) }
      keep(said, visit.account, at: index)
      tally.heard(verdict, from: Self.number(peer))
    }
    let decision = try ask(visit, diner, backlog, tally.isGroup ? .agreed(need) : .notAgreed)
    var sold: [SpendStatement.Entry] = []
    if case .approve(let sale) = decision, sale.total > .zero {
      let count = UInt64(terminals[index].accounts[visit.account].sales.count) + 1
      sold = [SpendStatement.Entry(position: Self.position(count), amount: sale.total)]
    }
    let after = statement(of: index, visit.account, need.slot, beside: sold)
    for peer in peers { keep(after, visit.account, at: peer) }
    return decision
  }

  private func ask(
    _ visit: Visit, _ diner: LoneDiner, _ backlog: Backlog, _ reach: PeerReach
  ) throws -> Authorisation.Decision {
    let terminal = terminals[visit.terminal]
    let slot = rulebook.slot(at: wall)
    var known = KnownSpend()
    var unsettled = Fen.zero
    for (place, peer) in neighbours(of: visit.terminal).enumerated() {
      let settled =
        terminal.isOnline
        ? terminals[peer].settled[visit.account]
        : terminal.cachedSettled.isEmpty ? 0 : terminal.cachedSettled[place][visit.account]
      for statement in terminal.stated[visit.account] where statement.terminal == Self.number(peer)
      {
        if statement.slot == slot { try known.add(statement) }
        unsettled =
          try unsettled
          + statement.unsettled(
            behind: Self.position(UInt64(settled)), isOver: statement.slot < slot)
      }
    }
    return try terminal.accounts[visit.account].decision(
      on: visit.price, of: diner, at: terminal.place, rulebook, backlog,
      centre: terminal.isOnline ? .askable(canLease: false) : .silent,
      neighbours: (reach, known, unsettled), wall: wall)
  }

  /// What a terminal says of an account in a meal.
  private mutating func statement(
    of index: Int, _ account: Int, _ slot: MealKey, reserving amount: Fen? = nil,
    beside sold: [SpendStatement.Entry] = []
  ) -> SpendStatement {
    statements += 1
    let own = terminals[index].accounts[account].slots.last { $0.key == slot }?.entries ?? []
    var entries = own.map { entry in
      SpendStatement.Entry(position: Self.position(UInt64(entry.number)), amount: Fen(entry.fen))
    }
    entries += sold
    if let amount { entries.append(SpendStatement.Entry(position: nil, amount: amount)) }
    return SpendStatement(
      terminal: Self.number(index), account: AccountID(1), slot: slot,
      number: StatementNumber(epoch: Epoch(1), run: 1, count: statements), entries: entries)
  }

  private mutating func keep(_ statement: SpendStatement, _ account: Int, at index: Int) {
    terminals[index].stated[account].removeAll {
      $0.terminal == statement.terminal && $0.slot == statement.slot
    }
    terminals[index].stated[account].append(statement)
  }

  private static func number(_ index: Int) -> TerminalID { TerminalID(UInt32(index) + 1) }

  private static func position(_ number: UInt64) -> JournalPosition {
    JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(number))
  }
}
