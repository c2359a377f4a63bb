import CanteenModel
import GRDB
import Testing

@testable import Journal

/// Two or three ledgers of one canteen that ask one another as terminals do, without the wires.
@Suite struct PeerTests {
  static let noon = JournalFixture.noon
  static let slot = MealKey(day: 20_780, period: 2)
  static let place = TerminalPlace(canteen: CanteenID(5), isOnlyTerminal: false)

  static func rulebook(_ groups: PeerGrouping = .any) -> Rulebook {
    Rulebook(
      version: 1, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: [
        MealPeriod(number: 2, name: "午餐", startMinute: 660, endMinute: 780, price: Fen(1500))
      ], spendOrder: [.subsidy, .personal], singleLimit: Fen(10_000), salesPerMeal: 9,
      repeatGuardSeconds: 0,
      offline: OfflineCaps(
        home: Fen(4_000), alone: Fen(2_500), approvals: 9, serialTrust: .medium, groups: groups))
  }

  static func page(
    _ terminal: UInt32, accounts: [AccountSnapshot], from: Int64, to: Int64,
    rulebook: Rulebook? = nil
  ) -> FeedPage {
    FeedPage(
      terminal: TerminalID(terminal), fromCursor: from, toCursor: to, hasMore: false,
      accounts: accounts, rulebook: rulebook, place: place, timeMilliseconds: noon)
  }

  static func open(
    _ number: UInt32, subsidy: Int64 = 9_000, status: AccountStatus = .active,
    groups: PeerGrouping = .any
  ) async throws -> (fixture: JournalFixture, journal: Journal) {
    let fixture = try JournalFixture()
    let journal = try fixture.open(terminal: number)
    try await journal.apply(
      page(
        number,
        accounts: [JournalFixture.account(11, subsidy: subsidy, status: status)], from: 0, to: 1,
        rulebook: rulebook(groups)))
    return (fixture, journal)
  }

  static func request(_ fen: Int64, lane: UInt16 = 1) -> SaleRequest {
    JournalFixture.request(11, lane: lane, price: .keyed(Fen(fen)))
  }

  /// What is asked of the others; `nil` when the sale was decided without.
  static func question(
    _ fen: Int64, at journal: Journal, lane: UInt16 = 1
  ) async throws -> PeerQuestion? {
    let step = try await journal.authorise(
      request(fen, lane: lane), peers: .askable, mayAskCentre: false)
    if case .asksPeers(let question) = step { return question }
    return nil
  }

  static func decide(
    _ fen: Int64, at journal: Journal, _ word: PeerWord
  ) async throws -> SaleOutcome? {
    let step = try await journal.authorise(request(fen), peers: word, mayAskCentre: false)
    if case .decided(let outcome) = step { return outcome }
    return nil
  }

  /// A whole sale, with the word of the others.
  static func sell(
    _ fen: Int64, at journal: Journal, asking peers: [Journal]
  ) async throws -> SaleOutcome? {
    guard let question = try await question(fen, at: journal) else { return nil }
    var answers: [ReservationAnswer] = []
    for peer in peers { answers.append(try await peer.reserve(question.request)) }
    return try await decide(
      fen, at: journal,
      .answered(
        question, isGroup: answers.contains { $0.verdict == .taken }, heard: answers.map(\.own)))
  }

  static func place(_ outcome: SaleOutcome?) -> DecisionPlace? {
    if case .approved(let sale)? = outcome?.verdict { sale.place } else { nil }
  }

  @Test("two terminals that agree have one home cap, and their sales say so")
  func oneCap() async throws {
    let (first, second) = (try await Self.open(3), try await Self.open(4))
    let bought = try await Self.sell(3_000, at: first.journal, asking: [second.journal])
    #expect(Self.place(bought) == .lan)
    #expect(try await Self.question(1_001, at: second.journal) == nil, "more than the group's cap")
    let rest = try await Self.sell(1_000, at: second.journal, asking: [first.journal])
    #expect(Self.place(rest) == .lan)
    #expect(try await Self.question(1, at: first.journal) == nil)
    // Its own 3,000 are more than it could approve alone.
    let alone = try await first.journal.authorise(Self.request(1))
    #expect(alone.declineReason == .needsCentre)
    #expect(try await first.journal.verify().findings.isEmpty)
    #expect(try await second.journal.verify().findings.isEmpty)
  }

