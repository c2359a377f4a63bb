import CanteenModel
import SeededRandom
import SettlementCore
import SyncProtocol

/// Who eats what where: everything that the terminals write down.
struct CityLife {
  /// Some days that begin with what the centre fed and end with what the terminals hand in.
  struct Round {
    let quarter: Quarter
    let days: ClosedRange<Int32>
    /// The last one of its quarter: some terminals hand it in behind the close.
    let isLast: Bool
  }

  /// What happened in the year, counted while it happens.
  struct Tally: Sendable {
    var swipes = 0
    var sales = 0
    var declines = 0
    var corrections = 0
    /// Sales of a terminal that did not know that the money was gone.
    var debts = 0
    var strangers = 0
    /// Corrections that give back more than was sold.
    var mistaken = 0
    var eatenFen: Int64 = 0
    var returnedFen: Int64 = 0
  }

  let plan: CityPlan
  private var random: SplitMix64
  private(set) var tally = Tally()

  init(_ plan: CityPlan) {
    self.plan = plan
    random = SplitMix64(seed: plan.seed)
  }

  /// The rounds of a quarter: before its money comes, the rest of its first month, its other months.
  static func rounds(of quarter: Quarter) -> [Round] {
    let first = quarter.firstDay
    let months = (0..<3).map { CityPlan.day(quarter.number * 3 - 2 + $0, 1) }
    let begins = [first, first + 10, months[1], months[2]]
    let ends = begins.dropFirst() + [quarter.lastDay + 1]
    return zip(begins, ends).map { begin, end in
      Round(quarter: quarter, days: begin...end - 1, isLast: end > quarter.lastDay)
    }
  }

  /// Lets people eat for a round.
  ///
  /// - Parameters:
  ///   - terminals: By number, the first one at 0.
  ///   - purses: As they were fed before the round.
  mutating func live(
    _ round: Round, _ terminals: inout [CityTerminal], _ purses: inout CityPurses
  ) throws {
    try giveBack(round, &terminals)
    for day in round.days {
      let number = Int(day - CityPlan.day(1, 1))
      let count = plan.swipes * (number + 1) / 365 - plan.swipes * number / 365
      let opens = CityPlan.time(day, hour: 7)
      for swipe in 0..<count {
        let time = opens + Int64(swipe) * 12 * 3_600_000 / Int64(count)
        try present(at: time, day, round.quarter.number, &terminals, &purses)
      }
    }
  }

  /// One presentation of somebody somewhere.
  private mutating func present(
    at time: Int64, _ day: Int32, _ quarter: Int, _ terminals: inout [CityTerminal],
    _ purses: inout CityPurses
  ) throws {
    tally.swipes += 1
    var person = random.below(plan.people) + 1
    while plan.unit(of: person, in: quarter) == nil { person = random.below(plan.people) + 1 }
    let home = plan.canteen(ofUnit: plan.unit(of: person, in: quarter) ?? 1)
    let canteen = random.chance(permille: 880) ? home : random.below(plan.canteens) + 1
    // The one that moves is chosen by whoever stands where it was first.
    let terminal = (canteen - 1) * plan.terminalsPerCanteen + random.below(plan.terminalsPerCanteen)
    let price = Int64(random.below(1_200) + 900)
    var (account, spends) = (Int64(person), [Spend]())
    if random.chance(permille: 2) {
      // A card that the county issued yesterday: the centre has no such account yet.
      account += Int64(plan.people)
      spends = [Spend(purse: .subsidy, tranche: .none, amount: Fen(price))]
      tally.strangers += 1
    } else if let paid = purses.pay(price, by: person) {
      spends = paid
    } else if random.chance(permille: 250) {
      spends = purses.overspend(price, by: person)
      tally.debts += 1
    }
    let slot = MealKey(day: day, period: 2)
    guard !spends.isEmpty else {
      tally.declines += 1
      let decline = DeclineRecord(
        reason: .insufficientBalance, account: AccountID(account), lane: LaneID(1), medium: .card,
        amount: Fen(price), count: 1)
      return try terminals[terminal].append(.decline(decline), at: time)
    }
    let sale = try SaleRecord(
      account: AccountID(account), lane: LaneID(1), medium: .card, mode: .keyedAmount, slot: slot,
      spends: spends, place: .alone, rulebookVersion: 1)
    try terminals[terminal].append(.sale(sale), at: time)
    tally.sales += 1
    tally.eatenFen += price
  }

  /// What a copy of a terminal sells that goes on by itself: its records stand beside those of the real one.
  mutating func sellAtDouble(_ double: inout CityTerminal?, on day: Int32) throws {
    for number in 1...2 {
      let price = Int64(1_000 + number)
      try double?.append(
        .sale(
          try SaleRecord(
            account: AccountID(Int64(number)), lane: LaneID(1), medium: .card, mode: .keyedAmount,
            slot: MealKey(day: day, period: 2),
            spends: [Spend(purse: .subsidy, tranche: .none, amount: Fen(price))], place: .alone,
            rulebookVersion: 1)), at: CityPlan.time(day, hour: 20))
      tally.sales += 1
      tally.eatenFen += price
    }
  }

  /// Gives some of the sales back that the centre has: whole or in part, at the till that sold or at the next one, and
  /// now and then more than is left.
  private mutating func giveBack(_ round: Round, _ terminals: inout [CityTerminal]) throws {
    let time = CityPlan.time(round.days.lowerBound, hour: 6)
    for index in terminals.indices {
      let sold = terminals[index].sold
      terminals[index].sold = []
      for sale in sold {
        let other = (index + 1) % terminals.count
        let place = random.chance(permille: 300) ? other : index
        let isWhole = random.chance(permille: 600)
        let returns = isWhole ? sale.spends : sale.spends.prefix(1).map { $0.part(3) }
        try correct(sale, returns, at: place, time, &terminals)
        tally.returnedFen += returns.reduce(0) { $0 + $1.amount.value }
        guard random.chance(permille: 80) else { continue }
        tally.mistaken += 1
        try correct(sale, sale.spends, at: place, time, &terminals)
      }
    }
  }

  private mutating func correct(
    _ sale: CityTerminal.Sold, _ returns: [Spend], at place: Int, _ time: Int64,
    _ terminals: inout [CityTerminal]
  ) throws {
    tally.corrections += 1
    let amount = returns.reduce(0) { $0 + $1.amount.value }
    let isOwn = terminals[place].id == sale.terminal
    let hold = HoldID(Digest32(sha256: sale.id.bytes + [UInt8(tally.corrections % 256)]))
    try terminals[place].append(
      .correction(
        try CorrectionRecord(
          kind: .refund, original: sale.position, originalID: sale.id, account: sale.account,
          returns: returns, slot: MealKey(day: Int32(time / 86_400_000), period: 0),
          uncounted: SaleCounts(
            meals: 0, guests: 0, amount: Fen(amount), alone: 0, aloneAmount: .zero,
            marketAmount: .zero), by: OperatorIdentity(userID: 0, name: "root"), note: "",
          elsewhere: isOwn ? nil : SoldElsewhere(terminal: sale.terminal, hold: hold))), at: time)
  }
}

extension Spend {
  /// One of so many parts, a fen at least.
  fileprivate func part(_ parts: Int64) -> Spend {
    Spend(purse: purse, tranche: tranche, amount: Fen(max(1, amount.value / parts)))
  }
}
