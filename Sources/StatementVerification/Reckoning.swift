import CanteenModel
import SyncProtocol

/// What a statement ought to count, by the programme's rules and the terminals' records alone.
///
/// Written from the documents, without a look at how the centre books: that is its worth.
struct Reckoning {
  /// What makes a taking.
  struct Key: Hashable, Comparable {
    let terminal: UInt32
    let day: Int32
    let soldDay: Int32

    static func < (left: Self, right: Self) -> Bool {
      (left.terminal, left.day, left.soldDay) < (right.terminal, right.day, right.soldDay)
    }
  }

  /// A correction that counts for the statement.
  struct Counted {
    let giver: TerminalID
    let id: Digest32
    let entry: BatchShelf.Entry
    let correction: CorrectionRecord
    var seller: TerminalID { correction.elsewhere?.terminal ?? giver }
    var name: String {
      "correction \(entry.position.epoch)/\(entry.position.sequence) of terminal \(giver)"
    }
  }

  /// A part of a sale: which tranche of which purse.
  struct Part: Hashable {
    let purse: Purse
    let tranche: TrancheID
  }

  /// ¥10,000,000,000.00: no sale above it is booked at all.
  private static let largestSale: Int64 = 1_000_000_000_000
  private static let millisecondsPerDay: Int64 = 86_400_000
  private static let lastMilliseconds: Int64 = 253_402_214_400_000

  private let document: StatementDocument
  private let lastDay: Int32
  /// All that is covered, by terminal.
  private var covered: [TerminalID: [Digest32: BatchShelf.Entry]] = [:]
  private(set) var takings: [Key: StatementDocument.Sums] = [:]

  init(
    _ document: StatementDocument, lastDay: Int32, _ shelf: BatchShelf
  ) throws(VerificationFailure) {
    self.document = document
    self.lastDay = lastDay
    var corrections: [Counted] = []
    for terminal in document.terminals {
      let id = TerminalID(terminal.number)
      let all = try shelf.covered(by: terminal.heads, of: id)
      let former = try shelf.covered(by: terminal.formerHeads, of: id)
      covered[id] = all
      for (record, entry) in all where counts(record, entry, former) {
        switch entry.record?.body {
        case .sale(let sale): try add(sale, entry, of: id)
        case .correction(let correction):
          corrections.append(Counted(giver: id, id: record, entry: entry, correction: correction))
        case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated, nil: break
        }
      }
    }
    try judge(
      corrections.sorted { left, right in
        (left.giver, left.entry.position, left.id.description)
          < (right.giver, right.entry.position, right.id.description)
      })
  }

  /// The local day of a time; day 0 for every time before 1970.
  private func day(_ milliseconds: Int64) -> Int32 {
    guard milliseconds > 0 else { return 0 }
    let local =
      min(milliseconds, Self.lastMilliseconds) + Int64(document.utcOffsetMinutes) * 60_000
    return Int32(local / Self.millisecondsPerDay)
  }

  /// Of the quarter or before it, and not counted when the quarter before was closed.
  private func counts(
    _ id: Digest32, _ entry: BatchShelf.Entry, _ former: [Digest32: BatchShelf.Entry]
  ) -> Bool {
    guard let record = entry.record else { return false }
    let day = day(record.time.wallMilliseconds)
    guard day <= lastDay else { return false }
    return document.formerLastDay.map { day > $0 || former[id] == nil } ?? true
  }

  /// Whether the statement's branches have the record behind which a head stands.
  func covers(_ head: ChainHead) -> Bool { covered[head.terminal]?[head.head] != nil }

  /// Where a terminal stood; `nil`: not known.
  private func canteen(of terminal: TerminalID, at milliseconds: Int64) -> UInt32? {
    document.terminals.first { $0.number == terminal.number }?.places
      .last { $0.fromMilliseconds <= milliseconds }?.canteen
  }

  /// Whether a terminal ever sold here.
  private func sellsHere(_ terminal: TerminalID) -> Bool {
    document.terminals.first { $0.number == terminal.number }?.places
      .contains { $0.canteen == document.canteen } ?? false
  }

  private mutating func add(
    _ sale: SaleRecord, _ entry: BatchShelf.Entry, of terminal: TerminalID
  ) throws(VerificationFailure) {
    guard let time = entry.record?.time.wallMilliseconds, Self.isOwed(sale),
      canteen(of: terminal, at: time) == document.canteen
    else { return }
    let key = Key(terminal: terminal.number, day: day(time), soldDay: day(time))
    var sums = takings[key] ?? StatementDocument.Sums()
    sums.sales += 1
    try Exact.add(sale.paid.subsidy.value, to: &sums.soldSubsidy)
    try Exact.add(sale.paid.personal.value, to: &sums.soldPersonal)
    takings[key] = sums
  }

