import CanteenModel
import SwiftProtobuf

import struct Foundation.Data

extension Canteen_V1_Correction {
  init(_ correction: CorrectionRecord) {
    self.init()
    kind = Canteen_V1_CorrectionKind(rawValue: Int(correction.kind.rawValue)) ?? .unspecified
    originalEpoch = correction.original.epoch.number
    originalSequence = correction.original.sequence.number
    originalID = Data(correction.originalID.bytes)
    account = correction.account.number
    returns = correction.returns.map { Canteen_V1_Spend($0) }
    meal = .with {
      $0.day = correction.slot.day
      $0.period = UInt32(correction.slot.period)
    }
    let counts = correction.uncounted
    meals = UInt32(counts.meals)
    guests = UInt32(counts.guests)
    alone = UInt32(counts.alone)
    aloneFen = counts.aloneAmount.value
    marketFen = counts.marketAmount.value
    `operator` = Canteen_V1_Operator(correction.by)
    note = correction.note
    if let elsewhere = correction.elsewhere {
      originalTerminal = elsewhere.terminal.number
      hold = Data(elsewhere.hold.digest.bytes)
    }
  }

  func model() throws(WireError) -> CorrectionRecord {
    guard let kind = UInt8(exactly: kind.rawValue).flatMap(CorrectionKind.init(rawValue:)) else {
      throw .malformed("correction.kind")
    }
    guard let id = Digest32(originalID) else { throw .malformed("correction.original_id") }
    guard account > 0 else { throw .malformed("correction.account") }
    guard returns.count <= Canteen_V1_Sale.spendLimit else { throw .tooLarge("correction.returns") }
    guard hasMeal, let period = UInt8(exactly: meal.period) else {
      throw .malformed("correction.meal")
    }
    guard aloneFen >= 0 else { throw .malformed("correction.alone_fen") }
    guard marketFen >= 0 else { throw .malformed("correction.market_fen") }
    guard note.utf8.count <= CorrectionRecord.noteLimit else { throw .tooLarge("correction.note") }
    let parts = try Canteen_V1_Spend.returned(returns)
    let elsewhere = try elsewhereModel()
    let original = try JournalPosition(epoch: originalEpoch, sequence: originalSequence)
    let by = try `operator`.model()
    do throws(MoneyError) {
      let total = try PurseAmounts(parts).total()
      return try CorrectionRecord(
        kind: kind, original: original, originalID: id, account: AccountID(account),
        returns: parts, slot: MealKey(day: meal.day, period: period),
        uncounted: SaleCounts(
          meals: Int64(meals), guests: Int64(guests), amount: total, alone: Int64(alone),
          aloneAmount: Fen(aloneFen), marketAmount: Fen(marketFen)), by: by, note: note,
        elsewhere: elsewhere)
    } catch {
      throw .malformed("correction: its parts do not sum")
    }
  }

  /// Whose sale it is; `nil`: the terminal's own.
  private func elsewhereModel() throws(WireError) -> SoldElsewhere? {
    guard originalTerminal > 0 || !hold.isEmpty else { return nil }
    guard originalTerminal > 0, let hold = Digest32(hold).map(HoldID.init) else {
      throw .malformed("correction.hold: both or neither of it and original_terminal")
    }
    guard kind == .refund, meals == 0, guests == 0, alone == 0, aloneFen == 0, marketFen == 0 else {
      throw .malformed("correction: of another terminal's sale only the money goes back")
    }
    return SoldElsewhere(terminal: TerminalID(originalTerminal), hold: hold)
  }
}

extension Canteen_V1_Spend {
  /// Reads what goes back to each tranche.
  static func returned(_ parts: [Self]) throws(WireError) -> [Spend] {
    var read: [Spend] = []
    for part in parts {
      let spend = try part.model()
      guard spend.amount > .zero else { throw .malformed("returns") }
      read.append(spend)
    }
    return read
  }
}

extension Canteen_V1_Operator {
  fileprivate init(_ identity: OperatorIdentity) {
    self.init()
    userID = identity.userID
    name = identity.name
  }

  fileprivate func model() throws(WireError) -> OperatorIdentity {
    guard name.utf8.count <= OperatorIdentity.nameLimit else { throw .tooLarge("operator.name") }
    return OperatorIdentity(userID: userID, name: name)
  }
}

extension Canteen_V1_DayClosed {
  init(_ closed: DayClosed) {
    self.init()
    behindEpoch = closed.behind.epoch.number
    behindSequence = closed.behind.sequence.number
    let totals = closed.totals
    sales = totals.sales
    soldSubsidyFen = totals.sold.subsidy.value
    soldPersonalFen = totals.sold.personal.value
    corrections = totals.corrections
    returnedSubsidyFen = totals.returned.subsidy.value
    returnedPersonalFen = totals.returned.personal.value
    declines = totals.declines
    refundsForOthers = totals.refundsForOthers
    returnedForOthersFen = totals.returnedForOthers.value
    unsettled = closed.unsettled
    `operator` = Canteen_V1_Operator(closed.by)
  }

  func model() throws(WireError) -> DayClosed {
    let sums = [
      soldSubsidyFen, soldPersonalFen, returnedSubsidyFen, returnedPersonalFen,
      returnedForOthersFen,
    ]
    guard sums.allSatisfy({ $0 >= 0 }) else { throw .malformed("day_closed: a sum is negative") }
    return DayClosed(
      behind: try JournalPosition(epoch: behindEpoch, sequence: behindSequence),
      totals: DayTotals(
        sales: sales,
        sold: PurseAmounts(subsidy: Fen(soldSubsidyFen), personal: Fen(soldPersonalFen)),
        corrections: corrections,
        returned: PurseAmounts(
          subsidy: Fen(returnedSubsidyFen), personal: Fen(returnedPersonalFen)),
        declines: declines, refundsForOthers: refundsForOthers,
        returnedForOthers: Fen(returnedForOthersFen)), unsettled: unsettled,
      by: try `operator`.model())
  }
}

extension JournalPosition {
  init(epoch: UInt32, sequence: UInt64) throws(WireError) {
    guard sequence < UInt64(Int64.max) else { throw .malformed("a sequence") }
    self.init(epoch: Epoch(epoch), sequence: SequenceNumber(sequence))
  }
}
