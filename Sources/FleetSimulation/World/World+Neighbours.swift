import CanteenModel
import SeededRandom
import SyncProtocol
import TerminalCore

/// The terminals of a canteen on their network: who reserves with whom, as `PeerDesk` and `PeerAnswers` do it.
///
/// Greetings every two seconds would be most of what happens: here a terminal greets whoever is due when something is
/// presented. Its certificate says who speaks, so that bytes on this way are lost or late and never changed.
extension World {
  /// A diner waits no longer for the other terminals.
  private static let patienceMilliseconds: Int64 = 30
  /// Beyond this the oldest is forgotten, for each neighbour.
  private static let untoldLimit = 256
  /// So long after the network changed a terminal may not have noticed it.
  private static let noticedMilliseconds: Int64 = 20_000
  /// Heads go with the first news of an hour: more often they cost signatures and show nothing.
  private static let headMilliseconds: Int64 = 3_600_000

  func canteen(of device: Device) -> Int {
    canteens[Int(device.terminal.number) - 1]
  }

  /// Where a terminal's neighbours find it: its clone they do not.
  private func neighbour(_ terminal: TerminalID) -> Device { devices[Int(terminal.number) - 1] }

  /// Somebody of the canteen does not hear another one, or is not what it was.
  func lanIsNotWhole(_ device: Device) { witness.groups.isNotWhole(canteen(of: device), at: now) }

  /// What a presentation may ask: nobody, where the rules have no groups or too few answer.
  func neighbourWord(_ device: Device) -> PeerWord {
    guard plan.groups != .none, let place = device.journal.ledger.place, !place.peers.isEmpty else {
      return .nobody
    }
    greet(place, device)
    return device.group.isGroup(plan.groups) ? .askable : .nobody
  }

  private func greet(_ place: TerminalPlace, _ device: Device) {
    let boot = device.reading(now).bootMilliseconds
    if device.mustEnterRoster {
      device.group.enter(place.peers.map(\.terminal), at: boot)
      device.mustEnterRoster = false
    }
    for terminal in device.group.due(at: boot) {
      // It was greeted last when the network was another one.
      let isUnnoticed = now - lanChangedAt[canteen(of: device)] < Self.noticedMilliseconds
      if isUnnoticed, lan.chance(permille: 250) { continue }
      let peer = neighbour(terminal)
      guard reaches(device, peer), admits(device, peer) else {
        device.group.missed(terminal, at: boot)
        lanIsNotWhole(device)
        continue
      }
      device.group.heard(terminal, at: boot)
      if let topics = device.untold.removeValue(forKey: terminal) { tell(topics, terminal, device) }
    }
  }

  private func reaches(_ from: Device, _ to: Device) -> Bool {
    from.lanPart == to.lanPart && to.isUp && !to.isGone
  }

  /// Whether a terminal has the other one in the roster that the centre signed.
  private func admits(_ asking: Device, _ peer: Device) -> Bool {
    peer.journal.ledger.place?.peers.contains { $0.terminal == asking.terminal } ?? false
  }

  /// Asks all who answered of late; the diner waits.
  func reserve(
    _ question: PeerQuestion, _ request: SaleRequest, _ tap: Tap, _ device: Device
  ) {
    tally.reservations += 1
    requests += 1
    let asked = device.group.answering
    device.reserving.append(
      Device.Reserving(
        request: requests, sale: request, question: question, tap: tap,
        tally: RefereedTally(
          asked: asked, others: device.journal.ledger.place?.peers.count ?? 0, groups: plan.groups,
          referee))
    )
    attempt {
      let bytes = try PeerCodec.encode(question.request)
      for terminal in asked {
        send(
          Whisper(
            kind: .reservation, from: device.index, to: neighbour(terminal).index,
            request: requests, bytes: bytes))
      }
    }
    heap.push(
      .neighboursPatienceEnds(device: device.index, request: requests),
      at: now + Self.patienceMilliseconds)
  }

  /// - Returns: Whether it is on its way.
  @discardableResult
  private func send(_ whisper: Whisper) -> Bool {
    trace.add(whisper.bytes)
    let (from, to) = (devices[whisper.from], devices[whisper.to])
    guard reaches(from, to), !happens(.lanDrop, 15) else {
      lanIsNotWhole(from)
      return false
    }
    var delay = lan.between(1, 4)
    if happens(.lanDelay, 20) {
      lanIsNotWhole(from)
      delay += lan.between(20, 400)
    }
    heap.push(.heard(whisper), at: now + delay)
    return true
  }

  func hear(_ whisper: Whisper) {
    let (from, to) = (devices[whisper.from], devices[whisper.to])
    guard to.isUp, !to.isGone, whisper.kind == .answer || admits(from, to) else {
      return lanIsNotWhole(from)
    }
    switch whisper.kind {
    case .reservation: hearReservation(whisper, from, to)
    case .answer: hearAnswer(whisper, from, to)
    case .news: hearNews(whisper, from, to)
    }
  }

  private func hearReservation(_ whisper: Whisper, _ from: Device, _ to: Device) {
    attempt {
      let request = try PeerCodec.decode(reservation: whisper.bytes)
      guard request.statement.terminal == from.terminal, !to.journal.isStopped else { return }
      let (answer, end) = try to.journal.reserve(request, now: to.reading(now))
      to.group.noticed(from.terminal, at: to.reading(now).bootMilliseconds)
      switch end {
      case .durable:
        send(
          Whisper(
            kind: .answer, from: to.index, to: from.index, request: whisper.request,
            bytes: try PeerCodec.encode(answer)))
      case .failed: programDies(to)
      case .powerLost: powerGoes(to, comesBackWith: nil)
      }
    }
  }

