import CanteenModel
import SeededRandom
import TerminalCore

/// One ordinary week: diners who eat, networks that fail, terminals that decide by the real rules.
struct WeekRun {
  struct Terminal {
    let place: TerminalPlace
    var isOnline = true
    /// The centre's balances when the line went.
    var cache: [[TrancheBalance]] = []
    var cached = 0
    var accounts: [LoneAccount]
    /// Whether the account's row is that of the cache.
    var isCached: [Int]
    /// What the centre has not heard of.
    var waiting: [(account: Int, spends: [Spend])] = []
    var waitingFen: Int64 = 0
    var waitingSince: Int64?
    /// By account: how many own sales the centre has, and as much of each neighbour as the cached row has.
    var settled: [Int]
    var cachedSettled: [[Int]] = []
    /// By account: what neighbours stated.
    var stated: [[SpendStatement]]
    /// Who has the same number on the canteen's network hears one another.
    var lanPart = 0
  }

  struct Visit {
    let account: Int
    let terminal: Int
    let price: SalePrice
  }

  private let kind: OrdinaryWeek.Kind
  private let conditions: OrdinaryWeek.Conditions
  let rulebook: Rulebook
  private var random: SplitMix64
  var terminals: [Terminal] = []
  var statements: UInt32 = 0
  private var wan: [Outage] = []
  private var lan: [Outage] = []
  /// At the centre, by account; honest diners first.
  private var balances: [[TrancheBalance]] = []
  /// What all terminals approved and the centre has not heard of, by account.
  private var unknown: [Int64]
  private var version = 0
  private(set) var wall: Int64 = 0
  private var tally = OrdinaryWeek.Tally()

  /// 2026-11-23 00:00 in China, a Monday.
  private static let start: Int64 = 1_795_406_400_000 - 12 * 3_600_000
  private static let people = OrdinaryWeek.diners + OrdinaryWeek.attackers

  init(
    _ kind: OrdinaryWeek.Kind, _ conditions: OrdinaryWeek.Conditions, _ random: SplitMix64
  ) {
    self.kind = kind
    self.conditions = conditions
    rulebook = OrdinaryWeek.rulebook(conditions.caps)
    self.random = random
    unknown = Array(repeating: 0, count: Self.people)
    for person in 0..<Self.people {
      let isHonest = person < OrdinaryWeek.diners
      let subsidy = isHonest ? Int64(self.random.below(40_001)) : 6_000
      let personal = isHonest ? Int64(self.random.below(10_001)) : 0
      balances.append([
        TrancheBalance(
          purse: .subsidy, tranche: TrancheID(1), amount: Fen(subsidy), lastSpendingDay: nil),
        TrancheBalance(
          purse: .personal, tranche: .none, amount: Fen(personal), lastSpendingDay: nil),
      ])
    }
    for canteen in 0..<OrdinaryWeek.canteens {
      wan.append(Outage(conditions.wanDown, &self.random))
      lan.append(Outage(conditions.lanSplit, &self.random))
      for _ in 0..<OrdinaryWeek.terminalsPerCanteen {
        terminals.append(
          Terminal(
            place: TerminalPlace(
              canteen: CanteenID(UInt32(canteen) + 1),
              isOnlyTerminal: OrdinaryWeek.terminalsPerCanteen == 1),
            accounts: Array(repeating: LoneAccount(), count: Self.people),
            isCached: Array(repeating: 0, count: Self.people),
            settled: Array(repeating: 0, count: Self.people),
            stated: Array(repeating: [], count: Self.people)))
      }
    }
  }

  mutating func run() async throws -> OrdinaryWeek.Tally {
    let ticksPerDay = 1440 / OrdinaryWeek.tickMinutes
    for day in 0..<conditions.days {
      var visits = plan()
      for tick in 0..<ticksPerDay {
        wall = Self.start + Int64(day * 1440 + tick * OrdinaryWeek.tickMinutes) * 60_000
        moveLines()
        for visit in visits.removeValue(forKey: tick) ?? [] { try come(visit) }
        await Task.yield()  // others want the thread as well
      }
    }
    for index in terminals.indices { settle(index) }
    let owed = balances.map { max(0, -$0.fen) }
    tally.honestLoss = owed.prefix(OrdinaryWeek.diners).reduce(0, +)
    tally.worstLoss = owed.suffix(OrdinaryWeek.attackers).max() ?? 0
    return tally
  }

  private mutating func moveLines() {
    for canteen in wan.indices {
      wan[canteen].tick(&random)
      lan[canteen].tick(&random)
      for number in 0..<OrdinaryWeek.terminalsPerCanteen {
        let index = canteen * OrdinaryWeek.terminalsPerCanteen + number
        let isBehindSplit = number >= OrdinaryWeek.terminalsPerCanteen / 2
        let isOnline = !wan[canteen].isBroken && !(lan[canteen].isBroken && isBehindSplit)
        if isOnline {
          settle(index)
        } else if terminals[index].isOnline {
          terminals[index].cache = balances
          terminals[index].cachedSettled = neighbours(of: index).map { terminals[$0].settled }
          terminals[index].cached += 1
        }
        terminals[index].isOnline = isOnline
        terminals[index].lanPart = lan[canteen].isBroken && isBehindSplit ? 1 : 0
      }
    }
  }

  /// The centre hears of everything that a terminal approved.
  private mutating func settle(_ index: Int) {
    for (account, spends) in terminals[index].waiting {
      balances[account].take(spends)
      unknown[account] -= spends.fen
      terminals[index].settled[account] = terminals[index].accounts[account].sales.count
    }
    terminals[index].waiting = []
    (terminals[index].waitingFen, terminals[index].waitingSince) = (0, nil)
  }

