import CanteenModel
import SeededRandom
import TerminalCore

/// What a terminal's machines are asked that no day at a counter brings about: copies of them, in the state that the
/// world brought them into, get events in any order and at any moment, on both sides of every limit.
///
/// The answers are compared like all others (I16) and reach nobody: a world with drills is the same world.
extension World {
  func drill(_ device: Device) {
    guard options.drillOneIn > 0, drills.below(options.drillOneIn) == 0 else { return }
    drillLane(device)
    drillSession(device)
    drillGroup(device)
    drillTally()
    for _ in 0..<4 { drillStart(device) }
    drillAge()
    drillClock(device)
    drillUnlit(device)
    drillSale(device)
    drillCorrection(device)
    drillReservation(device)
  }

  private func drillLane(_ device: Device) {
    let usual = Lane.Mode.allCases[drills.below(3)]
    let schedule = LaneSchedule(usual: usual, byPeriod: [2: .keyedAmount])
    for period in plan.rulebook(version: 1, from: 0).mealPeriods {
      referee.same(
        schedule.mode(in: period), period.number == 2 ? .keyedAmount : usual, "how a lane sells")
    }
    referee.same(schedule.mode(in: nil), usual, "how a lane sells between meals")
    var lane = device.lanes[drills.below(device.lanes.count)]
    var deadlines: [Lane.Deadline] = []
    var events = [Lane.Event]()
    for _ in 0..<(6 + drills.below(10)) {
      if events.isEmpty { events.append(laneEvent(lane.state, deadlines)) }
      for action in lane.handle(events.removeFirst()) {
        if case .arm(let deadline, _) = action { deadlines.append(deadline) }
      }
    }
  }

  private func laneEvent(_ state: Lane.State, _ deadlines: [Lane.Deadline]) -> Lane.Event {
    if case .deciding = state, drills.chance(permille: 500) {
      return drills.chance(permille: 100) ? .undecided : .decided(outcome())
    }
    if let deadline = deadlines.last, drills.chance(permille: 150) {
      return .deadline(drills.chance(permille: 600) ? deadline : deadlines[0])
    }
    let prices: [SalePrice] = [.keyed(Fen(700)), .guestMeal, .mealPeriod, .count]
    switch drills.below(10) {
    case 0: return .saleArmed(prices[drills.below(4)])
    case 1: return .saleCleared
    case 2: return .modeChanged(Lane.Mode.allCases[drills.below(3)])
    case 3, 4, 5: return .presented(shown())
    case 6: return .presentedMeanwhile(shown())
    case 7: return .presentedTooLongAgo(shown())
    case 8: return .lightFailed(Signal.allCases[drills.below(4)])
    default:
      // What waited for its turn: too long, or while somebody else was answered.
      let waited = Lane.presentationMilliseconds + drills.between(-1, 1)
      let answeredAt = [nil, 0, 1_000, 1_001][drills.below(4)].map { Int64($0) }
      let shown = shown()
      let arrival = LaneArrival(
        drills.chance(permille: 200) ? .saleCleared : .presented(shown), bootMilliseconds: 1_000)
      let now = 1_000 + (drills.chance(permille: 500) ? waited : 5)
      let event = arrival.event(now: now, answeredAt: answeredAt)
      if case .saleCleared = event { return event }
      let due: Lane.Event =
        now >= 4_000
        ? .presentedTooLongAgo(shown)
        : (answeredAt ?? 0) > 1_000 ? .presentedMeanwhile(shown) : .presented(shown)
      referee.same(event, due, "what was shown at 1000 and seen at \(now)")
      return event
    }
  }

  private func shown() -> LanePresentation {
    LanePresentation(
      medium: .face, credential: credentials[0][1],
      reader: ReaderID(port: ["1-1", "1-2", "1-3"][drills.below(3)]),
      wasThereAtStart: drills.chance(permille: 300))
  }

