import Synchronization

extension VirtualBus {
  /// The bus of this process, started at the first call.
  ///
  /// - Throws: ``VirtualReaderError/notUnderPreload``.
  package static func ofThisProcess() throws(VirtualReaderError) -> VirtualBus {
    try shared.withLock { (shared: inout VirtualBus?) throws(VirtualReaderError) in
      if let bus = shared { return bus }
      let bus = try start()
      shared = bus
      return bus
    }
  }

  /// Lends the bus of this process to one caller at a time, in the order in which they ask, with no
  /// reader plugged in. Whatever the caller leaves plugged in is unplugged afterwards.
  ///
  /// Tests of different targets share a process, and every client on a bus sees every reader.
  package static func withTurn<Result: Sendable>(
    _ body: (VirtualBus) async throws -> Result
  ) async throws -> Result {
    let bus = try ofThisProcess()
    await turns.begin()
    do {
      let result = try await body(bus)
      bus.unplugAll()
      turns.end()
      return result
    } catch {
      bus.unplugAll()
      turns.end()
      throw error
    }
  }

  private static let shared = Mutex<VirtualBus?>(nil)
  private static let turns = TurnQueue()
}

/// Lets callers through one at a time, first come, first served.
private final class TurnQueue: Sendable {
  private struct State {
    var isTaken = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }
  private let state = Mutex(State())

  func begin() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.isTaken {
          state.waiting.append(continuation)
          return false
        }
        state.isTaken = true
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  func end() {
    let next: CheckedContinuation<Void, Never>? = state.withLock { state in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.isTaken = false
      return nil
    }
    next?.resume()
  }
}