  @Test(
    "without the others' word a terminal has the cap of one alone, for everything that it knows")
  func alone() async throws {
    let (first, second) = (try await Self.open(3), try await Self.open(4))
    let question = try #require(try await Self.question(2_501, at: first.journal))
    let refused = try await Self.decide(
      2_501, at: first.journal, .answered(question, isGroup: false, heard: []))
    #expect(refused?.declineReason == .needsCentre)
    #expect(
      Self.place(try await Self.sell(1_000, at: second.journal, asking: [first.journal])) == .lan)
    #expect(try await first.journal.authorise(Self.request(1_501)).declineReason == .needsCentre)
    #expect(Self.place(try await first.journal.authorise(Self.request(1_500))) == .alone)
  }

  @Test("requests that cross are refused by both")
  func crossing() async throws {
    let (first, second) = (try await Self.open(3), try await Self.open(4))
    let one = try #require(try await Self.question(2_500, at: first.journal))
    let other = try #require(try await Self.question(2_500, at: second.journal))
    let answers = [
      try await second.journal.reserve(one.request), try await first.journal.reserve(other.request),
    ]
    #expect(answers.map(\.verdict) == [.overCap, .overCap])
    let outcome = try await Self.decide(
      2_500, at: first.journal,
      .answered(one, isGroup: false, heard: [answers[0].own]))
    #expect(outcome?.declineReason == .needsCentre)
    // The second one's was still reserved when the first asked; now it is given back, and told.
    _ = try await Self.decide(
      2_500, at: second.journal, .answered(other, isGroup: false, heard: [answers[1].own]))
    let told = try await second.journal.statement(of: AccountID(11), in: Self.slot)
    #expect(told.entries.isEmpty)
    try await first.journal.hear([told])
    #expect(
      Self.place(try await Self.sell(2_500, at: first.journal, asking: [second.journal])) == .lan)
  }

  @Test("another lane's reservation counts until its sale is decided")
  func lanes() async throws {
    let first = try await Self.open(3)
    let question = try #require(try await Self.question(2_000, at: first.journal))
    #expect(try await Self.question(2_001, at: first.journal, lane: 2) == nil)
    let second = try #require(try await Self.question(2_000, at: first.journal, lane: 2))
    #expect(second.request.statement.entries.map(\.amount) == [Fen(2_000), Fen(2_000)])
    // Alone it may not have both, and the other one is still reserved.
    let refused = try await Self.decide(
      2_000, at: first.journal, .answered(question, isGroup: false, heard: []))
    #expect(refused?.declineReason == .needsCentre)
    let between = try await first.journal.statement(of: AccountID(11), in: Self.slot)
    #expect(between.entries == [.init(position: nil, amount: Fen(2_000))])
    let bought = try await Self.decide(
      2_000, at: first.journal, .answered(second, isGroup: true, heard: []))
    #expect(Self.place(bought) == .lan)
    let after = try await first.journal.statement(of: AccountID(11), in: Self.slot)
    #expect(after.entries.map { $0.position == nil } == [false])
    #expect(after.number > second.request.statement.number)
  }

  @Test("what a peer took outlives its restart, and the asking one's newer statements are believed")
  func restart() async throws {
    let (first, second) = (try await Self.open(3), try await Self.open(4))
    let before = try #require(try await Self.question(2_500, at: first.journal))
    #expect(try await second.journal.reserve(before.request).verdict == .taken)
    try second.journal.close()
    let reopened = try second.fixture.open(terminal: 4)
    #expect(try await reopened.authorise(Self.request(1)).declineReason == .needsCentre)
    // The first one's power went out before it decided: nothing is reserved there any more.
    try first.journal.close()
    let again = try first.fixture.open(terminal: 3)
    let statement = try await again.statement(of: AccountID(11), in: Self.slot)
    #expect(statement.entries.isEmpty)
    #expect(statement.number > before.request.statement.number)
    try await reopened.hear([statement])
    #expect(Self.place(try await reopened.authorise(Self.request(2_500))) == .alone)
    // What was under way since before the restart comes too late.
    #expect(try await reopened.reserve(before.request).verdict == .stale)
    try await reopened.hear([before.request.statement])
    let own = try await reopened.statement(of: AccountID(11), in: Self.slot)
    #expect(own.entries.map(\.amount) == [Fen(2_500)])
  }

  @Test("what others took is taken off the balance until the fed row includes it")
  func balance() async throws {
    let (first, second) = (
      try await Self.open(3, subsidy: 3_000), try await Self.open(4, subsidy: 3_000)
    )
    let bought = try await Self.sell(2_000, at: first.journal, asking: [second.journal])
    let position = try #require(bought?.position)
    // Reserved as yet: the word of what became of it is under way.
    #expect(
      try await second.journal.authorise(Self.request(1_001)).declineReason == .insufficientBalance)
    try await second.journal.hear([
      first.journal.statement(of: AccountID(11), in: Self.slot)
    ])
    #expect(
      try await second.journal.authorise(Self.request(1_001)).declineReason == .insufficientBalance)
    let look = JournalFixture.request(11, mayCharge: false)
    #expect(try await second.journal.authorise(look).diner?.available.subsidy == Fen(1_000))
    // The centre posted it: the balance has it, and it counts against the cap only.
    try await second.journal.apply(
      Self.page(
        4,
        accounts: [
          AccountSnapshot(
            account: AccountID(11), maskedName: "王*明", status: .active,
            homeCanteen: Self.place.canteen,
            tranches: PurseAmounts(subsidy: Fen(1_000), personal: .zero).withoutTranches,
            version: 2, includes: nil,
            peerIncludes: [PeerIncludes(terminal: TerminalID(3), position: position)],
            credentials: [JournalFixture.card(11)])
        ], from: 1, to: 2))
    #expect(
      try await second.journal.authorise(Self.request(1_001)).declineReason == .insufficientBalance)
    let rest = try await Self.sell(1_000, at: second.journal, asking: [first.journal])
    #expect(Self.place(rest) == .lan)
    #expect(rest?.diner?.available.subsidy == .zero)
  }

  @Test("a sale that was taken back is taken off what the terminal says of itself")
  func voided() async throws {
    let first = try await Self.open(3)
    let sale = try await first.journal.authorise(Self.request(2_000))
    #expect(
      try await first.journal.statement(of: AccountID(11), in: Self.slot).entries
        == [.init(position: sale.position, amount: Fen(2_000))])
    _ = try await first.journal.correct(
      CorrectionRequest(
        kind: .void, original: sale.position, amount: nil,
        by: OperatorIdentity(userID: 1000, name: "wang"), note: ""))
    #expect(
      try await first.journal.statement(of: AccountID(11), in: Self.slot).entries.isEmpty)
  }

  @Test(
    "a peer takes nothing for whom it knows to be lost, of another century, or without groups",
    arguments: [
      (AccountStatus.reportedLost, PeerGrouping.any, Int32(20_780), ReservationVerdict.notActive),
      (.active, .none, 20_780, .noGroup), (.active, .any, 20_778, .stale),
      (.active, .any, 20_782, .stale), (.active, .any, 20_779, .taken),
      (.active, .any, 20_781, .taken),
    ])
  func refusals(
    status: AccountStatus, groups: PeerGrouping, day: Int32, verdict: ReservationVerdict
  ) async throws {
    let peer = try await Self.open(4, status: status, groups: groups)
    let statement = SpendStatement(
      terminal: TerminalID(3), account: AccountID(11), slot: MealKey(day: day, period: 2),
      number: StatementNumber(epoch: Epoch(1), run: 1, count: 1),
      entries: [.init(position: nil, amount: Fen(100))])
    let answer = try await peer.journal.reserve(
      ReservationRequest(statement: statement, cap: Fen(4_000), approvals: 2))
    #expect(answer.verdict == verdict)
    #expect(answer.own.terminal == TerminalID(4))
    #expect(answer.own.entries.isEmpty)
  }

  @Test("what others said is kept for a week")
  func kept() async throws {
    let peer = try await Self.open(4)
    let statement = SpendStatement(
      terminal: TerminalID(3), account: AccountID(11), slot: Self.slot,
      number: StatementNumber(epoch: Epoch(1), run: 1, count: 1),
      entries: [
        .init(
          position: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(9)), amount: Fen(100))
      ])
    try await peer.journal.hear([statement])
    func rows() throws -> Int {
      try peer.journal.connection.inDatabase { db in
        try Int.fetchOne(db, sql: "SELECT count(*) FROM peer_spend") ?? 0
      }
    }
    peer.fixture.advance(seconds: 7 * 86_400)
    _ = try await peer.journal.prune()
    #expect(try rows() == 1)
    peer.fixture.advance(seconds: 86_400)
    _ = try await peer.journal.prune()
    #expect(try rows() == 0)
    // The brake leaves one standard meal.
    #expect(Self.place(try await peer.journal.authorise(Self.request(1_500))) == .alone)
  }

  @Test("a peer's row that cannot be read is damage, and no sale is approved on it")
  func damaged() async throws {
    let (first, second) = (try await Self.open(3), try await Self.open(4))
    _ = try await Self.sell(100, at: first.journal, asking: [second.journal])
    try second.journal.close()
    try SalvageTests.tamper(second.fixture, "UPDATE peer_spend SET bytes = x'ff'")
    let reopened = try second.fixture.open(terminal: 4)
    await #expect(throws: JournalError.self) { try await reopened.authorise(Self.request(1)) }
  }
}

@Suite struct OwnStatementsTests {
  private static func statement(_ account: Int64, of terminal: UInt32 = 4, day: Int32 = 20_780)
    -> SpendStatement
  {
    SpendStatement(
      terminal: TerminalID(terminal), account: AccountID(account),
      slot: MealKey(day: day, period: 2),
      number: StatementNumber(epoch: Epoch(1), run: 1, count: 1), entries: [])
  }

  @Test("a neighbour that states without end fills no ledger, and takes no room from others")
  func flood() {
    var own = OwnStatements(run: 1, knowsOthers: false)
    func adds(_ statement: SpendStatement) -> Bool { own.mayAdd(statement) }
    let added = (1...Int64(OwnStatements.dailyLimit) + 5).filter { adds(Self.statement($0)) }
    #expect(added.count == OwnStatements.dailyLimit)
    #expect(adds(Self.statement(1, of: 5)) == true)
    #expect(adds(Self.statement(1, day: 20_781)) == true)
    #expect(adds(Self.statement(1)) == false)
    // Of very many days of others counting begins anew.
    for day in Int32(0)..<4_200 { _ = adds(Self.statement(1, of: 6, day: day)) }
    #expect(adds(Self.statement(1)) == true)
  }
}
