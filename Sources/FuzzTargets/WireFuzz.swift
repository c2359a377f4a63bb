import CanteenModel
import SyncProtocol

/// What comes over the network, or out of a store.
enum WireFuzz {
  /// A key that everybody knows.
  static let key: SigningKey = {
    do {
      return try SigningKey(rawBytes: [UInt8](repeating: 7, count: 32))
    } catch {
      preconditionFailure("32 bytes are a key: \(error)")
    }
  }()

  /// Made once: it costs as much as a signature.
  private static let publicKey = key.publicKey

  /// What was read as a record is written and read as the same.
  static func record(_ bytes: [UInt8]) throws(BrokenPromise) {
    // try?: bytes that are refused are none of our business.
    guard let record = try? RecordCodec.decode(bytes) else { return }
    let again = try again("record") { () throws(WireError) in
      try RecordCodec.decode(try RecordCodec.encode(record))
    }
    try promise(again ?? record == record, "a record is read otherwise than it was written")
  }

  /// What was read can be written.
  ///
  /// - Returns: `nil` for what is too large now: a number of ours can have more bytes than it came with.
  private static func again<Value>(
    _ name: String, _ write: () throws(WireError) -> Value
  ) throws(BrokenPromise) -> Value? {
    do throws(WireError) {
      return try write()
    } catch {
      guard case .tooLarge = error else {
        throw BrokenPromise("a \(name) that was read cannot be written: \(error)")
      }
      return nil
    }
  }

  static func batch(_ bytes: [UInt8]) throws(BrokenPromise) {
    var input = FuzzInput(bytes)
    var batch = bytes
    if input.flag() {
      // Signed, and made by no codec of ours.
      let body = input.piece()
      var records: [UInt8] = []
      while !input.isEmpty { records += Protobuf.field(2, input.piece()) }
      batch = Protobuf.field(1, signed(body, as: .batch)) + records
    } else {
      batch = input.remainder()
    }
    _ = try? BatchCodec.claim(of: batch)  // try?: most are refused
    // try?: bytes that are refused are none of our business.
    guard let opened = try? BatchCodec.open(batch, key: publicKey) else { return }
    let facts = opened.facts
    try promise(opened.records.count == facts.count, "a batch of another number of records")
    try promise(opened.heads.count == facts.count, "a record without its head")
    try promise(opened.heads.last ?? facts.previousHead == facts.head, "a chain that does not link")
    try promise(facts.count <= WireLimit.recordsPerBatch, "more records than a batch may have")
    let sealed = try again("batch") { () throws(WireError) in
      try BatchCodec.seal(
        opened.records, terminal: facts.terminal, epoch: facts.epoch, first: facts.first,
        previousHead: facts.previousHead, echoedNonce: facts.echoedNonce,
        challenge: facts.challenge, epochToken: facts.epochToken, newest: facts.newest, key: key
      ).facts
    }
    try promise(sealed ?? facts == facts, "a batch is sealed otherwise than it was opened")
  }

  /// A body that was read is written and read as the same.
  static func json(_ bytes: [UInt8]) throws(BrokenPromise) {
    var input = FuzzInput(bytes)
    let choice = Int(input.byte())
    let messages: [WireMessage] = [.signed, .batch, .enrolment, .nothing]
    let message = messages[choice % messages.count]
    let body = input.remainder()
    guard choice / messages.count % 2 == 0 else {
      // try?: bytes that are refused are none of our business.
      guard let text = try? WireForm.json.write(body, as: message) else { return }
      // What is not known is left out, so it is no longer.
      let read = try again("JSON") { () throws(WireError) in
        try WireForm.json.read(text, as: message, upTo: .max / 4)
      }
      try promise(read.map { $0.count <= body.count } ?? false, "JSON says more than the message")
      return
    }
    // try?: as above
    guard let read = try? WireForm.json.read(body, as: message, upTo: 1 << 20) else { return }
    let back = try again("JSON") { () throws(WireError) in
      try WireForm.json.read(
        try WireForm.json.write(read, as: message), as: message, upTo: 1 << 20)
    }
    try promise(back == read, "a body is read otherwise than it was written")
  }

  /// Anything that is signed, as each kind of message.
  static func downlink(_ bytes: [UInt8]) throws(BrokenPromise) {
    var input = FuzzInput(bytes)
    let kind = input.choice(Self.kinds)
    let message = signed(input.remainder(), as: kind)
    guard let opened = open(message, as: kind) else { return }
    try promise(
      open(message, as: kind == .ack ? .feed : .ack) == nil, "one kind passes for another")
    let sealed = try again(kind.rawValue) { () throws(WireError) in try seal(opened) }
    guard let sealed else { return }
    try promise(
      open(sealed, as: kind) == opened, "a \(kind.rawValue) is read otherwise than sealed")
  }

