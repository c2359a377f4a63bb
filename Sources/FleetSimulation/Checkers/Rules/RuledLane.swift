import CanteenModel
import TerminalCore

/// What a counter must do: ARCHITECTURE.md, The way of a swipe, and docs/rules.md, What a cashier can arm.
struct RuledLane {
  private enum Situation {
    case ready
    case armed(SalePrice)
    case deciding(LanePresentation, SalePrice)
    case showing(SaleOutcome)
    /// The ledger failed: the cashier looks first.
    case stuck
  }

  /// What must come of an event. Deadlines are told apart by their order alone.
  enum Deed: Equatable {
    case authorise(SaleRequest)
    case signal(Signal, ReaderID)
    case markUnlit(JournalPosition)
    case arm(milliseconds: Int64)
  }

  private let number: LaneID
  private var mode: Lane.Mode
  private var situation = Situation.ready
  private var last: (outcome: SaleOutcome, failed: Bool)?
  private var reader: ReaderID?
  private var newest: Lane.Deadline?

  init(number: LaneID, mode: Lane.Mode) { (self.number, self.mode) = (number, mode) }

  var lastOutcome: SaleOutcome? { last?.outcome }
  var lastLightFailed: Bool { last?.failed ?? false }

  /// By keyed amounts only what is armed is paid; everywhere else a card always pays.
  var wantsPresentation: Bool {
    if case .armed = situation { return true }
    return mode != .keyedAmount
  }

  /// The lane's own name of the deadline that it armed now.
  ///
  /// - Returns: Whether the one before has another name, so that it is without effect.
  mutating func named(_ deadline: Lane.Deadline) -> Bool {
    defer { newest = deadline }
    return newest != deadline
  }

  /// Whether the lane is in the state that it says.
  func isAs(_ state: Lane.State) -> Bool {
    switch (situation, state) {
    case (.ready, .idle), (.stuck, .failed): true
    case (.armed(let own), .armed(let price)): own == price
    case (.deciding(let own, let paid), .deciding(let shown, let price)):
      own == shown && paid == price
    case (.showing(let own), .showing(let outcome)): own == outcome
    case (.ready, _), (.stuck, _), (.armed, _), (.deciding, _), (.showing, _): false
    }
  }

  mutating func handle(_ event: Lane.Event) -> [Deed] {
    switch event {
    case .saleArmed(let price):
      // Who is being decided on pays what was shown to them.
      if case .deciding = situation { return [] }
      situation = .armed(price)
    case .saleCleared:
      switch situation {
      case .armed, .stuck: situation = .ready
      case .ready, .deciding, .showing: break
      }
    case .modeChanged(let mode): self.mode = mode
    case .presented(let shown): return present(shown)
    case .presentedMeanwhile(let shown):
      // At the same reader one card took the place of another.
      return shown.reader == reader ? present(shown) : [.signal(.notTaken, shown.reader)]
    case .presentedTooLongAgo(let shown): return [.signal(.declined, shown.reader)]
    case .decided(let outcome): return show(outcome)
    case .undecided:
      guard case .deciding(let shown, _) = situation else { return [] }
      situation = .stuck
      return [.signal(.declined, shown.reader)]
    case .lightFailed(let signal):
      guard case .showing(let outcome) = situation, signal == .approved || signal == .shownAgain
      else { return [] }
      last?.failed = true
      return [.markUnlit(outcome.position)]
    case .deadline(let deadline):
      if case .showing = situation, deadline == newest { situation = .ready }
    }
    return []
  }

  private mutating func present(_ shown: LanePresentation) -> [Deed] {
    let price: SalePrice
    if case .deciding(let first, _) = situation {
      // The first wins; at its own reader nothing more is said.
      return first.reader == shown.reader ? [] : [.signal(.notTaken, shown.reader)]
    } else if case .armed(let armed) = situation {
      price = armed
    } else if mode == .keyedAmount {
      if case .showing = situation, shown.reader != reader {
        return [.signal(.notTaken, shown.reader)]
      }
      return []
    } else {
      price = mode == .countOnly ? .count : .mealPeriod
    }
    situation = .deciding(shown, price)
    reader = shown.reader
    return [
      .authorise(
        SaleRequest(
          lane: number, medium: shown.medium, credential: shown.credential, price: price,
          mayCharge: shown.wasThereAtStart ? false : true))
    ]
  }

  private mutating func show(_ outcome: SaleOutcome) -> [Deed] {
    guard case .deciding(let shown, let price) = situation else { return [] }
    last = (outcome, false)
    var (signal, milliseconds) = (Signal.declined, Int64(5_000))
    if case .approved = outcome.verdict { (signal, milliseconds) = (.approved, 3_000) }
    if case .shownAgain = outcome.verdict { (signal, milliseconds) = (.shownAgain, 3_000) }
    let isArmed = price != .mealPeriod && price != .count
    if signal == .declined, isArmed {
      situation = .armed(price)
      return [.signal(signal, shown.reader)]
    }
    situation = .showing(outcome)
    return [.signal(signal, shown.reader), .arm(milliseconds: milliseconds)]
  }
}
