import Testing

@testable import Readers

@Suite struct CardMemoryTests {
  @Test("the same serial number is told once until the slot was empty")
  func serial() {
    let memory = CardMemory()
    memory.left()
    #expect(memory.found(.success([1, 2, 3, 4])) == .new(wasThereAtStart: false))
    #expect(memory.found(.success([1, 2, 3, 4])) == .known)
    memory.left()
    #expect(memory.found(.success([1, 2, 3, 4])) == .new(wasThereAtStart: false))
    #expect(memory.found(.success([5, 6, 7, 8])) == .new(wasThereAtStart: false))
    #expect(memory.found(.success([1, 2, 3, 4])) == .new(wasThereAtStart: false))
  }

  @Test("a card that falls silent is not forgotten", arguments: [Unreadable.mute, .noSerial])
  func silent(reason: Unreadable) {
    let memory = CardMemory()
    memory.left()
    #expect(memory.found(.success([1, 2, 3, 4])) == .new(wasThereAtStart: false))
    #expect(memory.found(.failure(reason)) == .known)
    #expect(memory.found(.success([1, 2, 3, 4])) == .known)
  }

  @Test("a mute card that answers later is told")
  func late() {
    let memory = CardMemory()
    memory.left()
    #expect(memory.found(.failure(.mute)) == .new(wasThereAtStart: false))
    #expect(memory.found(.failure(.mute)) == .known)
    #expect(memory.found(.success([1, 2, 3, 4])) == .new(wasThereAtStart: false))
  }

  @Test("the first card of a process was there at its start, the next one was not")
  func first() {
    let memory = CardMemory()
    #expect(memory.found(.success([1, 2, 3, 4])) == .new(wasThereAtStart: true))
    #expect(memory.found(.success([5, 6, 7, 8])) == .new(wasThereAtStart: false))
    memory.left()
    #expect(memory.found(.success([1, 2, 3, 4])) == .new(wasThereAtStart: false))
  }

  @Test(
    "a card that was there at the start is so also when it did not answer at first",
    arguments: [Unreadable.mute, .noSerial])
  func firstLate(reason: Unreadable) {
    let memory = CardMemory()
    #expect(memory.found(.failure(reason)) == .new(wasThereAtStart: true))
    #expect(memory.found(.success([1, 2, 3, 4])) == .new(wasThereAtStart: true))
  }
}
