import CanteenModel
import SyncProtocol
import TerminalCore

extension SimulatedJournal {
  /// Decides one request, or says what the centre must be asked first; durable before it returns.
  ///
  /// - Parameter peers: What the other terminals of the canteen may be asked, or said.
  func authorise(
    _ request: SaleRequest, _ word: Word, _ peers: PeerWord = .nobody, now: ClockReading
  ) throws -> Step {
    guard !isStopped else { return .failed }
    let (step, end) = try disk.commit { ledger in
      hear(word, &ledger)
      hear(peers, &ledger)
      let step = try decide(request, word, peers, now, &ledger)
      try settle(word, now, &ledger)
      // While the centre is asked, what the others have on disk stays reserved.
      if case .decided = step { memory.statements.forget(peers.question) }
      return step
    }
    switch end {
    case .durable: return step
    case .failed:
      #if SEEDED_BUGS
        if SeededFleetBug.planted == .failedCommitIsRetried {
          let (again, _) = try disk.commit { ledger in
            try decide(request, word, peers, now, &ledger)
          }
          return again
        }
        if SeededFleetBug.planted == .failedCommitIsLit { return step }
      #endif
      isStopped = true
      return .failed
    case .powerLost:
      isStopped = true
      return .powerLost
    }
  }

  private func decide(
    _ request: SaleRequest, _ word: Word, _ peers: PeerWord, _ now: ClockReading,
    _ ledger: inout Ledger
  ) throws -> Step {
    let time = memory.clock.stamp(now)
    memory.enforce(at: time.wallMilliseconds)
    let slot =
      memory.rulebook?.slot(at: time.wallMilliseconds) ?? MealKey(day: 0, period: 0)
    if let rulebook = memory.rulebook {
      let day = rulebook.localDay(of: time.wallMilliseconds)
      referee.dated(slot, day, at: time.wallMilliseconds, rulebook)
    }
    let facts = try facts(for: request, word, peers, at: time, slot, ledger)
    let decision = try Authorisation.decide(request, facts, at: time)
    referee.decided(request, facts, at: time, decision)
    switch decision {
    case .approve(let sale):
      let position = try append(JournalRecord(time: time, body: .sale(sale)), &ledger)
      insert(sale, at: position, time, &ledger)
      spend(sale.holds, &ledger)
      return .decided(
        SaleOutcome(verdict: .approved(sale), position: position, diner: nil))
    case .showAgain(let earlier):
      memory.unlit.settle(earlier.position)
      return .decided(
        SaleOutcome(
          verdict: .shownAgain(earlier.sale, at: earlier.time), position: earlier.position,
          diner: nil))
    case .tapAgain:
      return .decided(
        SaleOutcome(verdict: .tapAgain, position: ledger.position, diner: nil))
    case .decline(let decline, let shortfall):
      // A terminal that is retired approves nothing, and says so.
      let position = try refuse(decline, at: time, &ledger)
      return .decided(
        SaleOutcome(
          verdict: .declined(decline, shortfall: shortfall), position: position, diner: nil))
    case .askCentre(let need):
      return .asks(ask(need, &ledger))
    case .askPeers(let need):
      return .asksPeers(try ask(need, ledger))
    }
  }

  private func facts(
    for request: SaleRequest, _ word: Word, _ peers: PeerWord, at time: RecordTime, _ slot: MealKey,
    _ ledger: Ledger
  ) throws(MoneyError) -> SaleFacts {
    let view = try view(for: request, at: time, slot: slot, asked: peers.question, ledger)
    var items: [Item] = []
    if case .items(let lines) = request.price {
      items = ledger.catalogue.filter { item in lines.contains { $0.code == item.code } }
    }
    return SaleFacts(
      rulebook: memory.rulebook, place: ledger.place, account: view, items: items,
      backlog: ledger.backlog, holds: view.map { rests(of: $0.account, ledger) } ?? [],
      centre: reach(word, openHolds: ledger.holds.count), peers: peers.reach)
  }

  /// What a decision would depend on now, and its time; nothing is written.
  func facts(for request: SaleRequest, now: ClockReading) throws -> (SaleFacts, RecordTime)? {
    let time = memory.clock.reading(now)
    guard let rulebook = memory.rulebook else { return nil }
    let slot = rulebook.slot(at: time.wallMilliseconds)
    return (try facts(for: request, .nobody, .nobody, at: time, slot, ledger), time)
  }

