import Synchronization

/// The signals that wait for a scanner to beep. A session lasts as long as its outlet.
final class ScannerOutlet: ReaderOutlet {
  /// Beyond it a signal is answered as not shown. One lane asks for one signal at a time.
  static let capacity = 32

  private struct State {
    var orders: [SignalOrder] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  /// One ring is enough: ``next()`` looks before it waits again.
  private let bell = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  func post(_ order: SignalOrder) {
    let isTaken = state.withLock { state in
      guard !state.isClosed, state.orders.count < Self.capacity else { return false }
      state.orders.append(order)
      return true
    }
    if isTaken { bell.continuation.yield() } else { order.answer(.readerAway) }
  }

  /// The next signal; `nil` when the task is cancelled. For one consumer.
  func next() async -> SignalOrder? {
    while !Task.isCancelled {
      if let order = take() { return order }
      var rings = bell.stream.makeAsyncIterator()
      guard await rings.next() != nil else { return nil }
    }
    return nil
  }

  private func take() -> SignalOrder? {
    state.withLock { $0.orders.isEmpty ? nil : $0.orders.removeFirst() }
  }

  /// No signal is taken any more; whoever still waits is told so.
  func close() {
    let waiting = state.withLock { state in
      state.isClosed = true
      defer { state.orders = [] }
      return state.orders
    }
    for order in waiting { order.answer(.readerAway) }
  }
}
