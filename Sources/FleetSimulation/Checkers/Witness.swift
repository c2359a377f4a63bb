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
  var policy = Policy()
  let homes: [CanteenID?]
  private(set) var violation: String?
  private var made: Set<Digest32> = []
  private var lit: [Lit] = []
  /// Of these the disk is gone, or lied, or was replaced by an older one: nobody can have them.
  private var excused: Set<Digest32> = []
  private(set) var litCount = 0

  init(homes: [CanteenID?]) {
    self.homes = homes
  }

  var excusedCount: Int { excused.count }

  mutating func report(_ what: String?) {
    if violation == nil { violation = what }
  }

  mutating func wrote(_ device: Int, _ records: [Appended]) {
    for record in records {
      made.insert(record.head)
      report(
        devices[device].wrote(
          record.bytes, at: record.position, head: record.head, homes: homes, policy))
    }
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
    devices[device].reopened(
      at: end.sequence.number, acked: ledger.acknowledged.position.sequence.number,
      removed: ledger.pruned.position.sequence.number, rows: ledger.shelves.map(\.fed))
  }

  /// The ledger of a device is gone for good.
  mutating func lost(_ device: Int) {
    for sale in lit where sale.device == device && !audit.settled.contains(sale.head) {
      excused.insert(sale.head)
    }
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
