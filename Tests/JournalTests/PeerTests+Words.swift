import CanteenModel
import GRDB
import SyncProtocol
import Synchronization
import Testing

@testable import Journal

/// What others may be asked, and what becomes of what was reserved.
extension PeerTests {
  @Test("others may be asked once for a sale")
  func mayAsk() async throws {
    let (_, journal) = try await Self.open(3)
    #expect(PeerWord.askable.mayAsk && !PeerWord.nobody.mayAsk)
    let question = try #require(try await Self.question(2_600, at: journal))
    #expect(!PeerWord.answered(question, isGroup: true, heard: []).mayAsk)
    #expect(journal.grouping == .any)
    #expect(try Self.bare().grouping == .none)
  }

  private static func bare() throws -> Journal { try JournalFixture().open() }

  @Test("the roster that was fed is there, and outlives a restart", arguments: [true, false])
  func roster(restarts: Bool) async throws {
    var (fixture, journal) = try await Self.open(3)
    let place = TerminalPlace(
      canteen: CanteenID(5), isOnlyTerminal: false,
      peers: [
        PeerAddress(terminal: TerminalID(4), url: "https://canteen.example.org:8702"),
        PeerAddress(terminal: TerminalID(5), url: nil),
      ])
    try await journal.apply(
      FeedPage(
        terminal: TerminalID(3), fromCursor: 1, toCursor: 2, hasMore: false, accounts: [],
        rulebook: nil, place: place, timeMilliseconds: Self.noon))
    if restarts {
      try journal.close()
      journal = try fixture.open()
    }
    #expect(journal.place == place)
    let alone = Self.page(3, accounts: [], from: 2, to: 3)
    try await journal.apply(alone)
    if restarts {
      try journal.close()
      journal = try fixture.open()
    }
    #expect(journal.place == alone.place)
  }

