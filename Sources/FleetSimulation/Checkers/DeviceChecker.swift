import CanteenModel
import SyncProtocol

/// What must hold along the ledger of one device, by the bytes that it wrote: I4 (the cap in each slot, and
/// no more than the money that it was fed), I5 (the chain), I6 (what is acknowledged and removed), I7 (time),
/// I8 (the deny list) and I9 (corrections).
///
/// Source: durability-and-risk, section 3, and ARCHITECTURE.md. No code of the cores is called.
struct DeviceChecker {
  /// A record that the ledger has, as far as rules build on it.
  private struct Noted {
    let head: Digest32
    let wall: Int64
    let slot: MealSlot
    let record: RawRecord
    var returned: Int64 = 0
    var isCorrected = false
  }

  private struct Account {
    var fed: AccountSnapshot?
    /// The highest place that a row included since the ledger was opened, and whether the newest names less: then
    /// the ledger takes own records off that are in the balance already, which is too much and nobody's loss.
    var included: UInt64 = 0
    var isBlurred = false
    /// Places of its records behind what the fed row includes, oldest first.
    var own: [UInt64] = []
    /// The newest slots in which it bought something.
    var counts: [MealCount] = []

    func count(in slot: MealSlot) -> MealCount {
      counts.last { $0.slot == slot } ?? MealCount(slot: slot)
    }

    mutating func change(_ slot: MealSlot, _ body: (inout MealCount) -> Void) {
      if let place = counts.lastIndex(where: { $0.slot == slot }) { return body(&counts[place]) }
      if counts.count == Self.slots { counts.removeFirst() }
      counts.append(MealCount(slot: slot))
      body(&counts[counts.count - 1])
    }

    /// What goes back of a meal long past counts nowhere.
    mutating func take(_ correction: RawRecord, in slot: MealSlot) {
      guard let place = counts.lastIndex(where: { $0.slot == slot }) else { return }
      counts[place].take(correction)
    }

    /// Between the meals of a day the slot is the same one.
    private static let slots = 5
  }

  let terminal: TerminalID
  let canteen: CanteenID
  let isOnly: Bool
  /// Whether it asks the centre.
  let mayAsk: Bool
  private var epoch: Epoch
  /// Behind ``base``, in order.
  private var noted: [Noted] = []
  private var base: UInt64 = 0
  private var baseHead = Digest32.zero
  /// Up to where the ledger removed its records.
  private var removed: UInt64 = 0
  /// What is up to here may be of another boot.
  private var openedAt: UInt64 = 0
  private static let remembered: UInt64 = 1_000
  private var accounts: [Account] = []
  private var acked: UInt64 = 0
  /// Meals that are over, and the one of the last record.
  private var lastSlot = MealSlot(day: 0, period: 0)
  private var closedSlots: Set<MealSlot> = []
  private(set) var slots = 0

  init(terminal: TerminalID, canteen: CanteenID, isOnly: Bool, mayAsk: Bool, epoch: Epoch) {
    self.terminal = terminal
    self.canteen = canteen
    self.isOnly = isOnly
    self.mayAsk = mayAsk
    self.epoch = epoch
  }

  /// The record that it wrote last.
  var last: RawRecord? { noted.last?.record }

  var end: UInt64 { base + UInt64(noted.count) }

  func fedRow(of account: Int) -> AccountSnapshot? {
    account < accounts.count ? accounts[account].fed : nil
  }

  /// The most that the ledger's own records behind what was fed may have taken from an account: quickly, because
  /// nearly always it is covered.
  func unfed(_ account: Int) -> Int64 {
    guard account < accounts.count else { return 0 }
    var sum: Int64 = 0
    for place in accounts[account].own where place > base {
      sum += max(0, Self.alone(noted[Int(place - base) - 1].record))
    }
    return sum
  }

  /// The account's records that no fed row includes.
  func ownRecords(of account: Int) -> [(head: Digest32, record: RawRecord)] {
    guard account < accounts.count else { return [] }
    return accounts[account].own.compactMap { place in
      guard place > base else { return nil }
      let note = noted[Int(place - base) - 1]
      return (note.head, note.record)
    }
  }

  /// All records behind a place.
  func ownRecords(behind place: UInt64) -> [RawRecord] {
    noted.dropFirst(Int(max(place, base) - base)).map(\.record)
  }

