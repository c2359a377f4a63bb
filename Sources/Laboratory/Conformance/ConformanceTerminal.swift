import CanteenModel
import Foundation
import LinkSecurity
import SyncProtocol
import SyncTransport

/// The terminal that the kit plays: its keys, its chain, and what the centre told it. One check at a time.
final class ConformanceTerminal {
  let address: LinkAddress
  let token: JoinToken
  /// Signs the records.
  let key = SigningKey()
  /// Of the certificate that was asked for last.
  var linkKey = LinkKey()
  var anchor: TrustAnchor?
  var identity: LinkIdentity?
  var centreKey: VerifyingKey?

  private(set) var epoch = Epoch(1)
  private(set) var records: [[UInt8]] = []
  private(set) var heads: [Digest32] = []
  /// How many of them the centre holds.
  private(set) var held = 0
  /// The last ack that was believed, and the first one.
  private(set) var ack: AckFacts?
  private(set) var firstNonce: Digest32?

  /// What the feed brought, and where it ended.
  var fed: [AccountSnapshot] = []
  var cursor = FeedCursor(version: 0, rulebookVersion: 0)

  private var callers: [String: LinkCaller] = [:]

  static let patience = Duration.seconds(10)
  private static let answerLimit = 2 << 20
  /// A centre that has no room is asked again so often.
  private static let tries = 6

  init(address: LinkAddress, token: JoinToken) {
    self.address = address
    self.token = token
  }

  var id: TerminalID { token.terminal }

  // MARK: - The chain

  /// Adds a record that costs nobody anything; the first of the first epoch opens it.
  ///
  /// - Parameter padding: So many bytes of a field that nobody knows, behind it.
  func append(padding: Int = 0) throws {
    let body: JournalRecord.Body =
      records.isEmpty
      ? .epochOpened(EpochOpened(previous: nil, previousHead: .zero))
      : .decline(
        DeclineRecord(
          reason: .insufficientBalance, account: nil, lane: LaneID(1), medium: .card,
          amount: Fen(1500), count: 1))
    append(try encoded(body) + Self.unknown(padding))
  }

  func append(_ body: JournalRecord.Body) throws {
    append(try encoded(body))
  }

  private func encoded(_ body: JournalRecord.Body) throws -> [UInt8] {
    let time = RecordTime(
      wallMilliseconds: Self.now(), bootMilliseconds: Int64(records.count), isTrusted: true)
    return try RecordCodec.encode(JournalRecord(time: time, body: body))
  }

  func append(_ bytes: [UInt8]) {
    heads.append(head(of: bytes, after: records.count))
    records.append(bytes)
  }

  /// The head of a record behind the first `count`.
  func head(of record: [UInt8], after count: Int) -> Digest32 {
    Chain.head(
      after: head(at: count), record: record, terminal: id,
      position: JournalPosition(epoch: epoch, sequence: SequenceNumber(UInt64(count) + 1)))
  }

  /// The head after the first `count` records.
  func head(at count: Int) -> Digest32 { count == 0 ? .zero : heads[count - 1] }

  /// The records behind the first `skipped`, sealed. Behind what the centre holds, when nothing is said.
  func batch(
    after skipped: Int? = nil, count: Int = .max, echo nonce: Digest32?? = nil,
    token: Digest32? = nil, by key: SigningKey? = nil
  ) throws -> (bytes: [UInt8], facts: BatchFacts) {
    let skipped = skipped ?? held
    let end = skipped + min(count, records.count - skipped)
    return try BatchCodec.seal(
      Array(records[skipped..<end]), terminal: id, epoch: epoch,
      first: SequenceNumber(UInt64(skipped) + 1), previousHead: head(at: skipped),
      echoedNonce: nonce ?? ack?.nonce, challenge: .random(), epochToken: token,
      newest: SequenceNumber(UInt64(records.count)), key: key ?? self.key)
  }

  /// Goes on in another epoch, with an empty chain.
  func begin(_ epoch: Epoch) {
    self.epoch = epoch
    records = []
    heads = []
    held = 0
  }

  /// A field of bytes, number 127, that no message of the contract has; nothing for no bytes.
  static func unknown(_ count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    return [0xFA, 0x07] + Self.varint(count) + [UInt8](repeating: 0x5A, count: count)
  }

