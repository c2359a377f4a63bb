import CanteenModel
import SeededRandom
import SyncProtocol
import TerminalCore

/// What diners do: who eats where and when, and what the lane answers.
extension World {
  /// Draws a local day.
  func plan(_ day: Int32) {
    tally.worldDays += 1
    let midnight =
      WorldPlan.beginning + Int64(day - WorldPlan.firstDay) * WorldPlan.dayMilliseconds
    if !isHealing { heap.push(.day(day + 1), at: midnight + WorldPlan.dayMilliseconds) }
    guard !isHealing else { return }
    let meals = plan.meals.map { (start: Int64($0.start), end: Int64($0.end)) }
      .map { (start: $0.start, end: $0.end < $0.start ? $0.end + 1_440 : $0.end) }
    for account in 0..<plan.accounts {
      for (start, end) in meals where diners.chance(permille: start > 1_200 ? 150 : 850) {
        // Some come with the first and the last stroke, and a moment too early or too late.
        let strokes = [start * 60_000 - 1, start * 60_000, end * 60_000 - 1, end * 60_000]
        let at =
          midnight
          + (diners.chance(permille: 30)
            ? strokes[diners.below(4)] : diners.between(start * 60_000, end * 60_000 - 1))
        eat(account, at)
      }
      for _ in 0..<2 where diners.chance(permille: plan.snackPermille) {
        let at = midnight + diners.between(800 * 60_000, 1_000 * 60_000)
        let most: Int64 = diners.chance(permille: 30) ? 4_500 : 1_200
        heap.push(.tap(tap(account, price: .keyed(diners.between(200, most)))), at: at)
      }
    }
    for unit in 0..<WorldPlan.units {
      let tap = Tap(
        account: plan.accounts + unit, device: diners.below(devices.count), lane: 0, credential: 0,
        price: diners.chance(permille: 900) ? .heads(diners.below(9)) : .meal)
      heap.push(.tap(tap), at: midnight + diners.between(630 * 60_000, 800 * 60_000))
    }
    if options.kinds.contains(.attackers) { attack(midnight, meals) }
  }

  /// A meal, and what comes with it.
  private func eat(_ account: Int, _ at: Int64) {
    let tap = tap(account, price: .meal)
    heap.push(.tap(tap), at: at)
    // An impatient hand taps twice; some come back for a guest or for more.
    if diners.chance(permille: 120) {
      heap.push(.tap(tap), at: at + diners.between(800, 29_000))
    }
    if diners.chance(permille: 40) { heap.push(.tap(with(tap, .guest)), at: at + 60_000) }
    if diners.chance(permille: 30) {
      heap.push(.tap(with(tap, .count)), at: at + diners.between(40_000, 400_000))
    }
    if diners.chance(permille: 80) {
      let keyed = with(tap, .keyed(diners.between(100, 1_800)))
      heap.push(.tap(keyed), at: at + diners.between(40_000, 900_000))
    }
    if diners.chance(permille: 60) {
      let edge = TapPrice.Edge.allCases[diners.below(TapPrice.Edge.allCases.count)]
      let price = TapPrice.edge(edge, diners.between(0, 2) - 1)
      heap.push(.tap(with(tap, price)), at: at + diners.between(40_000, 900_000))
    }
    if diners.chance(permille: 40) {
      heap.push(.tap(with(tap, .items(basket()))), at: at + diners.between(40_000, 900_000))
    }
  }

  /// Some dishes and goods; rarely what nobody sells.
  private func basket() -> [ItemLine] {
    (0..<(diners.chance(permille: 30) ? 0 : 1 + diners.below(3))).map { _ in
      let item = WorldPlan.catalogue[diners.below(WorldPlan.catalogue.count)]
      let code = diners.chance(permille: 20) ? ItemCode(999) : item.code
      return ItemLine(
        code: code, quantity: UInt16(diners.chance(permille: 20) ? 0 : 1 + diners.below(3)))
    }
  }

  /// Attackers tap every terminal three times in every meal.
  private func attack(_ midnight: Int64, _ meals: [(start: Int64, end: Int64)]) {
    for account in 0..<min(plan.attackers, plan.accounts) {
      for (start, end) in meals {
        for device in 0..<devices.count {
          for _ in 0..<3 {
            var tap = tap(account, price: diners.chance(permille: 500) ? .meal : .keyed(1_200))
            tap = Tap(
              account: account, device: device, lane: diners.below(2),
              credential: diners.chance(permille: 700) ? 1 : 0, price: tap.price)
            heap.push(
              .tap(tap), at: midnight + diners.between(start * 60_000, end * 60_000 - 1))
          }
        }
      }
    }
  }

