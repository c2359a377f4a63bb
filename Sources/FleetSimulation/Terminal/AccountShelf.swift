import CanteenModel
import TerminalCore

/// What a ledger has of one account: the row that the centre fed, and its own sales and counters.
struct AccountShelf {
  /// What one record took from a tranche, or gave back (negative).
  struct SaleRow: Equatable {
    let position: JournalPosition
    let purse: Purse
    let tranche: TrancheID
    let amount: Fen
    let bootMilliseconds: Int64
  }

  /// What was done in one slot.
  struct Counter: Equatable {
    let slot: MealKey
    var meals: Int64 = 0
    var guests: Int64 = 0
    var amount: Int64 = 0
    var alone: Int64 = 0
    var aloneAmount: Int64 = 0
    var market: Int64 = 0

    mutating func add(_ counts: SaleCounts, sign: Int64) {
      meals += sign * counts.meals
      guests += sign * counts.guests
      amount += sign * counts.amount.value
      alone += sign * counts.alone
      aloneAmount += sign * counts.aloneAmount.value
      market += sign * counts.marketAmount.value
    }
  }

  var fed: AccountSnapshot?
  /// In order of position.
  var sales: [SaleRow] = []
  /// In order of their days.
  var counters: [Counter] = []
  /// What the other terminals of the canteen stated, one for each of them and slot.
  var others: [SpendStatement] = []

  mutating func count(_ counts: SaleCounts, in slot: MealKey, sign: Int64) {
    if let index = counters.lastIndex(where: { $0.slot == slot }) {
      counters[index].add(counts, sign: sign)
    } else {
      var counter = Counter(slot: slot)
      counter.add(counts, sign: sign)
      // A correction may be of a slot whose counter went with the first sales of it.
      let place = counters.lastIndex { $0.slot.day <= slot.day }.map { $0 + 1 } ?? 0
      counters.insert(counter, at: place)
    }
  }

  /// As the rules see it.
  func counters(in slot: MealKey, withMonth: Bool) -> AccountCounters {
    var sum = AccountCounters()
    let month = withMonth ? slot.firstDayOfMonth : slot.day
    for counter in counters.reversed() {
      // Slots are used in the order of time; one that crosses midnight is of the day before.
      if counter.slot.day < month - 1 { break }
      if withMonth, counter.slot.day >= month, counter.slot.day <= slot.day {
        sum.marketMonthTotal = Fen(sum.marketMonthTotal.value + counter.market)
      }
      guard counter.slot.day == slot.day else { continue }
      sum.dayTotal = Fen(sum.dayTotal.value + counter.amount)
      sum.marketDayTotal = Fen(sum.marketDayTotal.value + counter.market)
      guard counter.slot.period == slot.period else { continue }
      sum.meals = Int(counter.meals)
      sum.guests = Int(counter.guests)
      sum.aloneApprovals = Int(counter.alone)
      sum.aloneTotal = Fen(counter.aloneAmount)
    }
    return sum
  }

  /// What is left of each tranche: what was fed minus the own sales behind what it includes.
  func tranches() -> [TrancheBalance] {
    guard let fed else { return [] }
    var tranches = fed.tranches
    for sale in sales.reversed() {
      if let includes = fed.includes, sale.position <= includes { break }
      if let index = tranches.firstIndex(where: {
        $0.purse == sale.purse && $0.tranche == sale.tranche
      }) {
        tranches[index].amount = Fen(tranches[index].amount.value - sale.amount.value)
      } else {
        tranches.append(
          TrancheBalance(
            purse: sale.purse, tranche: sale.tranche, amount: Fen(-sale.amount.value),
            lastSpendingDay: .min))
      }
    }
    return tranches
  }

  /// Takes the rows of a removed record with it.
  mutating func forget(_ position: JournalPosition, counter slot: MealKey?) {
    sales.removeAll { $0.position == position }
    if let slot { counters.removeAll { $0.slot == slot } }
  }
}
