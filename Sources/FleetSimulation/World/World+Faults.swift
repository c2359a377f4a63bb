import CanteenModel
import SeededRandom
import SyncProtocol
import TerminalCore

/// What goes wrong, and how it is mended.
extension World {
  /// The first of each kind that is planned.
  func planFaults() {
    guard plan.faultPercent > 0 else { return }
    for kind in FaultKind.allCases where kind.minutes > 0 && options.kinds.contains(kind) {
      planNext(kind)
    }
  }

  private func planNext(_ kind: FaultKind) {
    guard var dice = faults[kind] else { return }
    let mean = kind.minutes * 60_000 * 100 / plan.faultPercent
    heap.push(.strike(kind), at: now + dice.between(mean / 4, mean * 2))
    faults[kind] = dice
  }

  func strike(_ kind: FaultKind) {
    guard !isHealing else { return }
    planNext(kind)
    guard var dice = faults[kind] else { return }
    defer { faults[kind] = dice }
    let device = devices[dice.below(devices.count)]
    if kind == .centreCrash || kind == .rulebookChanges || kind == .reportedLost {
      strikeCentre(kind, &dice)
    } else if device.isUp, !device.isGone {
      strike(kind, device, &dice)
    }
  }

  /// What changes nothing is not counted; what waits for the next commit, batch or page is counted there.
  private func strike(_ kind: FaultKind, _ device: Device, _ dice: inout SplitMix64) {
    var happened = true
    switch kind {
    case .powerCut: powerGoes(device, comesBackWith: nil)
    case .powerCutInCommit:
      device.journal.disk.next = dice.chance(permille: 500) ? .cutBefore : .cutAfter
      happened = false
    case .processCrash: programDies(device)
    case .commitFails:
      device.journal.disk.next = dice.chance(permille: 500) ? .failed : .refused
      happened = false
    case .diskLies:
      device.journal.disk.lies = 1 + dice.below(20)
      device.mayLoseTail = true
      wasSetBack.insert(device.terminal)
      heap.push(.strike(.powerCut), at: now + dice.between(60_000, 3_600_000))
    case .diskFull:
      device.journal.disk.isFull = true
      happened = false
    case .clockSteps: device.wallOffset += dice.between(-7_200_000, 7_200_000)
    case .clockResets:
      // A battery that is empty: the clock begins in 1970, and a network sets it right some day.
      let offset = dice.chance(permille: 600) ? -now : 0
      happened = device.wallOffset != offset
      device.wallOffset = offset
    case .unknownRecord: writeUnknown(device, &dice)
    case .linkCut: happened = cutLink(device, &dice)
    case .lanCut: happened = cutLAN(device, &dice)
    case .forgedAck, .pageOvertaken, .pageHeldBack:
      lieInWait(kind, device)
      happened = false
    case .copied: happened = copy(device)
    case .restored: happened = restore(device)
    case .replaced: happened = replace(device, &dice)
    case .keyRotated: happened = rotate(device, &dice)
    case .centreCrash, .rulebookChanges, .reportedLost, .lightFails, .drop, .delay, .duplicate,
      .corrupt, .attackers, .corrections, .lanDrop, .lanDelay:
      happened = false
    }
    if happened { tally.faults += 1 }
  }

  private func cutLink(_ device: Device, _ dice: inout SplitMix64) -> Bool {
    let both = dice.chance(permille: 600)
    let up = dice.chance(permille: 500)
    let before = (device.sendsOut, device.hears)
    if both || up { device.sendsOut = false }
    if both || !up { device.hears = false }
    heap.push(
      .linkHeals(device: device.index), at: now + dice.between(600_000, 40 * 3_600_000))
    return (device.sendsOut, device.hears) != before
  }

  /// The next batch, or page, is not to go as it should.
  private func lieInWait(_ kind: FaultKind, _ device: Device) {
    if kind == .forgedAck { device.isIntercepted = true }
    guard case .delivered = device.pages else { return }
    if kind == .pageOvertaken { device.pages = .overtaken }
    if kind == .pageHeldBack { device.pages = .lost }
  }

  private func strikeCentre(_ kind: FaultKind, _ dice: inout SplitMix64) {
    switch kind {
    case .centreCrash:
      // In the middle of the next commit, before it or behind it.
      centre.fate = [.cutBefore, .cutAfter, .refused][dice.below(3)]
    case .rulebookChanges:
      rulebookVersion += 1
      let day =
        WorldPlan.firstDay + Int32((now - WorldPlan.beginning) / WorldPlan.dayMilliseconds)
      publish(
        plan.rulebook(version: rulebookVersion, from: day + Int32(dice.below(3))))
      tally.faults += 1
    case .reportedLost:
      let account = dice.below(plan.accounts)
      let isClosed = dice.chance(permille: 100)
      _ = centre.disk.commit { tables in
        guard tables.accounts[account].status != .closed else { return }
        tables.accounts[account].status =
          tables.accounts[account].status == .reportedLost
          ? .active : isClosed ? .closed : .reportedLost
        centre.raiseVersion(of: AccountID(Int64(account) + 1), &tables)
      }
      tally.faults += 1
    default: break
    }
  }

