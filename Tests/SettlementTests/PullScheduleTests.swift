import CanteenModel
import SettlementCore
import Testing

@Suite struct PullScheduleTests {
  static let one = TerminalID(1)
  static let two = TerminalID(2)

  static func schedule() -> PullSchedule {
    var schedule = PullSchedule(intervalMilliseconds: 10_000)
    schedule.set([two, one], now: 0)
    return schedule
  }

  @Test("a new terminal is due at once, and is not visited twice at a time")
  func dueAtOnce() {
    var schedule = Self.schedule()
    #expect(schedule.start(limit: 8, now: 0) == [Self.one, Self.two])
    #expect(schedule.start(limit: 8, now: 60_000) == [])
  }

  @Test("a visit that went well comes again after the interval, not before")
  func interval() {
    var schedule = Self.schedule()
    _ = schedule.start(limit: 8, now: 0)
    schedule.succeeded(Self.one, now: 5)
    #expect(schedule.start(limit: 8, now: 10_004) == [])
    #expect(schedule.start(limit: 8, now: 10_005) == [Self.one])
  }

  @Test("a terminal that does not answer keeps no other waiting")
  func independent() {
    var schedule = Self.schedule()
    _ = schedule.start(limit: 8, now: 0)
    schedule.succeeded(Self.two, now: 10)
    #expect(schedule.start(limit: 7, now: 10_010) == [Self.two])
  }

  @Test("no more visits start than the limit allows, and the longest overdue starts first")
  func limit() {
    var schedule = Self.schedule()
    #expect(schedule.start(limit: 0, now: 0) == [])
    #expect(schedule.start(limit: 1, now: 0) == [Self.one])
    schedule.succeeded(Self.one, now: 0)
    #expect(schedule.start(limit: 1, now: 10_000) == [Self.two])
  }

  @Test("rests after failures double from a second to a minute, and never end")
  func backOff() {
    var schedule = PullSchedule(intervalMilliseconds: 10_000)
    schedule.set([Self.one], now: 0)
    var now: Int64 = 0
    for expected in [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000] as [Int64] {
      #expect(schedule.start(limit: 1, now: now) == [Self.one])
      schedule.failed(Self.one, jitterPermille: 1000, now: now)
      #expect(schedule.start(limit: 1, now: now + expected - 1) == [])
      now += expected
    }
    #expect(schedule.failures(of: Self.one) == 9)
    _ = schedule.start(limit: 1, now: now)
    schedule.succeeded(Self.one, now: now)
    #expect(schedule.failures(of: Self.one) == 0)
  }

  @Test("jitter takes at most half of a rest away")
  func jitter() {
    var schedule = Self.schedule()
    _ = schedule.start(limit: 8, now: 0)
    schedule.failed(Self.one, jitterPermille: 0, now: 0)
    #expect(schedule.start(limit: 8, now: 499) == [])
    #expect(schedule.start(limit: 8, now: 500) == [Self.one])
  }

  @Test("a terminal that was removed is visited no more")
  func removed() {
    var schedule = Self.schedule()
    schedule.set([Self.two], now: 0)
    #expect(schedule.start(limit: 8, now: 0) == [Self.two])
    schedule.failed(Self.one, jitterPermille: 0, now: 0)
    #expect(schedule.start(limit: 8, now: 60_000) == [])
  }

  @Test("the next visit that is due is the earliest of those that do not run")
  func nextDue() {
    var schedule = PullSchedule(intervalMilliseconds: 10_000)
    #expect(schedule.nextDue == nil)
    schedule.set([Self.one, Self.two], now: 7)
    #expect(schedule.nextDue == 7)
    _ = schedule.start(limit: 8, now: 7)
    #expect(schedule.nextDue == nil)
    schedule.succeeded(Self.one, now: 20)
    #expect(schedule.nextDue == 10_020)
    schedule.failed(Self.two, jitterPermille: 1000, now: 30)
    #expect(schedule.nextDue == 1_030)
    #expect(schedule.start(limit: 8, now: 1_029) == [])
    #expect(schedule.start(limit: 8, now: 1_030) == [Self.two])
    #expect(schedule.nextDue == 10_020)
  }
}
