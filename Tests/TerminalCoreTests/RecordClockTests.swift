import CanteenModel
import TerminalCore
import Testing

@Suite struct RecordClockTests {
  private static let minute: Int64 = 60_000
  private static let noon = CoreFixture.noon
  private static let floor = noon - 86_400_000

  private static func reading(_ wall: Int64, boot: Int64) -> ClockReading {
    ClockReading(wallMilliseconds: wall, bootMilliseconds: boot)
  }

  /// A clock whose last record was made at noon, when the boot clock stood at an hour.
  private static func clock(isSameBoot: Bool = true, isTrusted: Bool = true) -> RecordClock {
    RecordClock(
      lastRecord: RecordTime(
        wallMilliseconds: noon, bootMilliseconds: 60 * minute, isTrusted: isTrusted),
      isSameBoot: isSameBoot, floorMilliseconds: floor)
  }

  @Test("an honest clock is taken as it is, and two records never share a millisecond")
  func honest() {
    var clock = Self.clock()
    let first = clock.stamp(Self.reading(Self.noon + 500, boot: 60 * Self.minute + 500))
    #expect(first.wallMilliseconds == Self.noon + 500)
    #expect(first.isTrusted)
    let second = clock.stamp(Self.reading(Self.noon + 500, boot: 60 * Self.minute + 500))
    #expect(second.wallMilliseconds == Self.noon + 501)
    #expect(second.isTrusted)
  }

  @Test(
    "a small step back is believed, a large one is not, and time never falls",
    arguments: [(2_000, true), (2_001, false)] as [(Int64, Bool)])
  func stepBack(milliseconds: Int64, isTrusted: Bool) {
    var clock = Self.clock()
    let time = clock.stamp(Self.reading(Self.noon - milliseconds, boot: 60 * Self.minute))
    #expect(time.wallMilliseconds == Self.noon + 1)
    #expect(time.isTrusted == isTrusted)
  }

  @Test("when the wall clock fell back, record time goes on by the boot clock, so that a meal ends")
  func fellBack() {
    var clock = Self.clock()
    let time = clock.stamp(
      Self.reading(Self.noon - 300 * Self.minute, boot: (60 + 45) * Self.minute))
    #expect(time.wallMilliseconds == Self.noon + 45 * Self.minute)
    #expect(!time.isTrusted)
  }

