package import CanteenModel

/// What is known to be spent and reserved of an account in one meal period without the centre.
package struct KnownSpend: Hashable, Sendable {
  /// Not negative.
  package private(set) var total = Fen.zero
  package private(set) var approvals = 0

  package init() {}

  /// - Throws: ``MoneyError/overflow``.
  package mutating func add(_ amount: Fen, approvals: Int) throws(MoneyError) {
    total = try total + amount
    self.approvals += approvals
  }

  /// - Throws: ``MoneyError/overflow``.
  package mutating func add(_ statement: SpendStatement) throws(MoneyError) {
    for entry in statement.entries { try add(entry.amount, approvals: 1) }
  }
}

extension SpendStatement {
  /// What of it a balance does not have yet that the centre fed: reservations, and sales behind the last
  /// record of the terminal that the balance includes.
  ///
  /// - Parameters:
  ///   - included: That record; `nil` when it includes none.
  ///   - isOver: Whether the meal period is over: no sale waits so long, so what is still reserved then was
  ///     sold or given back by a word that was lost.
  /// - Throws: ``MoneyError/overflow``.
  package func unsettled(
    behind included: JournalPosition?, isOver: Bool
  ) throws(MoneyError) -> Fen {
    var sum = Fen.zero
    for entry in entries {
      guard let position = entry.position else {
        if !isOver { sum = try sum + entry.amount }
        continue
      }
      if position > included ?? .beforeAll { sum = try sum + entry.amount }
    }
    return sum
  }
}

extension JournalPosition {
  /// No record is there.
  fileprivate static let beforeAll = JournalPosition(epoch: Epoch(0), sequence: .none)
}