  /// A record was written.
  ///
  /// - Returns: What is wrong; `nil` when nothing is.
  mutating func wrote(
    _ bytes: [UInt8], at position: JournalPosition, head: Digest32,
    _ policy: Policy
  ) -> String? {
    guard position.epoch == epoch, position.sequence.number == end + 1 else {
      return "I5: record \(position.epoch)/\(position.sequence) behind \(epoch)/\(end)"
    }
    let previous = noted.last?.head ?? baseHead
    let own = Digest32(
      sha256: RawBatch.preimage(
        previous.bytes, terminal: UInt64(terminal.number), epoch: UInt64(epoch.number),
        sequence: position.sequence.number, bytes[...]))
    guard own == head else { return "I5: the head of \(position.sequence) is another one" }
    let record = RawRecord(bytes)
    if let last = noted.last, record.wall <= last.wall, record.kind != .unreadable {
      return "I7: record time falls from \(last.wall) to \(record.wall)"
    }
    let slot = MealSlot(day: record.day, period: record.period)
    noted.append(
      Noted(
        head: head, wall: record.kind == .unreadable ? noted.last?.wall ?? 0 : record.wall,
        slot: slot, record: record))
    switch record.kind {
    case .other, .unreadable: return nil
    case .decline: return refused(record, policy)
    case .sale:
      return sold(record, slot, at: position.sequence.number, policy)
    case .correction: return corrected(record, slot, at: position.sequence.number)
    }
  }

  private mutating func sold(
    _ record: RawRecord, _ slot: MealSlot, at place: UInt64, _ policy: Policy
  ) -> String? {
    if slot != lastSlot {
      if lastSlot.period != 0 { closedSlots.insert(lastSlot) }
      slots += 1
      lastSlot = slot
      if closedSlots.contains(slot) {
        return "I7: meal \(slot.day)/\(slot.period) opens again"
      }
    }
    let index = Int(record.account) - 1
    guard index >= 0, index < accounts.count, let fed = accounts[index].fed else {
      return "I3: account \(record.account) pays and was never fed"
    }
    guard fed.status == .active else {
      return "I8: account \(record.account) pays, was fed as \(fed.status)"
    }
    if let first = standing(for: record, before: place, policy) {
      return "I2: account \(record.account) tapped twice and pays for \(first) and \(place)"
    }
    let before = left(of: index)
    accounts[index].own.append(place)
    let earlier = accounts[index].count(in: slot)
    accounts[index].change(slot) { $0.add(record) }
    // What neighbours took of the balance is not known here.
    if let what = before.wrong(
      with: record, inOrder: isByItself(policy) && !accounts[index].isBlurred, policy)
    {
      return what
    }
    if let what = policy.wrong(
      with: record, at: canteen, before: (earlier.meals, earlier.guests))
    {
      return what
    }
    if record.place == 1, record.held != record.total {
      return "I4: approved online with holds of \(record.held) for \(record.total) fen"
    }
    guard record.place != 1, record.total > 0 else { return nil }
    guard let numbers = policy.versions[record.rulebook] else {
      return "I4: nobody signed rulebook \(record.rulebook)"
    }
    let cap = policy.cap(
      index, medium: record.medium, at: canteen, isOnly: isOnly || record.place == 2,
      period: record.period, numbers)
    if record.place == 2, isOnly || numbers.groups == 0 {
      return "I4: approved with the word of others, of which there are none"
    }
    // What went before may have been of another credential; what this one may do bounds the sum.
    let now = accounts[index].count(in: slot)
    guard now.aloneFen <= cap.total, now.alone <= cap.approvals else {
      return "I4: account \(record.account) was approved \(now.alone) times, "
        + "\(now.aloneFen) fen without the centre in \(slot.day)/\(slot.period); the cap is "
        + "\(cap.approvals) and \(cap.total)"
    }
    return nil
  }

