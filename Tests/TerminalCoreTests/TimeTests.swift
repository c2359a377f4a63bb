import CanteenModel
import TerminalCore
import Testing

@Suite struct TimeTests {
  @Test(
    "a meal begins with its first minute and is over with the first minute after it",
    arguments: [(-60, true), (-61, false), (59, true), (60, false)])
  func edges(minutesFromNoon: Int64, isServed: Bool) {
    let wall = CoreFixture.noon + minutesFromNoon * 60_000
    #expect((CoreFixture.rulebook.meal(at: wall) != nil) == isServed)
    #expect((CoreFixture.rulebook.meal(at: wall + 59_999) != nil) == isServed)
  }

  @Test("a period that crosses midnight is one meal, of the day on which it began")
  func midnight() {
    let tenInTheEvening = CoreFixture.noon + 10 * 3_600_000
    let before = CoreFixture.rulebook.meal(at: tenInTheEvening)
    let after = CoreFixture.rulebook.meal(at: tenInTheEvening + 2 * 3_600_000 + 1_800_000)
    #expect(before?.key.period == 4)
    #expect(before?.key == after?.key)
    let nextEvening = CoreFixture.rulebook.meal(at: tenInTheEvening + 24 * 3_600_000)
    #expect(nextEvening?.key.day == before.map { $0.key.day + 1 })
  }

  @Test("days before 1970 are counted down")
  func before1970() {
    let wall: Int64 = -1 - 480 * 60_000 + 690 * 60_000 - 1440 * 60_000
    #expect(CoreFixture.rulebook.meal(at: wall)?.key.day == -1)
    let midnight: Int64 = -480 * 60_000
    #expect(CoreFixture.rulebook.localDay(of: midnight) == 0)
    #expect(CoreFixture.rulebook.localDay(of: midnight - 1) == -1)
  }

  @Test("between meals a sale counts for the rest of its local day, which ends at local midnight")
  func betweenMeals() {
    let slot = { CoreFixture.rulebook.slot(at: CoreFixture.noon + $0 * 60_000) }
    #expect(slot(0).period == 2)
    #expect(slot(180) == MealKey(day: slot(0).day, period: 0))
    // Two in the morning: the late meal of the evening before is over.
    #expect(slot(14 * 60) == MealKey(day: slot(0).day + 1, period: 0))
    #expect(CoreFixture.rulebook.localDay(of: CoreFixture.noon + 12 * 3_600_000 - 1) == slot(0).day)
    #expect(CoreFixture.rulebook.localDay(of: CoreFixture.noon + 12 * 3_600_000) == slot(0).day + 1)
  }

  /// The calendar is counted here month by month, from 1970 forwards and backwards.
  @Test("every day of 800 years knows the first day of its month")
  func months() {
    func length(_ month: Int, _ year: Int) -> Int32 {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      return month == 2 ? isLeap ? 29 : 28 : [4, 6, 9, 11].contains(month) ? 30 : 31
    }
    var wrong: [Int32] = []
    func check(_ first: Int32, _ length: Int32) {
      for day in first..<first + length
      where MealKey(day: day, period: 1).firstDayOfMonth != first { wrong.append(day) }
    }
    var first: Int32 = 0
    for year in 1970..<2370 {
      for month in 1...12 {
        check(first, length(month, year))
        first += length(month, year)
      }
    }
    first = 0
    for year in (1570..<1970).reversed() {
      for month in (1...12).reversed() {
        first -= length(month, year)
        check(first, length(month, year))
      }
    }
    #expect(wrong.isEmpty)
  }
}
