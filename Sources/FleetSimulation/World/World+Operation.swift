import CanteenModel
import SeededRandom
import SyncProtocol
import TerminalCore

/// What people behind the counter do, and what a terminal does by itself at night; and the healing.
extension World {
  /// Every few hours somebody tops up, voids or refunds.
  func operate() {
    guard !isHealing else { return }
    heap.push(.operate, at: now + people.between(900_000, 5_400_000))
    for _ in 0..<(1 + plan.accounts / 12) {
      let account = people.below(plan.accounts)
      guard spendable(account) < 60_000 else { continue }
      topUp(
        account, Fen(people.between(500, 12_000)),
        people.chance(permille: 600) ? .personal : .subsidy)
    }
    guard options.kinds.contains(.corrections) else { return }
    let device = devices[people.below(devices.count)]
    guard device.isUp, !device.isGone else { return }
    let ledger = device.journal.ledger
    guard !ledger.records.isEmpty else { return }
    let place = people.below(ledger.records.count)
    let kinds: [CorrectionKind] = [.void, .refund, .refund, .reversal]
    let kind = kinds[people.below(kinds.count)]
    let request = CorrectionRequest(
      kind: kind,
      original: JournalPosition(
        epoch: ledger.position.epoch,
        sequence: SequenceNumber(ledger.pruned.position.sequence.number + UInt64(place) + 1)),
      amount: kind == .refund && people.chance(permille: 600) ? Fen(people.between(1, 900)) : nil,
      by: Self.cashier, note: "")
    attempt { try device.journal.correct(request, now: device.reading(now)) }
    end(device)
  }

  /// What an account may spend today, in fen: what ended with its tranche is no reason to give it nothing.
  private func spendable(_ account: Int) -> Int64 {
    let today = Int32((now - WorldPlan.beginning) / WorldPlan.dayMilliseconds) + WorldPlan.firstDay
    return centre.tables.accounts[account].tranches.reduce(0) { sum, tranche in
      tranche.amount < .zero || tranche.isOpen(on: today) ? sum + tranche.amount.value : sum
    }
  }

  private static let cashier = OperatorIdentity(userID: 1_000, name: "cashier")

  /// What a terminal does by itself, four times a day.
  func keep(_ device: Device) {
    guard !device.isGone else { return }
    heap.push(.keep(device: device.index), at: now + 6 * 3_600_000)
    guard device.isUp else { return }
    attempt {
      try device.journal.unfoldDeclines(now: device.reading(now))
      if plan.groups != .none { try device.journal.forgetStatements(now: device.reading(now)) }
      var rounds = 0
      while !device.journal.isStopped, rounds < 32,
        try device.journal.prune(now: device.reading(now))
      {
        rounds += 1
      }
      if !isHealing, people.chance(permille: 300), !device.journal.isStopped {
        try device.journal.closeDay(by: Self.cashier, now: device.reading(now))
      }
    }
    let pruned = device.journal.ledger.pruned.position.sequence.number
    hearRecords(device)
    if !device.journal.isStopped {
      witness.report(witness.devices[device.index].removed(upTo: pruned))
    }
    end(device)
    if witness.violation == nil { witness.report(witness.audit.compare(centre.tables)) }
  }

  /// After something that may have stopped the journal.
  private func end(_ device: Device) {
    hearRecords(device)
    guard device.journal.isStopped, device.isUp else { return }
    // Whether the power went or the commit failed, the next opening shows what is there.
    programDies(device)
  }

  /// All faults end: links and machines are there again, and disks honest.
  func heal() {
    isHealing = true
    centre.isUp = true
    centre.fate = .synced
    centre.postsLater = false
    postWaiting()
    for device in devices where !device.isGone {
      (device.sendsOut, device.hears) = (true, true)
      device.lanPart = 0
      device.journal.disk.next = .synced
      device.journal.disk.lies = 0
      device.journal.disk.isFull = false
      if !device.isUp { open(device) }
      device.generation += 1
      heap.push(
        .wake(device: device.index, generation: device.generation), at: now + 60_000)
    }
  }

  /// Whether every ledger is settled and fed.
  var isSettled: Bool {
    devices.allSatisfy { device in
      let ledger = device.journal.ledger
      return device.isGone
        || (device.isUp && ledger.acknowledged.position == ledger.position
          && device.pending == nil
          && (ledger.feedCursor == centre.tables.feedVersion || !isOwedFeed(device)))
    }
  }

  /// What is set aside is what some ledger may still spend, and nobody waits for an answer any more.
  private func checkHolds() {
    for (index, file) in centre.tables.terminals.enumerated() {
      let own = devices.filter { Int($0.terminal.number) == index + 1 }
      // A disk that died, lied or was copied takes its holds with it: an operator gives those up.
      guard !wasSetBack.contains(TerminalID(UInt32(index) + 1)) else { continue }
      let kept = own.flatMap { $0.journal.ledger.holds }
      for hold in kept where hold.granted == nil || (!hold.isLease && hold.spent == .zero) {
        witness.report("I12: a hold of \(hold.asked) is neither spent nor given back")
      }
      let open = file.holds.filter { $0.value.closed == nil }
      let known = Set(kept.map(\.id))
      if open.contains(where: { !known.contains($0.key) }) {
        witness.report("I12: the centre keeps set aside what no ledger of \(index + 1) has")
      }
    }
  }

  /// What must hold when all is quiet.
  func finish() {
    if !isSettled {
      let lines = devices.map { device in
        let ledger = device.journal.ledger
        return "\(device.terminal): \(ledger.acknowledged.position.sequence) of "
          + "\(ledger.position.sequence) settled, fed \(ledger.feedCursor) of "
          + "\(centre.tables.feedVersion)"
      }
      witness.report("I12: not settled two days after the last fault: \(lines)")
    }
    witness.report(witness.audit.compare(centre.tables))
    witness.finish()
    checkHolds()
    for device in devices where device.isCopied && !flagged.contains(device.terminal) {
      witness.report("I5: terminal \(device.terminal) was copied and nobody was told")
    }
  }
}
