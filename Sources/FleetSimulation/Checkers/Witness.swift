import CanteenModel
import SyncProtocol

/// All checkers of a world, and what they saw go wrong first.
///
/// The world tells them what happened; they ask nobody.
struct Witness {
  /// A sale whose diner saw the light.
  private struct Lit {
    let device: Int
    let place: JournalPosition
    let head: Digest32
  }

  var devices: [DeviceChecker] = []
  var audit = Audit()
  var policy: Policy
  private(set) var loss = LossChecker()
  var groups: GroupChecker
  private(set) var violation: String?
  private var made: Set<Digest32> = []
  private var lit: [Lit] = []
  /// Of these the disk is gone, or lied, or was replaced by an older one: nobody can have them.
  private var excused: Set<Digest32> = []
  private(set) var litCount = 0

  init(_ policy: Policy, terminalsAt: [Int]) {
    self.policy = policy
    groups = GroupChecker(terminalsAt: terminalsAt)
  }

  var excusedCount: Int { excused.count }

  mutating func report(_ what: String?) {
    if violation == nil { violation = what }
  }

  mutating func wrote(_ device: Int, _ records: [Appended], now: Int64) {
    for record in records {
      made.insert(record.head)
      report(
        devices[device].wrote(
          record.bytes, at: record.position, head: record.head, policy))
      let canteen = devices[device].canteen
      let raw = devices[device].last
      if let raw, raw.account > 0 {
        report(
          groups.wrote(raw, at: Int(canteen.number) - 1, now: now, policy))
      }
      if case .sale(let sale) = record.record.body { spent(Int(sale.account.number) - 1) }
    }
  }

  /// Something was taken from an account: whether it is still covered, and if not, by how much.
  private mutating func spent(_ account: Int) {
    let free = audit.free(account)
    guard devices.reduce(free, { $0 - $1.unfed(account) }) < 0 else {
      return loss.isCovered(account)
    }
    let exposures = devices.map { $0.exposure(of: account, policy) }
    report(
      loss.approvedAlone(account, free: free, exposures) { audit.settled.contains($0) })
  }

  mutating func lit(_ device: Int, _ place: JournalPosition, _ head: Digest32) {
    lit.append(Lit(device: device, place: place, head: head))
    litCount += 1
  }

  /// A ledger was opened again.
  ///
  /// - Parameter isExcused: Its disk lied, or an older image took its place.
  mutating func reopened(_ device: Int, _ ledger: Ledger, isExcused: Bool) {
    let end = ledger.position
    // From the end: a tail is what is lost.
    for sale in lit.reversed() where sale.device == device {
      guard sale.place.epoch == end.epoch, sale.place > end else { break }
      if isExcused {
        excused.insert(sale.head)
      } else {
        report("I2: the lit sale \(sale.place.epoch)/\(sale.place.sequence) is not on the disk")
      }
    }
    lit.removeAll {
      $0.device == device && $0.place.epoch == end.epoch && $0.place > end && isExcused
    }
    wentAway(device, behind: end.sequence.number)
    let canteen = Int(devices[device].canteen.number) - 1
    if !isExcused {
      // Nobody was ever told of these.
      for record in devices[device].ownRecords(behind: end.sequence.number) {
        groups.vanished(record, at: canteen)
      }
    }
    devices[device].reopened(
      at: end.sequence.number, acked: ledger.acknowledged.position.sequence.number,
      removed: ledger.pruned.position.sequence.number, rows: ledger.shelves.map(\.fed))
  }

  private mutating func wentAway(_ device: Int, behind place: UInt64) {
    for (account, fen) in devices[device].unfed(behind: place) {
      loss.wentAway(account, fen: fen)
    }
  }

  /// The ledger of a device is gone for good.
  mutating func lost(_ device: Int) {
    wentAway(device, behind: 0)
    for sale in lit where sale.device == device && !audit.settled.contains(sale.head) {
      excused.insert(sale.head)
    }
  }

  /// Rows are on disk.
  ///
  /// - Parameter kept: What the ledger has now; `nil`: nobody knows.
  mutating func fed(_ device: Int, _ rows: [AccountSnapshot], kept: [AccountShelf]?) {
    report(devices[device].fed(rows, kept: kept?.map(\.fed)) { audit.settled.contains($0) })
  }

  mutating func took(_ batch: [UInt8]) {
    report(audit.took(batch) { made.contains($0) })
  }

  /// At the end: every lit sale settled.
  mutating func finish() {
    for sale in lit where !audit.settled.contains(sale.head) && !excused.contains(sale.head) {
      report("I2: the lit sale \(sale.place.epoch)/\(sale.place.sequence) never settled")
      return
    }
  }
}
