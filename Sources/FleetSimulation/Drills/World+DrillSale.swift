import CanteenModel
import SeededRandom
import TerminalCore

/// What a ledger would decide, were the moment, the diner, the rulebook or what others said another one.
extension World {
  func drillSale(_ device: Device) {
    let index = drills.below(plan.accounts + WorldPlan.units)
    let shown = credentials[index][drills.below(credentials[index].count)]
    attempt {
      for _ in 0..<4 {
        let request = SaleRequest(
          lane: LaneID(UInt16(1 + drills.below(2))), medium: .face, credential: shown,
          price: drilledPrice(), mayCharge: !drills.chance(permille: 50))
        guard !device.journal.isStopped,
          let (known, time) = try device.journal.facts(for: request, now: device.reading(now))
        else { return }
        // Before it has a rulebook, too.
        for rulebook in [nil, known.rulebook] {
          let within = Authorisation.guardMilliseconds(of: request, rulebook: rulebook)
          referee.guarded(within, request, rulebook)
        }
        var wall = time.wallMilliseconds
        if drills.chance(permille: 600) { wall = stroke(near: wall) }
        let facts = drilled(known, at: wall)
        referee.shown(facts, at: wall)
        if let rulebook = facts.rulebook {
          let slot = rulebook.slot(at: wall)
          referee.dated(slot, rulebook.localDay(of: wall), at: wall, rulebook)
          referee.began(slot)
        }
        let moment = RecordTime(
          wallMilliseconds: wall, bootMilliseconds: time.bootMilliseconds, isTrusted: true)
        for request in [request, touching(request, facts, at: wall)] {
          let decision = try Authorisation.decide(request, facts, at: moment)
          referee.decided(request, facts, at: moment, decision)
        }
        drillRest(facts)
      }
    }
  }

  /// The first or the last moment of a meal or a day, or one beside it; sometimes of another year.
  private func stroke(near wall: Int64) -> Int64 {
    let midnight = WorldPlan.beginning + Int64(drills.below(800)) * WorldPlan.dayMilliseconds
    let meal = plan.meals[drills.below(plan.meals.count)]
    let minute = [meal.start, meal.end, 0, 720][drills.below(4)]
    return midnight + Int64(minute) * 60_000 + drills.between(-1, 1)
  }

  private func drilledPrice() -> SalePrice {
    switch drills.below(10) {
    case 9: return .items([ItemLine(code: ItemCode(504), quantity: 1)])
    case 0, 1, 2: return .mealPeriod
    case 3: return .guestMeal
    case 4: return .count
    case 5: return .keyed(Fen([0, -1, 1, 500, 2_500, 4_000][drills.below(6)]))
    case 6: return .officialMeal(heads: [-1, 0, 1, 2, 5, 8, 70_000][drills.below(7)])
    default:
      let count = [0, 1, 1, 2, 3, 50, 51][drills.below(7)]
      return .items(
        (0..<count).map { _ in
          let item = WorldPlan.catalogue[drills.below(WorldPlan.catalogue.count)]
          return ItemLine(
            code: drills.chance(permille: 950) ? item.code : ItemCode(999),
            quantity: [1, 1, 1, 2, 2, 3, 0, 999, 1_000][drills.below(count > 3 ? 2 : 9)])
        })
    }
  }

  /// The same request for what a limit leaves, or a fen beside it.
  private func touching(_ request: SaleRequest, _ facts: SaleFacts, at wall: Int64) -> SaleRequest {
    guard let rulebook = facts.rulebook, let account = facts.account else { return request }
    let day = RuledDay(wall, rulebook)
    let known = RuledCap.known(account).fen
    let limits: [Int64] = [
      RuledMoney.available(account.tranches, on: Int32(truncatingIfNeeded: day.day)),
      rulebook.singleLimit.value,
      (rulebook.dailyLimit?.value ?? 0) - account.counters.dayTotal.value,
      rulebook.offline.home.value - known, rulebook.offline.alone.value - known,
      facts.holds.reduce(0) { $0 + $1.amount.value },
      day.meal.map {
        RuledPrice.ofMeal($0.period, diner: RuledDiner(account, at: facts.place), rulebook)
      } ?? 0,
    ]
    let fen = limits[drills.below(limits.count)] + drills.between(-1, 1)
    return SaleRequest(
      lane: request.lane, medium: request.medium, credential: request.credential,
      price: .keyed(Fen(max(fen, 0))))
  }