  /// The sale of the guard time that should have been shown again: same lane, nothing armed, not corrected.
  private func standing(
    for record: RawRecord, before place: UInt64, _ policy: Policy
  ) -> UInt64? {
    let guardSeconds = policy.versions[record.rulebook]?.rulebook.repeatGuardSeconds ?? 0
    guard record.mode == 1 || record.mode == 4, !record.isGuest else { return nil }
    for place in noted.indices.dropLast().suffix(8).reversed() {
      let sequence = base + UInt64(place) + 1
      let passed = record.boot - noted[place].record.boot
      guard sequence > openedAt, passed < Int64(guardSeconds - 1) * 1_000 else { break }
      let (note, earlier) = (noted[place], noted[place].record)
      guard earlier.kind == .sale, earlier.account == record.account, earlier.mode == record.mode,
        earlier.lane == record.lane, !earlier.isGuest, !note.isCorrected
      else { continue }
      return sequence
    }
    return nil
  }

  private mutating func corrected(_ record: RawRecord, _ slot: MealSlot, at place: UInt64)
    -> String?
  {
    let sequence = record.originalSequence
    guard sequence > removed, sequence < place else { return "I9: no record \(sequence)" }
    let original = noted[Int(sequence - base) - 1]
    guard original.record.kind == .sale, original.head.bytes == record.originalID,
      original.record.account == record.account
    else { return "I9: record \(sequence) is not the sale that is corrected" }
    noted[Int(sequence - base) - 1].returned += record.total
    noted[Int(sequence - base) - 1].isCorrected = true
    guard original.returned + record.total <= original.record.total else {
      return "I9: \(original.returned + record.total) go back of \(original.record.total) fen"
    }
    let index = Int(record.account) - 1
    accounts[index].own.append(place)
    accounts[index].take(record, in: slot)
    return nil
  }

  /// Whether the rules let it ask no neighbours, by the newest of them.
  private func isByItself(_ policy: Policy) -> Bool {
    isOnly || policy.versions[1].map { $0.groups == 0 } ?? true
  }

  /// Somebody was refused: for a reason that holds.
  private func refused(_ record: RawRecord, _ policy: Policy) -> String? {
    // Equal refusals of a minute are one record, which is written later.
    let last = noted.dropLast().last?.record
    if let last, last.kind == .decline, last.reason == record.reason,
      last.account == record.account, last.fen == record.fen
    {
      return nil
    }
    let index = Int(record.account) - 1
    let account = index >= 0 && index < accounts.count ? accounts[index] : Account()
    let moment = policy.versions[1].map { $0.moment(record.wall) }
    let slot = moment?.slot ?? MealKey(day: 0, period: 0)
    let count = account.count(in: MealSlot(day: Int64(slot.day), period: UInt64(slot.period)))
    let waiting = noted.dropLast().suffix(acked < base ? noted.count : Int(end - acked) - 1)
    let refusal = Refusal(
      isByItself: isByItself(policy) && !mayAsk && !account.isBlurred,
      isFed: accounts.contains { $0.fed != nil }, status: account.fed?.status,
      available: index >= 0 ? left(of: index).available(on: moment?.day ?? 0) : 0,
      meals: count.meals, guests: count.guests, alone: count.alone, aloneFen: count.aloneFen,
      waiting: waiting.count,
      waitingFen: record.reason == 16
        ? waiting.reduce(0) { $0 + ($1.record.kind == .sale ? $1.record.total : 0) } : 0,
      waitsSince: acked < base ? .min : acked < end ? noted[Int(acked - base)].wall : nil)
    return wrong(record, refusal, policy)
  }

  /// The money that the ledger has of an account: what was fed, minus its own records behind that.
  private func left(of index: Int) -> FedMoney {
    var money = FedMoney(accounts[index].fed)
    for place in accounts[index].own where place > base {
      money.take(noted[Int(place - base) - 1].record)
    }
    return money
  }

