import CanteenModel

/// What time a record must bear: it never falls; the wall clock counts as long as it agrees with the boot clock and
/// with the centre's signed time; a clock that fell back does not stop a meal. Source: `RecordClock`'s promise, and
/// ARCHITECTURE.md, Durability.
struct RuledClock {
  private var last: Int64
  /// By the boot clock, when the last record was made; `nil`: the machine was booted since.
  private var lastBoot: Int64?
  /// Whether a clock was believed since the boot.
  private var wasSure = false
  private let floor: Int64
  /// What the centre signed, and what the boot clock said then.
  private var signed: (wall: Int64, boot: Int64)?

  init(lastRecord: RecordTime?, isSameBoot: Bool, floor: Int64) {
    self.floor = floor
    last = lastRecord?.wallMilliseconds ?? 0
    guard isSameBoot, let lastRecord else { return }
    lastBoot = lastRecord.bootMilliseconds
    // Time that was counted from the build on cannot have run ahead of the boot.
    let counted = floor + lastRecord.bootMilliseconds
    wasSure = lastRecord.isTrusted || lastRecord.wallMilliseconds > counted
  }

  mutating func heardCentre(_ wall: Int64, boot: Int64) { signed = (wall, boot) }

  var lastWall: Int64 { last }

  mutating func stamp(_ now: ClockReading) -> RecordTime {
    let (time, isSure) = believed(now)
    last = time > last ? time : last + 1
    lastBoot = now.bootMilliseconds
    if isSure { wasSure = true }
    return RecordTime(
      wallMilliseconds: last, bootMilliseconds: now.bootMilliseconds, isTrusted: isSure)
  }

  private func believed(_ now: ClockReading) -> (Int64, Bool) {
    let (wall, boot) = (now.wallMilliseconds, now.bootMilliseconds)
    // Two seconds back are a clock that was set right.
    let hasFallen = wall < last - 2_000
    if let signed {
      let time = signed.wall + Swift.max(0, boot - signed.boot)
      let isFar = wall > time + 600_000 || wall < time - 600_000
      if !isFar, !hasFallen { return (wall, true) }
      return (time, !(time < last - 2_000))
    }
    var counted = last
    if let lastBoot, boot > lastBoot { counted += boot - lastBoot }
    counted = Swift.max(counted, floor)
    if wall < floor || hasFallen { return (counted, false) }
    // Nor does it leap by more than ten minutes, once it was believed.
    if lastBoot != nil, wasSure, wall > counted + 600_000 { return (counted, false) }
    return (wall, true)
  }

  /// How long ago a record was made, at least: the boot clock knows within a boot, over one the wall clock if it was
  /// believed both times, and the time since the boot.
  static func age(_ now: RecordTime, since earlier: RecordTime, isSameBoot: Bool) -> Int64 {
    if isSameBoot { return Swift.max(0, now.bootMilliseconds - earlier.bootMilliseconds) }
    var least = Swift.max(0, now.bootMilliseconds)
    if now.isTrusted, earlier.isTrusted {
      least = Swift.max(least, now.wallMilliseconds - earlier.wallMilliseconds)
    }
    return least
  }
}

/// Sales whose light nobody saw: each stands for one equal presentation within two minutes; 64 wait at most.
struct RuledUnlit {
  private var waiting: [(sale: EarlierSaleFacts, since: Int64)] = []

  /// A sale by its place, and whose it is.
  struct EarlierSaleFacts {
    let place: JournalPosition
    let account: AccountID
  }

  var isEmpty: Bool { waiting.isEmpty }

  mutating func add(_ place: JournalPosition, _ account: AccountID, boot: Int64) {
    settle(place)
    if waiting.count == 64 { waiting.remove(at: 0) }
    waiting.append((EarlierSaleFacts(place: place, account: account), boot))
  }

  /// Newest first.
  func places(of account: AccountID, boot: Int64) -> [JournalPosition] {
    var places: [JournalPosition] = []
    for entry in waiting where entry.sale.account == account && entry.since > boot - 120_000 {
      places.insert(entry.sale.place, at: 0)
    }
    return places
  }

  mutating func settle(_ place: JournalPosition) {
    waiting = waiting.filter { $0.sale.place != place }
  }

  mutating func expire(boot: Int64) { waiting = waiting.filter { $0.since > boot - 120_000 } }
}
