import Synchronization
import USBTransport

/// Where bytes of a module, the lane's want and an operator's order wait for its session. A session lasts as
/// long as its outlet.
final class FaceOutlet: ReaderOutlet {
  /// Bytes that the session has not looked at. More are thrown away: it looks at them at once, unless it
  /// writes, which takes a second at most.
  static let inboxCapacity = 65_536

  /// What the session is to do.
  struct Wish: Equatable, Sendable {
    /// A face is looked for; each want has its number, from 1 on. `nil` when none is.
    var want: Int?
    var hasOrder = false
  }

  /// What happened since the session looked.
  struct News: Sendable {
    let bytes: [UInt8]
    /// Nothing can be read any more.
    let failure: USBError?
    let wish: Wish
  }

  private struct State {
    var inbox: [UInt8] = []
    var failure: USBError?
    var wants = 0
    var isWanted = false
    var order: FaceTicket?
    var isOrderUnderWay = false
    var isClosed = false

    var wish: Wish { Wish(want: isWanted ? wants : nil, hasOrder: order != nil) }
  }

  private let state = Mutex(State())
  /// One ring is enough: whoever waits looks at everything before waiting again.
  private let bell = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  /// A face is looked for from now on, or no more. Each call with `true` is a new want: who still stands
  /// there since an earlier one is presented anew.
  func setWanted(_ isWanted: Bool) {
    state.withLock {
      $0.isWanted = isWanted
      if isWanted { $0.wants += 1 }
    }
    bell.continuation.yield()
  }

  /// Takes an order, one at a time. It is answered in any case.
  func post(_ ticket: FaceTicket) {
    let refusal: FaceAnswer? = state.withLock { state in
      if state.isClosed { return .readerAway }
      if state.order != nil || state.isOrderUnderWay { return .busy }
      state.order = ticket
      return nil
    }
    if let refusal { ticket.answer(refusal) } else { bell.continuation.yield() }
  }

  /// A module has neither light nor buzzer that we command.
  func post(_ order: SignalOrder) {
    order.answer(.unsupported)
  }

  func close() {
    let waiting = state.withLock { state in
      state.isClosed = true
      return state.order.take()
    }
    waiting?.answer(.readerAway)
  }

  /// Reads the line until it fails or the task is cancelled.
  func pump(_ line: SerialLine) async {
    while true {
      do throws(USBError) {
        let bytes = try await line.read()
        state.withLock {
          $0.inbox += bytes.prefix(Self.inboxCapacity - $0.inbox.count)
        }
        bell.continuation.yield()
      } catch {
        state.withLock { $0.failure = error }
        bell.continuation.yield()
        return
      }
    }
  }

  func takeNews() -> News {
    state.withLock { state in
      defer { state.inbox = [] }
      // What came before the failure counts first.
      return News(
        bytes: state.inbox, failure: state.inbox.isEmpty ? state.failure : nil, wish: state.wish)
    }
  }

  var wish: Wish { state.withLock { $0.wish } }

  /// The order that waits, which is under way from now on.
  func takeOrder() -> FaceTicket? {
    state.withLock { state in
      guard let order = state.order.take() else { return nil }
      state.isOrderUnderWay = true
      return order
    }
  }

  func orderEnded() {
    state.withLock { $0.isOrderUnderWay = false }
  }

  /// Waits until something happens, the time has come, or the task is cancelled. It may also return for
  /// nothing. For one consumer.
  func wait(until deadline: Duration?, _ clock: ReaderClock) async {
    await withDiscardingTaskGroup { group in
      if let deadline {
        group.addTask {
          await clock.sleep(until: deadline)
          if !Task.isCancelled { self.bell.continuation.yield() }
        }
      }
      var rings = bell.stream.makeAsyncIterator()
      _ = await rings.next()
      group.cancelAll()
    }
  }
}
