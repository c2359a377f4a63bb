import CanteenModel
import Synchronization
import Testing

@testable import Readers

@Suite struct ScannerHearingTests {
  /// A clock that stands still until it is set.
  private final class Hand: Sendable {
    let time = Mutex(Duration.zero)

    var clock: ReaderClock {
      ReaderClock(now: { self.time.withLock { $0 } }, sleep: { _ in })
    }

    func set(_ time: Duration) {
      self.time.withLock { $0 = time }
    }
  }

  /// A serial scanner that has settled, at 1 s.
  private func settled(_ hand: Hand) throws -> ScannerHearing {
    var hearing = ScannerHearing(
      decoder: SerialFramer(settings: ScannerSettings()), clock: hand.clock)
    let nextAlarm = hearing.nextAlarm()
    let alarm = try #require(nextAlarm)
    #expect(alarm == .milliseconds(250))
    hand.set(alarm)
    #expect(hearing.ring(alarm) == nil)
    #expect(!hearing.isSettling(for: .zero))
    #expect(hearing.nextAlarm() == nil)
    hand.set(.seconds(1))
    return hearing
  }

  @Test("a code that pauses is broken when the alarm rings, and an alarm before its time is none")
  func pause() throws {
    let hand = Hand()
    var hearing = try settled(hand)
    #expect(hearing.take(bytes("ab")) == [])
    let nextAlarm = hearing.nextAlarm()
    let first = try #require(nextAlarm)
    hand.set(.milliseconds(1200))
    #expect(hearing.take(bytes("cd")) == [])
    #expect(hearing.nextAlarm() == nil)
    hand.set(first)
    #expect(hearing.ring(first) == nil)
    #expect(hearing.nextAlarm() == .milliseconds(1500))
    hand.set(.milliseconds(1500))
    #expect(hearing.ring(.milliseconds(1500)) == .unreadable(.brokenCode))
  }

  @Test(
    "an alarm that rings late breaks nothing, three times; then the code is broken all the same")
  func late() throws {
    let hand = Hand()
    var hearing = try settled(hand)
    _ = hearing.take(bytes("ab"))
    for _ in 0..<3 {
      let nextAlarm = hearing.nextAlarm()
      let alarm = try #require(nextAlarm)
      hand.set(alarm + .milliseconds(11))
      #expect(hearing.ring(alarm) == nil)
    }
    let nextAlarm = hearing.nextAlarm()
    let alarm = try #require(nextAlarm)
    hand.set(alarm + .milliseconds(11))
    #expect(hearing.ring(alarm) == .unreadable(.brokenCode))
  }

  @Test("what comes after a late alarm still belongs to the code")
  func resumed() throws {
    let hand = Hand()
    var hearing = try settled(hand)
    _ = hearing.take(bytes("ab"))
    let nextAlarm = hearing.nextAlarm()
    let alarm = try #require(nextAlarm)
    hand.set(alarm + .milliseconds(400))
    #expect(hearing.ring(alarm) == nil)
    #expect(hearing.take(bytes("cd\r")) == [code("abcd")])
    #expect(hearing.expectation() == nil)
  }

  @Test(
    "reading may fail five times in a row, with pauses that double; a good transfer begins anew")
  func failures() throws {
    var hearing = try settled(Hand())
    let pauses = (0..<6).map { _ in hearing.failed(limit: ScannerSession.failureLimit) }
    #expect(pauses == [100, 200, 400, 800, 1600].map { .milliseconds($0) } + [nil])
    _ = hearing.take([])
    #expect(hearing.failed(limit: ScannerSession.failureLimit) == .milliseconds(100))
  }
}
