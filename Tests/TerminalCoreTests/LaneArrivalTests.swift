import CanteenModel
import TerminalCore
import Testing

@Suite struct LaneArrivalTests {
  @Test("what was shown too long ago is told as that, to the millisecond")
  func tooLong() {
    #expect(Self.shown.event(now: 3_999, answeredAt: nil) == .presented(Self.presentation))
    #expect(
      Self.shown.event(now: 4_000, answeredAt: nil) == .presentedTooLongAgo(Self.presentation))
  }

  @Test(
    "what was shown before the last answer was seen came meanwhile, what came with it or later is new"
  )
  func meanwhile() {
    #expect(
      Self.shown.event(now: 1_500, answeredAt: 1_001) == .presentedMeanwhile(Self.presentation))
    #expect(Self.shown.event(now: 1_500, answeredAt: 1_000) == .presented(Self.presentation))
    #expect(Self.shown.event(now: 1_500, answeredAt: 999) == .presented(Self.presentation))
  }

  @Test("of what waited for both, nobody is charged")
  func both() {
    #expect(
      Self.shown.event(now: 4_000, answeredAt: 2_000) == .presentedTooLongAgo(Self.presentation))
  }

  @Test("the cashier's keys do not age")
  func others() {
    let key = LaneArrival(.saleCleared, bootMilliseconds: 0)
    #expect(key.event(now: 1_000_000, answeredAt: 999_999) == .saleCleared)
  }

  private static let presentation = CoreFixture.presentation
  private static let shown = LaneArrival(.presented(presentation), bootMilliseconds: 1_000)
}