  @Test(
    "a leap forward within a boot is not believed; after a boot it is, and from a time that was none",
    arguments: [
      (10, true, true, true), (11, true, true, false), (11, false, true, true),
      (11, false, false, true),
    ] as [(Int64, Bool, Bool, Bool)])
  func leap(minutes: Int64, isSameBoot: Bool, wasTrusted: Bool, isTrusted: Bool) {
    var clock = Self.clock(isSameBoot: isSameBoot, isTrusted: wasTrusted)
    let time = clock.stamp(
      Self.reading(Self.noon + minutes * Self.minute, boot: 60 * Self.minute))
    #expect(time.isTrusted == isTrusted)
    #expect(
      time.wallMilliseconds == (isTrusted ? Self.noon + minutes * Self.minute : Self.noon + 1))
    // The second record is no more gullible than the first.
    let again = clock.stamp(
      Self.reading(Self.noon + minutes * Self.minute + 5, boot: 60 * Self.minute + 5))
    #expect(again.isTrusted == isTrusted)
  }

  @Test("over a restart in the same boot a leap is not believed either")
  func leapOverRestart() {
    var clock = RecordClock(
      lastRecord: RecordTime(
        wallMilliseconds: Self.noon, bootMilliseconds: 60 * Self.minute, isTrusted: false),
      isSameBoot: true, floorMilliseconds: Self.floor)
    let year = Self.reading(Self.noon + 365 * 1440 * Self.minute, boot: 61 * Self.minute)
    #expect(!clock.stamp(year).isTrusted)
    #expect(!clock.stamp(year).isTrusted)
  }

  @Test("a terminal that woke without a clock believes the first one that is set")
  func clockIsSet() {
    var clock = RecordClock(lastRecord: nil, isSameBoot: false, floorMilliseconds: Self.floor)
    #expect(!clock.stamp(Self.reading(0, boot: 1000)).isTrusted)
    #expect(clock.stamp(Self.reading(Self.noon, boot: 2000)).isTrusted)
    #expect(!clock.stamp(Self.reading(Self.noon + 3_600_000, boot: 3000)).isTrusted)
  }

  @Test("a wall clock that fell back a little behind the centre's time does not stop record time")
  func fellBackNearCentre() {
    var clock = Self.clock()
    clock.heardCentre(Self.noon, bootMilliseconds: 60 * Self.minute)
    let time = clock.stamp(
      Self.reading(Self.noon - 3 * Self.minute, boot: 62 * Self.minute))
    #expect(time.wallMilliseconds == Self.noon + 2 * Self.minute)
    #expect(time.isTrusted)
  }

  @Test("the centre's signed time overrules a wall clock that woke in 1970")
  func centre() {
    var clock = Self.clock(isSameBoot: false)
    let before = clock.stamp(Self.reading(7, boot: 5 * Self.minute))
    #expect(before.wallMilliseconds == Self.noon + 1)
    #expect(!before.isTrusted)
    clock.heardCentre(Self.noon + 90 * Self.minute, bootMilliseconds: 6 * Self.minute)
    let after = clock.stamp(Self.reading(7 + 2 * Self.minute, boot: 7 * Self.minute))
    #expect(after.wallMilliseconds == Self.noon + 91 * Self.minute)
    #expect(after.isTrusted)
  }

  @Test(
    "where the last record was ahead of the centre's time, record time waits and is not trusted")
  func ahead() {
    var clock = Self.clock()
    clock.heardCentre(Self.noon - 60 * Self.minute, bootMilliseconds: 60 * Self.minute)
    let time = clock.stamp(Self.reading(Self.noon, boot: 60 * Self.minute + 1))
    #expect(time.wallMilliseconds == Self.noon + 1)
    #expect(!time.isTrusted)
  }

  @Test("an empty journal believes no clock before the program's day, and bears that day")
  func floorTime() {
    var clock = RecordClock(lastRecord: nil, isSameBoot: false, floorMilliseconds: Self.floor)
    let time = clock.stamp(Self.reading(Self.floor - 1, boot: 0))
    #expect(time.wallMilliseconds == Self.floor)
    #expect(!time.isTrusted)
    #expect(clock.stamp(Self.reading(Self.floor + 1, boot: 1)).isTrusted)
  }

  @Test("who only reads the clock gets the time of the next record, and changes nothing")
  func onlyRead() {
    var clock = Self.clock()
    let untouched = clock
    let reading = Self.reading(Self.noon - 3_000, boot: 60 * Self.minute + 7)
    let read = clock.reading(reading)
    #expect(clock == untouched)
    #expect(read == clock.stamp(reading))
  }

  @Test("whatever the clocks say, record time rises with every record", arguments: 1...20)
  func rises(seed: UInt64) {
    var random = Seeded(state: seed)
    var clock = Self.clock(isSameBoot: seed.isMultiple(of: 2))
    var last = Self.noon
    var boot = 60 * Self.minute
    for _ in 0..<1000 {
      boot += Int64(random.next() % 5000)
      let wall = Self.noon + Int64(random.next() % 200_000_000) - 100_000_000
      if random.next() % 50 == 0 { clock.heardCentre(wall, bootMilliseconds: boot) }
      let time = clock.stamp(Self.reading(wall, boot: boot))
      #expect(time.wallMilliseconds > last)
      last = time.wallMilliseconds
    }
  }

  @Test(
    "a sale's age is the boot clock's within a boot, and over a boot at least the time since it",
    arguments: [
      (true, 40_000, true, 30_000), (true, -40_000, true, 30_000), (false, 40_000, true, 40_000),
      (false, -40_000, true, 35_000), (false, 400_000, false, 35_000),
    ] as [(Bool, Int64, Bool, Int64)])
  func age(isSameBoot: Bool, wallPassed: Int64, isTrusted: Bool, expected: Int64) {
    let earlier = RecordTime(
      wallMilliseconds: Self.noon, bootMilliseconds: 5_000, isTrusted: isTrusted)
    let now = RecordTime(
      wallMilliseconds: Self.noon + wallPassed, bootMilliseconds: 35_000, isTrusted: true)
    #expect(now.milliseconds(since: earlier, isSameBoot: isSameBoot) == expected)
  }
}