  /// What the ledger knows of the account that a credential is bound to.
  private func view(
    for request: SaleRequest, at time: RecordTime, slot: MealKey, asked: PeerQuestion?,
    _ ledger: Ledger
  ) throws(MoneyError) -> AccountView? {
    guard let index = ledger.credentials[request.credential],
      let fed = ledger.shelves[index].fed
    else { return nil }
    var withMonth = false
    if case .items = request.price {
      withMonth = true
      referee.began(slot)
    }
    let rulebook = memory.rulebook
    let others = try self.others(of: index, in: slot, asked: asked, ledger)
    var tranches = ledger.shelves[index].tranches()
    if others.unsettled > .zero {
      let (before, order) = (tranches, rulebook?.spendOrder ?? [])
      let day = rulebook?.localDay(of: time.wallMilliseconds) ?? slot.day
      tranches = try PurseSplit.rest(
        of: before, without: others.unsettled, order: order, on: day)
      referee.rested(tranches, of: before, without: others.unsettled, order, on: day)
    }
    let within = Authorisation.guardMilliseconds(of: request, rulebook: rulebook)
    referee.guarded(within, request, rulebook)
    return AccountView(
      account: fed.account, maskedName: fed.maskedName, status: fed.status,
      category: fed.category, homeCanteen: fed.homeCanteen,
      homePrices: rulebook.map { $0.visitorPricing == .hostStandard ? [:] : fed.homePrices }
        ?? [:],
      trust: rulebook?.offline.trust(of: request.credential.kind) ?? .anonymous,
      tranches: tranches,
      counters: ledger.shelves[index].counters(in: slot, withMonth: withMonth),
      recentSales: recent(index, within: within, before: time, ledger),
      unlitSales: memory.unlit.isEmpty
        ? [] : memory.unlit.sales(of: fed.account, bootMilliseconds: time.bootMilliseconds),
      beside: others.known)
  }

  /// The account's sales within some milliseconds before a moment, newest first, without those that were
  /// corrected.
  private func recent(
    _ index: Int, within milliseconds: Int64, before time: RecordTime, _ ledger: Ledger
  ) -> [EarlierSale] {
    guard milliseconds > 0 else { return [] }
    var found: [EarlierSale] = []
    var last: JournalPosition?
    var looked = 0
    for row in ledger.shelves[index].sales.reversed() where row.position != last {
      last = row.position
      looked += 1
      let isSameBoot = row.position > ledger.bootStart
      let age =
        isSameBoot
        ? time.bootMilliseconds - row.bootMilliseconds : time.bootMilliseconds
      guard looked <= 8, age < milliseconds else { break }
      guard let stored = ledger.stored(row.position), case .sale(let sale) = stored.record.body
      else { continue }
      let passed = time.milliseconds(since: stored.record.time, isSameBoot: isSameBoot)
      referee.aged(passed, time, since: stored.record.time, isSameBoot: isSameBoot)
      guard passed < milliseconds, ledger.corrections[row.position] == nil else { continue }
      found.append(
        EarlierSale(position: row.position, time: stored.record.time, sale: sale))
    }
    return found
  }

  /// The rows that a sale leaves beside its record.
  private func insert(
    _ sale: SaleRecord, at position: JournalPosition, _ time: RecordTime, _ ledger: inout Ledger
  ) {
    let index = ledger.shelf(sale.account)
    let free = Spend(purse: .subsidy, tranche: .none, amount: .zero)
    for spend in sale.spends.isEmpty ? [free] : sale.spends {
      ledger.shelves[index].sales.append(
        AccountShelf.SaleRow(
          position: position, purse: spend.purse, tranche: spend.tranche, amount: spend.amount,
          bootMilliseconds: time.bootMilliseconds))
    }
    ledger.shelves[index].count(SaleCounts(of: sale), in: sale.slot, sign: 1)
  }

  /// The diner of this sale saw no light.
  func markUnlit(_ position: JournalPosition, now: ClockReading) {
    guard let stored = ledger.stored(position), case .sale(let sale) = stored.record.body else {
      return
    }
    memory.unlit.expire(bootMilliseconds: now.bootMilliseconds)
    memory.unlit.add(
      EarlierSale(position: position, time: stored.record.time, sale: sale),
      bootMilliseconds: now.bootMilliseconds)
  }
}