  /// Facts of which some are others.
  private func drilled(_ facts: SaleFacts, at wall: Int64) -> SaleFacts {
    let rulebook = drills.chance(permille: 20) ? nil : facts.rulebook.map { drilled($0) }
    let account =
      drills.chance(permille: 20)
      ? nil : facts.account.map { drilled($0, facts, rulebook, at: wall) }
    let centres: [CentreReach] = [
      .silent, .askable(canLease: true), .askable(canLease: false), .answered(nil),
      .answered(.insufficient), .answered(.notActive),
    ]
    var holds = facts.holds
    if drills.chance(permille: 300) {
      holds = (0..<[1, 2, 7, 8, 9][drills.below(5)]).map { _ in
        HoldSpend(hold: HoldID(drills.digest()), amount: Fen(drills.between(1, 9) * 100))
      }
    }
    return SaleFacts(
      rulebook: rulebook, place: drills.chance(permille: 50) ? nil : facts.place, account: account,
      items: facts.items,
      backlog: drills.chance(permille: 500) ? facts.backlog : backlog(rulebook, wall),
      holds: holds, centre: centres[drills.below(6)],
      peers: drilledPeers(account, rulebook, at: wall))
  }

  /// One that was taken from sale, and one that costs nothing.
  private func drilled(_ items: [Item]) -> [Item] {
    guard drills.chance(permille: 300), let first = items.first else { return items }
    let free = Item(
      code: first.code, name: first.name, category: first.category, price: .zero,
      ceiling: first.ceiling)
    return [free] + items.dropFirst()
  }

  private func drilledPeers(
    _ account: AccountView?, _ rulebook: Rulebook?, at wall: Int64
  ) -> PeerReach {
    switch drills.below(4) {
    case 0: return .silent
    case 1: return .askable
    case 2: return .notAgreed
    default:
      guard let account, let rulebook else { return .silent }
      let slot = RuledDay(wall, rulebook).slot
      let wrong = drills.below(6)
      return .agreed(
        PeerNeed(
          account: wrong == 0 ? AccountID(9_999) : account.account,
          slot: wrong == 1 ? MealKey(day: slot.day + 1, period: slot.period) : slot,
          amount: Fen([1, 600, 1_200, 1_500, 4_000][drills.below(5)]),
          allowance: OfflineBound.Allowance(total: Fen(4_000), approvals: 2)))
    }
  }

  /// Near half of a brake, or near all of it.
  private func backlog(_ rulebook: Rulebook?, _ wall: Int64) -> Backlog {
    let limits = rulebook?.brakes ?? .standard
    func near(_ limit: Int64) -> Int64 {
      [0, limit / 2, limit][drills.below(3)] + drills.between(-1, 1)
    }
    let age = near(Int64(limits.hours) * 3_600_000)
    return Backlog(
      total: Fen(drills.chance(permille: 500) ? 0 : near(limits.total.value)),
      records: drills.chance(permille: 500) ? 0 : Int(near(Int64(limits.records))),
      sinceWallMilliseconds: drills.chance(permille: 600) ? nil : wall - age)
  }

  private func drilled(
    _ account: AccountView, _ facts: SaleFacts, _ rulebook: Rulebook?, at wall: Int64
  ) -> AccountView {
    var counters = account.counters
    if drills.chance(permille: 500), let rulebook {
      counters.meals = rulebook.salesPerMeal - drills.below(2)
      counters.guests = max(0, rulebook.guestsPerMeal - drills.below(2))
      counters.aloneApprovals = max(0, rulebook.offline.approvals - drills.below(3))
      counters.aloneTotal = Fen([0, 1, 1_000, 2_499, 2_500][drills.below(5)])
      counters.dayTotal = Fen((rulebook.dailyLimit?.value ?? 0) - drills.between(-1, 1_600))
      func near(_ cap: Fen?) -> Fen {
        let goods = [-9, 75, 75, 150, 300, 450][drills.below(6)] + drills.between(-1, 1)
        return Fen(max(0, (cap?.value ?? 0) - goods))
      }
      counters.marketDayTotal =
        drills.chance(permille: 500) ? .zero : near(rulebook.market?.dailyCap)
      counters.marketMonthTotal = near(rulebook.market?.monthlyCap)
    }
    var beside = account.beside
    if drills.chance(permille: 300) {
      // The sum of what neighbours said: it fits.
      attempt { try beside.add(Fen(drills.between(0, 25) * 100), approvals: drills.below(3)) }
    }
    let trusts = TrustClass.allCases
    let homes: [CanteenID?] = [nil, CanteenID(1), CanteenID(2), facts.place?.canteen]
    var prices = account.homePrices
    if drills.chance(permille: 500) {
      for period in 1...4 { prices[UInt8(period)] = Fen(drills.between(4, 18) * 100) }
    }
    let seen = drilledSales(account, rulebook, at: wall)
    return AccountView(
      account: account.account, maskedName: account.maskedName,
      status: drills.chance(permille: 100)
        ? AccountStatus.allCases[drills.below(3)] : account.status,
      category: drills.chance(permille: 300) ? DinerCategory(1) : account.category,
      homeCanteen: drills.chance(permille: 400) ? homes[drills.below(4)] : account.homeCanteen,
      homePrices: prices,
      trust: drills.chance(permille: 600) ? trusts[drills.below(4)] : account.trust,
      tranches: drills.chance(permille: 500) ? tranches(at: wall) : account.tranches,
      counters: counters, recentSales: seen.recent, unlitSales: seen.unlit, beside: beside)
  }

