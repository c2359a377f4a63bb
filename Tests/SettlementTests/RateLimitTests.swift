import CanteenModel
import Testing

@Suite struct RateLimitTests {
  @Test("a full bucket gives what it holds at once, and then as it fills")
  func fills() {
    var bucket = TokenBucket(capacity: 3, perSecond: 2, now: 1000)
    for _ in 0..<3 { #expect(bucket.take(now: 1000) == nil) }
    #expect(bucket.take(now: 1000) == 500)
    #expect(bucket.take(now: 1499) == 1)
    #expect(bucket.take(now: 1500) == nil)
    #expect(bucket.take(now: 1500) == 500)
  }

  @Test("a bucket does not overflow, and a clock that goes back gives nothing")
  func bounds() {
    var bucket = TokenBucket(capacity: 2, perSecond: 1000, now: 0)
    for _ in 0..<2 { #expect(bucket.take(now: 1_000_000_000) == nil) }
    #expect(bucket.take(now: 1_000_000_000) == 1)
    #expect(bucket.take(now: 0) == 1)
    #expect(bucket.take(now: 1_000_000_001) == nil)
  }

  @Test("whoever comes back when told is let in", arguments: [1, 3, 7, 1000])
  func promise(perSecond: Int) throws {
    var bucket = TokenBucket(capacity: 1, perSecond: perSecond, now: 0)
    var now: Int64 = 0
    #expect(bucket.take(now: now) == nil)
    for _ in 0..<20 {
      let taken = bucket.take(now: now)
      let wait = try #require(taken)
      #expect(wait >= 1)
      now += wait
      #expect(bucket.take(now: now) == nil)
    }
  }

  @Test("one terminal that asks without end takes nothing from another")
  func separate() {
    var limit = RateLimit(capacity: 2, perSecond: 1)
    for _ in 0..<2 { #expect(limit.take(TerminalID(1), now: 0) == nil) }
    for _ in 0..<100 { #expect(limit.take(TerminalID(1), now: 0) != nil) }
    #expect(limit.take(TerminalID(2), now: 0) == nil)
  }
}
