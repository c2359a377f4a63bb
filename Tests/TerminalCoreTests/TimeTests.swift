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
  }
}