  private func hearAnswer(_ whisper: Whisper, _ from: Device, _ to: Device) {
    guard let index = to.reserving.firstIndex(where: { $0.request == whisper.request }) else {
      return
    }
    attempt {
      let answer = try PeerCodec.decode(answer: whisper.bytes)
      let asked = to.reserving[index].question.request.statement
      guard answer.own.terminal == from.terminal, answer.own.account == asked.account,
        answer.own.slot == asked.slot
      else { return }
      to.group.heard(from.terminal, at: to.reading(now).bootMilliseconds)
      to.reserving[index].tally.heard(answer.verdict, from: from.terminal)
      to.reserving[index].heard.append(answer.own)
      if to.reserving[index].tally.isComplete { decideReserved(index, to) }
    }
  }

  private func hearNews(_ whisper: Whisper, _ from: Device, _ to: Device) {
    attempt {
      let news = try PeerCodec.decode(news: whisper.bytes)
      guard !to.journal.isStopped else { return }
      switch try to.journal.hear(news, now: to.reading(now)) {
      case .durable: break
      case .failed: programDies(to)
      case .powerLost: powerGoes(to, comesBackWith: nil)
      }
    }
  }

  func neighboursPatienceEnds(_ device: Device, _ request: UInt64) {
    guard device.isUp, let index = device.reserving.firstIndex(where: { $0.request == request })
    else { return }
    for terminal in device.reserving[index].tally.missing {
      device.group.missed(terminal, at: device.reading(now).bootMilliseconds)
    }
    lanIsNotWhole(device)
    decideReserved(index, device)
  }

  private func decideReserved(_ index: Int, _ device: Device) {
    let asked = device.reserving.remove(at: index)
    #if SEEDED_BUGS
      let isGroup = asked.tally.isGroup || SeededFleetBug.planted == .nobodyMustAgree
    #else
      let isGroup = asked.tally.isGroup
    #endif
    decide(
      asked.sale, centreWord(device),
      .answered(asked.question, isGroup: isGroup, heard: asked.heard), asked.tap, device)
  }

  /// Whoever took a reservation is told what became of it, and everybody what was sold without one.
  func tellNeighbours(_ outcome: SaleOutcome, _ question: PeerQuestion?, _ device: Device) {
    guard plan.groups != .none, !device.group.terminals.isEmpty else { return }
    let topic: Device.SpendTopic
    if let asked = question?.request.statement {
      topic = Device.SpendTopic(account: asked.account, slot: asked.slot)
    } else if case .approved(let sale) = outcome.verdict, sale.place != .online {
      topic = Device.SpendTopic(account: sale.account, slot: sale.slot)
    } else {
      return
    }
    let answering = device.group.answering
    for peer in device.group.terminals {
      if answering.contains(peer) {
        tell([topic], peer, device)
      } else {
        keepForLater([topic], peer, device)
      }
    }
  }

  private func tell(_ topics: [Device.SpendTopic], _ terminal: TerminalID, _ device: Device) {
    // What is more than a piece of news holds waits for the next greeting.
    let (some, rest) = (topics.prefix(PeerCodec.newsLimit), topics.dropFirst(PeerCodec.newsLimit))
    if !rest.isEmpty { keepForLater(Array(rest), terminal, device) }
    attempt {
      var statements: [SpendStatement] = []
      for topic in some {
        let ledger = device.journal.ledger
        statements.append(
          try device.journal.statement(of: topic.account, in: topic.slot, ledger))
      }
      var head: [UInt8]?
      if now - device.saidHeadAt >= Self.headMilliseconds || device.saidHeadAt == 0 {
        head = try device.journal.signedHead()
        device.saidHeadAt = now
      }
      let isSent = send(
        Whisper(
          kind: .news, from: device.index, to: neighbour(terminal).index, request: 0,
          bytes: try PeerCodec.encode(news: statements, head: head)))
      guard !isSent else { return }
      device.group.missed(terminal, at: device.reading(now).bootMilliseconds)
      keepForLater(Array(some), terminal, device)
    }
  }

  private func keepForLater(
    _ topics: [Device.SpendTopic], _ terminal: TerminalID, _ device: Device
  ) {
    var untold = device.untold[terminal] ?? []
    untold.removeAll { topics.contains($0) }
    device.untold[terminal] = (untold + topics).suffix(Self.untoldLimit)
  }

  /// The network of a canteen falls into parts.
  func cutLAN(_ device: Device, _ dice: inout SplitMix64) -> Bool {
    let canteen = canteen(of: device)
    let own = devices.filter { self.canteen(of: $0) == canteen }
    guard plan.groups != .none, own.count > 1 else { return false }
    for member in own { member.lanPart = dice.below(3) }
    lanChangedAt[canteen] = now
    witness.groups.isNotWhole(canteen, at: now)
    heap.push(
      .lanHeals(canteen: CanteenID(UInt32(canteen) + 1)),
      at: now + dice.between(600_000, 10 * 3_600_000))
    return own.contains { $0.lanPart != own[0].lanPart }
  }

  func healLAN(_ canteen: CanteenID) {
    let index = Int(canteen.number) - 1
    for device in devices where self.canteen(of: device) == index { device.lanPart = 0 }
    lanChangedAt[index] = now
    witness.groups.isNotWhole(index, at: now)
  }
}
