import CanteenModel
import SeededRandom
import TerminalCore

/// Corrections and reservations that nobody asks for in a world.
extension World {
  func drillCorrection(_ device: Device) {
    let ledger = device.journal.ledger
    let sold = ledger.records.suffix(40).enumerated().compactMap { offset, stored in
      if case .sale(let sale) = stored.record.body { (offset, sale) } else { nil }
    }
    guard !sold.isEmpty else { return }
    let (offset, own) = sold[drills.below(sold.count)]
    guard let sale = drills.chance(permille: 500) ? own : drilledSale(own) else { return }
    let place = JournalPosition(
      epoch: Epoch(1), sequence: SequenceNumber(UInt64(offset + 10)))
    let original = EarlierSale(
      position: place,
      time: RecordTime(wallMilliseconds: now, bootMilliseconds: 1, isTrusted: true), sale: sale)
    var earlier: [CorrectionRecord] = []
    attempt {
      for _ in 0..<3 {
        let closed = drills.between(-2, 1) + Int64(place.sequence.number)
        let facts = CorrectionFacts(
          original: original, originalID: .zero, earlier: earlier,
          closedUpTo: JournalPosition(
            epoch: Epoch(1), sequence: SequenceNumber(UInt64(max(0, closed)))))
        let amounts: [Int64?] = [
          nil, nil, 0, -1, 1, 100, sale.total.value, sale.total.value - 1, sale.total.value + 1,
        ]
        let request = CorrectionRequest(
          kind: CorrectionKind.allCases[drills.below(3)], original: place,
          amount: amounts[drills.below(9)].map { Fen($0) },
          by: OperatorIdentity(userID: 1, name: "cashier"), note: "")
        let decision = try CorrectionRule.decide(request, facts)
        referee.corrected(request, facts, decision)
        if case .correct(let correction) = decision { earlier.append(correction) }
      }
    }
  }

  /// A sale with items, guests, several payers, elsewhere decided.
  private func drilledSale(_ own: SaleRecord) -> SaleRecord? {
    let parts = (0..<(1 + drills.below(3))).map { number in
      Spend(
        purse: number == 0 ? .personal : .subsidy, tranche: TrancheID(Int64(number)),
        amount: Fen(drills.between(1, 9) * 75))
    }
    let items = WorldPlan.catalogue.filter { _ in drills.chance(permille: 300) }.map { item in
      SoldItem(code: item.code, category: item.category, quantity: 1, price: item.price)
    }
    let isByItems = drills.chance(permille: 500) && !items.isEmpty
    let cost = items.reduce(Int64(0)) { $0 + $1.price.value }
    // try?: small amounts sum.
    return try? SaleRecord(
      account: own.account, lane: own.lane, medium: .face, mode: isByItems ? .items : .fixedPrice,
      slot: own.slot,
      spends: isByItems ? [Spend(purse: .personal, tranche: .none, amount: Fen(cost))] : parts,
      place: DecisionPlace.allCases[drills.below(3)], rulebookVersion: 1,
      isGuest: !isByItems && drills.chance(permille: 300), items: isByItems ? items : [])
  }

  func drillReservation(_ device: Device) {
    let account = AccountID(Int64(1 + drills.below(plan.accounts)))
    let slot = MealKey(day: WorldPlan.firstDay, period: 2)
    let asked = statement(of: TerminalID(8), account, slot)
    let other = statement(of: TerminalID(9), account, slot)
    attempt {
      var beside = KnownSpend()
      try beside.add(other)
      referee.summed(beside, [other])
      let sums = RuledNeighbour.known([asked, other])
      let caps: [Int64] = [sums.fen - 1, sums.fen, 4_000, 1_600]
      let counts = [sums.approvals - 1, sums.approvals, 2, 9]
      let request = ReservationRequest(
        statement: asked, cap: Fen(caps[drills.below(4)]), approvals: counts[drills.below(4)])
      let newest: StatementNumber? =
        drills.chance(permille: 300) ? nil : statement(of: TerminalID(8), account, slot).number
      let statuses: [AccountStatus?] = [nil, .active, .active, .reportedLost, .closed]
      let (status, version) = (statuses[drills.below(5)], Int64(2 + drills.below(200)))
      let rulebook =
        drills.chance(permille: 50)
        ? nil
        : plan.rulebook(
          version: version, from: 0, groups: PeerGrouping.allCases[drills.below(3)])
      let verdict = try ReservationRule.judge(
        request, newest: newest, beside: beside, status: status, rulebook: rulebook)
      referee.judged(request, newest: newest, beside: beside, status, rulebook, verdict)
      let included: JournalPosition? =
        drills.chance(permille: 300)
        ? nil
        : JournalPosition(
          epoch: Epoch(UInt32(1 + drills.below(2))),
          sequence: SequenceNumber(UInt64(drills.below(6))))
      let isOver = drills.chance(permille: 500)
      let part = try asked.unsettled(behind: included, isOver: isOver)
      referee.reckoned(part, asked, behind: included, isOver: isOver)
    }
  }

  private func statement(
    of terminal: TerminalID, _ account: AccountID, _ slot: MealKey
  ) -> SpendStatement {
    let entries = (0..<drills.below(4)).map { _ in
      SpendStatement.Entry(
        position: drills.chance(permille: 300)
          ? nil
          : JournalPosition(
            epoch: Epoch(UInt32(1 + drills.below(2))),
            sequence: SequenceNumber(UInt64(1 + drills.below(5)))),
        amount: Fen(drills.between(1, 9) * 300))
    }
    return SpendStatement(
      terminal: terminal, account: account, slot: slot,
      number: StatementNumber(
        epoch: Epoch(1), run: UInt32(1 + drills.below(2)), count: UInt32(1 + drills.below(3))),
      entries: entries)
  }
}