  /// A number as protobuf writes it, 0 or more.
  static func varint(_ number: Int) -> [UInt8] {
    var (rest, bytes) = (number, [UInt8]())
    repeat {
      bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    return bytes
  }

  static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

  // MARK: - The link

  /// - Parameter identity: What is shown; `nil`: nothing.
  func caller(showing identity: LinkIdentity?) throws -> LinkCaller {
    let serial = identity?.certificate.serial ?? ""
    if let caller = callers[serial] { return caller }
    let caller = try LinkCaller(
      identity, to: anchor.map { LinkCaller.Peer(.centre, of: $0, now: { Self.now() }) })
    callers[serial] = caller
    return caller
  }

  /// Sends a request as the terminal, and comes back when the centre says that it has no room.
  func send(_ request: RawRequest) async throws -> RawAnswer {
    try await send(request, showing: identity)
  }

  func send(_ request: RawRequest, showing identity: LinkIdentity?) async throws -> RawAnswer {
    let caller = try caller(showing: identity)
    for _ in 1..<Self.tries {
      let answer = try await caller.send(
        request, to: address, within: Self.patience, upTo: Self.answerLimit)
      guard answer.status == 429 || answer.status == 503 else { return answer }
      guard let seconds = answer.retryAfter else {
        throw Nonconformity(
          expected: "the field Retry-After beside status \(answer.status)", came: "none")
      }
      try await Task.sleep(for: .seconds(min(seconds, 10)))
    }
    throw Nonconformity(
      expected: "room for one terminal", came: "\(Self.tries - 1) refusals with Retry-After")
  }

  /// Posts a message in a form, and wants the answer in the same.
  func post(
    _ bytes: [UInt8], to route: WireRoute, in form: WireForm = .protobuf
  ) async throws -> RawAnswer {
    guard let takes = route.takes else { preconditionFailure("\(route.path) takes nothing") }
    return try await send(
      RawRequest(
        "POST", route.path, fields: [("Content-Type", form.mediaType), ("Accept", form.mediaType)],
        body: try form.write(bytes, as: takes.message)))
  }

  /// The answer's message in protobuf, when it is one.
  static func message(
    of answer: RawAnswer, _ message: WireMessage, in form: WireForm = .protobuf
  ) throws -> [UInt8] {
    guard answer.status == 200 else {
      throw Nonconformity(expected: "status 200", came: words(answer))
    }
    guard answer.mediaType?.split(separator: ";").first.map(String.init) == form.mediaType else {
      throw Nonconformity(
        expected: "Content-Type \(form.mediaType)", came: answer.mediaType ?? "no Content-Type")
    }
    do {
      return try form.read(answer.body, as: message, upTo: Self.answerLimit)
    } catch {
      throw Nonconformity(expected: "\(message.rawValue) in \(form.mediaType)", came: "\(error)")
    }
  }

  static func words(_ answer: RawAnswer) -> String {
    let detail = answer.problem?.detail ?? String(decoding: answer.body.prefix(100), as: UTF8.self)
    return
      "status \(answer.status) (\(answer.problem?.type ?? answer.mediaType ?? "no type"): \(detail))"
  }

  // MARK: - Settling

  /// Hands a batch in, and believes its ack.
  ///
  /// - Parameters:
  ///   - end: How many records the centre must hold then, and the head there; those of the batch, when
  ///     nothing is said.
  ///   - flags: What the centre must have seen in it.
  /// - Returns: The answer.
  @discardableResult
  func settle(
    _ batch: (bytes: [UInt8], facts: BatchFacts), in form: WireForm = .protobuf,
    end: (count: Int, head: Digest32)? = nil, flags: Set<String> = []
  ) async throws -> RawAnswer {
    let answer = try await post(batch.bytes, to: .deliverBatch, in: form)
    let ack = try read(ack: answer, in: form)
    let end = end ?? (Int(batch.facts.last.number), batch.facts.head)
    try check(ack, of: batch.facts, end: end)
    let named = answer.field(WireContract.flagsField) ?? ""
    let seen = Set(named.split(separator: ",").map { $0.filter { $0 != " " } })
    guard seen == flags else {
      throw Nonconformity(
        expected: "\(WireContract.flagsField): \(flags.sorted().joined(separator: ", "))",
        came: "\"\(named)\"")
    }
    if ack.head == head(at: end.count) { held = end.count }
    firstNonce = firstNonce ?? ack.nonce
    self.ack = ack
    return answer
  }

  func read(ack answer: RawAnswer, in form: WireForm = .protobuf) throws -> AckFacts {
    guard let centreKey else { preconditionFailure("it has joined") }
    let bytes = try Self.message(of: answer, .signed, in: form)
    do {
      return try AckCodec.open(bytes, key: centreKey)
    } catch {
      throw Nonconformity(expected: "an ack that the centre's key signed", came: "\(error)")
    }
  }

  private func check(
    _ ack: AckFacts, of batch: BatchFacts, end: (count: Int, head: Digest32)
  ) throws {
    func expect(_ holds: Bool, _ expected: String, _ came: String) throws {
      if !holds { throw Nonconformity(expected: expected, came: came) }
    }
    try expect(ack.terminal == id, "an ack for terminal \(id)", "one for \(ack.terminal)")
    try expect(
      ack.challenge == batch.challenge, "the batch's challenge in the ack", "another challenge")
    let place = JournalPosition(
      epoch: batch.epoch, sequence: SequenceNumber(UInt64(end.count)))
    try expect(
      ack.position == place, "an ack up to epoch \(batch.epoch), record \(end.count)",
      "epoch \(ack.position.epoch), record \(ack.position.sequence)")
    try expect(ack.head == end.head, "the head there", "another head")
    try expect(
      ack.nonce != .zero && ack.nonce != self.ack?.nonce, "a new nonce", "one that was there before"
    )
    try expect(
      ack.nextEpoch > batch.epoch && ack.epochToken != .zero, "the next epoch and its token",
      "epoch \(ack.nextEpoch)")
    try expect(ack.timeMilliseconds > 0, "the centre's time", "none")
  }

  /// - Throws: ``Nonconformity`` unless the answer is one of these problems, in its whole shape.
  static func expect(_ answer: RawAnswer, _ problems: WireProblem...) throws {
    let names = problems.map { "\($0.status) \($0.rawValue)" }.joined(separator: " or ")
    guard problems.contains(where: { $0.status == answer.status }) else {
      throw Nonconformity(expected: "the problem \(names)", came: words(answer))
    }
    guard let problem = answer.problem else {
      throw Nonconformity(
        expected: "a body of \(Problem.mediaType) with type, title, status, detail and remedy",
        came: answer.mediaType ?? "no Content-Type")
    }
    guard let kind = WireProblem(uri: problem.type), problems.contains(kind),
      problem.status == answer.status, !problem.detail.isEmpty
    else { throw Nonconformity(expected: "the problem \(names)", came: words(answer)) }
  }
}
