import CanteenModel

/// What a sale must be by the rulebook that it names: I14, from programme-rules and ARCHITECTURE.md.
extension Policy {
  /// What is wrong with a sale, apart from money and caps; `nil`: nothing.
  ///
  /// - Parameters:
  ///   - canteen: Where it was sold.
  ///   - before: The diner's own meals, and guests, at this terminal in the slot.
  func wrong(
    with sale: RawRecord, at canteen: CanteenID, before: (meals: Int64, guests: Int64)
  ) -> String? {
    guard let numbers = versions[sale.rulebook] else {
      return "I14: nobody signed rulebook \(sale.rulebook)"
    }
    let moment = numbers.moment(sale.wall)
    guard Int64(moment.slot.day) == sale.day, UInt64(moment.slot.period) == sale.period,
      Int64(numbers.rulebook.effectiveFromDay) <= moment.day
    else {
      return "I14: a sale at \(sale.wall) is of \(sale.day)/\(sale.period), not \(moment.slot)"
    }
    if let what = wrongPrice(of: sale, at: canteen, numbers) { return what }
    guard sale.period != 0, sale.isMeal || sale.isGuest else { return nil }
    guard sale.isGuest ? before.guests < numbers.guestsPerMeal : before.meals < numbers.salesPerMeal
    else {
      return
        "I14: account \(sale.account) had \(before.meals) meals and \(before.guests) guests before "
        + "this one in \(sale.day)/\(sale.period)"
    }
    return nil
  }

  private func wrongPrice(
    of sale: RawRecord, at canteen: CanteenID, _ numbers: Numbers
  ) -> String? {
    switch sale.mode {
    case 1:
      let price = price(of: sale.period, for: Int(sale.account) - 1, at: canteen, numbers)
      guard let price, sale.total == price else {
        return "I14: a meal of period \(sale.period) costs \(sale.total)"
      }
    case 2:
      guard (1...numbers.singleLimit).contains(sale.total), !sale.isGuest else {
        return "I14: \(sale.total) fen were keyed"
      }
    case 3:
      guard (1...numbers.singleLimit).contains(sale.total), sale.itemFen == sale.total else {
        return "I14: items of \(sale.itemFen) fen cost \(sale.total)"
      }
    case 4:
      guard sale.total == 0, sale.period != 0 else {
        return "I14: being counted costs \(sale.total)"
      }
    case 5:
      let official = numbers.rulebook.officialMeal
      let perHead = official?.prices.first { UInt64($0.period) == sale.period }?.perHead.value
      guard let perHead, sale.medium == 2, sale.heads > 0,
        sale.heads <= Int64(official?.mostHeads ?? 0), sale.total == perHead * sale.heads
      else { return "I14: \(sale.heads) heads cost \(sale.total)" }
    default: return "I14: nothing is sold in mode \(sale.mode)"
    }
    return nil
  }
}