  private func tap(_ account: Int, price: TapPrice) -> Tap {
    let isAway = diners.chance(permille: plan.roamPermille)
    let home = homes[account]
    var first = 0
    for canteen in 0..<(Int(home.number) - 1) { first += plan.terminalsAt[canteen] }
    let device =
      isAway
      ? diners.below(devices.count)
      : first + diners.below(plan.terminalsAt[Int(home.number) - 1])
    let kinds = [1, 1, 1, 1, 1, 1, 0, 0, 0, 2]
    let isStranger = diners.chance(permille: 4)
    return Tap(
      account: account, device: device, lane: diners.below(2),
      credential: isStranger ? 3 : kinds[diners.below(kinds.count)], price: price)
  }

  private func with(_ tap: Tap, _ price: TapPrice) -> Tap {
    Tap(
      account: tap.account, device: tap.device, lane: tap.lane, credential: tap.credential,
      price: price)
  }

  /// Something is shown at a lane.
  func present(_ tap: Tap) {
    guard !isHealing else { return }
    let device = devices[tap.device]
    guard device.isUp, !device.isGone else { return }
    let credential = credentials[tap.account][tap.credential]
    guard let price = price(of: tap, credential, device) else { return }
    tally.swipes += 1
    if price.isArmed { _ = device.lanes[tap.lane].handle(.saleArmed(price)) }
    let mode: Lane.Mode = price == .count ? .countOnly : .fixedPrice
    _ = device.lanes[tap.lane].handle(.modeChanged(mode))
    let wasThere = diners.chance(permille: 4)
    let (medium, reader) = (Self.medium(of: credential), Self.readers[tap.lane])
    let shown =
      wasThere
      ? LanePresentation(
        medium: medium, credential: credential, reader: reader, wasThereAtStart: true)
      : LanePresentation(medium: medium, credential: credential, reader: reader)
    referee.same(shown.wasThereAtStart, wasThere, "whether a card lay on the reader")
    for action in device.lanes[tap.lane].handle(.presented(shown)) {
      guard case .authorise(let request) = action else { continue }
      decide(request, centreWord(device), neighbourWord(device), tap, device)
    }
    drill(device)
  }

  func centreWord(_ device: Device) -> Word {
    plan.isPushed && device.isInContact ? .askable : .nobody
  }

  private static func medium(of credential: Credential) -> Medium {
    switch credential.kind {
    case .cardSerial: .card
    case .face: .face
    case .code: .code
    case .officialVoucher: .keyed
    }
  }

  /// What the lane asks for; `nil`: the limit that is to be touched is not there.
  private func price(of tap: Tap, _ credential: Credential, _ device: Device) -> SalePrice? {
    switch tap.price {
    case .meal: return .mealPeriod
    case .guest: return .guestMeal
    case .keyed(let fen): return .keyed(Fen(fen))
    case .count: return .count
    case .items(let lines): return .items(lines)
    case .heads(let heads): return .officialMeal(heads: heads)
    case .edge(let edge, let beside):
      let request = SaleRequest(
        lane: LaneID(1), medium: Self.medium(of: credential), credential: credential,
        price: edge == .market ? .items([]) : .keyed(Fen(1)))
      var left: Int64?
      attempt {
        guard !device.journal.isStopped,
          let (facts, time) = try device.journal.facts(for: request, now: device.reading(now))
        else { return }
        referee.shown(facts, at: time.wallMilliseconds)
        let ledger = device.journal.ledger
        let settled = ledger.acknowledged.position.sequence.number
        referee.same(
          facts.backlog.records, max(0, Int(ledger.position.sequence.number) - Int(settled)),
          "what waits for the centre")
        left = Self.left(edge, facts, at: time.wallMilliseconds)
      }
      guard let left else { return nil }
      guard edge == .market else { return .keyed(Fen(left + beside)) }
      // As many of the cheapest good as fit, and one more.
      return .items([ItemLine(code: ItemCode(504), quantity: UInt16(left / 75 + 1 + beside))])
    }
  }

  /// What a limit leaves, in fen.
  private static func left(_ edge: TapPrice.Edge, _ facts: SaleFacts, at wall: Int64) -> Int64? {
    guard let rulebook = facts.rulebook, let account = facts.account else { return nil }
    let day = RuledDay(wall, rulebook)
    let left: Int64?
    switch edge {
    case .single: left = rulebook.singleLimit.value
    case .money:
      left = RuledMoney.available(account.tranches, on: Int32(truncatingIfNeeded: day.day))
    case .cap:
      let cap = RuledCap.cap(
        of: account, at: facts.place, day.meal?.period, rulebook, isBraked: false,
        isGroup: facts.place?.isOnlyTerminal == false && rulebook.offline.groups != .none)
      left = cap.fen - RuledCap.known(account).fen
    case .day: left = rulebook.dailyLimit.map { $0.value - account.counters.dayTotal.value }
    case .market:
      left = rulebook.market.map { market in
        min(
          market.dailyCap.value - account.counters.marketDayTotal.value,
          market.monthlyCap.value - account.counters.marketMonthTotal.value)
      }
    }
    return left.map { max(0, min($0, 60_000)) }
  }

