import CanteenModel

/// What tranches pay: C2, C3, C14, S13.
///
/// Every debt counts against what is open; a tranche pays on its last day and not after it; the purses in the
/// rulebook's order, and in each what ends first, then the lower number.
enum RuledMoney {
  /// What may be spent of all tranches together, in fen: what is open, less what is owed.
  static func available(_ tranches: [TrancheBalance], on day: Int32) -> Int64 {
    tranches.reduce(0) { sum, tranche in
      let counts = tranche.amount.value < 0 || pays(tranche, on: day)
      return counts ? sum + tranche.amount.value : sum
    }
  }

  /// Who pays what; `nil`: there is not enough.
  static func parts(
    of fen: Int64, _ tranches: [TrancheBalance], _ order: [Purse], on day: Int32
  ) -> [Spend]? {
    guard fen <= available(tranches, on: day) else { return nil }
    return taken(fen, tranches, order, on: day).parts
  }

  /// What is left when others took an amount; what there was not enough for is owed by the purse that pays first.
  static func rest(
    of tranches: [TrancheBalance], without fen: Int64, _ order: [Purse], on day: Int32
  ) -> [TrancheBalance] {
    let (parts, missing) = taken(fen, tranches, order, on: day)
    var rest = tranches.map { tranche in
      var left = tranche
      for part in parts where part.purse == tranche.purse && part.tranche == tranche.tranche {
        left.amount = Fen(tranche.amount.value - part.amount.value)
      }
      return left
    }
    if missing > 0 {
      rest.append(
        TrancheBalance(
          purse: order.first ?? .personal, tranche: .none, amount: Fen(-missing),
          lastSpendingDay: .min))
    }
    return rest
  }

  private static func taken(
    _ fen: Int64, _ tranches: [TrancheBalance], _ order: [Purse], on day: Int32
  ) -> (parts: [Spend], missing: Int64) {
    func rank(_ tranche: TrancheBalance) -> (Int, Int64, Int64) {
      let purse = order.firstIndex(of: tranche.purse) ?? order.count
      return (purse, tranche.lastSpendingDay.map { Int64($0) } ?? .max, tranche.tranche.number)
    }
    var missing = fen
    var parts: [Spend] = []
    let payers = tranches.filter {
      $0.amount.value > 0 && pays($0, on: day) && order.contains($0.purse)
    }
    for payer in payers.sorted(by: { rank($0) < rank($1) }) {
      let part = missing < payer.amount.value ? missing : payer.amount.value
      guard part > 0 else { break }
      parts.append(Spend(purse: payer.purse, tranche: payer.tranche, amount: Fen(part)))
      missing -= part
    }
    return (parts, missing)
  }

  private static func pays(_ tranche: TrancheBalance, on day: Int32) -> Bool {
    tranche.lastSpendingDay.map { $0 >= day } ?? true
  }
}
