import CanteenModel
import RecordingDisk
import SyncProtocol

/// Reckons from the record bytes what a ledger must hold, and compares: none of the journal's own SQL
/// has a hand in it.
struct LedgerAudit {
  private struct SaleAt {
    let position: JournalPosition
    let time: RecordTime
    let sale: SaleRecord
  }

  private struct CorrectionAt {
    let position: JournalPosition
    let time: RecordTime
    let correction: CorrectionRecord
  }

  let facts: LedgerFacts
  let pages: [FeedPage]
  /// Also those whose records were removed.
  private let sales: [SaleAt]
  private let corrections: [CorrectionAt]
  /// What the terminal knows of each account.
  private let fed: [Int64: AccountSnapshot]
  /// The record that was removed last, as it once was.
  private let lastPruned: LedgerFacts.Record?
  private let unreadable: [PowerCutFinding]

  /// - Parameter past: Every record that the ledger ever had, for those that were removed.
  init(_ facts: LedgerFacts, pages: [FeedPage], past: [JournalPosition: LedgerFacts.Record]) {
    self.facts = facts
    self.pages = pages
    fed = pages.accounts(knownTo: facts)
    lastPruned = past[facts.pruned]
    let removed = past.values.filter { $0.position <= facts.pruned }
      .sorted { $0.position < $1.position }
    var sales: [SaleAt] = []
    var corrections: [CorrectionAt] = []
    var unreadable: [PowerCutFinding] = []
    for record in removed + facts.records {
      do {
        let read = try RecordCodec.decode(record.bytes)
        if read.time.wallMilliseconds != record.wallMilliseconds {
          unreadable.append(.init(check: .rows, text: "a record's row has another time"))
        }
        switch read.body {
        case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated: break
        case .sale(let sale):
          sales.append(SaleAt(position: record.position, time: read.time, sale: sale))
        case .correction(let correction):
          corrections.append(
            CorrectionAt(position: record.position, time: read.time, correction: correction))
        }
      } catch {
        unreadable.append(.init(check: .chain, text: "a record cannot be read: \(error)"))
      }
    }
    self.sales = sales
    self.corrections = corrections
    self.unreadable = unreadable
  }

  /// Everything that contradicts itself, without knowing what was promised.
  func findings() throws -> [PowerCutFinding] {
    unreadable + chainFindings() + (try rowFindings()) + (try moneyFindings())
  }

  /// What was promised and is not there.
  func findings(about promises: ArraySlice<Promise>, reference: PowerCutRecording)
    -> [PowerCutFinding]
  {
    let records = Dictionary(facts.records.map { ($0.position, $0) }) { first, _ in first }
    let sold = Dictionary(sales.map { ($0.position, $0.sale) }) { first, _ in first }
    var findings: [PowerCutFinding] = []
    for promise in promises {
      switch promise {
      case .lit(let position, let sale):
        if position <= facts.pruned {
          findings += pruningFindings(sale.account, at: position)
        } else if sold[position] != sale || records[position] != reference.records[position] {
          findings.append(
            .init(check: .litSales, text: "sale \(position.sequence) was lit and is lost"))
        }
      case .corrected(let position, let correction):
        if position <= facts.pruned {
          findings += pruningFindings(correction.account, at: position)
        } else if corrections.first(where: { $0.position == position })?.correction != correction {
          findings.append(
            .init(check: .promises, text: "correction \(position.sequence) is lost"))
        }
      case .acknowledged(let position):
        if facts.acknowledged < position {
          findings.append(
            .init(check: .promises, text: "the ack of \(position.sequence) is lost"))
        }
      case .fed(let cursor):
        if facts.feedCursor < cursor {
          findings.append(.init(check: .promises, text: "the page up to \(cursor) is lost"))
        }
      }
    }
    return findings
  }

  /// A record may be removed only when the centre has it and the fed balance, too.
  private func pruningFindings(_ account: AccountID, at position: JournalPosition)
    -> [PowerCutFinding]
  {
    let isIncluded = fed[account.number]?.includes.map { position <= $0 } ?? false
    guard !isIncluded || position > facts.acknowledged else { return [] }
    return [
      .init(check: .rows, text: "record \(position.sequence) was removed and is still needed")
    ]
  }