  @Test("a journal that has stopped decides nothing with the words of others, and reserves nothing")
  func stopped() async throws {
    let (_, journal) = try await Self.open(3)
    let question = try #require(try await Self.question(2_600, at: journal))
    try journal.close()
    for word in [PeerWord.nobody, .answered(question, isGroup: true, heard: [])] {
      await #expect(throws: JournalError.stopped) {
        _ = try await journal.authorise(Self.request(2_600), peers: word, mayAskCentre: false)
      }
    }
  }

  @Test(
    "the centre is asked after the others, and then everything is decided",
    arguments: [true, false])
  func centreToo(asksOthers: Bool) async throws {
    let (_, journal) = try await Self.open(3)
    var word = PeerWord.askable
    if asksOthers {
      let question = try #require(try await Self.question(2_600, at: journal))
      word = .answered(question, isGroup: false, heard: [])
    }
    // Above every cap of the rules only the centre helps.
    let sum: Int64 = asksOthers ? 2_600 : 4_500
    guard
      case .asks(let asked) = try await journal.authorise(
        Self.request(sum), peers: word, mayAskCentre: true)
    else {
      Issue.record("the centre is asked")
      return
    }
    let outcome = try await journal.authorise(
      Self.request(sum), peers: word, asked: asked, answer: nil)
    guard case .declined(let decline, _) = outcome.verdict else {
      Issue.record("\(outcome)")
      return
    }
    #expect(decline.reason == .needsCentre)
    // What was reserved for it ended with it.
    #expect(try await journal.statement(of: AccountID(11), in: Self.slot).entries.isEmpty)
  }

  @Test("of each neighbour the newest statement counts, whatever numbers the others have")
  func newestOfEach() async throws {
    let (_, journal) = try await Self.open(5)
    func says(_ terminal: UInt32, _ count: UInt32, _ fen: Int64) -> SpendStatement {
      SpendStatement(
        terminal: TerminalID(terminal), account: AccountID(11), slot: Self.slot,
        number: StatementNumber(epoch: Epoch(1), run: 1, count: count),
        entries: [.init(position: nil, amount: Fen(fen))])
    }
    for statement in [says(3, 7, 100), says(4, 2, 20), says(3, 6, 4_000), says(4, 3, 30)] {
      try await journal.hear([statement])
    }
    let look = JournalFixture.request(11, mayCharge: false)
    #expect(try await journal.authorise(look).diner?.available.subsidy == Fen(9_000 - 130))
  }

  @Test("a statement has a higher number than all before it, over a restart too")
  func numbers() async throws {
    let (fixture, journal) = try await Self.open(3)
    var numbers: [StatementNumber] = []
    for _ in 0..<2 {
      numbers.append(try await journal.statement(of: AccountID(11), in: Self.slot).number)
    }
    try journal.close()
    let again = try fixture.open(terminal: 3)
    numbers.append(try await again.statement(of: AccountID(11), in: Self.slot).number)
    #expect(numbers[0] < numbers[1] && numbers[1] < numbers[2])
    try again.close()
  }

  @Test("a statement says what is reserved for its account in its meal, and for no other")
  func reserved() async throws {
    let (_, journal) = try await Self.open(3)
    try await journal.apply(
      Self.page(3, accounts: [JournalFixture.account(12, subsidy: 9_000)], from: 1, to: 2))
    _ = try #require(try await Self.question(2_600, at: journal))
    let own = try await journal.statement(of: AccountID(11), in: Self.slot)
    #expect(own.entries == [SpendStatement.Entry(position: nil, amount: Fen(2_600))])
    let other = try await journal.statement(of: AccountID(12), in: Self.slot)
    #expect(other.entries.isEmpty)
    let supper = MealKey(day: Self.slot.day, period: 3)
    #expect(try await journal.statement(of: AccountID(11), in: supper).entries.isEmpty)
    try journal.close()
  }

  @Test("the rulebook of the moment decides for others, too")
  func comingRulebook() async throws {
    let peer = try await Self.open(4, groups: .none)
    let coming = Rulebook(
      version: 2, legalBasis: "测试〔2026〕2号", utcOffsetMinutes: 480,
      mealPeriods: Self.rulebook().mealPeriods, spendOrder: [.subsidy, .personal],
      singleLimit: Fen(10_000), salesPerMeal: 9, repeatGuardSeconds: 0,
      effectiveFromDay: Self.slot.day + 1,
      offline: OfflineCaps(
        home: Fen(4_000), alone: Fen(2_500), approvals: 9, serialTrust: .medium, groups: .any))
    try await peer.journal.apply(Self.page(4, accounts: [], from: 1, to: 2, rulebook: coming))
    func verdict(_ count: UInt32) async throws -> ReservationVerdict {
      let statement = SpendStatement(
        terminal: TerminalID(3), account: AccountID(11), slot: Self.slot,
        number: StatementNumber(epoch: Epoch(1), run: 1, count: count),
        entries: [.init(position: nil, amount: Fen(100))])
      return try await peer.journal.reserve(
        ReservationRequest(statement: statement, cap: Fen(4_000), approvals: 2)
      ).verdict
    }
    #expect(try await verdict(1) == .noGroup)
    peer.fixture.advance(seconds: 86_400)
    #expect(try await verdict(2) == .taken)
    try peer.journal.close()
  }

  @Test("after midnight what others took is taken from money that is still good")
  func beyondMidnight() async throws {
    let fixture = try JournalFixture(now: JournalFixture.noon + 11 * 3_600_000)
    let journal = try fixture.open(terminal: 5)
    let rulebook = Rulebook(
      version: 1, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: [
        MealPeriod(number: 2, name: "夜餐", startMinute: 1_320, endMinute: 120, price: Fen(1500))
      ], spendOrder: [.subsidy, .personal], singleLimit: Fen(10_000), salesPerMeal: 9,
      repeatGuardSeconds: 0,
      offline: OfflineCaps(
        home: Fen(9_000), alone: Fen(9_000), approvals: 9, serialTrust: .medium, groups: .any))
    func tranche(_ number: Int64, until day: Int32?) -> TrancheBalance {
      TrancheBalance(
        purse: .subsidy, tranche: TrancheID(number), amount: Fen(2_000), lastSpendingDay: day)
    }
    let account = AccountSnapshot(
      account: AccountID(11), maskedName: "王*明", status: .active,
      homeCanteen: Self.place.canteen,
      tranches: [tranche(1, until: Self.slot.day), tranche(2, until: nil)], version: 1,
      includes: nil, credentials: [JournalFixture.card(11)])
    try await journal.apply(
      Self.page(5, accounts: [account], from: 0, to: 1, rulebook: rulebook))
    try await journal.hear([
      SpendStatement(
        terminal: TerminalID(3), account: AccountID(11), slot: Self.slot,
        number: StatementNumber(epoch: Epoch(1), run: 1, count: 1),
        entries: [.init(position: nil, amount: Fen(1_500))])
    ])
    let look = JournalFixture.request(11, mayCharge: false)
    #expect(try await journal.authorise(look).diner?.available.subsidy == Fen(2_500))
    fixture.advance(seconds: 2 * 3_600)
    #expect(try await journal.authorise(look).diner?.available.subsidy == Fen(500))
    try journal.close()
  }

  @Test("a request that fails after the centre was asked leaves nothing reserved")
  func failsAfterCentre() async throws {
    let (_, journal) = try await Self.open(3)
    let question = try #require(try await Self.question(2_600, at: journal))
    let word = PeerWord.answered(question, isGroup: false, heard: [])
    guard
      case .asks(let asked) = try await journal.authorise(
        Self.request(2_600), peers: word, mayAskCentre: true)
    else {
      Issue.record("the centre is asked")
      return
    }
    try journal.close()
    await #expect(throws: JournalError.stopped) {
      _ = try await journal.authorise(Self.request(2_600), peers: word, asked: asked, answer: nil)
    }
  }

  @Test("a sale that fails by itself leaves nothing reserved")
  func failsAlone() async throws {
    let (first, second) = (try await Self.open(3), try await Self.open(4))
    let (_, journal) = second
    let question = try #require(try await Self.question(2_600, at: journal))
    let other = try #require(try await Self.question(100, at: first.journal))
    _ = try await journal.reserve(other.request)
    try await journal.connection.write { db in
      try db.execute(sql: "UPDATE peer_spend SET bytes = x'ff'")
    }
    await #expect {
      _ = try await journal.authorise(
        Self.request(2_600), peers: .answered(question, isGroup: true, heard: []),
        mayAskCentre: false)
    } throws: { error in
      if case JournalError.requestFailed = error { true } else { false }
    }
    #expect(try await journal.statement(of: AccountID(11), in: Self.slot).entries.isEmpty)
  }

  @Test("what is said of no account, and beyond a day's limit, is not kept")
  func limits() async throws {
    let (_, journal) = try await Self.open(3)
    func statement(_ account: Int64, count: UInt32 = 1) -> SpendStatement {
      SpendStatement(
        terminal: TerminalID(4), account: AccountID(account), slot: Self.slot,
        number: StatementNumber(epoch: Epoch(1), run: 1, count: count),
        entries: [SpendStatement.Entry(position: nil, amount: Fen(100))])
    }
    try await journal.hear([])
    try await journal.hear([statement(11)])
    journal.state.withLock { state in
      for account in 1...Int64(OwnStatements.dailyLimit) {
        _ = state.statements.mayAdd(statement(account))
      }
    }
    try await journal.hear([statement(12), statement(11, count: 2)])
    let refused = try await journal.reserve(
      ReservationRequest(statement: statement(13), cap: Fen(4_000), approvals: 9))
    #expect(refused.verdict == .overCap)
    // Of an account that is known already there is room.
    let taken = try await journal.reserve(
      ReservationRequest(statement: statement(11, count: 3), cap: Fen(4_000), approvals: 9))
    #expect(taken.verdict == .taken)
  }

  @Test("a terminal states the meal that it is asked for, and what it sold without the centre")
  func otherMeals() async throws {
    let (fixture, journal) = try await Self.open(3)
    #expect(Self.place(try await Self.decide(1_000, at: journal, .nobody)) == .alone)
    fixture.clock.withLock { clock in
      clock.wall += 3 * 3_600_000
      clock.boot += 3 * 3_600_000
    }
    #expect(Self.place(try await Self.decide(700, at: journal, .nobody)) == .alone)
    let between = MealKey(day: Self.slot.day, period: 0)
    func stated(_ slot: MealKey) async throws -> [Int64] {
      try await journal.statement(of: AccountID(11), in: slot).entries.map(\.amount.value)
    }
    // What is sold between meals counts as 0 of its day, whatever was sold before on it.
    #expect(try await stated(Self.slot) == [1_000])
    #expect(try await stated(between) == [700])
    fixture.clock.withLock { clock in
      clock.wall += 2 * 86_400_000
      clock.boot += 2 * 86_400_000
    }
    for fen in [300, 200] as [Int64] {
      #expect(Self.place(try await Self.decide(fen, at: journal, .nobody)) == .alone)
    }
    #expect(try await stated(MealKey(day: Self.slot.day + 2, period: 0)) == [300, 200])
  }

  @Test("no head is signed while a rotation of the key waits for its ack")
  func headOfRotation() async throws {
    let fixture = try JournalFixture()
    let next = SigningKey(succeeding: fixture.key)
    let journal = try Journal(fixture.configuration(nextKey: next))
    #expect(try journal.signedHead() != nil)
    _ = try await journal.rotate(to: next)
    #expect(try journal.signedHead() == nil)
  }
}