  /// People ate, so it is owed, whoever pays: all but what is nothing, or beyond all sense.
  private static func isOwed(_ sale: SaleRecord) -> Bool {
    !sale.spends.isEmpty && sale.spends.allSatisfy { $0.amount > .zero }
      && sale.total.value <= largestSale
  }

  private mutating func judge(_ corrections: [Counted]) throws(VerificationFailure) {
    var back: [Digest32: [Part: Int64]] = [:]
    let listed = Set(document.disregarded.map { [$0.terminal.description, $0.id] })
    for counted in corrections where sellsHere(counted.seller) {
      let correction = counted.correction
      let isListed = listed.contains([counted.giver.description, counted.id.description])
      let sale = original(of: counted)
      if isListed {
        try check(disregarded: counted, of: sale?.sale)
        continue
      }
      guard !correction.returns.isEmpty else { continue }
      guard let sale, Self.isOwed(sale.sale) else {
        throw .difference(
          Difference(
            counted.name, expected: "among those that took no effect: there is no such sale",
            found: "not there"))
      }
      guard canteen(of: counted.seller, at: sale.time) == document.canteen else { continue }
      for part in correction.returns {
        try Exact.add(
          part.amount.value,
          to: &back[correction.originalID, default: [:]][
            Part(purse: part.purse, tranche: part.tranche), default: 0])
      }
      guard Self.fits(back[correction.originalID] ?? [:], sale.sale) else {
        throw .difference(
          Difference(
            counted.name, expected: "no more than was sold", found: "more goes back from the sale"))
      }
      try add(counted, soldAt: sale.time)
    }
  }

  private func original(of counted: Counted) -> (sale: SaleRecord, time: Int64)? {
    let entry = covered[counted.seller]?[counted.correction.originalID]
    guard case .sale(let sale) = entry?.record?.body, let time = entry?.record?.time,
      sale.account == counted.correction.account
    else { return nil }
    return (sale, time.wallMilliseconds)
  }

  private static func fits(_ parts: [Part: Int64], _ sale: SaleRecord) -> Bool {
    parts.allSatisfy { part, amount in
      let sold = sale.spends.filter { $0.purse == part.purse && $0.tranche == part.tranche }
      return amount <= sold.reduce(0) { $0 + $1.amount.value }
    }
  }

  /// A correction may be left aside only where it does not fit its sale, with all others that name it.
  private func check(
    disregarded counted: Counted, of sale: SaleRecord?
  ) throws(VerificationFailure) {
    guard let sale, Self.isOwed(sale) else { return }
    var all: [Part: Int64] = [:]
    for (giver, entries) in covered {
      for entry in entries.values {
        guard case .correction(let other) = entry.record?.body,
          other.originalID == counted.correction.originalID,
          other.elsewhere?.terminal ?? giver == counted.seller
        else { continue }
        for part in other.returns {
          guard part.amount > .zero else { return }
          try Exact.add(
            part.amount.value,
            to: &all[Part(purse: part.purse, tranche: part.tranche), default: 0])
        }
      }
    }
    guard Self.fits(all, sale) else { return }
    throw .difference(
      Difference(counted.name, expected: "an effect: it fits its sale", found: "none"))
  }

  private mutating func add(
    _ counted: Counted, soldAt time: Int64
  ) throws(VerificationFailure) {
    let own = counted.entry.record?.time.wallMilliseconds ?? time
    let key = Key(terminal: counted.seller.number, day: day(own), soldDay: day(time))
    var sums = takings[key] ?? StatementDocument.Sums()
    sums.corrections += 1
    try Exact.add(counted.correction.returned.subsidy.value, to: &sums.returnedSubsidy)
    try Exact.add(counted.correction.returned.personal.value, to: &sums.returnedPersonal)
    takings[key] = sums
  }
}

/// Sums that fit, or say so.
enum Exact {
  static func less(_ left: Int64, _ right: Int64) throws(VerificationFailure) -> Int64 {
    let (result, overflow) = left.subtractingReportingOverflow(right)
    guard !overflow else {
      throw .difference(Difference("a difference", expected: "within 64 bits", found: "more"))
    }
    return result
  }

  static func add(_ amount: Int64, to sum: inout Int64) throws(VerificationFailure) {
    let (result, overflow) = sum.addingReportingOverflow(amount)
    guard !overflow else {
      throw .difference(Difference("a sum", expected: "within 64 bits", found: "more"))
    }
    sum = result
  }
}
