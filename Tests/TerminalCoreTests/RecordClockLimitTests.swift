import CanteenModel
import TerminalCore
import Testing

/// Where ``RecordClock`` stops to believe a clock, to the millisecond.
@Suite struct RecordClockLimitTests {
  private static let minute: Int64 = 60_000
  private static let noon = CoreFixture.noon
  private static let boot = 60 * minute
  private static let floor = noon - 86_400_000

  /// A clock whose last record was made in this boot, when the boot clock stood at an hour.
  private static func clock(
    wall: Int64 = noon, isTrusted: Bool = true, centre: Int64? = nil
  ) -> RecordClock {
    var clock = RecordClock(
      lastRecord: RecordTime(wallMilliseconds: wall, bootMilliseconds: boot, isTrusted: isTrusted),
      isSameBoot: true, floorMilliseconds: floor)
    if let centre { clock.heardCentre(centre, bootMilliseconds: boot) }
    return clock
  }

  /// The record that a wall clock gives at the moment of the last record.
  private static func stamp(_ clock: RecordClock, _ wall: Int64) -> RecordTime {
    clock.reading(ClockReading(wallMilliseconds: wall, bootMilliseconds: boot))
  }

  @Test(
    "a wall clock may be ten minutes away from the centre's time, in either direction",
    arguments: [
      (10 * minute, true), (10 * minute + 1, false), (-10 * minute, true),
      (-10 * minute - 1, false), (5 * minute, true),
    ] as [(Int64, Bool)])
  func nearCentre(away: Int64, isBelieved: Bool) {
    let signed = Self.noon + 60 * Self.minute
    let time = Self.stamp(Self.clock(centre: signed), signed + away)
    #expect(time.wallMilliseconds == (isBelieved ? signed + away : signed))
    #expect(time.isTrusted)
  }

  @Test(
    "near the centre's time a wall clock may be two seconds behind the last record",
    arguments: [(2_000, 1), (2_001, 5_000)] as [(Int64, Int64)])
  func behindNearCentre(behind: Int64, later: Int64) {
    let time = Self.stamp(Self.clock(centre: Self.noon + 5_000), Self.noon - behind)
    #expect(time.wallMilliseconds == Self.noon + later)
    #expect(time.isTrusted)
  }

  @Test(
    "the centre's own time is trusted up to two seconds behind the last record",
    arguments: [(2_000, true), (2_001, false)] as [(Int64, Bool)])
  func centreBehind(behind: Int64, isTrusted: Bool) {
    let time = Self.stamp(Self.clock(centre: Self.noon - behind), 7)
    #expect(time.wallMilliseconds == Self.noon + 1)
    #expect(time.isTrusted == isTrusted)
  }

  @Test("at the moment when the centre was heard its time is the time")
  func heardNow() {
    let signed = Self.noon + 90 * Self.minute
    #expect(Self.stamp(Self.clock(centre: signed), 7).wallMilliseconds == signed)
  }

  @Test(
    "a leap is believed up to ten minutes",
    arguments: [(10 * minute, true), (10 * minute + 1, false)] as [(Int64, Bool)])
  func leap(milliseconds: Int64, isTrusted: Bool) {
    #expect(Self.stamp(Self.clock(), Self.noon + milliseconds).isTrusted == isTrusted)
  }

  @Test(
    "a last record is a guess when it was not trusted and time was only counted since the boot",
    arguments: [
      (boot, false, true), (boot + 1, false, false), (boot / 2, false, true),
      (boot / 2, true, false),
    ] as [(Int64, Bool, Bool)])
  func guess(afterFloor: Int64, wasTrusted: Bool, isTrusted: Bool) {
    let wall = Self.floor + afterFloor
    let clock = Self.clock(wall: wall, isTrusted: wasTrusted)
    #expect(Self.stamp(clock, wall + 11 * Self.minute).isTrusted == isTrusted)
  }

  @Test("the program's day itself is believed, and an empty journal has no time")
  func floorItself() {
    let clock = RecordClock(lastRecord: nil, isSameBoot: false, floorMilliseconds: Self.floor)
    #expect(clock.lastWallMilliseconds == 0)
    #expect(Self.stamp(clock, Self.floor).isTrusted)
  }

  @Test(
    "an age is never negative, and rests on the wall clock only when both times are trusted",
    arguments: [
      (true, 5_000, 400_000, true, 0), (true, 4_999, 400_000, true, 0),
      (true, 5_001, 400_000, true, 1), (false, 35_000, 400_000, false, 35_000),
      (false, 35_000, 400_000, true, 400_000), (false, 0, 400_000, false, 0),
      (false, 0, -1, true, 0),
    ] as [(Bool, Int64, Int64, Bool, Int64)])
  func age(isSameBoot: Bool, boot: Int64, wallPassed: Int64, isTrusted: Bool, expected: Int64) {
    let earlier = RecordTime(
      wallMilliseconds: Self.noon, bootMilliseconds: 5_000, isTrusted: true)
    let now = RecordTime(
      wallMilliseconds: Self.noon + wallPassed, bootMilliseconds: boot, isTrusted: isTrusted)
    #expect(now.milliseconds(since: earlier, isSameBoot: isSameBoot) == expected)
  }
}
