import CanteenModel
import TerminalCore

/// Runs a history and checks the bound after every approval.
///
/// For every terminal: what it approves is at most the balance that it was fed, and in no meal period
/// more than its cap. So over all of them: loss ≤ Σ min(balance fed, Σ caps of the periods).
struct OfflineWorld {
  private struct Terminal {
    let place: TerminalPlace?
    var rulebook: Rulebook
    var account = LoneAccount()
    /// How many of its sales the centre has posted.
    var posted = 0
    /// When it made each of its sales.
    var times: [Int64] = []
    /// Rows that are under way.
    var rows: [LoneAccount.Row] = []
    /// The highest cap of each period that approved something, by the document.
    var caps: [(key: MealKey, fen: Int64, approvals: Int)] = []
  }

  struct Outcome: Sendable {
    var approvals = 0
    var declines = 0
    var approvedFen: Int64 = 0
    /// What the centre lost on the account, and the most that it could.
    var loss: Int64 = 0
    var bound: Int64 = 0
    var finding: String?
  }

  private let history: OfflineHistory
  private let mistake: BoundMistake?
  private var terminals: [Terminal]
  private var wall = OfflineHistory.noon
  /// At the centre.
  private var tranches: [TrancheBalance]
  private var fundedFen: Int64
  private var cuts = 1
  private var outcome = Outcome()

  init(_ history: OfflineHistory, _ mistake: BoundMistake?) {
    self.history = history
    self.mistake = mistake
    tranches = history.opening
    fundedFen = history.opening.reduce(0) { $0 + $1.amount.value }
    terminals = history.places.map { Terminal(place: $0, rulebook: history.rulebooks[0]) }
    for index in terminals.indices where history.isFed[index] {
      terminals[index].account.feed(.init(version: 1, tranches: tranches, includes: 0))
    }
  }

  static func run(_ history: OfflineHistory, _ mistake: BoundMistake?) throws -> Outcome {
    var world = OfflineWorld(history, mistake)
    for event in history.events where world.outcome.finding == nil { try world.handle(event) }
    world.settleEverything()
    return world.outcome
  }

  private mutating func handle(_ event: OfflineHistory.Event) throws {
    switch event {
    case .sale(let index, let price): try sell(index, price)
    case .wait(let minutes): wall += Int64(minutes) * 60_000
    case .settle(let index, let rest): post(index, allBut: rest)
    case .cut(let index):
      cuts += 1
      terminals[index].rows.append(
        .init(version: cuts, tranches: tranches, includes: terminals[index].posted))
    case .fed(let index):
      guard !terminals[index].rows.isEmpty else { return }
      let row = terminals[index].rows.removeFirst()
      terminals[index].account.feed(row, planted: mistake)
    case .topUp(let amount):
      fundedFen += amount.value
      tranches[0].amount = Fen(tranches[0].amount.value + amount.value)
    case .rulebook(let index): terminals[index].rulebook = history.rulebooks[1]
    }
  }

  private mutating func sell(_ index: Int, _ price: SalePrice) throws {
    let terminal = terminals[index]
    let waiting = terminal.account.sales[terminal.posted...]
    let backlog = Backlog(
      total: Fen(waiting.reduce(0) { $0 + $1.fen }), records: waiting.count,
      sinceWallMilliseconds: waiting.isEmpty ? nil : terminal.times[terminal.posted])
    let decision = try terminal.account.decision(
      on: price, of: history.diner, at: terminal.place, terminal.rulebook, backlog, wall: wall)
    guard case .approve(let sale) = decision else {
      outcome.declines += 1
      return
    }
    outcome.approvals += 1
    outcome.approvedFen += sale.total.value
    terminals[index].account.sold(sale, planted: mistake)
    terminals[index].times.append(wall)
    if sale.total > .zero { raiseCap(of: index, at: sale.slot) }
    check(index, sale.slot)
  }

  private mutating func raiseCap(of index: Int, at key: MealKey) {
    let terminal = terminals[index]
    let fen = Self.cap(history.diner, at: terminal.place, key.period, terminal.rulebook)
    let approvals = history.diner.trust < .medium ? 1 : terminal.rulebook.offline.approvals
    guard let place = terminal.caps.firstIndex(where: { $0.key == key }) else {
      terminals[index].caps.append((key, fen, approvals))
      return
    }
    let before = terminal.caps[place]
    terminals[index].caps[place] = (key, max(before.fen, fen), max(before.approvals, approvals))
  }

  /// Written from the document, not from the code.
  private static func cap(
    _ diner: LoneDiner, at place: TerminalPlace?, _ period: UInt8, _ rulebook: Rulebook
  ) -> Int64 {
    let isAtHome = diner.home != nil && place?.canteen == diner.home
    switch diner.trust {
    case .anonymous: return 0
    case .weak:
      guard isAtHome, let meal = rulebook.mealPeriods.first(where: { $0.number == period }) else {
        return 0
      }
      let rule = rulebook.priceRules.first { rule in
        rule.period == period && rule.isVisitor != true
          && (rule.category == nil || rule.category == diner.category)
      }
      return (rule?.price ?? meal.price).value
    case .medium, .strong:
      let isWhole = isAtHome && place?.isOnlyTerminal == true
      return (isWhole ? rulebook.offline.home : rulebook.offline.alone).value
    }
  }

  private mutating func check(_ index: Int, _ key: MealKey) {
    let account = terminals[index].account
    if account.soldFen > max(0, account.knownFen) {
      outcome.finding =
        "terminal \(index) approved \(account.soldFen) fen, it was fed \(account.knownFen)"
    }
    guard let slot = account.slots.first(where: { $0.key == key }), slot.approvals > 0 else {
      return
    }
    let cap = terminals[index].caps.first { $0.key == key }
    if slot.total > cap?.fen ?? 0 || slot.approvals > cap?.approvals ?? 0 {
      outcome.finding =
        "terminal \(index) approved \(slot.total) fen in \(slot.approvals) sales in period "
        + "\(key.period) of day \(key.day), its cap is \(cap?.fen ?? 0) in \(cap?.approvals ?? 0)"
    }
  }

  private mutating func post(_ index: Int, allBut rest: Int) {
    let account = terminals[index].account
    let end = max(terminals[index].posted, account.sales.count - rest)
    for spend in account.sales[terminals[index].posted..<end].joined() {
      let place = tranches.firstIndex { $0.purse == spend.purse && $0.tranche == spend.tranche }
      guard let place else { continue }  // no terminal spends what no row named
      tranches[place].amount = Fen(tranches[place].amount.value - spend.amount.value)
    }
    terminals[index].posted = end
  }

  /// Everything is handed in; what the account then owes is the loss.
  private mutating func settleEverything() {
    for index in terminals.indices { post(index, allBut: 0) }
    let left = tranches.reduce(Int64(0)) { $0 + $1.amount.value }
    let owed = fundedFen < 0 ? -fundedFen : 0  // owed before the first sale
    outcome.loss = max(0, -left - owed)
    outcome.bound = terminals.reduce(0) { bound, terminal in
      bound
        + min(max(0, terminal.account.knownFen), terminal.caps.reduce(Int64(0)) { $0 + $1.fen })
    }
    guard outcome.finding == nil, max(outcome.loss, outcome.approvedFen) > outcome.bound
    else { return }
    outcome.finding =
      "the loss is \(outcome.loss) fen of \(outcome.approvedFen), the bound \(outcome.bound)"
  }
}
