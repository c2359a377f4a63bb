import CanteenModel
import TerminalCore

/// Runs a history against the real rules and checks the bound after every approval: what the terminals
/// of a canteen approve together, however their network breaks and heals.
struct PeerWorld {
  private struct Terminal {
    /// On disk: its own sales, what it took of others, and how often it was opened.
    var sales: [Fen] = []
    var known: [SpendStatement] = []
    var run: UInt32 = 1
    /// What it said of late, and may arrive late.
    var said: [SpendStatement] = []
    /// In memory: what it asked others for, and how much it stated since it was opened.
    var reserved: [Fen] = []
    var count: UInt32 = 0
  }

  private struct Sale {
    let terminal: Int
    let amount: Fen
    let need: PeerNeed
    let request: ReservationRequest
    var tally: ReservationTally
    /// Who has not been reached yet, and whose answers are under way.
    var unasked: [Int]
    var answers: [(peer: Int, answer: ReservationAnswer)] = []
  }

  struct Outcome: Sendable {
    var approvals = 0
    var declines = 0
    var inGroup = 0
    var approvedFen: Int64 = 0
    var bound: Int64 = 0
    var finding: String?
  }

  private let history: PeerHistory
  private let mistake: PeerMistake?
  private let rulebook: Rulebook
  private var terminals: [Terminal]
  private var parts: [Int]
  private var sales: [Sale] = []
  private var outcome = Outcome()

  private static let account = AccountID(1)

