import CanteenModel
import SyncTransport
import Synchronization
import Testing

@testable import SettlementService

@Suite struct IntakeGateTests {
  /// - Returns: The status of a refusal; `nil` when somebody was let in.
  private func ask(
    _ gate: IntakeGate, _ terminal: UInt32, _ purpose: IntakeGate.Purpose = .settling
  ) async throws -> Int? {
    do {
      try await gate.admitting(TerminalID(terminal), for: purpose) {}
      return nil
    } catch let problem as Problem {
      #expect(problem.retryAfter ?? 0 >= 1)
      return problem.status
    }
  }

  @Test("a terminal that asks without end is told when to come back, and the others are let in")
  func tooOften() async throws {
    let clock = Mutex<Int64>(0)
    let gate = IntakeGate { clock.withLock { $0 } }
    for _ in 0..<40 { #expect(try await ask(gate, 3) == nil) }
    #expect(try await ask(gate, 3) == 429)
    #expect(
      try await ask(gate, 3, .asking) == nil, "whoever waits for a hold has a bucket of their own")
    #expect(try await ask(gate, 4) == nil)
    clock.withLock { $0 += 3_000 }
    #expect(try await ask(gate, 3) == nil)
  }

  @Test("strangers who knock without end are told when to come back, and keep no terminal out")
  func strangers() async throws {
    let gate = IntakeGate { 0 }
    for _ in 0..<40 { try await gate.admittingStranger {} }
    let refusal = await #expect(throws: Problem.self) { try await gate.admittingStranger {} }
    #expect(refusal?.status == 429)
    #expect(try await ask(gate, 3) == nil)
  }

  @Test(
    "as many connections are kept open as there are descriptors for",
    arguments: [(1024, 768), (16_384, 12_000), (64, 16), (.max, 12_000)])
  func connections(descriptors: Int, room: Int) {
    #expect(ConnectionRoom.room(descriptors: descriptors) == room)
  }

  @Test(
    "when so many are inside the next stand in line, those behind them come back, and nobody at a counter waits"
  )
  func full() async throws {
    let gate = IntakeGate { 0 }
    let inside = Inside()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1...UInt32(16 + 128) {
        group.addTask { try await inside.stay(in: gate, TerminalID(number)) }
      }
      while inside.count < 16 || gate.inLine < 128 { await Task.yield() }
      #expect(try await ask(gate, 1000) == 503)
      #expect(try await ask(gate, 1000, .asking) == nil)
      #expect(inside.count == 16, "nobody else came in")
      inside.letGo()
      try await group.waitForAll()
    }
    #expect(inside.count == 16 + 128, "each in line had a turn")
    #expect(try await ask(gate, 1001) == nil)
  }

  @Test("whoever hangs up while standing in line leaves no gap: the others have their turn")
  func hungUp() async throws {
    let gate = IntakeGate { 0 }
    let inside = Inside()
    let first = (1...UInt32(16)).map { number in
      Task { try await inside.stay(in: gate, TerminalID(number)) }
    }
    while inside.count < 16 { await Task.yield() }
    let impatient = Task { try await inside.stay(in: gate, TerminalID(17)) }
    while gate.inLine < 1 { await Task.yield() }
    let patient = Task { try await inside.stay(in: gate, TerminalID(18)) }
    while gate.inLine < 2 { await Task.yield() }
    impatient.cancel()
    await #expect(throws: CancellationError.self) { try await impatient.value }
    #expect(gate.inLine == 1)
    inside.letGo()
    for task in first + [patient] { try await task.value }
    #expect(inside.count == 17)
  }
}

/// Those who are inside, until they are let go.
private final class Inside: Sendable {
  private let state = Mutex((count: 0, mayLeave: false))

  var count: Int { state.withLock { $0.count } }

  func letGo() { state.withLock { $0.mayLeave = true } }

  func stay(in gate: IntakeGate, _ terminal: TerminalID) async throws {
    try await gate.admitting(terminal, for: .settling) {
      state.withLock { $0.count += 1 }
      while !state.withLock({ $0.mayLeave }) { await Task.yield() }
    }
  }
}
