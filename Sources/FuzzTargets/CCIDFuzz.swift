import CanteenModel
import Readers

/// What a card reader can say.
enum CCIDFuzz {
  static func run(_ bytes: [UInt8]) throws(BrokenPromise) {
    var input = FuzzInput(bytes)
    switch input.number(below: 5) {
    case 0: try message(input.remainder())
    case 1: try exchange(&input)
    case 2: try apdu(&input)
    case 3: try descriptor(input.remainder())
    default: try reading(input.remainder())
    }
  }

  /// What is taken for a message is one, byte for byte.
  private static func message(_ bytes: [UInt8]) throws(BrokenPromise) {
    if let notice = CCIDNotice(bytes), case .slotChange(let slots) = notice {
      try promise(slots.count == (bytes.count - 1) * 4, "a notice has four slots a byte")
      try promise(notice.change(ofSlot: slots.count) == nil, "a slot that nobody spoke of")
    }
    _ = CCIDRequest.numbers(bytes)
    // try?: bytes that are refused are none of our business.
    guard let answer = try? CCIDAnswer(bytes) else { return }
    let length = (0..<4).map { UInt8(truncatingIfNeeded: answer.payload.count >> (8 * $0)) }
    let head = [answer.kind.rawValue] + length + [answer.slot, answer.sequence]
    try promise(bytes.starts(with: head), "the head of a message was read otherwise")
    try promise(bytes.dropFirst(10).elementsEqual(answer.payload), "the payload is another")
  }

  /// An exchange ends after a bounded number of reads, and with an answer to its own question only.
  private static func exchange(_ input: inout FuzzInput) throws(BrokenPromise) {
    let commands: [CCIDCommand] = [
      .getSlotStatus, .iccPowerOn(.automatic), .transferBlock(PseudoAPDU.getSerial),
      .escape([0xFF, 0x00]), .getParameters,
    ]
    let command = input.choice(commands)
    let (slot, sequence) = (input.byte() & 1, input.byte())
    var exchange = CCIDExchange(
      command: command, slot: slot, sequence: sequence, timeout: .seconds(1))
    var action = CCIDExchange.Action.read(timeout: .seconds(1))
    var elapsed = Duration.zero
    var reads = 0
    while case .read(let wait) = action {
      try promise(wait > .zero && wait <= CCIDExchange.longestWait, "it waits for \(wait)")
      reads += 1
      let bound =
        CCIDExchange.staleLimit + CCIDExchange.emptyLimit + CCIDExchange.extensionLimit + 1
      try promise(reads <= bound, "an exchange of more than \(bound) reads")
      guard !input.isEmpty else { return }
      elapsed += .milliseconds(Int(input.byte()))
      action = exchange.received(input.piece(), after: elapsed)
    }
    guard case .finish(let answer) = action else { return }
    try promise(
      answer.slot == slot && answer.sequence == sequence, "the answer to another question")
    if answer.command == .succeeded {
      try promise(answer.kind == command.answer, "an answer of another kind")
    }
  }

  /// An APDU is sent whole and in order, and its answer is what the blocks brought, within the bound.
  private static func apdu(_ input: inout FuzzInput) throws(BrokenPromise) {
    let levels: [CCIDFeatures.ExchangeLevel] = [.shortAPDU, .extendedAPDU]
    let level = input.choice(levels)
    let room = 1 + Int(input.byte())
    let command = input.longPiece()
    var exchange = APDUExchange(command: command, level: level, maximumPayload: room)
    var action = exchange.start()
    var (sent, received): ([UInt8], [UInt8]) = ([], [])
    while case .send(let message) = action {
      guard case .transferBlock(let block, _, _) = message else {
        throw BrokenPromise("an APDU goes out as blocks")
      }
      try promise(block.count <= room, "a block of \(block.count) bytes in room for \(room)")
      sent += block
      try promise(command.starts(with: sent), "the command goes out otherwise than it is")
      guard !input.isEmpty else { return }
      let chain = input.choice(CCIDChain.allCases).rawValue
      let payload = input.piece()
      let length = [UInt8(payload.count), 0, 0, 0]
      // try?: it is a message, made above.
      guard let answer = try? CCIDAnswer([0x80] + length + [0, 0, 0, 0, chain] + payload) else {
        throw BrokenPromise("a good data block is refused")
      }
      received += payload
      action = exchange.received(answer)
    }
    guard case .finish(let answer) = action else { return }
    try promise(sent == command, "an answer came before the command was out")
    try promise(answer.count <= APDUExchange.longestAnswer, "an answer of \(answer.count) bytes")
    try promise(received.suffix(answer.count).elementsEqual(answer), "an answer nobody gave")
  }

  private static func descriptor(_ bytes: [UInt8]) throws(BrokenPromise) {
    // try?: bytes that are refused are none of our business.
    guard let descriptor = try? CCIDFunctionalDescriptor(bytes) else { return }
    try promise(
      (1...65_526).contains(descriptor.maximumPayload), "room for \(descriptor.maximumPayload)")
    _ = descriptor.features.exchangeLevel
  }

  /// A serial number has a length that cards have, and came with a success.
  private static func reading(_ bytes: [UInt8]) throws(BrokenPromise) {
    guard case .success(let serial) = SerialReading(answer: bytes) else { return }
    try promise(bytes == serial + [0x90, 0x00], "a serial number that nobody gave")
    try promise([4, 7, 10].contains(serial.count), "a serial number of \(serial.count) bytes")
    try promise(serial.count != 4 || serial[0] != 0x08, "a random number is taken for a serial")
  }

  /// An answer to reset is taken only whole: its length, form and checksum.
  static func answerToReset(_ bytes: [UInt8]) throws(BrokenPromise) {
    // try?: bytes that are refused are none of our business.
    guard let answer = try? AnswerToReset(bytes) else { return }
    try promise(answer.bytes == bytes, "the bytes are others")
    try promise(bytes.dropFirst().reduce(0, ^) == 0, "the checksum is wrong")
    try promise(answer.historicalBytes.count == bytes.count - 5, "historical bytes are missing")
    if case .processor = answer.card { return }
    try promise(answer.historicalBytes.count == 15, "a storage card has 15 historical bytes")
    try promise(answer.card.kind != .desfire, "an ATR alone tells no DESFire")
  }
}
