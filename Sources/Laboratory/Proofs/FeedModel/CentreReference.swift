import CanteenModel

/// What the centre must hold and what every account must have left, reckoned apart from the books: a
/// set of sales, and a subtraction.
struct CentreReference: Sendable {
  /// A sale, or a correction of one.
  struct Sale: Hashable, Sendable {
    /// The record's chain head.
    let id: Digest32
    let position: JournalPosition
    let account: Int64
    /// Less than zero in a correction: it goes back.
    let paid: PurseAmounts
    /// The sale that it corrects.
    var original: Digest32?
  }

  /// What became of a sale, and what of it may still go back.
  private struct Standing {
    let isPosted: Bool
    var left: PurseAmounts
  }

  /// What is left of the accounts that the centre knows. Negative: a debt.
  private(set) var balances: [Int64: PurseAmounts] = [:]
  private var held: Set<Digest32> = []
  private var standings: [Digest32: Standing] = [:]
  /// What every ack named that the centre gave, by its nonce.
  private(set) var acks: [Digest32: JournalPosition] = [:]
  /// Of everything held, and of what of it is in suspense.
  private(set) var totalFen: Int64 = 0
  private(set) var suspenseFen: Int64 = 0

  mutating func open(_ account: Int64, with opening: PurseAmounts) {
    balances[account] = opening
  }

  func holds(_ sale: Sale) -> Bool { held.contains(sale.id) }

  /// The centre took these records: each counts once, and is in suspense when nobody knows its account.
  /// A correction goes the way of its sale, and has no effect when it exceeds what is left of it: both
  /// branches of a fork may give the same sale back.
  mutating func take(_ sales: [Sale]) throws {
    for sale in sales where held.insert(sale.id).inserted {
      let name = sale.original ?? sale.id
      let standing =
        standings[name]
        ?? Standing(isPosted: balances[sale.account] != nil, left: .zero)
      // A sale leaves what it took, a correction that much less.
      let left =
        sale.original == nil ? sale.paid : try standing.left.adding(sale.paid)
      guard left.subsidy >= .zero, left.personal >= .zero else { continue }
      standings[name] = Standing(isPosted: standing.isPosted, left: left)
      let total = try sale.paid.total().value
      totalFen += total
      if standing.isPosted, let balance = balances[sale.account] {
        balances[sale.account] = try balance.subtracting(sale.paid)
      } else {
        suspenseFen += total
      }
    }
  }

  mutating func gave(_ ack: AckFacts) { acks[ack.nonce] = ack.position }
}

/// What a terminal must believe of an account since it took a row of the feed.
struct ReferenceRow: Sendable {
  let version: Int64
  /// At the centre when the row was cut.
  let balance: PurseAmounts
  /// The own sales that the row may say are in the balance: those that the centre held then, as far as
  /// the ledger had been told so by the ack that it echoed.
  let counted: Set<Digest32>
  /// The own sales that really are in it, or in suspense.
  let held: Set<Digest32>

  /// The balance minus exactly the own sales that are not counted in it.
  func available(after sales: [CentreReference.Sale], _ account: Int64) throws -> PurseAmounts {
    var available = balance
    for sale in sales where sale.account == account && !counted.contains(sale.id) {
      available = try available.subtracting(sale.paid)
    }
    return available
  }

  /// Whether an own sale is taken off twice, because its ack was lost.
  func isLow(after sales: [CentreReference.Sale], _ account: Int64) -> Bool {
    sales.contains {
      $0.account == account && held.contains($0.id) && !counted.contains($0.id)
    }
  }
}
