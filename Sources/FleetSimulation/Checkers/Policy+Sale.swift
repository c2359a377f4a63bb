/// What a sale must be by the rulebook that it names: I14, from programme-rules and ARCHITECTURE.md.
extension Policy {
  /// The local day of a moment and the meal that is served then; 0: none is.
  static func slot(at wall: Int64, _ numbers: Numbers) -> (day: Int64, period: UInt64) {
    let minutes = floored(wall, by: 60_000) + numbers.offsetMinutes
    let day = floored(minutes, by: 1_440)
    let minute = minutes - day * 1_440
    let meal = numbers.meals.first { $0.start <= minute && minute < $0.end }
    return (day, meal?.period ?? 0)
  }

  private static func floored(_ value: Int64, by divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }

  /// What is wrong with a sale, apart from money and caps; `nil`: nothing.
  ///
  /// - Parameter before: The diner's own meals, and guests, at this terminal in the slot.
  func wrong(with sale: RawRecord, before: (meals: Int64, guests: Int64)) -> String? {
    guard let numbers = versions[sale.rulebook] else {
      return "I14: nobody signed rulebook \(sale.rulebook)"
    }
    let slot = Self.slot(at: sale.wall, numbers)
    guard slot == (sale.day, sale.period), numbers.firstDay <= slot.day else {
      return "I14: a sale at \(sale.wall) is of \(sale.day)/\(sale.period), not \(slot)"
    }
    switch sale.mode {
    case 1:
      guard let price = numbers.prices[sale.period], sale.total == price else {
        return "I14: a meal of period \(sale.period) costs \(sale.total)"
      }
    case 2:
      guard (1...numbers.singleLimit).contains(sale.total), !sale.isGuest else {
        return "I14: \(sale.total) fen were keyed"
      }
    case 4:
      guard sale.total == 0, sale.period != 0 else {
        return "I14: being counted costs \(sale.total)"
      }
    default: return "I14: nothing is sold in mode \(sale.mode)"
    }
    guard sale.period != 0 else { return nil }
    guard sale.isGuest ? before.guests < numbers.guestsPerMeal : before.meals < numbers.salesPerMeal
    else {
      return
        "I14: account \(sale.account) had \(before.meals) meals and \(before.guests) guests before "
        + "this one in \(sale.day)/\(sale.period)"
    }
    return nil
  }
}