  /// Tranches that end today, ended yesterday, have no end, are empty or owed.
  private func tranches(at wall: Int64) -> [TrancheBalance] {
    let today = Int32((wall + 28_800_000) / WorldPlan.dayMilliseconds)
    return (0..<drills.below(6)).map { number in
      let purse = Purse.allCases[drills.below(2)]
      let ends: [Int32?] = [nil, today - 1, today, today + 1, today + 30]
      return TrancheBalance(
        purse: purse, tranche: TrancheID(Int64(number)),
        amount: Fen([-700, 0, 1, 300, 1_500, 9_000][drills.below(6)]),
        lastSpendingDay: ends[drills.below(5)])
    }
  }

  private func drilledSales(
    _ account: AccountView, _ rulebook: Rulebook?, at wall: Int64
  ) -> (recent: [EarlierSale], unlit: [EarlierSale]) {
    func some() -> [EarlierSale] {
      guard drills.chance(permille: 250) else { return [] }
      return (0..<(1 + drills.below(3))).compactMap { number in
        let isFree = drills.chance(permille: 300)
        let heads = drills.chance(permille: 200) ? UInt16(1 + drills.below(2)) : 0
        let modes: [SaleMode] = [.fixedPrice, .fixedPrice, .keyedAmount, .countOnly, .items]
        let mode = modes[drills.below(5)]
        // Two goods cost the same.
        let good = SoldItem(
          code: ItemCode(drills.chance(permille: 500) ? 504 : 505), category: ItemCategory(2),
          quantity: 1, price: Fen(75))
        let price =
          isFree ? 0 : mode == .items ? 75 : [600, 800, 1_200, 1_500, 500][drills.below(5)]
        // try?: one amount sums.
        let sale = try? SaleRecord(
          account: account.account, lane: LaneID(UInt16(1 + drills.below(2))), medium: .face,
          mode: mode, slot: MealKey(day: WorldPlan.firstDay, period: 2),
          spends: isFree
            ? [] : [Spend(purse: .personal, tranche: .none, amount: Fen(Int64(price)))],
          place: .alone, rulebookVersion: 1, isGuest: drills.chance(permille: 200), heads: heads,
          items: mode == .items ? [good] : [])
        let place = JournalPosition(
          epoch: Epoch(1), sequence: SequenceNumber(UInt64(100 - number)))
        let time = RecordTime(wallMilliseconds: wall - 1, bootMilliseconds: 1, isTrusted: true)
        return sale.map { EarlierSale(position: place, time: time, sale: $0) }
      }
    }
    return (some(), some())
  }

  /// What others leave of the same tranches.
  private func drillRest(_ facts: SaleFacts) {
    guard let account = facts.account, let rulebook = facts.rulebook else { return }
    let (fen, day) = (Fen(drills.between(0, 40) * 100), WorldPlan.firstDay)
    attempt {
      let rest = try PurseSplit.rest(
        of: account.tranches, without: fen, order: rulebook.spendOrder, on: day)
      referee.rested(rest, of: account.tranches, without: fen, rulebook.spendOrder, on: day)
    }
  }

  private func drilled(_ rulebook: Rulebook) -> Rulebook {
    guard drills.chance(permille: 500) else { return rulebook }
    // Another version of the world's own.
    return plan.rulebook(
      version: Int64(2 + drills.below(200)), from: WorldPlan.firstDay,
      groups: PeerGrouping.allCases[drills.below(3)])
  }
}