  /// What an account can spend: what was fed, minus the sales behind what it includes.
  func available(_ account: Int64) throws -> PurseAmounts? {
    guard let fed = fed[account] else { return nil }
    let balance = try fed.tranches.reduce(into: PurseAmounts.zero) { sum, tranche in
      sum[tranche.purse] = try sum[tranche.purse] + tranche.amount
    }
    let behind = fed.includes ?? JournalPosition(epoch: Epoch(0), sequence: .none)
    let sold = try sales.reduce(balance) { rest, sold in
      guard sold.sale.account.number == account, sold.position > behind else { return rest }
      return try rest.subtracting(sold.sale.paid)
    }
    return try corrections.reduce(sold) { rest, back in
      guard back.correction.account.number == account, back.position > behind else { return rest }
      return try rest.adding(back.correction.returned)
    }
  }

  private func chainFindings() -> [PowerCutFinding] {
    guard facts.pruned.sequence == .none || lastPruned?.head == facts.prunedHead,
      var head = Digest32(facts.prunedHead)
    else { return [.init(check: .chain, text: "what was removed ended in another head")] }
    var expected = facts.pruned.sequence.next
    for record in facts.records {
      head = Chain.head(
        after: head, record: record.bytes, terminal: LabTerminal.id, position: record.position)
      if record.position.sequence != expected || head.bytes != record.head {
        return [.init(check: .chain, text: "record \(expected) does not follow")]
      }
      expected = expected.next
    }
    guard facts.records.last?.position == facts.position, facts.head == head.bytes else {
      return [.init(check: .chain, text: "the state does not name the last record")]
    }
    guard facts.acknowledged <= facts.position else {
      return [.init(check: .promises, text: "more is acknowledged than there is")]
    }
    return []
  }

  private func rowFindings() throws -> [PowerCutFinding] {
    var findings: [PowerCutFinding] = []
    let kept = sales.filter { $0.position > facts.pruned }
    let saleRows = kept.flatMap { sold in
      sold.sale.spends.map { spend in
        [
          sold.sale.account.number, Int64(sold.position.epoch.number),
          Int64(sold.position.sequence.number), spend.purse.number, spend.tranche.number,
          spend.amount.value, sold.time.bootMilliseconds,
        ].map(RawValue.integer)
      }
    }
    let backRows = corrections.filter { $0.position > facts.pruned }.flatMap { back in
      back.correction.returns.map { spend in
        [
          back.correction.account.number, Int64(back.position.epoch.number),
          Int64(back.position.sequence.number), spend.purse.number, spend.tranche.number,
          -spend.amount.value, back.time.bootMilliseconds,
        ].map(RawValue.integer)
      }
    }
    findings += correctionFindings()
    if Set(saleRows + backRows) != Set(facts.sales)
      || saleRows.count + backRows.count != facts.sales.count
    {
      findings.append(.init(check: .rows, text: "the sale rows are not those of the records"))
    }
    findings += try stateFindings()
    let fed = fed.values
    let accountRows = fed.map { account -> [RawValue] in
      [
        .integer(account.account.number), .text(account.maskedName),
        .integer(Int64(account.status.rawValue)), .integer(Int64(account.category.number)),
        .integer(Int64(account.homeCanteen?.number ?? 0)), .integer(account.version),
        .integer(Int64(account.includes?.epoch.number ?? 0)),
        .integer(Int64(account.includes?.sequence.number ?? 0)),
      ]
    }
    let trancheRows = fed.flatMap { account in
      account.tranches.map { tranche -> [RawValue] in
        [
          .integer(account.account.number), .integer(tranche.purse.number),
          .integer(tranche.tranche.number), .integer(tranche.amount.value),
          tranche.lastSpendingDay.map { .integer(Int64($0)) } ?? .null,
        ]
      }
    }
    let cardRows = fed.flatMap { account in
      account.credentials.map { card -> [RawValue] in
        [
          .integer(Int64(card.kind.rawValue)), .blob(card.value), .integer(account.account.number),
        ]
      }
    }
    if Set(accountRows) != Set(facts.accounts) || Set(cardRows) != Set(facts.credentials)
      || Set(trancheRows) != Set(facts.tranches)
    {
      findings.append(.init(check: .fedRows, text: "the fed rows are not those of the pages"))
    }
    return findings
  }

