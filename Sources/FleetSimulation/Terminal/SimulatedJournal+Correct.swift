import CanteenModel
import SyncProtocol
import TerminalCore

extension SimulatedJournal {
  /// Decides a correction and makes it durable, in the same transaction.
  func correct(_ request: CorrectionRequest, now: ClockReading) throws {
    try write { ledger in
      guard let stored = ledger.stored(request.original), case .sale(let sale) = stored.record.body
      else { return }
      let earlier = (ledger.corrections[request.original] ?? []).compactMap { place in
        if case .correction(let back) = ledger.stored(place)?.record.body { back } else { nil }
      }
      let facts = CorrectionFacts(
        original: EarlierSale(
          position: request.original, time: stored.record.time, sale: sale),
        originalID: stored.head, earlier: earlier, closedUpTo: ledger.closedUpTo)
      let decision = try CorrectionRule.decide(request, facts)
      referee.corrected(request, facts, decision)
      guard case .correct(let correction) = decision else { return }
      let time = memory.clock.stamp(now)
      let position = try append(
        JournalRecord(time: time, body: .correction(correction)), &ledger)
      insert(correction, at: position, time, &ledger)
      memory.unlit.settle(correction.original)
    }
  }

  private func insert(
    _ correction: CorrectionRecord, at position: JournalPosition, _ time: RecordTime,
    _ ledger: inout Ledger
  ) {
    ledger.corrections[correction.original, default: []].append(position)
    let index = ledger.shelf(correction.account)
    for back in correction.returns {
      ledger.shelves[index].sales.append(
        AccountShelf.SaleRow(
          position: position, purse: back.purse, tranche: back.tranche,
          amount: Fen(-back.amount.value), bootMilliseconds: time.bootMilliseconds))
    }
    ledger.shelves[index].count(correction.uncounted, in: correction.slot, sign: -1)
  }

  /// Closes the day. What it counts nobody here checks, so the totals are those of the records kept.
  func closeDay(by identity: OperatorIdentity, now: ClockReading) throws {
    try releaseHolds(now: now)
    try write { ledger in
      try unfold(&ledger)
      let start = max(ledger.closedUpTo, ledger.pruned.position)
      var totals = DayTotals()
      let first = Int(start.sequence.number - ledger.pruned.position.sequence.number)
      for stored in ledger.records[first...] { try totals.add(stored.record) }
      let closed = DayClosed(
        behind: start.sequence == .none ? ledger.closedUpTo : start, totals: totals,
        unsettled: UInt64(ledger.backlog.records), by: identity)
      ledger.closedUpTo = try append(
        JournalRecord(time: memory.clock.stamp(now), body: .dayClosed(closed)), &ledger)
    }
  }

  /// Removes the oldest records that nothing needs any more.
  ///
  /// - Returns: Whether some were removed.
  func prune(now: ClockReading) throws -> Bool {
    let wall = memory.clock.reading(now).wallMilliseconds
    memory.enforce(at: wall)
    guard let rulebook = memory.rulebook else { return false }
    let firstDay = min(
      rulebook.localDay(of: wall - retentionMilliseconds),
      rulebook.slot(at: wall).firstDayOfMonth)
    var count = 0
    let current = disk.content
    while count < Self.recordsAtOnce, count < current.records.count,
      mayGo(count, wall: wall, firstDay: firstDay, current)
    { count += 1 }
    guard count > 0 else { return false }
    try write { ledger in
      for offset in 0..<count { forget(offset, &ledger) }
      let last = ledger.records[count - 1]
      ledger.pruned = Ledger.Pruned(
        position: place(count - 1, ledger), head: last.head)
      ledger.records.removeFirst(count)
    }
    return true
  }

  private static let recordsAtOnce = 32

  private func place(_ offset: Int, _ ledger: Ledger) -> JournalPosition {
    JournalPosition(
      epoch: ledger.position.epoch,
      sequence: SequenceNumber(ledger.pruned.position.sequence.number + UInt64(offset) + 1))
  }

  private func mayGo(
    _ offset: Int, wall: Int64, firstDay: Int32, _ ledger: Ledger
  ) -> Bool {
    let (record, position) = (ledger.records[offset].record, place(offset, ledger))
    #if SEEDED_BUGS
      let isAcked =
        position <= ledger.acknowledged.position || SeededFleetBug.planted == .prunedBeforeAcked
    #else
      let isAcked = position <= ledger.acknowledged.position
    #endif
    guard isAcked, position < ledger.position,
      wall - record.time.wallMilliseconds > retentionMilliseconds
    else { return false }
    switch record.body {
    case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated: return true
    case .correction(let correction):
      return correction.slot.day < firstDay
        && isIncluded(position, for: correction.account, ledger)
    case .sale(let sale):
      return sale.slot.day < firstDay && isIncluded(position, for: sale.account, ledger)
    }
  }

  /// Whether the balance that the centre fed has the record in it.
  private func isIncluded(
    _ position: JournalPosition, for account: AccountID, _ ledger: Ledger
  ) -> Bool {
    #if SEEDED_BUGS
      if SeededFleetBug.planted == .prunedBeforeIncluded { return true }
    #endif
    guard let fed = ledger.shelves[Int(account.number) - 1].fed, let includes = fed.includes
    else { return false }
    return includes >= position
  }

  private func forget(_ offset: Int, _ ledger: inout Ledger) {
    let position = place(offset, ledger)
    switch ledger.records[offset].record.body {
    case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated: break
    case .sale(let sale):
      let index = ledger.shelf(sale.account)
      ledger.shelves[index].forget(position, counter: sale.slot)
      ledger.corrections[position] = nil
    case .correction(let correction):
      let index = ledger.shelf(correction.account)
      ledger.shelves[index].forget(position, counter: nil)
      ledger.corrections[correction.original]?.removeAll { $0 == position }
    }
  }
}
