import CanteenModel
import SeededRandom
import SyncProtocol
import TerminalCore

/// The terminal's end of the link: what the session asks is done with the journal, as `SyncLink` and
/// `PushService` do it.
extension World {
  func wake(_ device: Device, _ generation: UInt64) {
    guard device.isUp, !device.isGone, device.generation == generation, device.pending == nil else {
      return
    }
    perform(device.session.handle(.wake), device)
  }

  func perform(_ actions: [SyncSession.Action], _ device: Device) {
    for action in actions {
      switch action {
      case .sendBatch(let limit): sendBatch(limit, device)
      case .requestFeed: requestFeed(device)
      case .rest(let milliseconds): rest(milliseconds, device)
      case .storeAck, .refuse: break  // what an ack brings about is done where it arrives
      }
    }
  }

  private func rest(_ milliseconds: Int64, _ device: Device) {
    device.generation += 1
    let isHeartbeat = milliseconds == SyncSession.heartbeatMilliseconds
    // A sign of life every ten seconds shows nothing more; failures are tried again more slowly, too, and what
    // failed for a minute every hour or two.
    let length =
      isHealing
      ? max(milliseconds, 60_000)
      : isHeartbeat
        ? plan.syncMilliseconds / 2 + network.between(0, plan.syncMilliseconds)
        : milliseconds * (milliseconds < SyncSession.longestRetryMilliseconds / 2 ? 20 : 120)
    heap.push(.wake(device: device.index, generation: device.generation), at: now + length)
  }

  private func sendBatch(_ limit: Int, _ device: Device) {
    attempt {
      let (bytes, facts) = try device.journal.nextBatch(limit: limit)
      _ = device.session.handle(.sent(facts))
      device.handedOutAt = device.reading(now).bootMilliseconds
      request(.batch, bytes, device)
    }
  }

  private func requestFeed(_ device: Device) {
    let cursor = device.journal.feedCursor
    attempt {
      let bytes = try FeedCodec.encode(
        FeedCursor(
          version: cursor.version, rulebookVersion: cursor.rulebookVersion,
          denied: device.denied),
        terminal: device.terminal, echoedNonce: device.journal.ledger.acknowledged.nonce,
        key: device.journal.key)
      request(.feedRequest, bytes, device)
    }
  }

  private func request(_ kind: Message.Kind, _ bytes: [UInt8], _ device: Device) {
    requests += 1
    device.pending = (requests, kind == .batch)
    send(Message(kind: kind, device: device.index, request: requests, bytes: bytes))
    heap.push(.timeout(device: device.index, request: requests), at: now + 15_000)
  }

  func timeout(_ device: Device, _ request: UInt64) {
    guard device.isUp, device.pending?.request == request else { return }
    fail(device, .failed(jitterPermille: network.below(1001)))
  }

  /// The step failed: the session says how long to rest.
  private func fail(_ device: Device, _ event: SyncSession.Event) {
    device.pending = nil
    device.isInContact = false
    perform(device.session.handle(event), device)
  }

  /// Something arrived at a device.
  func hear(_ message: Message, _ device: Device) {
    guard device.isUp, !device.isGone else { return }
    switch message.kind {
    case .ack: hearAck(message, device)
    case .feed: hearFeed(message, device)
    case .refusal:
      guard let pending = device.pending, pending.request == message.request else { return }
      fail(
        device,
        pending.isBatch
          ? .refused(jitterPermille: network.below(1001))
          : .failed(jitterPermille: network.below(1001)))
    case .hold: hearHold(message, device)
    case .batch, .feedRequest, .holdRequest: break
    }
  }

  private func hearAck(_ message: Message, _ device: Device) {
    // try?: what is not the centre's is not believed.
    guard let ack = try? AckCodec.open(message.bytes, key: centre.key.publicKey) else {
      return refuseAnswer(message, device)
    }
    let ownHead = device.journal.ledger.head(at: ack.position)
    for action in device.session.handle(.acknowledged(ack, ownHead: ownHead)) {
      switch action {
      case .storeAck(let believed): store(believed, device)
      case .refuse(let refusal):
        // One that nobody waits for says nothing; one at another place stops settling, not the feed.
        if refusal == .unasked || refusal == .stale { return }
        guard device.pending?.request == message.request else { return }
        fail(device, .refused(jitterPermille: network.below(1001)))
      case .sendBatch, .requestFeed, .rest: break
      }
    }
  }

  private func refuseAnswer(_ message: Message, _ device: Device) {
    guard device.pending?.request == message.request else { return }
    fail(device, .failed(jitterPermille: network.below(1001)))
  }

