import CanteenModel
import TerminalCore
import Testing

@Suite struct LaneTests {
  @Test("the light follows the decision, never the card")
  func lightAfterDecision() {
    var lane = Lane(number: LaneID(1), mode: .fixedPrice)
    #expect(
      lane.handle(.presented(CoreFixture.presentation)) == [.authorise(CoreFixture.request())])
    let actions = lane.handle(.decided(Self.approved))
    #expect(actions.first == .signal(.approved, CoreFixture.reader))
    #expect(lane.state == .showing(Self.approved))
  }

  @Test("while the ledger decides, the first card wins")
  func firstWins() {
    var lane = Lane(number: LaneID(1), mode: .fixedPrice)
    _ = lane.handle(.presented(CoreFixture.presentation))
    #expect(lane.handle(.presented(CoreFixture.presentation)).isEmpty)
    #expect(lane.handle(.saleArmed(.keyed(Fen(100)))).isEmpty)
    #expect(lane.handle(.decided(Self.approved)).count == 2)
  }

  @Test("a result goes away after its time, or for the next card, whichever is first")
  func deadlines() {
    var lane = Lane(number: LaneID(1), mode: .fixedPrice)
    let first = Self.deadline(in: &lane, Self.approved)
    #expect(first.milliseconds == 3_000)
    _ = lane.handle(.presented(CoreFixture.presentation))
    let second = Self.deadline(of: lane.handle(.decided(Self.declined)))
    #expect(second?.milliseconds == 5_000)
    #expect(lane.handle(.deadline(first.deadline)).isEmpty)
    #expect(lane.state == .showing(Self.declined))
    if let second { _ = lane.handle(.deadline(second.deadline)) }
    #expect(lane.state == .idle)
    #expect(lane.lastOutcome == Self.declined)
  }

  @Test("in keyed mode a card pays what is armed, once, and nothing before")
  func keyed() {
    var lane = Lane(number: LaneID(1), mode: .keyedAmount)
    #expect(lane.handle(.presented(CoreFixture.presentation)).isEmpty)
    _ = lane.handle(.saleArmed(.keyed(Fen(700))))
    #expect(lane.state == .armed(.keyed(Fen(700))))
    #expect(
      lane.handle(.presented(CoreFixture.presentation))
        == [.authorise(CoreFixture.request(.keyed(Fen(700))))])
    _ = lane.handle(.decided(Self.approved))
    #expect(lane.handle(.presented(CoreFixture.presentation)).isEmpty)
  }

  @Test("an armed sale that was declined waits for another card")
  func declinedStaysArmed() {
    var lane = Lane(number: LaneID(1), mode: .keyedAmount)
    _ = lane.handle(.saleArmed(.keyed(Fen(700))))
    _ = lane.handle(.presented(CoreFixture.presentation))
    #expect(lane.handle(.decided(Self.declined)) == [.signal(.declined, CoreFixture.reader)])
    #expect(lane.state == .armed(.keyed(Fen(700))))
  }

  @Test(
    "the cashier can arm, replace and take back an amount in either mode",
    arguments: Lane.Mode.allCases)
  func arming(mode: Lane.Mode) {
    var lane = Lane(number: LaneID(1), mode: mode)
    _ = lane.handle(.saleArmed(.keyed(Fen(700))))
    _ = lane.handle(.saleArmed(.keyed(Fen(800))))
    #expect(lane.state == .armed(.keyed(Fen(800))))
    _ = lane.handle(.saleCleared)
    #expect(lane.state == .idle)
  }

  @Test(
    "when the ledger fails nothing is lit, and the lane says so until it is cleared or used again")
  func undecided() {
    var lane = Lane(number: LaneID(1), mode: .fixedPrice)
    _ = lane.handle(.presented(CoreFixture.presentation))
    #expect(lane.handle(.undecided) == [.signal(.declined, CoreFixture.reader)])
    #expect(lane.state == .failed)
    _ = lane.handle(.saleCleared)
    #expect(lane.state == .idle)
    #expect(lane.handle(.undecided).isEmpty)
  }

  @Test("in count-only mode every card is counted, unless something is armed")
  func countOnly() {
    var lane = Lane(number: LaneID(1), mode: .countOnly)
    #expect(
      lane.handle(.presented(CoreFixture.presentation)) == [.authorise(CoreFixture.request(.count))]
    )
  }

  @Test(
    "whatever the cashier armed, a card pays it once, and a declined one leaves it armed",
    arguments: [
      SalePrice.guestMeal, .keyed(Fen(5)), .items([ItemLine(code: ItemCode(1), quantity: 2)]),
    ])
  func armedKinds(price: SalePrice) {
    var lane = Lane(number: LaneID(1), mode: .fixedPrice)
    _ = lane.handle(.saleArmed(price))
    #expect(
      lane.handle(.presented(CoreFixture.presentation)) == [.authorise(CoreFixture.request(price))])
    _ = lane.handle(.decided(Self.declined))
    #expect(lane.state == .armed(price))
    _ = lane.handle(.presented(CoreFixture.presentation))
    _ = lane.handle(.decided(Self.approved))
    #expect(
      lane.handle(.presented(CoreFixture.presentation)) == [.authorise(CoreFixture.request())])
  }

  @Test("the mode follows the schedule, and what is armed stays armed")
  func schedule() {
    let schedule = LaneSchedule(usual: .keyedAmount, byPeriod: [2: .fixedPrice])
    let lunch = CoreFixture.rulebook.mealPeriods[0]
    let supper = CoreFixture.rulebook.mealPeriods[1]
    #expect(schedule.mode(in: lunch) == .fixedPrice)
    #expect(schedule.mode(in: supper) == .keyedAmount)
    #expect(schedule.mode(in: nil) == .keyedAmount)
    var lane = Lane(number: LaneID(1), mode: .keyedAmount)
    _ = lane.handle(.saleArmed(.keyed(Fen(700))))
    #expect(lane.handle(.modeChanged(.fixedPrice)).isEmpty)
    #expect(lane.mode == .fixedPrice)
    #expect(lane.state == .armed(.keyed(Fen(700))))
  }

  @Test("an approval whose light failed is told to the ledger, a decline is not")
  func lightFailed() {
    var lane = Lane(number: LaneID(1), mode: .fixedPrice)
    #expect(!lane.lastLightFailed)
    _ = lane.handle(.presented(CoreFixture.presentation))
    _ = lane.handle(.decided(Self.approved))
    // Somebody else was turned away at a reader that did not say so.
    for other in [Signal.notTaken, .declined] {
      #expect(lane.handle(.lightFailed(other)).isEmpty)
      #expect(!lane.lastLightFailed)
    }
    #expect(lane.handle(.lightFailed(.approved)) == [.markUnlit(Self.approved.position)])
    #expect(lane.lastLightFailed)
    _ = lane.handle(.presented(CoreFixture.presentation))
    _ = lane.handle(.decided(Self.declined))
    #expect(!lane.lastLightFailed)
    #expect(lane.handle(.lightFailed(.declined)).isEmpty)
  }

  @Test("a cashier who takes back what is not armed changes nothing")
  func nothingToClear() {
    var lane = Lane(number: LaneID(1), mode: .fixedPrice)
    #expect(lane.handle(.saleCleared).isEmpty)
    #expect(lane.state == .idle)
    _ = lane.handle(.presented(CoreFixture.presentation))
    let deciding = lane.state
    #expect(lane.handle(.saleCleared).isEmpty)
    #expect(lane.state == deciding)
    _ = lane.handle(.decided(Self.approved))
    #expect(lane.handle(.saleCleared).isEmpty)
    #expect(lane.state == .showing(Self.approved))
  }

  @Test("a sale that is shown again is lit and displayed like one that was paid")
  func shownAgain() {
    let again = SaleOutcome(
      verdict: .shownAgain(CoreFixture.meal, at: CoreFixture.time()),
      position: Self.approved.position, diner: nil)
    var lane = Lane(number: LaneID(1), mode: .fixedPrice)
    _ = lane.handle(.presented(CoreFixture.presentation))
    let actions = lane.handle(.decided(again))
    #expect(actions.first == .signal(.shownAgain, CoreFixture.reader))
    #expect(Self.deadline(of: actions)?.milliseconds == 3_000)
    #expect(lane.handle(.lightFailed(.shownAgain)) == [.markUnlit(Self.approved.position)])
  }

  @Test("a light that failed after its result went away concerns nobody")
  func lateLightFailure() {
    var lane = Lane(number: LaneID(1), mode: .fixedPrice)
    let shown = Self.deadline(in: &lane, Self.approved)
    _ = lane.handle(.deadline(shown.deadline))
    #expect(lane.handle(.lightFailed(.approved)).isEmpty)
    #expect(!lane.lastLightFailed)
  }

  @Test("a card that lay there at the start may not be charged, in either mode")
  func wasThereAtStart() {
    let lying = LanePresentation(
      medium: .card, credential: CoreFixture.card, reader: CoreFixture.reader, wasThereAtStart: true
    )
    var lane = Lane(number: LaneID(1), mode: .fixedPrice)
    #expect(
      lane.handle(.presented(lying)) == [.authorise(CoreFixture.request(mayCharge: false))])
    var keyed = Lane(number: LaneID(1), mode: .keyedAmount)
    _ = keyed.handle(.saleArmed(.keyed(Fen(700))))
    #expect(
      keyed.handle(.presented(lying))
        == [.authorise(CoreFixture.request(.keyed(Fen(700)), mayCharge: false))])
    let tapAgain = SaleOutcome(
      verdict: .tapAgain, position: Self.approved.position, diner: nil)
    #expect(keyed.handle(.decided(tapAgain)) == [.signal(.declined, CoreFixture.reader)])
    #expect(keyed.state == .armed(.keyed(Fen(700))))
  }

  @Test("a card that was shown too long ago is refused and asks the ledger nothing")
  func tooLongAgo() {
    #expect(Lane.presentationMilliseconds == 3_000)
    var lane = Lane(number: LaneID(1), mode: .fixedPrice)
    #expect(
      lane.handle(.presentedTooLongAgo(CoreFixture.presentation))
        == [.signal(.declined, CoreFixture.reader)])
    #expect(lane.state == .idle)
  }

  @Test("a decision that nobody asked for stops the program")
  func unasked() async {
    await #expect(processExitsWith: .failure) {
      var lane = Lane(number: LaneID(1), mode: .fixedPrice)
      _ = lane.handle(
        .decided(
          SaleOutcome(
            verdict: .approved(CoreFixture.meal),
            position: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(2)), diner: nil)))
    }
  }

  static let approved = SaleOutcome(
    verdict: .approved(CoreFixture.meal),
    position: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(2)), diner: nil)

  static let declined = SaleOutcome(
    verdict: .declined(
      DeclineRecord(
        reason: .insufficientBalance, account: AccountID(11), lane: LaneID(1), medium: .card,
        amount: Fen(1500), count: 1), shortfall: Fen(1)),
    position: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(3)), diner: nil)

  private static func deadline(
    in lane: inout Lane, _ outcome: SaleOutcome
  ) -> (deadline: Lane.Deadline, milliseconds: Int64) {
    _ = lane.handle(.presented(CoreFixture.presentation))
    guard let found = deadline(of: lane.handle(.decided(outcome))) else {
      preconditionFailure("a result that is shown has a deadline")
    }
    return found
  }

  private static func deadline(
    of actions: [Lane.Action]
  ) -> (deadline: Lane.Deadline, milliseconds: Int64)? {
    for case .arm(let deadline, let milliseconds) in actions { return (deadline, milliseconds) }
    return nil
  }

  private static let other = LanePresentation(
    medium: .face, credential: CoreFixture.card, reader: ReaderID(port: "1-9"))

  @Test("of two media at once the first wins, and the reader of the second says so")
  func twoMedia() {
    for mode in Lane.Mode.allCases {
      var lane = Lane(number: LaneID(1), mode: mode)
      if mode == .keyedAmount { _ = lane.handle(.saleArmed(.keyed(Fen(100)))) }
      _ = lane.handle(.presented(CoreFixture.presentation))
      #expect(lane.handle(.presented(Self.other)) == [.signal(.notTaken, Self.other.reader)])
      #expect(lane.handle(.presented(CoreFixture.presentation)).isEmpty)
    }
  }

  @Test("what was shown elsewhere before the answer was seen is turned away, a second card is not")
  func meanwhile() {
    var lane = Lane(number: LaneID(1), mode: .fixedPrice)
    _ = lane.handle(.presented(CoreFixture.presentation))
    _ = lane.handle(.undecided)
    #expect(
      lane.handle(.presentedMeanwhile(Self.other)) == [.signal(.notTaken, Self.other.reader)])
    #expect(
      lane.handle(.presentedMeanwhile(CoreFixture.presentation))
        == [.authorise(CoreFixture.request())])
  }

  @Test("people are looked for when their presentation would be decided, and not else")
  func wanted() {
    let wanted = Lane.Mode.allCases.map { Lane(number: LaneID(1), mode: $0).wantsPresentation }
    #expect(wanted == Lane.Mode.allCases.map { $0 != .keyedAmount })
    var lane = Lane(number: LaneID(1), mode: .keyedAmount)
    _ = lane.handle(.saleArmed(.keyed(Fen(100))))
    #expect(lane.wantsPresentation)
    _ = lane.handle(.presented(CoreFixture.presentation))
    #expect(!lane.wantsPresentation)
  }
}