  /// Rows that are on disk now.
  ///
  /// - Parameters:
  ///   - kept: The ledger's rows, by account; `nil`: nobody knows.
  ///   - isPosted: Whether a record, by its head, is in the centre's balances.
  /// - Returns: What is wrong.
  mutating func fed(
    _ rows: [AccountSnapshot], kept: [AccountSnapshot?]?, isPosted: (Digest32) -> Bool
  ) -> String? {
    for row in rows {
      let index = Int(row.account.number) - 1
      while accounts.count <= index { accounts.append(Account()) }
      let known = accounts[index].fed?.version ?? 0
      if let kept, index >= kept.count || kept[index]?.version != max(known, row.version) {
        return
          "I8: account \(index + 1) was fed in version \(max(known, row.version)), the ledger has "
          + "\(index < kept.count ? kept[index]?.version ?? 0 : 0)"
      }
      if known >= row.version, known > 0 { continue }
      accounts[index].fed = row
      let named = row.includes.map { $0.epoch == epoch ? $0.sequence.number : 0 } ?? 0
      accounts[index].isBlurred = named < accounts[index].included
      accounts[index].included = Swift.max(accounts[index].included, named)
      guard let includes = row.includes, includes.epoch == epoch else { continue }
      for place in accounts[index].own where place > base && place <= includes.sequence.number {
        guard isPosted(noted[Int(place - base) - 1].head) else {
          return "I2: a row of account \(index + 1) includes record \(place), which is not in it"
        }
      }
      accounts[index].own.removeAll { $0 <= includes.sequence.number }
    }
    return nil
  }

  /// An ack is on disk.
  mutating func acknowledged(_ ack: AckFacts) -> String? {
    guard ack.position.epoch == epoch else { return nil }
    let place = ack.position.sequence.number
    guard place <= end else { return "I6: \(place) is acknowledged, there are \(end)" }
    let head = place == base ? baseHead : place > base ? noted[Int(place - base) - 1].head : nil
    if let head, head != ack.head { return "I6: another record \(place) is acknowledged" }
    acked = place
    return nil
  }

  /// Records up to a place were removed.
  mutating func removed(upTo place: UInt64) -> String? {
    guard place > removed else { return nil }
    guard place <= acked else { return "I6: \(place) is removed, \(acked) is acknowledged" }
    for index in accounts.indices {
      if let first = accounts[index].own.first, first > removed, first <= place {
        return "I6: record \(first) is removed, no row of account \(index + 1) includes it"
      }
    }
    removed = place
    // A power cut on a disk that lied takes removals back: some are remembered longer.
    guard removed - base > 2 * Self.remembered else { return nil }
    let gone = Int(removed - base - Self.remembered)
    baseHead = noted[gone - 1].head
    noted.removeFirst(gone)
    base += UInt64(gone)
    return nil
  }

  /// The ledger was opened again and ends here; what is behind that was never there for it. What it was fed
  /// may be older as well.
  mutating func reopened(at place: UInt64, acked: UInt64, removed: UInt64, rows: [AccountSnapshot?])
  {
    if place < end, place >= base { noted.removeLast(Int(end - place)) }
    (self.acked, self.removed, openedAt) = (acked, removed, place)
    // It may know fewer accounts than before, and records of those that it does not know any more.
    let most = noted.reduce(rows.count) { max($0, Int($1.record.account)) }
    accounts = (0..<most).map { index in
      var account = Account()
      if index < rows.count { account.fed = rows[index] }
      return account
    }
    for index in noted.indices { noted[index].returned = 0 }
    for (offset, note) in noted.enumerated() {
      if note.record.kind == .correction, note.record.originalSequence > base {
        let original = Int(note.record.originalSequence - base) - 1
        noted[original].returned += note.record.total
        noted[original].isCorrected = true
      }
      let index = Int(note.record.account) - 1
      guard note.record.kind == .sale || note.record.kind == .correction, index >= 0 else {
        continue
      }
      let place = base + UInt64(offset) + 1
      let includes = accounts[index].fed?.includes
      accounts[index].included = Swift.max(
        accounts[index].included, includes.map { $0.epoch == epoch ? $0.sequence.number : 0 } ?? 0)
      let isIncluded = includes.map { $0.epoch == epoch && place <= $0.sequence.number } ?? false
      // What was removed was included once: a row that names nothing any more has it in its balance all the same.
      if !isIncluded, place > removed { accounts[index].own.append(place) }
      recount(note, index)
    }
    lastSlot = noted.last { $0.record.kind == .sale }?.slot ?? MealSlot(day: 0, period: 0)
    let (last, kept) = (lastSlot, Set(noted.map(\.slot)))
    closedSlots = closedSlots.filter { $0.day < last.day || ($0 != last && kept.contains($0)) }
  }

  private mutating func recount(_ note: Noted, _ index: Int) {
    if note.record.kind == .sale {
      accounts[index].change(note.slot) { $0.add(note.record) }
    } else {
      accounts[index].take(note.record, in: note.slot)
    }
  }
}
