import CanteenModel
import Testing

@testable import SyncProtocol

@Suite struct PeerCodecTests {
  private static func statement(_ entries: Int = 2) -> SpendStatement {
    SpendStatement(
      terminal: TerminalID(3), account: AccountID(11), slot: MealKey(day: 20_780, period: 2),
      number: StatementNumber(epoch: Epoch(2), run: 7, count: 9),
      entries: (0..<entries).map { number in
        SpendStatement.Entry(
          position: number == 0
            ? nil
            : JournalPosition(epoch: Epoch(2), sequence: SequenceNumber(UInt64(number))),
          amount: Fen(1_500))
      })
  }

  @Test("what terminals say to one another survives the wire")
  func roundTrips() throws {
    let statement = Self.statement()
    #expect(try PeerCodec.decode(statement: PeerCodec.encode(statement)) == statement)
    let request = ReservationRequest(statement: statement, cap: Fen(4_000), approvals: 2)
    #expect(try PeerCodec.decode(reservation: PeerCodec.encode(request)) == request)
    for verdict in ReservationVerdict.allCases {
      let answer = ReservationAnswer(verdict: verdict, own: statement)
      #expect(try PeerCodec.decode(answer: PeerCodec.encode(answer)) == answer)
    }
    let news = [statement, Self.statement(0)]
    #expect(try PeerCodec.decode(news: PeerCodec.encode(news: news)).statements == news)
    #expect(try PeerCodec.decode(news: []).statements.isEmpty)
  }

  @Test("the longest statement fits, and one entry more is refused")
  func limits() throws {
    let longest = Self.statement(SpendStatement.entryLimit)
    #expect(try PeerCodec.decode(statement: PeerCodec.encode(longest)) == longest)
    let tooLong = try PeerCodec.encode(Self.statement(SpendStatement.entryLimit + 1))
    #expect(throws: WireError.self) { try PeerCodec.decode(statement: tooLong) }
    let flood = [UInt8](repeating: 0, count: PeerCodec.newsBytesLimit + 1)
    #expect(throws: WireError.self) { try PeerCodec.decode(news: flood) }
    var many = Canteen_V1_PeerNews()
    many.statements = Array(repeating: Canteen_V1_SpendStatement(), count: PeerCodec.newsLimit + 1)
    let bytes = try serialized(many)
    #expect(throws: WireError.self) { try PeerCodec.decode(news: bytes) }
  }

  @Test(
    "a statement with a part that cannot be is refused",
    arguments: [
      { $0.terminal = 0 }, { $0.account = 0 }, { $0.account = -1 }, { $0.epoch = 0 },
      { $0.period = 256 }, { $0.entries[0].fen = 0 }, { $0.entries[0].fen = -1 },
      { $0.entries[0].fen = 1_000_000_000_001 }, { $0.entries[0].epoch = 1 },
      { $0.entries[1].clearSequence() }, { $0.entries[1].sequence = 0 },
      { $0.entries[1].epoch = 0 }, { $0.entries[1].sequence = UInt64(Int64.max) },
    ] as [@Sendable (inout Canteen_V1_SpendStatement) -> Void])
  func malformed(change: @Sendable (inout Canteen_V1_SpendStatement) -> Void) throws {
    var message: Canteen_V1_SpendStatement = try parsed(
      PeerCodec.encode(Self.statement()), limit: .max, "statement")
    change(&message)
    let bytes = try serialized(message)
    #expect(throws: WireError.self) { try PeerCodec.decode(statement: bytes) }
  }

  @Test("a reservation or an answer without its parts is refused")
  func missing() throws {
    #expect(throws: WireError.self) { try PeerCodec.decode(reservation: []) }
    #expect(throws: WireError.self) { try PeerCodec.decode(answer: []) }
    var answer: Canteen_V1_ReservationAnswer = try parsed(
      PeerCodec.encode(ReservationAnswer(verdict: .taken, own: Self.statement())), limit: .max, "a")
    answer.verdict = .UNRECOGNIZED(99)
    let unknown = try serialized(answer)
    #expect(throws: WireError.self) { try PeerCodec.decode(answer: unknown) }
    answer.verdict = .taken
    answer.clearOwn()
    let ownless = try serialized(answer)
    #expect(throws: WireError.self) { try PeerCodec.decode(answer: ownless) }
    var request: Canteen_V1_Reservation = try parsed(
      PeerCodec.encode(
        ReservationRequest(statement: Self.statement(), cap: .zero, approvals: 0)), limit: .max, "r"
    )
    request.capFen = -1
    let negative = try serialized(request)
    #expect(throws: WireError.self) { try PeerCodec.decode(reservation: negative) }
  }
}
