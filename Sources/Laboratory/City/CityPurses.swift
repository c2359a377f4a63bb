import CanteenModel

/// What terminals believe that people have: what the centre fed last, less what was sold since.
struct CityPurses: Sendable {
  /// What is left of each tranche of a person's subsidy, the oldest first, and of their own money.
  struct Purse: Sendable {
    var subsidy: [(tranche: TrancheID, fen: Int64)] = []
    var personal: Int64 = 0

    /// A debt counts against everything else.
    var available: Int64 { subsidy.reduce(personal) { $0 + $1.fen } }
  }

  private var purses: [Purse]

  /// - Parameter people: They are numbered from 1 on.
  init(people: Int) {
    purses = Array(repeating: Purse(), count: people + 1)
  }

  subscript(person: Int) -> Purse {
    get { purses[person] }
    set { purses[person] = newValue }
  }

  /// What pays a price, the oldest subsidy first and then the person's own money.
  ///
  /// - Returns: `nil` when there is not enough.
  mutating func pay(_ price: Int64, by person: Int) -> [Spend]? {
    guard purses[person].available >= price else { return nil }
    var (rest, spends) = (price, [Spend]())
    for index in purses[person].subsidy.indices where rest > 0 {
      let (tranche, fen) = purses[person].subsidy[index]
      let paid = min(rest, fen)
      guard paid > 0 else { continue }
      spends.append(Spend(purse: .subsidy, tranche: tranche, amount: Fen(paid)))
      purses[person].subsidy[index].fen -= paid
      rest -= paid
    }
    if rest > 0 {
      spends.append(Spend(purse: .personal, tranche: .none, amount: Fen(rest)))
      purses[person].personal -= rest
    }
    return spends
  }

  /// What a terminal sells that does not know of what others sold: the newest subsidy pays, and falls below zero.
  mutating func overspend(_ price: Int64, by person: Int) -> [Spend] {
    if purses[person].subsidy.isEmpty { purses[person].subsidy = [(.none, 0)] }
    let last = purses[person].subsidy.count - 1
    purses[person].subsidy[last].fen -= price
    return [
      Spend(
        purse: .subsidy, tranche: purses[person].subsidy[last].tranche, amount: Fen(price))
    ]
  }
}
