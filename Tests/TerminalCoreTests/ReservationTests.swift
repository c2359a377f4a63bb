import CanteenModel
import TerminalCore
import Testing

@Suite struct ReservationTests {
  private static func place(_ sequence: UInt64, epoch: UInt32 = 1) -> JournalPosition {
    JournalPosition(epoch: Epoch(epoch), sequence: SequenceNumber(sequence))
  }

  private static func number(_ count: UInt32, run: UInt32 = 1, epoch: UInt32 = 1) -> StatementNumber
  {
    StatementNumber(epoch: Epoch(epoch), run: run, count: count)
  }

  private static func request(
    _ amounts: [Int64], cap: Int64 = 4_000, approvals: Int = 2, count: UInt32 = 7
  ) -> ReservationRequest {
    ReservationRequest(
      statement: SpendStatement(
        terminal: TerminalID(3), account: AccountID(11), slot: MealKey(day: 20_780, period: 2),
        number: number(count),
        entries: amounts.map { SpendStatement.Entry(position: nil, amount: Fen($0)) }),
      cap: Fen(cap), approvals: approvals)
  }

  private static func judge(
    _ request: ReservationRequest, newest: StatementNumber? = nil, beside: [Int64] = [],
    groups: PeerGrouping = .any, status: AccountStatus? = .active
  ) throws -> ReservationVerdict {
    var known = KnownSpend()
    for amount in beside { try known.add(Fen(amount), approvals: 1) }
    return try ReservationRule.judge(
      request, newest: newest, beside: known, status: status,
      rulebook: CoreFixture.rulebook(
        offline: OfflineCaps(home: Fen(4_000), alone: Fen(2_500), approvals: 3, groups: groups)))
  }

  @Test("a peer takes what stays within the cap with everything that it knows")
  func cap() throws {
    #expect(try Self.judge(Self.request([4_000])) == .taken)
    #expect(try Self.judge(Self.request([4_001])) == .overCap)
    #expect(try Self.judge(Self.request([1_000, 2_000])) == .taken)
    #expect(try Self.judge(Self.request([1_000]), beside: [3_000]) == .taken)
    #expect(try Self.judge(Self.request([1_000]), beside: [3_001]) == .overCap)
  }

  @Test("the lower cap counts: the asking terminal's, or the peer's own")
  func lowerCap() throws {
    #expect(try Self.judge(Self.request([1_500], cap: 1_500)) == .taken)
    #expect(try Self.judge(Self.request([1_501], cap: 1_500)) == .overCap)
    #expect(try Self.judge(Self.request([4_001], cap: 9_000)) == .overCap)
  }

  @Test("so does the lower number of approvals")
  func approvals() throws {
    #expect(try Self.judge(Self.request([1, 1])) == .taken)
    #expect(try Self.judge(Self.request([1, 1, 1])) == .overCap)
    #expect(try Self.judge(Self.request([1, 1], approvals: 9), beside: [1]) == .taken)
    #expect(try Self.judge(Self.request([1, 1], approvals: 9), beside: [1, 1]) == .overCap)
  }

  @Test("an older statement than one that is here is another device's, or late")
  func stale() throws {
    #expect(try Self.judge(Self.request([1]), newest: Self.number(6)) == .taken)
    #expect(try Self.judge(Self.request([1]), newest: Self.number(7)) == .stale)
    #expect(try Self.judge(Self.request([1]), newest: Self.number(8)) == .stale)
    #expect(try Self.judge(Self.request([1]), newest: Self.number(1, run: 2)) == .stale)
  }