  private static let readers = [ReaderID(port: "1-1"), ReaderID(port: "1-2")]

  /// Asks the journal, and does what comes of it.
  func decide(
    _ request: SaleRequest, _ word: Word, _ peers: PeerWord, _ tap: Tap, _ device: Device
  ) {
    var step: Step?
    attempt {
      step = try device.journal.authorise(request, word, peers, now: device.reading(now))
    }
    if case .answered(_, let answer?) = word, let row = answer.account {
      fed([row], device)
    }
    hearRecords(device)
    guard let step else { return }
    trace.add(UInt64(tap.account))
    switch step {
    case .decided(let outcome):
      show(outcome, request, tap, device)
      tellNeighbours(outcome, peers.question, device)
    case .asks(let hold): ask(hold, request, peers, tap, device)
    case .asksPeers(let question): reserve(question, request, tap, device)
    case .failed: programDies(device)
    case .powerLost:
      #if SEEDED_BUGS
        if SeededFleetBug.planted == .lightBeforeCommit {
          let ledger = device.journal.ledger
          witness.lit(device.index, ledger.position, ledger.head)
        }
      #endif
      powerGoes(device, comesBackWith: tap)
    }
  }

  /// The decision is durable: the lane shows it.
  private func show(_ outcome: SaleOutcome, _ request: SaleRequest, _ tap: Tap, _ device: Device) {
    let actions = device.lanes[tap.lane].handle(.decided(outcome))
    switch outcome.verdict {
    case .approved(let sale):
      tally.approved += 1
      if sale.place == .lan { tally.grouped += 1 }
      checkAgain(tap, sale, device)
      let failsLight = options.kinds.contains(.lightFails) && draws(.lightFails, 4)
      guard failsLight else {
        witness.lit(
          device.index, outcome.position,
          device.journal.disk.content.stored(outcome.position)?.head ?? .zero)
        break
      }
      tally.faults += 1
      for action in device.lanes[tap.lane].handle(.lightFailed(.approved)) {
        if case .markUnlit(let place) = action {
          device.journal.markUnlit(place, now: device.reading(now))
        }
      }
      comeAgain(tap, outcome.position, device, opening: device.openings, now + 3_000)
    case .shownAgain:
      tally.shownAgain += 1
      device.shownAgain.insert(outcome.position.sequence.number)
      witness.lit(
        device.index, outcome.position,
        device.journal.ledger.stored(outcome.position)?.head ?? .zero)
    case .declined, .tapAgain: tally.declined += 1
    }
    for action in actions {
      if case .arm(let deadline, _) = action {
        // The display is read at once: nobody stands behind in a bottle.
        _ = device.lanes[tap.lane].handle(.deadline(deadline))
      }
    }
    if device.lanes[tap.lane].state != .idle { _ = device.lanes[tap.lane].handle(.saleCleared) }
  }

  /// The diner whose light nobody saw comes again, within the time that the sale waits.
  func comeAgain(
    _ tap: Tap, _ place: JournalPosition, _ device: Device, opening: Int, _ from: Int64
  ) {
    guard let stored = device.journal.disk.content.stored(place) else { return }
    var again = tap
    again.unlit = Tap.Unlit(
      sequence: place.sequence.number, head: stored.head, since: from, opening: opening)
    heap.push(.tap(again), at: from + diners.between(1_000, 100_000))
  }

  /// A diner who comes again within the window, for the same sale, is shown it and not charged.
  private func checkAgain(_ tap: Tap, _ sale: SaleRecord, _ device: Device) {
    guard let unlit = tap.unlit, unlit.opening == device.openings,
      !device.shownAgain.contains(unlit.sequence),
      now - max(unlit.since, device.openedAt) < 110_000
    else { return }
    let ledger = device.journal.ledger
    let place = JournalPosition(
      epoch: ledger.position.epoch, sequence: SequenceNumber(unlit.sequence))
    guard let stored = ledger.stored(place), stored.head == unlit.head,
      case .sale(let first) = stored.record.body, first.account == sale.account,
      first.lane == sale.lane, first.total == sale.total,
      first.mode == sale.mode, first.isGuest == sale.isGuest, first.items == sale.items,
      ledger.corrections[place] == nil
    else { return }
    witness.report(
      "I2: the diner of \(unlit.sequence) saw no light, came again and was charged again")
  }
}