  /// The power of a machine is gone.
  func powerGoes(_ device: Device, comesBackWith tap: Tap?) {
    guard device.isUp else { return }
    device.isUp = false
    guard var dice = faults[.powerCut] else { return }
    let back = now + dice.between(20_000, 3_600_000)
    if let tap, tap.unlit == nil {
      comeAgain(
        tap, device.journal.ledger.position, device, opening: device.openings + 1, back)
    }
    device.journal.disk.cutPower(&dice)
    device.journal.disk.isFull = false
    device.bootID += 1
    device.bootedAt = back - 15_000
    heap.push(.start(device: device.index), at: back)
    faults[.powerCut] = dice
  }

  /// The program ends and is started again; the machine stays up.
  func programDies(_ device: Device) {
    guard device.isUp else { return }
    device.isUp = false
    // Whoever looks after the machine makes room.
    device.journal.disk.isFull = false
    guard var dice = faults[.processCrash] else { return }
    heap.push(.start(device: device.index), at: now + dice.between(2_000, 20_000))
    faults[.processCrash] = dice
  }

  /// Opens the ledger, and asks whether opening it again would change anything (I10).
  func open(_ device: Device) {
    device.isUp = true
    // Opening may write records, behind those that are there.
    witness.reopened(device.index, device.journal.ledger, isExcused: device.mayLoseTail)
    if device.mayLoseTail { witness.groups.setBack(canteen(of: device), at: now) }
    lanIsNotWhole(device)
    attempt {
      try device.journal.open(now: device.reading(now), bootID: device.bootID)
      hearRecords(device)
      let first = device.journal.ledger
      try device.journal.open(now: device.reading(now), bootID: device.bootID)
      let second = device.journal.ledger
      if first.position != second.position || first.head != second.head
        || first.holds != second.holds
      {
        witness.report("I10: opening twice is not opening once")
      }
    }
    hearRecords(device)
    device.mayLoseTail = device.journal.disk.lies > 0
    device.openings += 1
    device.openedAt = now
    device.forget()
    if case .kept(let page) = device.pages {
      heap.push(.arrives(page), at: now + 1)
      device.pages = .delivered
    }
    perform(device.session.handle(.wake), device)
  }

  private func centreIsBack(_ dice: inout SplitMix64) -> Int64 {
    now + dice.between(5_000, 1_800_000)
  }

  func centreDies() {
    centre.isUp = false
    guard var dice = faults[.centreCrash] else { return }
    centre.disk.cutPower(&dice)
    heap.push(.centreStarts, at: centreIsBack(&dice))
    faults[.centreCrash] = dice
  }

  func startCentre() { centre.isUp = true }

  /// Tells the checkers what a device wrote.
  func hearRecords(_ device: Device) {
    let records = device.journal.takeAppended()
    guard !records.isEmpty else { return }
    tally.records += records.count
    for record in records {
      trace.add(record.bytes)
      if case .keyRotated(let rotated) = record.record.body {
        rotations[device.terminal, default: []].append(
          (rotated.previous, rotated.next, record.head))
      }
    }
    witness.wrote(device.index, records, now: now)
  }

  /// A program of another version writes a record that nobody here can read.
  private func writeUnknown(_ device: Device, _ dice: inout SplitMix64) {
    attempt {
      try device.journal.write { ledger in
        try device.journal.unfold(&ledger)
        let time = device.journal.memory.clock.stamp(device.reading(now))
        let position = JournalPosition(
          epoch: ledger.position.epoch, sequence: ledger.position.sequence.next)
        // Field 15, two bytes: a kind that is yet to come.
        _ = device.journal.append(
          JournalRecord(
            time: time, body: .epochOpened(EpochOpened(previous: nil, previousHead: .zero))),
          [0x7A, 0x02, 0x08, UInt8(dice.below(100))], at: position, &ledger)
      }
    }
    hearRecords(device)
  }

  /// Somebody on the way keeps a batch and answers it in the centre's name: all is settled.
  func forgeAck(to message: Message) {
    guard var dice = faults[.forgedAck] else { return }
    defer { faults[.forgedAck] = dice }
    let batch = RawBatch(message.bytes)
    guard let head = Digest32(batch.head), let challenge = Digest32(batch.challenge) else { return }
    let last = batch.first + UInt64(batch.records.count) - 1
    let ack = AckFacts(
      terminal: TerminalID(UInt32(batch.terminal)),
      position: JournalPosition(
        epoch: Epoch(UInt32(batch.epoch)), sequence: SequenceNumber(last)), head: head,
      nonce: dice.digest(), challenge: challenge, timeMilliseconds: now, nextSize: 500,
      nextEpoch: Epoch(UInt32(batch.epoch) + 1), epochToken: dice.digest())
    attempt {
      let bytes = try AckCodec.seal(ack, key: Self.key(&dice))
      heap.push(
        .arrives(
          Message(kind: .ack, device: message.device, request: message.request, bytes: bytes)),
        at: now + 1)
    }
  }
}