  @Test("a peer whose rules have no groups, or that has none, takes nothing")
  func noGroup() throws {
    #expect(try Self.judge(Self.request([1]), groups: .none) == .noGroup)
    #expect(
      try ReservationRule.judge(
        Self.request([1]), newest: nil, beside: KnownSpend(), status: .active, rulebook: nil)
        == .noGroup)
  }

  @Test(
    "a peer vouches for nobody whom it knows to be lost or closed",
    arguments: [
      (nil, .taken), (.active, .taken), (.reportedLost, .notActive), (.closed, .notActive),
    ]
      as [(AccountStatus?, ReservationVerdict)])
  func status(status: AccountStatus?, verdict: ReservationVerdict) throws {
    #expect(try Self.judge(Self.request([1]), status: status) == verdict)
  }

  @Test("statements are ordered by epoch, then by opening, then by count")
  func order() {
    #expect(Self.number(9, run: 9) < Self.number(1, run: 1, epoch: 2))
    #expect(Self.number(9, run: 1) < Self.number(1, run: 2))
    #expect(Self.number(1) < Self.number(2))
    #expect(!(Self.number(2) < Self.number(2)))
  }

  @Test(
    "of what a peer said, what the fed balance has already is not counted again",
    arguments: [(nil, 1_011), (0, 1_011), (4, 1_011), (5, 1_010), (6, 1_000)] as [(UInt64?, Int64)])
  func unsettled(included: UInt64?, fen: Int64) throws {
    let statement = SpendStatement(
      terminal: TerminalID(3), account: AccountID(11), slot: MealKey(day: 20_780, period: 2),
      number: Self.number(1),
      entries: [
        .init(position: Self.place(5), amount: Fen(1)),
        .init(position: Self.place(6), amount: Fen(10)),
        .init(position: nil, amount: Fen(1_000)),
      ])
    let place = included.map { Self.place($0) }
    #expect(try statement.unsettled(behind: place, isOver: false) == Fen(fen))
    // Of a period that is over what was only reserved is no spending any more.
    #expect(try statement.unsettled(behind: place, isOver: true) == Fen(fen - 1_000))
    #expect(try statement.unsettled(behind: Self.place(1, epoch: 2), isOver: false) == Fen(1_000))
  }
}

@Suite struct ReservationTallyTests {
  private static let peers = [TerminalID(2), TerminalID(3)]

  private static func tally(
    _ groups: PeerGrouping, others: Int = 2, asked: [TerminalID] = peers
  ) -> ReservationTally {
    ReservationTally(asked: asked, others: others, groups: groups)
  }

  @Test("one peer's word is enough, or every peer's, as the rules say")
  func quorum() {
    var (any, whole, none) = (Self.tally(.any), Self.tally(.whole), Self.tally(.none))
    #expect(!any.isGroup && !whole.isGroup)
    any.heard(.taken, from: TerminalID(3))
    whole.heard(.taken, from: TerminalID(3))
    none.heard(.taken, from: TerminalID(3))
    #expect(any.isGroup && !whole.isGroup && !none.isGroup)
    whole.heard(.taken, from: TerminalID(2))
    none.heard(.taken, from: TerminalID(2))
    #expect(whole.isGroup && !none.isGroup)
  }

  @Test("a canteen whose roster names nobody else is no group")
  func nobody() {
    #expect(!Self.tally(.whole, others: 0, asked: []).isGroup)
    #expect(Self.tally(.whole, others: 0, asked: []).isComplete)
  }

  @Test("those of the roster who were not asked are missing from a whole group")
  func notAsked() {
    var tally = Self.tally(.whole, others: 3)
    for peer in Self.peers { tally.heard(.taken, from: peer) }
    #expect(tally.isComplete && !tally.isGroup)
  }

  @Test("a sale waits for everybody who was asked, and who is missing is known")
  func waits() {
    var tally = Self.tally(.any)
    tally.heard(.taken, from: TerminalID(3))
    #expect(!tally.isComplete)
    #expect(tally.missing == [TerminalID(2)])
    tally.heard(.overCap, from: TerminalID(2))
    #expect(tally.isComplete && tally.missing.isEmpty)
  }

  @Test(
    "only who took it vouches, once, and only who was asked",
    arguments: [ReservationVerdict.overCap, .stale, .noGroup, .notActive])
  func counts(verdict: ReservationVerdict) {
    var tally = Self.tally(.any)
    tally.heard(verdict, from: TerminalID(2))
    #expect(!tally.isGroup)
    tally.heard(.taken, from: TerminalID(2))
    tally.heard(.taken, from: TerminalID(9))
    #expect(!tally.isGroup)
    var twice = Self.tally(.whole)
    twice.heard(.taken, from: TerminalID(2))
    twice.heard(.taken, from: TerminalID(2))
    #expect(!twice.isGroup)
  }
}
