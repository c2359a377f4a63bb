import Readers
import Testing

/// A data block with a chain parameter.
private func block(_ chain: UInt8, _ payload: [UInt8]) throws -> CCIDAnswer {
  try CCIDAnswer([0x80, UInt8(payload.count), 0, 0, 0, 0, 1, 0, 0, chain] + payload)
}

@Suite struct APDUExchangeTests {
  @Test(
    "a short-level reader takes one message, up to its limit",
    arguments: [(261, 261, true), (262, 300, false), (20, 20, true), (21, 20, false)])
  func shortLimit(count: Int, maximumPayload: Int, fits: Bool) {
    let command = [UInt8](repeating: 7, count: count)
    var exchange = APDUExchange(
      command: command, level: .shortAPDU, maximumPayload: maximumPayload)
    let expected: APDUExchange.Action =
      fits ? .send(.transferBlock(command)) : .fail(.commandTooLong(count: count))
    #expect(exchange.start() == expected)
  }

  @Test("at the short level byte 9 of the answer has no meaning")
  func shortAnswer() throws {
    var exchange = APDUExchange(command: [1], level: .shortAPDU, maximumPayload: 261)
    _ = exchange.start()
    #expect(exchange.received(try block(0x55, [0x90, 0])) == .finish([0x90, 0]))
  }

  @Test("a long command goes out in blocks as the reader asks for them, the answer comes so too")
  func chaining() throws {
    var exchange = APDUExchange(
      command: Array(1...10), level: .extendedAPDU, maximumPayload: 4)
    #expect(exchange.start() == .send(.transferBlock([1, 2, 3, 4], chain: .first)))
    #expect(
      exchange.received(try block(0x10, []))
        == .send(.transferBlock([5, 6, 7, 8], chain: .middle)))
    #expect(exchange.received(try block(0x10, [])) == .send(.transferBlock([9, 10], chain: .last)))
    #expect(exchange.received(try block(0x01, [1])) == .send(.transferBlock([], chain: .next)))
    #expect(exchange.received(try block(0x03, [2])) == .send(.transferBlock([], chain: .next)))
    #expect(exchange.received(try block(0x02, [3])) == .finish([1, 2, 3]))
  }

  @Test("a command of exactly one message is not chained, one byte more is")
  func boundary() {
    var whole = APDUExchange(command: [1, 2, 3, 4], level: .extendedAPDU, maximumPayload: 4)
    #expect(whole.start() == .send(.transferBlock([1, 2, 3, 4])))
    var chained = APDUExchange(command: [1, 2, 3, 4, 5], level: .extendedAPDU, maximumPayload: 4)
    #expect(chained.start() == .send(.transferBlock([1, 2, 3, 4], chain: .first)))
  }

  @Test("a chain parameter out of place is a failure", arguments: [0x02, 0x03, 0x10, 0x55])
  func brokenChain(chain: UInt8) throws {
    var exchange = APDUExchange(command: [1], level: .extendedAPDU, maximumPayload: 4)
    _ = exchange.start()
    #expect(exchange.received(try block(chain, [])) == .fail(.brokenChain(chain)))
  }

  @Test("a block that continues and brings nothing ends the exchange", arguments: [0x01, 0x03])
  func emptyBlock(chain: UInt8) throws {
    var exchange = APDUExchange(command: [1], level: .extendedAPDU, maximumPayload: 4)
    _ = exchange.start()
    if chain == 0x03 { _ = exchange.received(try block(0x01, [1])) }
    var ended = exchange
    #expect(ended.received(try block(chain, [])) == .fail(.brokenChain(chain)))
    #expect(exchange.received(try block(chain, [2])) == .send(.transferBlock([], chain: .next)))
  }

  @Test("an answer before the command is complete is a failure")
  func early() throws {
    var exchange = APDUExchange(command: [1, 2], level: .extendedAPDU, maximumPayload: 1)
    _ = exchange.start()
    #expect(exchange.received(try block(0x00, [0x90, 0])) == .fail(.brokenChain(0)))
  }

  @Test("an answer of 65538 bytes is taken, one byte more is a failure")
  func answerLimit() throws {
    var exchange = APDUExchange(command: [1], level: .extendedAPDU, maximumPayload: 4)
    _ = exchange.start()
    _ = exchange.received(try block(0x01, [0, 0]))
    for _ in 0..<256 {
      _ = exchange.received(try block(0x03, [UInt8](repeating: 0, count: 255)))
    }
    var full = exchange
    let rest = [UInt8](repeating: 0, count: 65_538 - 2 - 256 * 255 - 255)
    _ = full.received(try block(0x03, [UInt8](repeating: 0, count: 255)))
    var over = full
    guard case .finish(let answer) = full.received(try block(0x02, rest)) else {
      Issue.record("not finished")
      return
    }
    #expect(answer.count == 65_538)
    #expect(over.received(try block(0x02, rest + [0])) == .fail(.answerTooLong))
  }
}