  /// Who comes when on a day, by tick.
  private mutating func plan() -> [Int: [Visit]] {
    var visits: [Int: [Visit]] = [:]
    for meal in OrdinaryWeek.meals {
      let first = meal.period.startMinute / OrdinaryWeek.tickMinutes
      let ticks = meal.period.endMinute / OrdinaryWeek.tickMinutes - first
      for account in 0..<OrdinaryWeek.diners where random.chance(permille: meal.permille) {
        let isAway = random.chance(permille: OrdinaryWeek.roamingPermille)
        let canteen = isAway ? random.below(OrdinaryWeek.canteens) : Self.home(of: account)
        let terminal =
          canteen * OrdinaryWeek.terminalsPerCanteen
          + random.below(OrdinaryWeek.terminalsPerCanteen)
        let tick = first + random.below(ticks)
        let large = SalePrice.keyed(Fen(2_600 + Int64(random.below(1_401))))
        let price = random.chance(permille: kind.largePermille) ? large : .mealPeriod
        visits[tick, default: []].append(
          Visit(account: account, terminal: terminal, price: price))
        guard random.chance(permille: OrdinaryWeek.secondPermille) else { continue }
        visits[tick, default: []].append(
          Visit(
            account: account, terminal: terminal,
            price: .keyed(Fen(200 + Int64(random.below(301))))))
      }
      for attacker in OrdinaryWeek.diners..<Self.people {
        for terminal in terminals.indices {
          let visit = Visit(account: attacker, terminal: terminal, price: .mealPeriod)
          visits[first + random.below(ticks), default: []] += [visit, visit, visit]
        }
      }
    }
    return visits
  }

  private static func home(of account: Int) -> Int { account % OrdinaryWeek.canteens }

  /// A diner taps; who is refused for want of money and can, tops up and taps again.
  private mutating func come(_ visit: Visit) throws {
    let wasRefused = try tap(visit)
    guard visit.account < OrdinaryWeek.diners else { return }
    if wasRefused {
      topUp(visit.account)
      _ = try tap(visit)
    } else if truth(visit.account) < OrdinaryWeek.lowFen, random.chance(permille: 900) {
      topUp(visit.account)
    }
  }

  private mutating func topUp(_ account: Int) {
    let amount = balances[account][1].amount.value + OrdinaryWeek.topUpFen
    balances[account][1].amount = Fen(amount)
  }

  /// What somebody really has.
  private func truth(_ account: Int) -> Int64 { balances[account].fen - unknown[account] }

  /// - Returns: Whether the diner was refused because there really was no money.
  private mutating func tap(_ visit: Visit) throws -> Bool {
    let (index, account) = (visit.terminal, visit.account)
    feed(index, account)
    let isOnline = terminals[index].isOnline
    let diner = LoneDiner(
      trust: kind.trust, home: CanteenID(UInt32(Self.home(of: account)) + 1))
    let backlog = Backlog(
      total: Fen(terminals[index].waitingFen), records: terminals[index].waiting.count,
      sinceWallMilliseconds: terminals[index].waitingSince)
    let isHonest = account < OrdinaryWeek.diners
    tally.swipes += isHonest ? 1 : 0
    tally.offline += isHonest && !isOnline ? 1 : 0
    let decision = try decide(visit, diner, backlog)
    switch decision {
    case .approve(let sale):
      terminals[index].accounts[account].sold(sale)
      if isOnline {
        terminals[index].settled[account] = terminals[index].accounts[account].sales.count
      }
      keep(sale.spends, of: account, at: index)
    case .decline(let decline, _):
      let hasMoney = truth(account) >= decline.amount.value
      if isHonest, hasMoney { tally.falseDeclines[decline.reason, default: 0] += 1 }
      return !hasMoney
    case .askCentre(let need):
      let hasMoney = truth(account) >= need.least.value
      if balances[account].fen >= need.least.value {
        // The centre holds the amount, and the sale consumes it.
        balances[account].take([Spend(purse: .personal, tranche: .none, amount: need.least)])
      } else if isHonest, hasMoney {
        tally.falseDeclines[.insufficientBalance, default: 0] += 1
      }
      return !hasMoney
    case .showAgain, .tapAgain: break
    case .askPeers: preconditionFailure("the other terminals are asked once")
    }
    return false
  }

  /// The row that the terminal decides by: now's when it is online, else that of the moment of the cut.
  private mutating func feed(_ index: Int, _ account: Int) {
    let (isOnline, cached) = (terminals[index].isOnline, terminals[index].cached)
    guard isOnline || terminals[index].isCached[account] != cached else { return }
    version += 1
    let row = LoneAccount.Row(
      version: version,
      tranches: isOnline ? balances[account] : terminals[index].cache[account],
      includes: terminals[index].accounts[account].sales.count)
    terminals[index].accounts[account].feed(row)
    terminals[index].isCached[account] = isOnline ? 0 : cached
  }

  private mutating func keep(_ spends: [Spend], of account: Int, at index: Int) {
    guard !terminals[index].isOnline else {
      balances[account].take(spends)
      return
    }
    terminals[index].waiting.append((account, spends))
    terminals[index].waitingFen += spends.fen
    if terminals[index].waitingSince == nil { terminals[index].waitingSince = wall }
    unknown[account] += spends.fen
  }
}

extension [TrancheBalance] {
  var fen: Int64 { reduce(0) { $0 + $1.amount.value } }

  mutating func take(_ spends: [Spend]) {
    for spend in spends {
      let place = firstIndex { $0.purse == spend.purse && $0.tranche == spend.tranche }
      guard let place else { continue }  // nobody spends what no row named
      self[place].amount = Fen(self[place].amount.value - spend.amount.value)
    }
  }
}
