import CanteenModel
import SeededRandom
import SyncProtocol

/// The way between a terminal and the centre, which loses, delays, repeats, overtakes and spoils.
extension World {
  func send(_ message: Message) {
    trace.add(message.bytes)
    let device = devices[message.device]
    let goesUp: Bool
    switch message.kind {
    case .batch, .feedRequest, .holdRequest: goesUp = true
    case .ack, .feed, .hold, .refusal: goesUp = false
    }
    guard goesUp ? device.sendsOut : device.hears else { return }
    if device.isIntercepted, message.kind == .batch, !isHealing {
      device.isIntercepted = false
      tally.faults += 1
      return forgeAck(to: message)
    }
    if message.kind == .feed, !isHealing, delays(page: message, device) { return }
    guard !happens(.drop, 15) else { return }
    var message = message
    if happens(.corrupt, 4), !message.bytes.isEmpty {
      var bytes = message.bytes
      bytes[network.below(bytes.count)] ^= UInt8(1 << network.below(8))
      message = Message(
        kind: message.kind, device: message.device, request: message.request, bytes: bytes)
    }
    var delay = network.between(1, plan.latencyMilliseconds)
    if happens(.delay, 10) { delay += network.between(100, 40_000) }
    heap.push(.arrives(message), at: now + delay)
    if happens(.duplicate, 10) {
      heap.push(.arrives(message), at: now + delay + network.between(1, 90_000))
    }
  }

  /// Whether a fault happens that is drawn where it can.
  func happens(_ kind: FaultKind, _ permille: Int) -> Bool {
    guard !isHealing, options.kinds.contains(kind), draws(kind, permille) else { return false }
    tally.faults += 1
    return true
  }

  /// Draws from the kind's own dice, at the world's rate.
  func draws(_ kind: FaultKind, _ permille: Int) -> Bool {
    guard plan.faultPercent > 0, var dice = faults[kind] else { return false }
    defer { faults[kind] = dice }
    return dice.below(100_000) < permille * Int(plan.faultPercent)
  }

  func arrive(_ message: Message) {
    let device = devices[message.device]
    switch message.kind {
    case .ack, .feed, .hold, .refusal: return hear(message, device)
    case .batch, .feedRequest, .holdRequest: break
    }
    guard centre.isUp else { return }
    switch message.kind {
    case .batch: take(message)
    case .feedRequest:
      let page = centre.feedPage(asked: message.bytes, by: device.terminal)
      if page != nil { witness.report(tellsTooMuch(device, message.bytes)) }
      answer(message, page.map { (.feed, $0) })
    case .holdRequest:
      let answer = centre.hold(asked: message.bytes, by: device.terminal)
      if let answer {
        if let grant = centre.lastGrant {
          witness.report(witness.audit.granted(grant.id, grant.account, grant.amount.value))
        }
        send(
          Message(kind: .hold, device: message.device, request: message.request, bytes: answer))
      }
    case .ack, .feed, .hold, .refusal: break
    }
  }

  private func answer(_ message: Message, _ bytes: (kind: Message.Kind, bytes: [UInt8])?) {
    send(
      Message(
        kind: bytes?.kind ?? .refusal, device: message.device, request: message.request,
        bytes: bytes?.bytes ?? []))
  }

  private func take(_ message: Message) {
    tally.batches += 1
    let before = centre.tables.flags.count
    let index = Int(devices[message.device].terminal.number) - 1
    let intakes = centre.tables.terminals[index].lastIntake
    switch centre.take(batch: message.bytes) {
    case .acknowledged(let ack):
      // Of a batch behind a gap nothing is taken.
      let isGap = centre.tables.flags[before...].contains { $0.kind == .gap }
      if !isGap { took(message.bytes) }
      noteFlags(from: before)
      checkCopy(message)
      answer(message, (.ack, ack))
    case .refused:
      tally.refusedBatches += 1
      noteFlags(from: before)
      answer(message, nil)
    case .powerLost:
      centreDies()
      // What was written may be there after all; a gap that was noted took nothing.
      let isGap = centre.tables.flags.dropFirst(before).contains { $0.kind == .gap }
      if centre.tables.terminals[index].lastIntake > intakes, !isGap { took(message.bytes) }
      noteFlags(from: min(before, centre.tables.flags.count))
    }
  }

  /// A batch was taken: the checkers post it when the centre does.
  private func took(_ batch: [UInt8]) {
    if centre.tables.postings != toldPostings { tellPosted() }
    unposted.append(batch)
    if centre.tables.waiting.isEmpty { tellPosted() }
  }

  /// The centre posted everything that it took.
  private func tellPosted() {
    for batch in unposted { witness.took(batch) }
    unposted.removeAll(keepingCapacity: true)
    toldPostings = centre.tables.postings
  }

  /// The centre posts what waits, and plans when it does so next.
  func postWaiting() {
    if centre.isUp, centre.postWaiting() { tellPosted() }
    guard !isHealing else { return }
    heap.push(.centrePosts, at: now + network.between(600_000, plan.postingMilliseconds))
  }

  /// A page that must not arrive as it was sent.
  ///
  /// - Returns: Whether it is on another way.
  private func delays(page message: Message, _ device: Device) -> Bool {
    switch device.pages {
    case .delivered, .lost, .kept: return false
    case .overtaken:
      device.pages = .delivered
      overtake(message)
    case .heldBack:
      device.pages = .kept(message)
      device.journal.disk.lies = 0
      powerGoes(device, comesBackWith: nil)
    }
    tally.faults += 1
    return true
  }

  /// While a page is under way one of its diners is given money and pays more than a terminal may approve alone:
  /// the row that comes with the answer is newer than that of the page.
  private func overtake(_ message: Message) {
    heap.push(.arrives(message), at: now + network.between(3_000, 9_000))
    // try?: this is the page that the centre has just signed.
    let page = try? FeedCodec.open(message.bytes, key: centre.key.publicKey)
    let people = page?.accounts.filter { $0.account.number <= Int64(plan.accounts) }
    let richest = people?.max { left, right in
      left.tranches.reduce(0) { $0 + $1.amount.value }
        < right.tranches.reduce(0) { $0 + $1.amount.value }
    }
    guard let richest else { return }
    let account = Int(richest.account.number) - 1
    topUp(account, Fen(100), .personal)
    heap.push(
      .tap(
        Tap(
          account: account, device: message.device, lane: 0, credential: 1, price: .keyed(6_000))),
      at: now + 600)
  }

  /// Copies that showed themselves.
  private func noteFlags(from index: Int) {
    for flag in centre.tables.flags[index...] {
      trace.add(UInt64(flag.terminal.number))
      flagged.insert(flag.terminal)
      if flag.kind == .staleCopy { seenAsCopy.insert(flag.terminal) }
    }
  }

  /// Of two devices of one terminal that both settled, the one that speaks after the other echoes an old nonce:
  /// people are told at that contact, if they were not before.
  private func checkCopy(_ message: Message) {
    let device = devices[message.device]
    guard device.isCopied, device.pending?.request == message.request,
      let last = lastStored[device.terminal], last != device.index, device.hasSettledAsCopy,
      !seenAsCopy.contains(device.terminal)
    else { return }
    witness.report("I5: the copy of terminal \(device.terminal) spoke and nobody was told")
  }
}
