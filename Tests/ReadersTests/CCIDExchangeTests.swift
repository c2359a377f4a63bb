import Readers
import Testing

/// A slot status for a sequence.
private func status(_ sequence: UInt8, slot: UInt8 = 0) -> [UInt8] {
  [0x81, 0, 0, 0, 0, slot, sequence, 2, 0, 0]
}

@Suite struct CCIDExchangeTests {
  private func exchange() -> CCIDExchange {
    CCIDExchange(command: .getSlotStatus, slot: 0, sequence: 5, timeout: .seconds(1))
  }

  @Test("the command goes out with its sequence")
  func start() {
    #expect(exchange().message == hex("65 00000000 00 05 000000"))
  }

  @Test("the answer ends the exchange")
  func answer() throws {
    var exchange = exchange()
    #expect(exchange.received(status(5)) == .finish(try CCIDAnswer(status(5))))
  }

  @Test("ten answers to other commands are dropped, an eleventh is a failure")
  func stale() throws {
    var exchange = exchange()
    for sequence in UInt8(100)..<110 {
      #expect(exchange.received(status(sequence)) == .read(timeout: .seconds(1)))
    }
    var patient = exchange
    #expect(patient.received(status(5)) == .finish(try CCIDAnswer(status(5))))
    #expect(exchange.received(status(4)) == .fail(.tooManyStale))
  }

  @Test("an answer for another slot is stale")
  func otherSlot() {
    var exchange = exchange()
    #expect(exchange.received(status(5, slot: 1)) == .read(timeout: .seconds(1)))
  }

  @Test("three packets of no bytes are read over, a fourth is a failure")
  func empty() {
    var exchange = exchange()
    for _ in 0..<3 { #expect(exchange.received([]) == .read(timeout: .seconds(1))) }
    #expect(exchange.received([]) == .fail(.tooManyEmptyPackets))
  }

  @Test(
    "a time extension multiplies the wait, between once and ten seconds",
    arguments: [(0, 1), (1, 1), (4, 4), (10, 10), (11, 10), (255, 10)] as [(UInt8, Int)])
  func timeExtension(multiplier: UInt8, seconds: Int) {
    var exchange = CCIDExchange(
      command: .iccPowerOn(.automatic), slot: 0, sequence: 5, timeout: .seconds(1))
    let request = hex("8000000000 00 05 80") + [multiplier, 0]
    #expect(exchange.received(request) == .read(timeout: .seconds(seconds)))
  }

  @Test("sixty time extensions are granted, another is a failure")
  func extensionLimit() {
    var exchange = CCIDExchange(
      command: .iccPowerOn(.automatic), slot: 0, sequence: 5, timeout: .seconds(1))
    let request = hex("8000000000 00 05 80 01 00")
    for _ in 0..<60 { #expect(exchange.received(request) == .read(timeout: .seconds(1))) }
    #expect(exchange.received(request) == .fail(.tooManyExtensions))
  }

  @Test(
    "one exchange lasts 15 seconds at most, whatever time the reader asks for",
    arguments: [
      (0, .seconds(10)), (5, .seconds(10)), (6, .seconds(9)), (14, .seconds(1)), (15, nil),
    ]
      as [(Int, Duration?)])
  func deadline(elapsed: Int, wait: Duration?) {
    var exchange = CCIDExchange(
      command: .iccPowerOn(.automatic), slot: 0, sequence: 5, timeout: .seconds(1))
    let request = hex("8000000000 00 05 80 FF 00")
    let expected: CCIDExchange.Action = wait.map { .read(timeout: $0) } ?? .fail(.tooLong)
    #expect(exchange.received(request, after: .seconds(elapsed)) == expected)
  }

  @Test(
    "an answer to another command is dropped whatever its shape, one to this command is not",
    arguments: [
      "8101000000 00 04 02 00 00", "8F00000000 00 04 02 00 00", "8100000000 01 05 C3 00 00",
    ])
  func oddStale(answer: String) {
    var exchange = exchange()
    #expect(exchange.received(hex(answer)) == .read(timeout: .seconds(1)))
    var ours = hex(answer)
    (ours[5], ours[6]) = (0, 5)
    guard case .fail(.malformed) = exchange.received(ours) else {
      Issue.record("taken")
      return
    }
  }

  @Test("an answer of another kind is a failure, unless the command failed")
  func kinds() throws {
    var exchange = exchange()
    #expect(
      exchange.received(hex("8000000000 00 05 02 00 00")) == .fail(.unexpectedKind(.dataBlock)))
    var powerOn = CCIDExchange(
      command: .iccPowerOn(.automatic), slot: 0, sequence: 5, timeout: .seconds(1))
    let refused = hex("8100000000 00 05 42 FE 00")
    #expect(powerOn.received(refused) == .finish(try CCIDAnswer(refused)))
  }

  @Test("bytes that are no message are a failure")
  func malformed() {
    var exchange = exchange()
    #expect(exchange.received([1, 2, 3]) == .fail(.malformed(.short(count: 3))))
  }
}
