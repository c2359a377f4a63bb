import CanteenModel
import Synchronization

/// Why a session wakes.
enum CardReaderWake: Sendable {
  /// The slot is to be looked at.
  case check(CardReaderCheck)
  case signal(SignalOrder)
}

/// What is known before the slot is looked at. Notices that come while one command waits are one
/// check.
struct CardReaderCheck: Equatable, Sendable {
  /// A notice came that says that the slot changed or is empty, in place of the clock.
  var isNoticed = false
  /// One of the notices said that the slot was empty.
  var saysAbsent = false

  /// It is time to ask.
  static let poll = CardReaderCheck()

  /// - Returns: `nil` for bytes that say nothing about slots. A notice of the first slot that has
  ///   nothing new is a reason to ask, and no more.
  init?(notice bytes: [UInt8]) {
    guard !bytes.isEmpty else { return nil }
    let change = CCIDNotice(bytes)?.change(ofSlot: 0)
    isNoticed = change?.hasChanged ?? false
    saysAbsent = change.map { !$0.isPresent } ?? false
  }

  init() {}

  mutating func add(_ other: CardReaderCheck) {
    isNoticed = isNoticed || other.isNoticed
    saysAbsent = saysAbsent || other.saysAbsent
  }
}

/// What is to be done in a session. A session lasts as long as its mailbox.
///
/// Signals are served before checks, in order; checks that wait are one. So a reader that chatters
/// delays a signal by one exchange at most.
final class CardReaderMailbox: ReaderOutlet {
  /// Beyond it a signal is answered as not shown. One lane asks for one signal at a time.
  static let signalCapacity = 32

  private struct State {
    var check: CardReaderCheck?
    var signals: [SignalOrder] = []
    var isClosed = false
    /// When the earliest of the alarms rings.
    var alarmAt: Duration?
  }

  private let clock: ReaderClock
  private let state = Mutex(State())
  /// One ring is enough: ``next()`` looks at everything before it waits again.
  private let bell = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
  /// The newest alone counts: it was asked for by whoever looked last.
  private let alarms = AsyncStream<Duration>.makeStream(
    bufferingPolicy: .bufferingNewest(1))

  init(clock: ReaderClock = .machine) {
    self.clock = clock
  }

  func post(_ check: CardReaderCheck) {
    state.withLock { state in
      var sum = state.check ?? CardReaderCheck()
      sum.add(check)
      state.check = sum
    }
    bell.continuation.yield()
  }

  func post(_ order: SignalOrder) {
    let isTaken = state.withLock { state in
      guard !state.isClosed, state.signals.count < Self.signalCapacity else { return false }
      state.signals.append(order)
      return true
    }
    if isTaken { bell.continuation.yield() } else { order.answer(.readerAway) }
  }

  /// What to do next; `nil` when the task is cancelled. For one consumer.
  func next() async -> CardReaderWake? {
    while !Task.isCancelled {
      if let wake = take() { return wake }
      var rings = bell.stream.makeAsyncIterator()
      guard await rings.next() != nil else { return nil }
    }
    return nil
  }

  private func take() -> CardReaderWake? {
    state.withLock { state in
      if !state.signals.isEmpty { return .signal(state.signals.removeFirst()) }
      return state.check.take().map { .check($0) }
    }
  }

  /// Forgets that notices said "absent": the card was powered on after they came.
  func forgetAbsence() {
    state.withLock { $0.check?.saysAbsent = false }
  }

  /// Posts a check after a while. One that would come sooner counts for this one, too: whoever looks
  /// then asks again for what is still to come.
  func wake(after delay: Duration) {
    alarms.continuation.yield(clock.now + delay)
  }

  /// Carries out ``wake(after:)`` until it is cancelled. A second alarm beside one that waits must
  /// come before it, so there are never more than a few.
  func runAlarm() async {
    await withDiscardingTaskGroup { group in
      for await time in alarms.stream where isEarliest(time) {
        group.addTask {
          await self.clock.sleep(until: time)
          self.ring(at: time)
        }
      }
    }
  }

  private func isEarliest(_ time: Duration) -> Bool {
    state.withLock { state in
      if let earliest = state.alarmAt, earliest <= time { return false }
      state.alarmAt = time
      return true
    }
  }

  private func ring(at time: Duration) {
    state.withLock { if $0.alarmAt == time { $0.alarmAt = nil } }
    post(.poll)
  }

  /// No signal is taken any more; whoever still waits is told so.
  func close() {
    let waiting = state.withLock { state in
      state.isClosed = true
      defer { state.signals = [] }
      return state.signals
    }
    for order in waiting { order.answer(.readerAway) }
  }
}
