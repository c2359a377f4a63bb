import CanteenModel
import SyncProtocol
import TerminalCore

extension SimulatedJournal {
  /// So many holds may be open; with more, only what a sale costs is asked for. As the journal's.
  private static let leaseLimit = 4096

  /// As the rules see what was asked and answered.
  func reach(_ word: Word, openHolds: Int) -> CentreReach {
    switch word {
    case .nobody, .answered(_, nil): .silent
    case .askable: .askable(canLease: openHolds < Self.leaseLimit)
    case .answered(_, let answer?):
      if case .refused(let refusal) = answer.verdict { .answered(refusal) } else { .answered(nil) }
    }
  }

  /// What is left of an account's holds, oldest first.
  func rests(of account: AccountID, _ ledger: Ledger) -> [HoldSpend] {
    guard !ledger.holds.isEmpty else { return [] }
    return ledger.holds.compactMap { hold in
      guard hold.account == account, let granted = hold.granted, granted > hold.spent else {
        return nil
      }
      return HoldSpend(hold: hold.id, amount: Fen(granted.value - hold.spent.value))
    }
  }

  /// Notes a request that is about to be asked.
  func ask(_ need: HoldNeed, _ ledger: inout Ledger) -> HoldRequest {
    let request = HoldRequest(
      terminal: terminal, id: HoldID(dice.digest()), account: need.account, asked: need.asked,
      least: need.least, ownSales: ownSales(of: need.account, ledger),
      echoedNonce: ledger.acknowledged.nonce, challenge: dice.digest())
    referee.same(need.isLease, need.asked.value > need.least.value, "\(need) is a lease")
    ledger.holds.append(
      Ledger.Hold(
        id: request.id, account: need.account, asked: need.asked, isLease: need.isLease))
    return request
  }

  /// Takes what the centre said, before the rules are judged again.
  func hear(_ word: Word, _ ledger: inout Ledger) {
    guard case .answered(let asked, let answer?) = word else { return }
    let index = ledger.holds.firstIndex { $0.id == asked.id }
    switch answer.verdict {
    case .granted(let amount):
      if let index, ledger.holds[index].granted == nil { ledger.holds[index].granted = amount }
    case .refused:
      if let index { ledger.holds.remove(at: index) }
    }
    if let row = answer.account { refresh(row, &ledger) }
  }

  /// Takes a sale's parts from their holds.
  func spend(_ spends: [HoldSpend], _ ledger: inout Ledger) {
    for spend in spends {
      guard let index = ledger.holds.firstIndex(where: { $0.id == spend.hold }) else {
        preconditionFailure("a sale takes from a hold that is there")
      }
      ledger.holds[index].spent = Fen(ledger.holds[index].spent.value + spend.amount.value)
    }
    if !spends.isEmpty {
      ledger.holds.removeAll { hold in hold.granted.map { hold.spent >= $0 } ?? false }
    }
  }

  /// After the decision: what was granted and is of no more use is given back.
  func settle(_ word: Word, _ now: ClockReading, _ ledger: inout Ledger) throws {
    guard case .answered(let asked, _) = word else { return }
    let isUsedLease = ledger.holds.contains {
      $0.id == asked.id && $0.isLease && $0.spent > .zero
    }
    if isUsedLease { return }
    #if SEEDED_BUGS
      if SeededFleetBug.planted == .unusedHoldIsKept { return }
    #endif
    try release(HoldReleased(hold: asked.id, account: asked.account), &ledger, now)
  }

  /// Writes that a hold is given back, unless nothing is left of it.
  func release(_ hold: HoldReleased, _ ledger: inout Ledger, _ now: ClockReading) throws {
    guard let index = ledger.holds.firstIndex(where: { $0.id == hold.hold }) else { return }
    ledger.holds.remove(at: index)
    try append(
      JournalRecord(time: memory.clock.stamp(now), body: .holdReleased(hold)), &ledger)
  }

  /// Gives back what is left of every lease.
  func releaseHolds(now: ClockReading) throws {
    let open = ledger.holds.filter { $0.granted != nil }
    guard !open.isEmpty else { return }
    try write { ledger in
      for hold in open {
        try release(HoldReleased(hold: hold.id, account: hold.account), &ledger, now)
      }
    }
  }

  /// The account's sales that no hold paid for and that its fed row does not include, in order.
  private func ownSales(of account: AccountID, _ ledger: Ledger) -> [HoldRequest.OwnSale] {
    let shelf = ledger.shelves[Int(account.number) - 1]
    var sales: [HoldRequest.OwnSale] = []
    var last: JournalPosition?
    for row in shelf.sales where row.position != last {
      if let includes = shelf.fed?.includes, row.position <= includes { continue }
      last = row.position
      guard let stored = ledger.stored(row.position), case .sale(let sale) = stored.record.body
      else { continue }
      var amount = sale.total.value
      for hold in sale.holds { amount -= hold.amount.value }
      for place in ledger.corrections[row.position] ?? [] {
        guard case .correction(let back) = ledger.stored(place)?.record.body else { continue }
        amount -= back.total.value
      }
      guard amount > 0 else { continue }
      sales.append(HoldRequest.OwnSale(position: row.position, amount: Fen(amount)))
    }
    let surplus = sales.count - HoldRequest.ownSaleLimit
    guard surplus > 0 else { return sales }
    let sum = sales[...surplus].reduce(Int64(0)) { $0 + $1.amount.value }
    let folded = HoldRequest.OwnSale(position: sales[surplus].position, amount: Fen(sum))
    return [folded] + sales[(surplus + 1)...]
  }
}
