import CanteenModel

/// What a ledger may spend of an account, by the row that it was fed and its own records behind that: I4.
struct FedMoney {
  private struct Part {
    let purse: Int64
    let tranche: Int64
    var left: Int64
    /// The last day on which it pays.
    let last: Int64
  }

  private var parts: [Part]

  init(_ row: AccountSnapshot?) {
    parts = (row?.tranches ?? []).map { tranche in
      Part(
        purse: tranche.purse.number, tranche: tranche.tranche.number, left: tranche.amount.value,
        last: tranche.lastSpendingDay.map { Int64($0) } ?? .max)
    }
  }

  /// A record of its own that the row does not include.
  mutating func take(_ record: RawRecord) {
    let sign: Int64 = record.kind == .sale ? 1 : -1
    for part in record.parts {
      if let place = place(of: part) {
        parts[place].left -= sign * part.fen
      } else {
        // Of a tranche that was not fed: what it owes counts, what came back to it pays nothing.
        parts.append(
          Part(
            purse: Int64(part.purse), tranche: Int64(part.tranche), left: -sign * part.fen,
            last: .min))
      }
    }
  }

  /// What may be spent on a day: what is open, minus every debt.
  func available(on day: Int64) -> Int64 {
    parts.reduce(0) { $0 + ($1.left < 0 || day <= $1.last ? $1.left : 0) }
  }

  /// What is wrong with a sale: it takes more than there is, from a tranche that has not so much or has ended, or from
  /// another one than is due: the purses in the
  /// rulebook's order, what ends first before the rest (C3, S13).
  ///
  /// - Parameter inOrder: Whether nobody else is known to have taken anything of the same row.
  func wrong(with sale: RawRecord, inOrder: Bool, _ policy: Policy) -> String? {
    guard let numbers = policy.versions[sale.rulebook] else {
      return "I14: nobody signed rulebook \(sale.rulebook)"
    }
    // A meal that goes beyond midnight is of the day before, and paid on this one.
    let day = numbers.moment(sale.wall).day
    let available = available(on: day)
    guard sale.total <= available else {
      return "I4: account \(sale.account) pays \(sale.total) of \(available) fen"
    }
    for part in sale.parts {
      guard let place = place(of: part), part.fen <= parts[place].left else {
        return
          "I4: account \(sale.account) pays \(part.fen) from tranche \(part.tranche), which has less"
      }
      guard day <= parts[place].last else {
        return "I4: account \(sale.account) pays from tranche \(part.tranche), which ended on day "
          + "\(parts[place].last)"
      }
    }
    guard inOrder, sale.total > 0 else { return nil }
    let due = due(sale.total, on: day, numbers.rulebook.spendOrder.map { $0.number })
    guard due.count == sale.parts.count,
      zip(due, sale.parts).allSatisfy({
        $0.purse == $1.purse && $0.tranche == $1.tranche && $0.fen == $1.fen
      })
    else { return "I14: account \(sale.account) pays \(sale.parts), due is \(due)" }
    return nil
  }

  private func due(_ fen: Int64, on day: Int64, _ order: [Int64]) -> [RawRecord.Part] {
    let payers = parts.filter { $0.left > 0 && day <= $0.last }
      .sorted { left, right in
        let (first, second) = (order.firstIndex(of: left.purse), order.firstIndex(of: right.purse))
        return (first ?? 9, left.last, left.tranche) < (second ?? 9, right.last, right.tranche)
      }
    var missing = fen
    var due: [RawRecord.Part] = []
    for payer in payers where missing > 0 {
      let part = min(missing, payer.left)
      due.append(
        RawRecord.Part(purse: UInt64(payer.purse), tranche: UInt64(payer.tranche), fen: part))
      missing -= part
    }
    return due
  }

  private func place(of part: RawRecord.Part) -> Int? {
    parts.firstIndex { $0.purse == Int64(part.purse) && $0.tranche == Int64(part.tranche) }
  }
}
