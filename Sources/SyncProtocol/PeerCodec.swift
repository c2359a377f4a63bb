package import CanteenModel
import SwiftProtobuf

/// What the terminals of a canteen say to one another, to bytes and back. Nothing of it is signed: the
/// certificate of the connection says who speaks, and nobody speaks for another.
package enum PeerCodec {
  /// No statement with ``SpendStatement/entryLimit`` entries is longer, nor what carries one.
  package static let bytesLimit = 16 * 1024
  /// So many statements fit into one piece of news.
  package static let newsLimit = 64
  /// No piece of news is longer: ``newsLimit`` statements as they usually are.
  package static let newsBytesLimit = 64 * 1024

  /// The bytes of a statement, as a peer keeps them.
  package static func encode(_ statement: SpendStatement) throws(WireError) -> [UInt8] {
    try serialized(Canteen_V1_SpendStatement(statement))
  }

  /// Reads a statement.
  ///
  /// - Throws: ``WireError/malformed(_:)``, ``WireError/tooLarge(_:)`` above ``bytesLimit``.
  package static func decode(statement bytes: [UInt8]) throws(WireError) -> SpendStatement {
    let message: Canteen_V1_SpendStatement = try parsed(bytes, limit: bytesLimit, "statement")
    return try message.model()
  }

  /// The body of a request to reserve.
  package static func encode(_ request: ReservationRequest) throws(WireError) -> [UInt8] {
    try serialized(
      Canteen_V1_Reservation.with {
        $0.statement = Canteen_V1_SpendStatement(request.statement)
        $0.capFen = request.cap.value
        $0.approvals = UInt32(request.approvals)
      })
  }

  /// - Throws: ``WireError/malformed(_:)``, ``WireError/tooLarge(_:)`` above ``bytesLimit``.
  package static func decode(reservation bytes: [UInt8]) throws(WireError) -> ReservationRequest {
    let message: Canteen_V1_Reservation = try parsed(bytes, limit: bytesLimit, "reservation")
    guard message.hasStatement else { throw .malformed("reservation.statement is missing") }
    guard message.capFen >= 0 else { throw .malformed("reservation.cap_fen") }
    return ReservationRequest(
      statement: try message.statement.model(), cap: Fen(message.capFen),
      approvals: Int(message.approvals))
  }

  /// The body of the answer to it.
  package static func encode(_ answer: ReservationAnswer) throws(WireError) -> [UInt8] {
    try serialized(
      Canteen_V1_ReservationAnswer.with {
        $0.verdict =
          Canteen_V1_ReservationVerdict(rawValue: Int(answer.verdict.rawValue)) ?? .unspecified
        $0.own = Canteen_V1_SpendStatement(answer.own)
      })
  }

  /// - Throws: ``WireError/malformed(_:)``, ``WireError/tooLarge(_:)`` above ``bytesLimit``.
  package static func decode(answer bytes: [UInt8]) throws(WireError) -> ReservationAnswer {
    let message: Canteen_V1_ReservationAnswer = try parsed(
      bytes, limit: bytesLimit, "reservation answer")
    let verdict = UInt8(exactly: message.verdict.rawValue).flatMap(
      ReservationVerdict.init(rawValue:))
    guard let verdict else { throw .malformed("reservation answer.verdict") }
    guard message.hasOwn else { throw .malformed("reservation answer.own is missing") }
    return ReservationAnswer(verdict: verdict, own: try message.own.model())
  }

  /// - Parameter head: As ``HeadCodec`` signed it; `nil` where there is none.
  /// - Precondition: At most ``newsLimit`` statements.
  package static func encode(
    news statements: [SpendStatement], head: [UInt8]? = nil
  ) throws(WireError) -> [UInt8] {
    precondition(statements.count <= newsLimit, "news have at most \(newsLimit) statements")
    var message = Canteen_V1_PeerNews()
    message.statements = statements.map { Canteen_V1_SpendStatement($0) }
    if let head { message.head = try parsed(head, limit: HeadCodec.bytesLimit, "head") }
    return try serialized(message)
  }

  /// - Throws: ``WireError/malformed(_:)``, ``WireError/tooLarge(_:)`` above ``newsBytesLimit``.
  package static func decode(news bytes: [UInt8]) throws(WireError) -> PeerNews {
    let message: Canteen_V1_PeerNews = try parsed(bytes, limit: newsBytesLimit, "news")
    guard message.statements.count <= newsLimit else { throw .malformed("news.statements") }
    var statements: [SpendStatement] = []
    for statement in message.statements { statements.append(try statement.model()) }
    guard message.hasHead else { return PeerNews(statements: statements, head: nil) }
    let head = try serialized(message.head)
    return PeerNews(
      statements: statements, head: PeerNews.Head(claim: try HeadCodec.claim(of: head), bytes: head)
    )
  }
}

/// What a terminal tells another one of its canteen.
package struct PeerNews: Hashable, Sendable {
  /// Where the sender's chain ends. Nothing is verified: the key is the centre's to know.
  package struct Head: Hashable, Sendable {
    package let claim: ChainHead
    package let bytes: [UInt8]
  }

  package let statements: [SpendStatement]
  package let head: Head?
}

extension Canteen_V1_SpendStatement {
  fileprivate init(_ statement: SpendStatement) {
    self.init()
    terminal = statement.terminal.number
    account = statement.account.number
    day = statement.slot.day
    period = UInt32(statement.slot.period)
    epoch = statement.number.epoch.number
    run = statement.number.run
    count = statement.number.count
    entries = statement.entries.map { entry in
      .with {
        if let position = entry.position {
          $0.epoch = position.epoch.number
          $0.sequence = position.sequence.number
        }
        $0.fen = entry.amount.value
      }
    }
  }

  fileprivate func model() throws(WireError) -> SpendStatement {
    guard terminal > 0 else { throw .malformed("statement.terminal") }
    guard account > 0 else { throw .malformed("statement.account") }
    guard epoch > 0 else { throw .malformed("statement.epoch") }
    guard let period = UInt8(exactly: period) else { throw .malformed("statement.period") }
    guard entries.count <= SpendStatement.entryLimit else { throw .malformed("statement.entries") }
    var read: [SpendStatement.Entry] = []
    for entry in entries { read.append(try entry.model()) }
    return SpendStatement(
      terminal: TerminalID(terminal), account: AccountID(account),
      slot: MealKey(day: day, period: period),
      number: StatementNumber(epoch: Epoch(epoch), run: run, count: count), entries: read)
  }
}

extension Canteen_V1_SpendStatement.Entry {
  /// So much one entry may say: the sum of all of them then fits into 64 bits.
  private static let mostFen: Int64 = 1_000_000_000_000

  fileprivate func model() throws(WireError) -> SpendStatement.Entry {
    guard (1...Self.mostFen).contains(fen) else { throw .malformed("statement.entries.fen") }
    guard hasEpoch == hasSequence else { throw .malformed("statement.entries.sequence") }
    guard hasEpoch else { return SpendStatement.Entry(position: nil, amount: Fen(fen)) }
    guard epoch > 0, sequence > 0, sequence < UInt64(Int64.max) else {
      throw .malformed("statement.entries.sequence")
    }
    return SpendStatement.Entry(
      position: JournalPosition(epoch: Epoch(epoch), sequence: SequenceNumber(sequence)),
      amount: Fen(fen))
  }
}