  private init(_ history: PeerHistory, _ mistake: PeerMistake?) {
    self.history = history
    self.mistake = mistake
    terminals = (0..<history.terminals).map { _ in Terminal() }
    parts = terminals.map { _ in 0 }
    rulebook = Rulebook(
      version: 1, legalBasis: "实验〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: [
        MealPeriod(
          number: 2, name: "午餐", startMinute: 660, endMinute: 780, price: Fen(1_500))
      ], spendOrder: [.personal], singleLimit: Fen(100_000), salesPerMeal: 100,
      repeatGuardSeconds: 0,
      offline: OfflineCaps(
        home: Fen(history.home), alone: Fen(history.alone), approvals: 100,
        groups: history.groups))
    outcome.bound = history.bound
  }

  static func run(_ history: PeerHistory, _ mistake: PeerMistake?) throws -> Outcome {
    var world = PeerWorld(history, mistake)
    for event in history.events where world.outcome.finding == nil { try world.handle(event) }
    return world.outcome
  }

  private mutating func handle(_ event: PeerHistory.Event) throws {
    switch event {
    case .split(let parts): self.parts = parts
    case .begin(let terminal, let fen): try begin(terminal, Fen(fen))
    case .step(let sale, let peer):
      guard !sales.isEmpty else { return }
      try step(sale % sales.count, peer)
      // On a calm day a sale waits for all.
      let index = sale % sales.count
      if history.isCalm, sales[index].tally.isComplete { try decide(index) }
    case .decide(let sale):
      if !sales.isEmpty { try decide(sale % sales.count) }
    case .sale(let terminal, let fen, let answering):
      let before = sales.count
      try begin(terminal, Fen(fen))
      guard sales.count > before else { return }
      for peer in terminals.indices where answering & 1 << peer != 0 {
        try step(before, peer)
        try step(before, peer)
      }
      try decide(before)
    case .tell(let terminal, let peer, let age):
      guard terminal != peer, parts[terminal] == parts[peer] else { return }
      let late = terminals[terminal].said.suffix(age).first
      store(age > 0 ? late ?? statement(of: terminal) : statement(of: terminal), at: peer)
    case .restart(let terminal): restart(terminal)
    case .hour:
      guard mistake == .endsByTime else { return }
      for index in terminals.indices {
        terminals[index].known = terminals[index].known.map { known in
          Self.changed(known, to: known.entries.filter { $0.position != nil })
        }
      }
    }
  }

  private mutating func begin(_ index: Int, _ amount: Fen) throws {
    let peers = terminals.indices.filter { $0 != index && parts[$0] == parts[index] }
    let reach: PeerReach = peers.isEmpty ? .silent : .askable
    guard case .askPeers(let need) = try ask(index, amount, reach) else { return }
    terminals[index].reserved.append(amount)
    let request = ReservationRequest(
      statement: statement(of: index), cap: need.allowance.total,
      approvals: need.allowance.approvals)
    sales.append(
      Sale(
        terminal: index, amount: amount, need: need, request: request,
        tally: ReservationTally(
          asked: peers.map(Self.number), others: terminals.count - 1, groups: history.groups),
        unasked: peers))
  }

  /// The request arrives, or, when it has, the answer.
  private mutating func step(_ index: Int, _ peer: Int) throws {
    let sale = sales[index]
    guard parts[sale.terminal] == parts[peer] else { return }
    if let place = sale.answers.firstIndex(where: { $0.peer == peer }) {
      let answer = sales[index].answers.remove(at: place).answer
      sales[index].tally.heard(answer.verdict, from: Self.number(peer))
      guard mistake != .answersNotRead else { return }
      store(answer.own, at: sale.terminal)
    } else if let place = sale.unasked.firstIndex(of: peer) {
      sales[index].unasked.remove(at: place)
      sales[index].answers.append((peer, try answer(to: sale.request, at: peer)))
    }
  }

  private mutating func answer(
    to request: ReservationRequest, at peer: Int
  ) throws -> ReservationAnswer {
    let asking = request.statement.terminal
    let others = terminals[peer].known.filter { $0.terminal != asking }
    var own = statement(of: peer)
    if mistake == .ownReservedNotCounted {
      own = Self.changed(own, to: own.entries.filter { $0.position != nil })
    }
    var beside = KnownSpend()
    for statement in others + [own] { try beside.add(statement) }
    let newest =
      mistake == .olderReplacesNewer
      ? nil : terminals[peer].known.first { $0.terminal == asking }?.number
    let verdict = try ReservationRule.judge(
      request, newest: newest, beside: beside, status: .active, rulebook: rulebook)
    if verdict == .taken, mistake != .takenAndNotCounted { store(request.statement, at: peer) }
    return ReservationAnswer(verdict: verdict, own: own)
  }

  private mutating func decide(_ index: Int) throws {
    let sale = sales.remove(at: index)
    let place = terminals[sale.terminal].reserved.firstIndex(of: sale.amount)
    if let place { terminals[sale.terminal].reserved.remove(at: place) }
    let hasAgreed = sale.tally.isGroup || mistake == .nobodyAsked
    _ = try ask(sale.terminal, sale.amount, hasAgreed ? .agreed(sale.need) : .notAgreed)
  }

  /// Asks the real rules, and writes an approval down.
  private mutating func ask(
    _ index: Int, _ amount: Fen, _ reach: PeerReach
  ) throws -> Authorisation.Decision {
    let terminal = terminals[index]
    var beside = KnownSpend()
    for statement in terminal.known { try beside.add(statement) }
    for amount in terminal.reserved { try beside.add(amount, approvals: 1) }
    let sold = terminal.sales.reduce(Int64(0)) { $0 + $1.value }
    let view = AccountView(
      account: Self.account, maskedName: "", status: .active, homeCanteen: CanteenID(1),
      trust: .strong,
      tranches: [
        TrancheBalance(
          purse: .personal, tranche: .none, amount: Fen(10_000_000), lastSpendingDay: nil)
      ],
      counters: AccountCounters(
        aloneApprovals: terminal.sales.count, aloneTotal: Fen(sold)), beside: beside)
    let decision = try Authorisation.decide(
      SaleRequest(
        lane: LaneID(1), medium: .card, credential: Credential(kind: .cardSerial, value: [4]),
        price: .keyed(amount)),
      SaleFacts(
        rulebook: rulebook,
        place: TerminalPlace(canteen: CanteenID(1), isOnlyTerminal: false), account: view,
        peers: reach),
      at: RecordTime(
        wallMilliseconds: OfflineHistory.noon, bootMilliseconds: 0, isTrusted: true))
    switch decision {
    case .approve(let sale):
      terminals[index].sales.append(sale.total)
      outcome.approvals += 1
      outcome.inGroup += sale.place == .lan ? 1 : 0
      outcome.approvedFen += sale.total.value
      if outcome.approvedFen > outcome.bound {
        outcome.finding =
          "the terminals approved \(outcome.approvedFen) fen, the bound is \(outcome.bound)"
      }
    case .decline: outcome.declines += 1
    case .askPeers, .askCentre, .showAgain, .tapAgain: break
    }
    return decision
  }

  private mutating func restart(_ index: Int) {
    terminals[index].run += 1
    terminals[index].count = 0
    terminals[index].reserved = []
    sales.removeAll { $0.terminal == index }
    if mistake == .peerForgets { terminals[index].known = [] }
    if mistake == .ownForgotten { terminals[index].sales = [] }
  }

  /// What a terminal says of itself now, under a new number.
  private mutating func statement(of index: Int) -> SpendStatement {
    terminals[index].count += 1
    let terminal = terminals[index]
    let sold = terminal.sales.enumerated().map { number, amount in
      SpendStatement.Entry(
        position: JournalPosition(
          epoch: Epoch(1), sequence: SequenceNumber(UInt64(number) + 1)), amount: amount)
    }
    let statement = SpendStatement(
      terminal: Self.number(index), account: Self.account,
      slot: MealKey(day: OfflineHistory.today, period: 2),
      number: StatementNumber(epoch: Epoch(1), run: terminal.run, count: terminal.count),
      entries: sold + terminal.reserved.map { SpendStatement.Entry(position: nil, amount: $0) })
    terminals[index].said = terminals[index].said.suffix(3) + [statement]
    return statement
  }

  /// A newer statement takes the place of an older one of the same terminal.
  private mutating func store(_ statement: SpendStatement, at index: Int) {
    guard statement.terminal != Self.number(index) else { return }
    let place = terminals[index].known.firstIndex { $0.terminal == statement.terminal }
    guard let place else {
      terminals[index].known.append(statement)
      return
    }
    let isNewer = terminals[index].known[place].number < statement.number
    if isNewer || mistake == .olderReplacesNewer { terminals[index].known[place] = statement }
  }

  private static func number(_ index: Int) -> TerminalID { TerminalID(UInt32(index) + 1) }

  private static func changed(
    _ statement: SpendStatement, to entries: [SpendStatement.Entry]
  ) -> SpendStatement {
    SpendStatement(
      terminal: statement.terminal, account: statement.account, slot: statement.slot,
      number: statement.number, entries: entries)
  }
}
