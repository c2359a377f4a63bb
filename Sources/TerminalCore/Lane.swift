package import CanteenModel

/// One counter: who pays next, and what they are shown. An event and a time go in, actions come out.
package struct Lane: Sendable {
  package enum Mode: String, Sendable, Codable, CaseIterable {
    /// 定额: every card that is shown pays for the meal of the moment.
    case fixedPrice
    /// 单价 and 编号: a card pays what the cashier armed, an amount or items, once.
    case keyedAmount
    /// 计次: every card that is shown is counted for the meal of the moment.
    case countOnly
  }

  package enum Event: Hashable, Sendable {
    /// The cashier keyed an amount or items, or allowed a guest's meal. It replaces what waits.
    case saleArmed(SalePrice)
    /// The cashier took it back.
    case saleCleared
    /// The schedule says another mode from now on. What is armed stays armed.
    case modeChanged(Mode)
    case presented(LanePresentation)
    /// A card was shown so long ago that its diner may have gone: nobody is charged for it.
    case presentedTooLongAgo(LanePresentation)
    /// Something was shown before the last answer was seen. The first wins, unless it was at the same
    /// reader, where one card took the place of another.
    case presentedMeanwhile(LanePresentation)
    /// The decision is durable.
    case decided(SaleOutcome)
    /// The ledger could not decide. Nothing may be shown as paid.
    case undecided
    /// A reader did not confirm a signal of this lane.
    case lightFailed(Signal)
    case deadline(Deadline)
  }

  package enum Action: Hashable, Sendable {
    case authorise(SaleRequest)
    case signal(Signal, ReaderID)
    /// The diner of this sale saw no light: tell the ledger, so that they are not charged again.
    case markUnlit(JournalPosition)
    /// Send ``Event/deadline(_:)`` after this many milliseconds.
    case arm(Deadline, milliseconds: Int64)
  }

  /// A moment that a lane asked to be told of. Older ones than the last are without effect.
  package struct Deadline: Hashable, Sendable {
    fileprivate let number: UInt64
  }

  package enum State: Hashable, Sendable {
    /// Fixed price: ready for a card. Keyed: waiting for the cashier.
    case idle
    /// Ready for a card that pays this.
    case armed(SalePrice)
    /// A card was shown, the ledger decides.
    case deciding(LanePresentation, SalePrice)
    /// A result is on display.
    case showing(SaleOutcome)
    /// The ledger failed; the cashier must look at the journal before this diner pays again.
    case failed
  }

  /// How long a result stays on display unless another card comes first.
  package static let approvalMilliseconds: Int64 = 3_000
  package static let declineMilliseconds: Int64 = 5_000
  /// A presentation that has waited this long is not decided any more.
  package static let presentationMilliseconds: Int64 = 3_000

  package let number: LaneID
  package private(set) var mode: Mode
  package private(set) var state: State = .idle
  /// What came of the last presentation, for the cashier's side.
  package private(set) var lastOutcome: SaleOutcome?
  /// Whether the reader was gone when it should have shown ``lastOutcome``.
  package private(set) var lastLightFailed = false
  /// Where the last decision was asked for.
  private var lastReader: ReaderID?
  private var deadlines: UInt64 = 0

  package init(number: LaneID, mode: Mode) {
    self.number = number
    self.mode = mode
  }

  /// Whether something that is shown now would be decided: readers that look for people need not look
  /// for them otherwise.
  package var wantsPresentation: Bool {
    switch (state, mode) {
    case (.armed, _), (_, .fixedPrice), (_, .countOnly): true
    case (.deciding, .keyedAmount), (.idle, .keyedAmount), (.showing, .keyedAmount),
      (.failed, .keyedAmount):
      false
    }
  }

  /// Takes one event and says what must happen.
  package mutating func handle(_ event: Event) -> [Action] {
    switch event {
    case .saleArmed(let price): arm(price)
    case .saleCleared: clear()
    case .modeChanged(let mode): change(to: mode)
    case .presented(let presentation): present(presentation)
    case .presentedMeanwhile(let presentation):
      presentation.reader == lastReader
        ? present(presentation) : turnAway(presentation, from: lastReader)
    case .presentedTooLongAgo(let presentation): [.signal(.declined, presentation.reader)]
    case .decided(let outcome): show(outcome)
    case .undecided: fail()
    case .lightFailed(let signal): noteLightFailed(signal)
    case .deadline(let deadline): expire(deadline)
    }
  }

  private mutating func arm(_ price: SalePrice) -> [Action] {
    if case .deciding = state { return [] }
    state = .armed(price)
    return []
  }

  private mutating func change(to mode: Mode) -> [Action] {
    self.mode = mode
    return []
  }

  private mutating func clear() -> [Action] {
    switch state {
    case .armed, .failed: state = .idle
    case .idle, .deciding, .showing: break
    }
    return []
  }

  private mutating func present(_ presentation: LanePresentation) -> [Action] {
    let price: SalePrice
    switch (state, mode) {
    case (.deciding(let first, _), _): return turnAway(presentation, from: first.reader)
    case (.armed(let armed), _): price = armed
    case (_, .fixedPrice): price = .mealPeriod
    case (_, .countOnly): price = .count
    case (.showing, .keyedAmount): return turnAway(presentation, from: lastReader)
    case (_, .keyedAmount): return []  // nothing is to be paid
    }
    state = .deciding(presentation, price)
    lastReader = presentation.reader
    let request = SaleRequest(
      lane: number, medium: presentation.medium, credential: presentation.credential, price: price,
      mayCharge: !presentation.wasThereAtStart)
    return [.authorise(request)]
  }

  /// The first wins. Whoever showed something at another reader is told; the first one's reader is busy
  /// with the answer.
  private func turnAway(_ late: LanePresentation, from first: ReaderID?) -> [Action] {
    late.reader == first ? [] : [.signal(.notTaken, late.reader)]
  }

  private mutating func show(_ outcome: SaleOutcome) -> [Action] {
    guard case .deciding(let presentation, let price) = state else {
      preconditionFailure("a decision arrived that this lane did not ask for")
    }
    let signal: Signal
    let milliseconds: Int64
    switch outcome.verdict {
    case .approved: (signal, milliseconds) = (.approved, Self.approvalMilliseconds)
    case .shownAgain: (signal, milliseconds) = (.shownAgain, Self.approvalMilliseconds)
    case .declined, .tapAgain: (signal, milliseconds) = (.declined, Self.declineMilliseconds)
    }
    lastOutcome = outcome
    lastLightFailed = false
    var actions: [Action] = [.signal(signal, presentation.reader)]
    if signal == .declined, price.isArmed {
      state = .armed(price)  // another card may pay it
    } else {
      state = .showing(outcome)
      deadlines += 1
      actions.append(.arm(Deadline(number: deadlines), milliseconds: milliseconds))
    }
    return actions
  }

  /// The request was rolled back, so the diner is told that nothing was paid.
  private mutating func fail() -> [Action] {
    guard case .deciding(let presentation, _) = state else { return [] }
    state = .failed
    return [.signal(.declined, presentation.reader)]
  }

  /// Only the light of a sale matters: whoever was turned away elsewhere makes no sale unlit.
  private mutating func noteLightFailed(_ signal: Signal) -> [Action] {
    guard case .showing(let outcome) = state else { return [] }
    switch signal {
    case .approved, .shownAgain:
      lastLightFailed = true
      return [.markUnlit(outcome.position)]
    case .declined, .notTaken: return []
    }
  }

  private mutating func expire(_ deadline: Deadline) -> [Action] {
    if case .showing = state, deadline.number == deadlines { state = .idle }
    return []
  }
}