  /// What is unsettled, and the counters.
  private func stateFindings() throws -> [PowerCutFinding] {
    var findings: [PowerCutFinding] = []
    let unsettled = try sales.filter { $0.position > facts.acknowledged }
      .reduce(Int64(0)) { try $0 + $1.sale.paid.total().value }
    if unsettled != facts.unsettledFen {
      findings.append(
        .init(check: .rows, text: "\(facts.unsettledFen) fen are not what is unsettled"))
    }
    let counted = facts.counters.filter { $0[1].integer ?? 0 >= facts.countedFromDay }
    if try Set(counterRows()) != Set(counted) {
      findings.append(.init(check: .rows, text: "the counters are not those of the records"))
    }
    return findings
  }

  private func counterRows() throws -> [[RawValue]] {
    // Sales, guests, fen, what was decided alone in number and fen, goods.
    var meals: [[Int64]: [Int64]] = [:]
    for sold in sales where Int64(sold.sale.slot.day) >= facts.countedFromDay {
      let (sale, slot) = (sold.sale, sold.sale.slot)
      let fen = try sale.paid.total().value
      let isAlone = sale.place == .alone && fen > 0
      let counts = [
        slot.period != 0 && !sale.isGuest ? 1 : 0, sale.isGuest ? 1 : 0, fen, isAlone ? 1 : 0,
        isAlone ? fen : 0, 0,
      ]
      let key = [sale.account.number, Int64(slot.day), Int64(slot.period)]
      meals[key] = zip(meals[key] ?? counts.map { _ in 0 }, counts).map { $0 + $1 }
    }
    for back in corrections where Int64(back.correction.slot.day) >= facts.countedFromDay {
      let (correction, slot) = (back.correction, back.correction.slot)
      let lost = correction.uncounted.columns
      let key = [correction.account.number, Int64(slot.day), Int64(slot.period)]
      meals[key] = zip(meals[key] ?? lost.map { _ in 0 }, lost).map { $0 - $1 }
    }
    // What counts nothing any more is not kept.
    return meals.filter { $0.value.contains { $0 != 0 } }
      .map { key, counts in (key + counts).map(RawValue.integer) }
  }

  /// Each correction has its row, and never gives back more than its sale took.
  private func correctionFindings() -> [PowerCutFinding] {
    let rows = corrections.filter { $0.position > facts.pruned }.map { back in
      [
        Int64(back.correction.original.epoch.number),
        Int64(back.correction.original.sequence.number), Int64(back.position.epoch.number),
        Int64(back.position.sequence.number),
      ].map(RawValue.integer)
    }
    var findings: [PowerCutFinding] = []
    if Set(rows) != Set(facts.corrections) || rows.count != facts.corrections.count {
      findings.append(.init(check: .rows, text: "the rows of corrections are not theirs"))
    }
    let sold = Dictionary(sales.map { ($0.position, $0.sale) }) { first, _ in first }
    var back: [JournalPosition: Int64] = [:]
    for other in corrections.map(\.correction) {
      back[other.original, default: 0] += other.total.value
    }
    for (original, fen) in back where fen > sold[original]?.total.value ?? -1 {
      findings.append(
        .init(check: .money, text: "sale \(original.sequence) gave back more than it took"))
    }
    return findings
  }

  private func moneyFindings() throws -> [PowerCutFinding] {
    var findings: [PowerCutFinding] = []
    for account in LabFeed.accounts {
      guard let available = try available(account) else { continue }
      if available.subsidy < .zero || available.personal < .zero {
        findings.append(.init(check: .money, text: "account \(account) spent what it had not"))
      }
    }
    for counter in facts.counters where (counter[3].integer ?? 0) > LabFeed.salesPerMeal {
      findings.append(.init(check: .money, text: "an account had too many sales in a meal"))
    }
    return findings
  }
}
