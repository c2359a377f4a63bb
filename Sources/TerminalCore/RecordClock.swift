package import CanteenModel

/// Gives every record its time. Record time never falls, whatever the wall clock does; and when the
/// wall clock fell back it goes on by the boot clock, so that a meal still ends.
///
/// Three clocks are heard. The wall clock is believed as long as it agrees with the other two; the
/// boot clock says how much time has passed since the last record of this boot; the centre's signed
/// time, once heard in this run, overrules a wall clock that is far from it. Where the last record
/// turns out to have been ahead of the centre's time, record time waits for it, a millisecond a record.
package struct RecordClock: Hashable, Sendable {
  /// How far the wall clock may fall behind the last record and still be believed.
  package static let fallToleranceMilliseconds: Int64 = 2_000
  /// How far the wall clock may run ahead of the boot clock, or away from the centre's time, and still
  /// be believed. A rulebook's meals are half an hour and longer.
  package static let leapToleranceMilliseconds: Int64 = 10 * 60_000

  /// A wall time, and what the boot clock said at that moment.
  private struct Anchor: Hashable {
    let wallMilliseconds: Int64
    let bootMilliseconds: Int64

    func wall(atBoot bootMilliseconds: Int64) -> Int64 {
      wallMilliseconds + max(0, bootMilliseconds - self.bootMilliseconds)
    }
  }

  /// The wall time of the last record.
  package private(set) var lastWallMilliseconds: Int64
  /// No honest wall clock is behind this: the day on which the program was built.
  private let floorMilliseconds: Int64
  /// The last record of this boot; `nil` when the machine was booted since.
  private var last: Anchor?
  /// Whether record time rests on a clock that was believed since the machine was booted: then a leap
  /// of the wall clock is not.
  private var hasBeenTrusted: Bool
  /// The centre's signed time; `nil` until it was heard in this run.
  private var centre: Anchor?

  /// - Parameters:
  ///   - lastRecord: The time of the journal's last record, `nil` in an empty one.
  ///   - isSameBoot: Whether it was made since the machine was booted.
  package init(lastRecord: RecordTime?, isSameBoot: Bool, floorMilliseconds: Int64) {
    lastWallMilliseconds = lastRecord?.wallMilliseconds ?? 0
    hasBeenTrusted = false
    self.floorMilliseconds = floorMilliseconds
    if isSameBoot, let lastRecord {
      // Time that was only counted from the floor cannot be further from it than the boot is long.
      hasBeenTrusted =
        lastRecord.isTrusted
        || lastRecord.wallMilliseconds - floorMilliseconds > lastRecord.bootMilliseconds
      last = Anchor(
        wallMilliseconds: lastRecord.wallMilliseconds, bootMilliseconds: lastRecord.bootMilliseconds
      )
    }
  }

  /// The centre signed that this was the time, when the boot clock stood there.
  package mutating func heardCentre(_ wallMilliseconds: Int64, bootMilliseconds: Int64) {
    centre = Anchor(wallMilliseconds: wallMilliseconds, bootMilliseconds: bootMilliseconds)
  }

  /// What a record made now would bear, without making one.
  package func reading(_ reading: ClockReading) -> RecordTime {
    var copy = self
    return copy.stamp(reading)
  }

  /// The time of a record made now: at least one millisecond after the record before it.
  package mutating func stamp(_ reading: ClockReading) -> RecordTime {
    let (believed, isTrusted) = believe(reading)
    lastWallMilliseconds = max(lastWallMilliseconds + 1, believed)
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .recordTimeFalls {
        lastWallMilliseconds = reading.wallMilliseconds
      }
    #endif
    last = Anchor(
      wallMilliseconds: lastWallMilliseconds, bootMilliseconds: reading.bootMilliseconds)
    hasBeenTrusted = hasBeenTrusted || isTrusted
    return RecordTime(
      wallMilliseconds: lastWallMilliseconds, bootMilliseconds: reading.bootMilliseconds,
      isTrusted: isTrusted)
  }

  /// What time it probably is, and whether that is more than a guess.
  private func believe(_ reading: ClockReading) -> (wall: Int64, isTrusted: Bool) {
    let wall = reading.wallMilliseconds
    let isBehind = lastWallMilliseconds - Self.fallToleranceMilliseconds
    if let centre {
      let signed = centre.wall(atBoot: reading.bootMilliseconds)
      let isNear = abs(wall - signed) <= Self.leapToleranceMilliseconds && wall >= isBehind
      let time = isNear ? wall : signed
      return (time, time >= isBehind)
    }
    let expected = max(
      last?.wall(atBoot: reading.bootMilliseconds) ?? lastWallMilliseconds, floorMilliseconds)
    guard wall >= floorMilliseconds, wall >= isBehind else { return (expected, false) }
    // A leap within a boot is believed only away from a time that was a mere guess.
    if last != nil, hasBeenTrusted, wall - expected > Self.leapToleranceMilliseconds {
      return (expected, false)
    }
    return (wall, true)
  }
}

extension RecordTime {
  /// How much time has passed since an earlier record of the same terminal, in milliseconds; 0 or
  /// more.
  ///
  /// Within a boot the boot clock says so. Over a boot nobody knows: it is at least what has passed
  /// since the machine was booted, and what the wall clock says when it was believed both times.
  package func milliseconds(since earlier: RecordTime, isSameBoot: Bool) -> Int64 {
    guard !isSameBoot else { return max(0, bootMilliseconds - earlier.bootMilliseconds) }
    let byWall =
      isTrusted && earlier.isTrusted ? wallMilliseconds - earlier.wallMilliseconds : 0
    return max(0, bootMilliseconds, byWall)
  }
}
