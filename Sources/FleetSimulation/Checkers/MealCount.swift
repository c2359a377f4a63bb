/// A meal period of a local day, or all that lies between the meals of it, which is period 0.
struct MealSlot: Hashable {
  let day: Int64
  let period: UInt64
}

/// What an account had at one terminal in one slot.
struct MealCount {
  let slot: MealSlot
  /// What was approved without the centre.
  var alone: Int64 = 0
  var aloneFen: Int64 = 0
  var meals: Int64 = 0
  var guests: Int64 = 0

  mutating func add(_ sale: RawRecord) {
    if sale.isGuest { guests += 1 }
    if sale.period != 0, sale.isMeal { meals += 1 }
    guard sale.place != 1, sale.total > 0 else { return }
    alone += 1
    aloneFen += sale.total
  }

  mutating func take(_ correction: RawRecord) {
    alone -= correction.alone
    aloneFen -= correction.aloneFen
    meals -= correction.meals
    guests -= correction.guests
  }
}