  /// What was opened.
  private enum Opened: Equatable {
    case ack(AckFacts)
    case feed(FeedPage)
    case feedRequest(FeedRequest)
    case rulebook(Rulebook)
    case holdRequest(HoldRequest)
    case hold(HoldAnswer)
    case refundRequest(RefundHoldRequest)
    case refund(RefundHoldAnswer)
    case enrol(EnrolRequest)
    case renew(RenewRequest)
    case head(ChainHead)
  }

  static let kinds: [SignedKind] = [
    .ack, .feed, .feedRequest, .rulebook, .holdRequest, .hold, .refundRequest, .refund,
    .enrol, .renew, .head,
  ]

  private static func open(_ bytes: [UInt8], as kind: SignedKind) -> Opened? {
    try? open(bytes, as: kind, key: publicKey)  // try?: bytes may be refused
  }

  private static func open(
    _ bytes: [UInt8], as kind: SignedKind, key: VerifyingKey
  ) throws(WireError) -> Opened? {
    switch kind {
    case .batch, .keyHandover, .keyPossession, .statement, .certificate: nil
    case .ack: .ack(try AckCodec.open(bytes, key: key))
    case .feed: .feed(try FeedCodec.open(bytes, key: key))
    case .feedRequest: .feedRequest(try FeedCodec.decode(request: bytes, key: key))
    case .rulebook: .rulebook(try RulebookCodec.open(bytes, key: key))
    case .holdRequest: .holdRequest(try HoldCodec.open(request: bytes, key: key))
    case .hold: .hold(try HoldCodec.open(answer: bytes, key: key))
    case .refundRequest: .refundRequest(try RefundHoldCodec.open(request: bytes, key: key))
    case .refund: .refund(try RefundHoldCodec.open(answer: bytes, key: key))
    case .enrol: .enrol(try EnrolmentCodec.open(enrol: bytes))
    case .renew: .renew(try EnrolmentCodec.open(renew: bytes, key: key))
    case .head: .head(try HeadCodec.open(bytes, key: key))
    }
  }

  private static func seal(_ opened: Opened) throws(WireError) -> [UInt8] {
    switch opened {
    case .ack(let facts): try AckCodec.seal(facts, key: key)
    case .feed(let page):
      try FeedCodec.seal(
        page, signedRulebook: page.rulebook == nil ? nil : seal(.rulebook(rulebook(page))),
        key: key)
    case .feedRequest(let request):
      try FeedCodec.encode(
        request.cursor, terminal: request.terminal, echoedNonce: request.echoedNonce, key: key)
    case .rulebook(let rulebook): try RulebookCodec.sign(rulebook, key: key)
    case .holdRequest(let request): try HoldCodec.seal(request, key: key)
    case .hold(let answer): try HoldCodec.seal(answer, key: key)
    case .refundRequest(let request): try RefundHoldCodec.seal(request, key: key)
    case .refund(let answer): try RefundHoldCodec.seal(answer, key: key)
    case .enrol(let request): try EnrolmentCodec.seal(request, key: key)
    case .renew(let request): try EnrolmentCodec.seal(request, key: key)
    case .head(let head): try HeadCodec.seal(head, key: key)
    }
  }

  private static func rulebook(_ page: FeedPage) throws(WireError) -> Rulebook {
    guard let rulebook = page.rulebook else { throw .malformed("no rulebook") }
    return rulebook
  }

  private static func signed(_ body: [UInt8], as kind: SignedKind) -> [UInt8] {
    do {
      return try key.signedMessage(body, as: kind)
    } catch {
      preconditionFailure("any bytes can be signed: \(error)")
    }
  }
}

/// As much of Protobuf's wire form as no codec of ours would write.
enum Protobuf {
  /// A field of bytes.
  static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    var length = bytes.count
    var head = [number << 3 | 2]
    repeat {
      head.append(UInt8(length & 0x7F) | (length > 0x7F ? 0x80 : 0))
      length >>= 7
    } while length > 0
    return head + bytes
  }

  /// The first field, of bytes: what is inside of a signed message.
  ///
  /// - Returns: Nothing when it begins with another.
  static func firstField(of message: [UInt8]) -> [UInt8] {
    guard message.first == 0x0A else { return [] }
    var rest = message.dropFirst()
    var (length, shift) = (0, 0)
    while let byte = rest.popFirst() {
      length |= Int(byte & 0x7F) << shift
      shift += 7
      if byte < 0x80 { break }
    }
    return Array(rest.prefix(length))
  }
}