  private func outcome() -> SaleOutcome {
    let place = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(drills.next() % 900 + 1))
    let decline = DeclineRecord(
      reason: .countLimit, account: AccountID(1), lane: LaneID(1), medium: .face, amount: Fen(1),
      count: 1)
    var verdict = SaleOutcome.Verdict.tapAgain
    switch drills.below(4) {
    case 0: break
    case 1: verdict = .declined(decline, shortfall: nil)
    case 2:
      if let sale = sale(AccountID(1), Fen(600)) { verdict = .approved(sale) }
    default:
      if let sale = sale(AccountID(1), Fen(600)) {
        verdict = .shownAgain(
          sale, at: RecordTime(wallMilliseconds: 1, bootMilliseconds: 1, isTrusted: true))
      }
    }
    return SaleOutcome(verdict: verdict, position: place, diner: nil)
  }

  func sale(_ account: AccountID, _ fen: Fen) -> SaleRecord? {
    // try?: one amount sums.
    try? SaleRecord(
      account: account, lane: LaneID(1), medium: .face, mode: .fixedPrice,
      slot: MealKey(day: WorldPlan.firstDay, period: 2),
      spends: [Spend(purse: .personal, tranche: .none, amount: fen)], place: .alone,
      rulebookVersion: 1)
  }

  private func drillSession(_ device: Device) {
    var session = device.session
    let place = device.journal.ledger.position
    let (challenge, head) = (drills.digest(), drills.digest())
    let batch = BatchFacts(
      terminal: device.terminal, epoch: place.epoch, first: place.sequence, count: 0,
      previousHead: head, head: head, echoedNonce: nil, challenge: challenge)
    for _ in 0..<(6 + drills.below(12)) {
      let jitter = [0, 1, 500, 999, 1_000][drills.below(5)]
      let event: SyncSession.Event
      switch drills.below(9) {
      case 0: event = .wake
      case 1: event = .sent(batch)
      case 2, 3:
        // An ack that fits, but for one thing at most.
        let wrong = drills.below(8)
        let ack = AckFacts(
          terminal: wrong == 1 ? TerminalID(99) : device.terminal,
          position: JournalPosition(
            epoch: wrong == 2 ? Epoch(99) : place.epoch, sequence: place.sequence),
          head: wrong == 3 ? .zero : head, nonce: drills.digest(),
          challenge: wrong == 4 ? .zero : challenge, timeMilliseconds: now,
          nextSize: [0, 1, 60][drills.below(3)], nextEpoch: Epoch(2), epochToken: .zero)
        event = .acknowledged(ack, ownHead: wrong == 5 ? nil : head)
      case 4: event = .ackStored(hasBacklog: drills.chance(permille: 500))
      case 5: event = .fed(hasMore: drills.chance(permille: 300))
      case 6: event = .failed(jitterPermille: jitter)
      case 7:
        let asked: [Int64] = [0, 999, 1_000, 1_001, 7_001, 599_999, 600_000, 600_001, .max]
        event = .turnedAway(milliseconds: asked[drills.below(9)], jitterPermille: jitter)
      default: event = .refused(jitterPermille: jitter)
      }
      _ = session.handle(event)
    }
  }

  private func drillGroup(_ device: Device) {
    var group = device.group
    var boot = device.reading(now).bootMilliseconds
    for _ in 0..<(8 + drills.below(12)) {
      boot += [0, 1, 999, 1_000, 1_001, 2_000, 9_000][drills.below(7)]
      let peer = TerminalID(UInt32(1 + drills.below(5)))
      switch drills.below(6) {
      case 0:
        let others = (1...5).filter { _ in drills.chance(permille: 600) }
        group.enter(others.reversed().map { TerminalID(UInt32($0)) }, at: boot)
      case 1, 2: group.heard(peer, at: boot)
      case 3, 4: group.missed(peer, at: boot)
      default: group.noticed(peer, at: boot)
      }
      _ = group.due(at: boot)
      for groups in PeerGrouping.allCases { _ = group.isGroup(groups) }
    }
  }

  private func drillTally() {
    let asked = (1...4).filter { _ in drills.chance(permille: 600) }.map { TerminalID(UInt32($0)) }
    var tally = RefereedTally(
      asked: asked, others: drills.below(5), groups: PeerGrouping.allCases[drills.below(3)], referee
    )
    for _ in 0..<6 {
      let verdicts: [ReservationVerdict] = [.taken, .taken, .taken, .overCap, .stale]
      tally.heard(verdicts[drills.below(5)], from: TerminalID(UInt32(1 + drills.below(5))))
    }
  }

  private func drillClock(_ device: Device) {
    var clock = device.journal.memory.clock
    var (wall, boot) = (clock.lastWallMilliseconds, device.reading(now).bootMilliseconds)
    if drills.chance(permille: 300) {
      // Another start of the machine, or of the program alone.
      let isTrusted = drills.chance(permille: 500)
      let floor = device.journal.floorMilliseconds
      let counted = floor + boot + drills.between(-1, 1)
      let last = RecordTime(
        wallMilliseconds: drills.chance(permille: 500) ? wall : counted, bootMilliseconds: boot,
        isTrusted: isTrusted)
      clock = RefereedClock(
        lastRecord: drills.chance(permille: 100) ? nil : last,
        isSameBoot: drills.chance(permille: 600), floor: floor, referee)
      wall = clock.lastWallMilliseconds
    }
    for _ in 0..<(4 + drills.below(8)) {
      let passed = [0, 1, 50, 700_000][drills.below(4)]
      boot += Int64(passed)
      let steps: [Int64] = [
        0, 1, -1, -1_999, -2_000, -2_001, 599_999, 600_000, 600_001, -600_000, -600_001,
        -40 * WorldPlan.dayMilliseconds,
      ]
      if drills.chance(permille: 120) {
        clock.heardCentre(
          clock.lastWallMilliseconds + steps[drills.below(11)],
          bootMilliseconds: boot + drills.between(-5, 5))
      }
      let from = drills.chance(permille: 500) ? wall + Int64(passed) : clock.lastWallMilliseconds
      wall =
        drills.chance(permille: 60)
        ? device.journal.floorMilliseconds + drills.between(-1, 1)
        : from + steps[drills.below(steps.count)]
      let reading = ClockReading(wallMilliseconds: wall, bootMilliseconds: boot)
      _ = drills.chance(permille: 300) ? clock.reading(reading) : clock.stamp(reading)
    }
  }

  /// A start of the machine, or of the program alone, whose clock then leaps: it is believed away from a guess only.
  private func drillStart(_ device: Device) {
    let (floor, boot) = (device.journal.floorMilliseconds, drills.between(1, 90_000_000))
    let counted = floor + boot + drills.between(-1, 1)
    let wall = drills.chance(permille: 700) ? counted : now
    var clock = RefereedClock(
      lastRecord: RecordTime(
        wallMilliseconds: wall, bootMilliseconds: boot, isTrusted: drills.chance(permille: 300)),
      isSameBoot: drills.chance(permille: 600), floor: floor, referee)
    if drills.chance(permille: 300) {
      _ = clock.stamp(ClockReading(wallMilliseconds: floor - 1, bootMilliseconds: boot))
    }
    let leap = [600_000, 600_001, 900_000, WorldPlan.dayMilliseconds][drills.below(4)]
    _ = clock.stamp(
      ClockReading(
        wallMilliseconds: max(clock.lastWallMilliseconds, floor) + leap, bootMilliseconds: boot))
  }

  /// How long ago something was, to the millisecond.
  private func drillAge() {
    for _ in 0..<4 {
      let (now, earlier) = (drilledTime(), drilledTime())
      let isSameBoot = drills.chance(permille: 500)
      let age = now.milliseconds(since: earlier, isSameBoot: isSameBoot)
      referee.aged(age, now, since: earlier, isSameBoot: isSameBoot)
    }
  }

  private func drilledTime() -> RecordTime {
    RecordTime(
      wallMilliseconds: drills.between(0, 3), bootMilliseconds: drills.between(0, 2),
      isTrusted: drills.chance(permille: 500))
  }

  private func drillUnlit(_ device: Device) {
    var unlit = device.journal.memory.unlit
    var boot = device.reading(now).bootMilliseconds
    if drills.chance(permille: 100) { return drillManyUnlit(unlit, boot) }
    for _ in 0..<8 {
      boot += [0, 1, 59_999, 60_000][drills.below(4)]
      let account = AccountID(Int64(1 + drills.below(2)))
      let place = JournalPosition(
        epoch: Epoch(1), sequence: SequenceNumber(UInt64(1 + drills.below(80))))
      switch drills.below(6) {
      case 0: unlit.settle(place)
      case 1: unlit.expire(bootMilliseconds: boot)
      default:
        guard let sale = sale(account, Fen(600)) else { return }
        let time = RecordTime(wallMilliseconds: boot, bootMilliseconds: boot, isTrusted: true)
        unlit.add(EarlierSale(position: place, time: time, sale: sale), bootMilliseconds: boot)
      }
      _ = unlit.sales(
        of: account, bootMilliseconds: boot + [0, 60_000, 119_999, 120_000][drills.below(4)])
      _ = unlit.isEmpty
    }
  }

  /// As many as wait at no counter.
  private func drillManyUnlit(_ waiting: RefereedUnlit, _ boot: Int64) {
    var unlit = waiting
    let account = AccountID(1)
    guard let sale = sale(account, Fen(600)) else { return }
    let time = RecordTime(wallMilliseconds: boot, bootMilliseconds: boot, isTrusted: true)
    for number in 1...66 {
      let place = JournalPosition(epoch: Epoch(7), sequence: SequenceNumber(UInt64(number)))
      unlit.add(EarlierSale(position: place, time: time, sale: sale), bootMilliseconds: boot)
      _ = unlit.sales(of: account, bootMilliseconds: boot)
    }
  }
}
