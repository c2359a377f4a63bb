import CanteenModel
import TerminalCore

/// A terminal's record clock, with the second statement of its rule beside it.
struct RefereedClock {
  private var clock: RecordClock
  private var ruled: RuledClock
  private let referee: Referee

  init(lastRecord: RecordTime?, isSameBoot: Bool, floor: Int64, _ referee: Referee) {
    clock = RecordClock(
      lastRecord: lastRecord, isSameBoot: isSameBoot, floorMilliseconds: floor)
    ruled = RuledClock(lastRecord: lastRecord, isSameBoot: isSameBoot, floor: floor)
    self.referee = referee
  }

  /// The time of the last record.
  var lastWallMilliseconds: Int64 {
    referee.same(clock.lastWallMilliseconds, ruled.lastWall, "the last record's time")
    return clock.lastWallMilliseconds
  }

  mutating func stamp(_ now: ClockReading) -> RecordTime {
    let (time, due) = (clock.stamp(now), ruled.stamp(now))
    referee.same(time, due, "the time of a record at \(now)")
    return time
  }

  func reading(_ now: ClockReading) -> RecordTime {
    let time = clock.reading(now)
    var ruled = ruled
    referee.same(time, ruled.stamp(now), "the time at \(now)")
    return time
  }

  mutating func heardCentre(_ wall: Int64, bootMilliseconds: Int64) {
    clock.heardCentre(wall, bootMilliseconds: bootMilliseconds)
    ruled.heardCentre(wall, boot: bootMilliseconds)
  }
}

/// The sales of a terminal whose light nobody saw, with the second statement beside them.
struct RefereedUnlit {
  private var unlit = UnlitSales()
  private var ruled = RuledUnlit()
  private let referee: Referee

  init(_ referee: Referee) { self.referee = referee }

  var isEmpty: Bool {
    referee.same(unlit.isEmpty, ruled.isEmpty, "whether a sale waits for its light")
    return unlit.isEmpty
  }

  mutating func add(_ earlier: EarlierSale, bootMilliseconds: Int64) {
    unlit.add(earlier, bootMilliseconds: bootMilliseconds)
    ruled.add(earlier.position, earlier.sale.account, boot: bootMilliseconds)
  }

  func sales(of account: AccountID, bootMilliseconds: Int64) -> [EarlierSale] {
    let sales = unlit.sales(of: account, bootMilliseconds: bootMilliseconds)
    referee.same(
      sales.map(\.position), ruled.places(of: account, boot: bootMilliseconds),
      "unlit sales of \(account) at \(bootMilliseconds)")
    return sales
  }

  mutating func settle(_ position: JournalPosition) {
    unlit.settle(position)
    ruled.settle(position)
  }

  mutating func expire(bootMilliseconds: Int64) {
    unlit.expire(bootMilliseconds: bootMilliseconds)
    ruled.expire(boot: bootMilliseconds)
  }
}
