import CanteenModel
import TerminalCore

/// What must come of a request to give money back: docs/rules.md, Corrections and the closed day; S10.
struct RuledCorrection {
  let request: CorrectionRequest
  let facts: CorrectionFacts

  /// `nil`: the sums of the record do not fit, which no world brings about.
  var decision: CorrectionRule.Decision? {
    let sale = facts.original.sale
    var left = sale.spends.map(\.amount.value)
    for back in facts.earlier.flatMap(\.returns) {
      for (place, spend) in sale.spends.enumerated()
      where spend.purse == back.purse && spend.tranche == back.tranche {
        left[place] -= back.amount.value
      }
    }
    let rest = left.reduce(0, +)
    let wasCorrected = !facts.earlier.isEmpty
    if wasCorrected, rest <= 0 { return .refuse(.nothingLeft) }
    let fen = request.amount?.value ?? rest
    let isWhole = request.kind == .void || request.kind == .reversal
    if isWhole, wasCorrected || fen != rest { return .refuse(.onlyWhole) }
    if request.kind == .void, !(facts.original.position > facts.closedUpTo) {
      return .refuse(.dayClosed)
    }
    if fen < 1, rest != 0 { return .refuse(.notPositive) }
    if fen > rest { return .refuse(.moreThanLeft(Fen(rest))) }
    // try?: `nil` is the overflow of the declaration above.
    let record = try? CorrectionRecord(
      kind: request.kind, original: facts.original.position, originalID: facts.originalID,
      account: sale.account, returns: returns(fen, left), slot: sale.slot,
      uncounted: uncounted(fen, isLast: fen == rest), by: request.by, note: request.note)
    return record.map { .correct($0) }
  }

  /// The last payer first: one's own money before the subsidy.
  private func returns(_ fen: Int64, _ left: [Int64]) -> [Spend] {
    var missing = fen
    var returns: [Spend] = []
    for (spend, left) in zip(facts.original.sale.spends, left).reversed()
    where missing > 0 && left > 0 {
      let part = left < missing ? left : missing
      returns.append(Spend(purse: spend.purse, tranche: spend.tranche, amount: Fen(part)))
      missing -= part
    }
    return returns
  }

  /// A meal, a guest and an approval count until all of the sale went back; money at once, that for goods first.
  private func uncounted(_ fen: Int64, isLast: Bool) -> SaleCounts {
    let sale = facts.original.sale
    var goods = sale.items.reduce(Int64(0)) { sum, item in
      item.category.number == 0 ? sum : sum + item.price.value * Int64(item.quantity)
    }
    for earlier in facts.earlier { goods -= earlier.uncounted.marketAmount.value }
    let isFree = sale.total.value == 0
    let wasAlone = sale.place != .online && !isFree
    let isMeal =
      sale.slot.period != 0 && !sale.isGuest && sale.mode != .officialMeal
      && (sale.mode != .items
        || sale.items.contains { $0.category.number == 0 && $0.price.value > 0 })
    return SaleCounts(
      meals: isLast && isMeal ? 1 : 0, guests: isLast && sale.isGuest ? 1 : 0, amount: Fen(fen),
      alone: isLast && wasAlone ? 1 : 0, aloneAmount: Fen(wasAlone ? fen : 0),
      marketAmount: Fen(goods < fen ? goods : fen))
  }
}