  private func store(_ ack: AckFacts, _ device: Device) {
    device.pending = nil
    var end: SimulatedDisk<Ledger>.End?
    attempt {
      end = try device.journal.store(
        ack, roundTripMilliseconds: device.reading(now).bootMilliseconds - device.handedOutAt,
        now: device.reading(now))
    }
    switch end {
    case .durable:
      device.isInContact = true
      if device.isCopied {
        device.hasSettledAsCopy = true
        lastStored[device.terminal] = device.index
      }
      witness.report(witness.devices[device.index].acknowledged(ack))
      let ledger = device.journal.ledger
      perform(
        device.session.handle(
          .ackStored(hasBacklog: ledger.acknowledged.position < ledger.position)), device)
    case .failed, nil: programDies(device)
    case .powerLost: powerGoes(device, comesBackWith: nil)
    }
  }

  private func hearFeed(_ message: Message, _ device: Device) {
    // try?: what is not the centre's is not believed.
    guard let page = try? FeedCodec.open(message.bytes, key: centre.key.publicKey),
      page.terminal == device.terminal
    else { return refuseAnswer(message, device) }
    let ledger = device.journal.ledger
    guard page.echoedNonce == ledger.acknowledged.nonce else {
      return refuseAnswer(message, device)
    }
    let fits = page.fromCursor == ledger.feedCursor
    if case .lost = device.pages, fits, page.hasMore, !isHealing {
      // Until the power goes with the next page on its way.
      device.journal.disk.lies = 1_000
      device.mayLoseTail = true
      wasSetBack.insert(device.terminal)
      device.pages = .heldBack
    }
    var end: SimulatedDisk<Ledger>.End?
    attempt { end = try device.journal.apply(page, now: device.reading(now)) }
    guard let end else { return refuseAnswer(message, device) }
    switch end {
    case .durable:
      fed(page.accounts, device)
      witness.report(leftOut(device))
      device.denied = max(device.denied, page.deniedCursor)
      if page.place != nil { device.mustEnterRoster = true }
      guard device.pending?.request == message.request else { break }
      device.pending = nil
      if fits { device.isInContact = !device.session.isRefused }
      perform(device.session.handle(.fed(hasMore: page.hasMore)), device)
    case .failed: programDies(device)
    case .powerLost: powerGoes(device, comesBackWith: nil)
    }
  }

  /// Rows came to a device: the checkers take them, and look at what the ledger made of them.
  func fed(_ rows: [AccountSnapshot], _ device: Device) {
    let kept = device.journal.isStopped ? nil : device.journal.ledger.shelves
    witness.fed(device.index, rows, kept: kept)
  }

  /// An account whose row the ledger's cursor has passed, and which it does not have as it is (I12).
  private func leftOut(_ device: Device) -> String? {
    let ledger = device.journal.ledger
    for (index, account) in centre.tables.accounts.enumerated()
    where account.version <= ledger.feedCursor {
      let version = index < ledger.shelves.count ? ledger.shelves[index].fed?.version ?? 0 : 0
      if version != account.version {
        return "I12: the feed is at \(ledger.feedCursor), account \(index + 1) at \(version) of "
          + "\(account.version)"
      }
    }
    return nil
  }

  /// Asks the centre to set an amount aside; the diner waits.
  func ask(
    _ hold: HoldRequest, _ request: SaleRequest, _ peers: PeerWord, _ tap: Tap, _ device: Device
  ) {
    tally.asked += 1
    requests += 1
    // After the centre's answer everything is decided.
    let said = peers.question == nil ? .nobody : peers
    device.asking.append((requests, request, hold, said, tap))
    attempt {
      let bytes = try HoldCodec.seal(hold, key: device.journal.key)
      send(
        Message(kind: .holdRequest, device: device.index, request: requests, bytes: bytes))
    }
    heap.push(.patienceEnds(device: device.index, request: requests), at: now + 150)
  }

  private func hearHold(_ message: Message, _ device: Device) {
    guard let index = device.asking.firstIndex(where: { $0.request == message.request }),
      // try?: what is not the centre's is not believed.
      let answer = try? HoldCodec.open(answer: message.bytes, key: centre.key.publicKey),
      answer.answers(device.asking[index].hold)
    else { return }
    let asked = device.asking.remove(at: index)
    decide(asked.sale, .answered(asked.hold, answer), asked.peers, asked.tap, device)
  }

  /// No answer came in time: the terminal decides alone.
  func patienceEnds(_ device: Device, _ request: UInt64) {
    guard device.isUp, let index = device.asking.firstIndex(where: { $0.request == request }) else {
      return
    }
    device.isInContact = false
    let asked = device.asking.remove(at: index)
    decide(asked.sale, .answered(asked.hold, nil), asked.peers, asked.tap, device)
  }
}
