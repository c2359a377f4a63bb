import CanteenModel
import SyncProtocol

/// Every account anew, from the raw bytes of the batches that the centre acknowledged: a second set of books
/// that shares no code with the first. I1, I2, I3, I11.
///
/// What a record means is written here once more, from ARCHITECTURE.md: a sale is posted whatever it is of,
/// a correction goes back to the tranches that paid and never exceeds them, what nobody can read is kept and
/// moves nothing, a record counts once however often it comes.
struct Audit {
  private struct Purse: Hashable {
    let account: Int64
    let purse: Int64
    let tranche: Int64

    init(account: Int64, purse: Int64, tranche: Int64) {
      self.account = account
      self.purse = purse
      self.tranche = tranche
    }

    init(_ account: Int64, _ part: RawRecord.Part) {
      self.init(account: account, purse: Int64(part.purse), tranche: Int64(part.tranche))
    }
  }

  private struct Sale {
    let account: Int64
    let parts: [RawRecord.Part]
    var returned: [Int64]
  }

  private struct Hold: Hashable {
    let id: [UInt8]
  }

  private var balances: [Purse: Int64] = [:]
  /// By account number from 1 on; both purses.
  private(set) var totals: [Int64] = []
  private var payable: [Int64] = []
  private var funded: Int64 = 0
  private var suspense: Int64 = 0
  private var sales: [Digest32: Sale] = [:]
  private(set) var settled: Set<Digest32> = []
  /// Of what was granted: account, and what is left.
  private var holds: [Hold: (account: Int64, left: Int64)] = [:]
  private var held: [Int64] = []

  /// What an account has and nothing is set aside of, in fen.
  func free(_ account: Int) -> Int64 {
    account < totals.count ? totals[account] - held[account] : 0
  }

  /// Money came in.
  mutating func funded(_ account: AccountID, _ tranche: TrancheBalance) {
    funded -= tranche.amount.value
    add(
      tranche.amount.value,
      Purse(
        account: account.number, purse: tranche.purse.number,
        tranche: tranche.tranche.number))
  }

  /// A batch that the centre acknowledged.
  ///
  /// - Parameter wasMade: Whether some terminal wrote a record with this identity.
  /// - Returns: What is wrong.
  mutating func took(_ bytes: [UInt8], wasMade: (Digest32) -> Bool) -> String? {
    let batch = RawBatch(bytes)
    var head = batch.previousHead
    var sequence = batch.first
    for range in batch.records {
      let id = Digest32(
        sha256: RawBatch.preimage(
          head, terminal: batch.terminal, epoch: batch.epoch, sequence: sequence, bytes[range]))
      head = id.bytes
      sequence += 1
      guard settled.insert(id).inserted else { continue }
      guard wasMade(id) else { return "I3: a record settles that no terminal wrote" }
      post(RawRecord(Array(bytes[range])), id, Int(batch.terminal))
    }
    return nil
  }

  private mutating func post(_ record: RawRecord, _ id: Digest32, _ terminal: Int) {
    while payable.count < terminal { payable.append(0) }
    switch record.kind {
    case .unreadable, .decline: break
    case .other:
      if let hold = holds.removeValue(forKey: Hold(id: record.released)) {
        held[Int(hold.account) - 1] -= hold.left
      }
    case .sale:
      guard record.total > 0 else { break }
      sales[id] = Sale(
        account: record.account, parts: record.parts,
        returned: record.parts.map { _ in 0 })
      for part in record.parts { add(-part.fen, Purse(record.account, part)) }
      payable[terminal - 1] += record.total
      for hold in record.holds { used(hold.id, hold.fen) }
    case .correction:
      guard let original = Digest32(record.originalID), var sale = sales[original],
        sale.account == record.account
      else { break }
      var returned = sale.returned
      for part in record.parts {
        let index = sale.parts.firstIndex { $0.purse == part.purse && $0.tranche == part.tranche }
        guard let index else { return }
        returned[index] += part.fen
        guard returned[index] <= sale.parts[index].fen else { return }
      }
      sale.returned = returned
      sales[original] = sale
      for part in record.parts { add(part.fen, Purse(record.account, part)) }
      payable[terminal - 1] -= record.total
    }
  }

  private mutating func add(_ fen: Int64, _ purse: Purse) {
    balances[purse, default: 0] += fen
    while totals.count < Int(purse.account) {
      totals.append(0)
      held.append(0)
    }
    totals[Int(purse.account) - 1] += fen
  }

  /// An amount was set aside: all that is set aside of an account is never more than what it has.
  mutating func granted(_ id: HoldID, _ account: AccountID, _ fen: Int64) -> String? {
    let hold = Hold(id: id.digest.bytes)
    guard holds[hold] == nil else { return nil }
    holds[hold] = (account.number, fen)
    let index = Int(account.number) - 1
    held[index] += fen
    guard held[index] <= totals[index] else {
      return "I4: \(held[index]) fen of account \(account) are set aside, it has \(totals[index])"
    }
    return nil
  }

  private mutating func used(_ id: [UInt8], _ fen: Int64) {
    let key = Hold(id: id)
    guard let hold = holds[key] else { return }
    let part = min(fen, hold.left)
    held[Int(hold.account) - 1] -= part
    holds[key] = hold.left == part ? nil : (hold.account, hold.left - part)
  }

  /// Compares every balance with the centre's.
  func compare(_ tables: CentreTables) -> String? {
    var sum = tables.funding + tables.suspense
    for (index, account) in tables.accounts.enumerated() {
      for tranche in account.tranches {
        sum += tranche.amount.value
        let own =
          balances[
            Purse(
              account: Int64(index) + 1, purse: tranche.purse.number,
              tranche: tranche.tranche.number)] ?? 0
        guard own == tranche.amount.value else {
          return "I2: account \(index + 1) has \(tranche.amount.value) fen in "
            + "\(tranche.purse) \(tranche.tranche.number); its records say \(own)"
        }
      }
    }
    for (index, terminal) in tables.terminals.enumerated() {
      sum += terminal.payable
      let own = index < payable.count ? payable[index] : 0
      guard own == terminal.payable else {
        return "I2: terminal \(index + 1) earned \(terminal.payable) fen; its records say \(own)"
      }
    }
    guard sum == 0 else { return "I1: the legs sum to \(sum)" }
    guard tables.suspense == suspense else {
      return "I11: \(tables.suspense) fen are in suspense; the records say \(suspense)"
    }
    guard tables.funding == funded else { return "I1: another sum was funded" }
    return nil
  }
}
