import CanteenModel
import LocalAPI
import VirtualReaders

/// The script of the lunch, card by card.
struct LunchService {
  struct Count {
    var presented = 0
    var approved = 0
    var declined = 0
    var shownAgain = 0
  }

  private enum Expected: String {
    case approved
    case declined
    case alreadyPaid = "already paid"
  }

  let site: Site
  let cable: Cable
  let direction: Direction
  let guests: Guests
  let say: @Sendable (String) -> Void
  private(set) var count = Count()
  private var queue: ArraySlice<Diner>

  init(
    site: Site, cable: Cable, direction: Direction, guests: Guests,
    say: @escaping @Sendable (String) -> Void
  ) {
    self.site = site
    self.cable = cable
    self.direction = direction
    self.guests = guests
    self.say = say
    queue = guests.regulars[...]
  }

  /// - Parameter secondsSinceStart: From typing `make demo`.
  mutating func serve(isSmall: Bool, secondsSinceStart: @Sendable () -> Int) async throws {
    try await serveRegulars(1)
    say("the first approved tap, \(secondsSinceStart()) s after the start")
    try await serveRegulars(isSmall ? 1 : 7)
    try await present(.code, "a code on a telephone")
    // Whoever stands before a module in its first five seconds may have paid before it started.
    try await Task.sleep(for: .seconds(5))
    try await present(.face, "a face, alive")
    try await present(guests.twoPurses.card, .approved, "pays from both purses")
    try await present(guests.withoutMoney.card, .declined, "a card without enough money")
    try await present(guests.stranger, .declined, "a card that nobody knows")
    try await present(guests.reportedLost.card, .declined, "a card that was reported lost")
    try await spendMuchOnline()
    try await holdCard()
    try await unplugReader()
    try await pullCable(swipes: isSmall ? 2 : 10)
  }

  private mutating func serveRegulars(_ number: Int) async throws {
    for diner in queue.prefix(number) { try await present(diner.card, .approved, "") }
    queue = queue.dropFirst(number)
  }

  /// More than the demo's rulebook lets a terminal approve alone.
  private static let muchAtOnce = Fen(6_000)
  /// A machine that is busy may take longer than the terminal waits for the centre.
  private static let onlineTries = 10

  /// Only a terminal that pushes has somebody to ask.
  private mutating func spendMuchOnline() async throws {
    guard direction == .push else { return }
    try await site.terminal.armSale(.keyed(Self.muchAtOnce), lane: LaneID(1))
    for attempt in 1...Self.onlineTries {
      let tap = try await site.tap(guests.bigSpender.card)
      if tap.isGreen || attempt == Self.onlineTries {
        return try await note(tap, .approved, "above the cap: the centre set it aside")
      }
      try await note(tap, .declined, "the centre took too long")
    }
  }

  private mutating func spendMuchAlone() async throws {
    guard direction == .push else { return }
    try await site.terminal.armSale(.keyed(Self.muchAtOnce), lane: LaneID(1))
    try await present(guests.bigSpender.card, .declined, "above the cap, and nobody to ask")
    try await site.terminal.clearSale(lane: LaneID(1))
  }

  private mutating func holdCard() async throws {
    guard let diner = queue.popFirst() else { return }
    say("a card is held on the reader for two seconds")
    let lights = site.bus.signalLog.count
    try await note(try await site.lay(diner.card), .approved, "held")
    try await Task.sleep(for: .seconds(2))
    guard site.bus.signalLog.count == lights + 1 else {
      throw LaboratoryError.broken(
        "a card that was held got \(site.bus.signalLog.count - lights) lights")
    }
    try await site.take()
    try await present(diner.card, .alreadyPaid, "the same card once more")
  }

  private mutating func unplugReader() async throws {
    say("the reader's cable is pulled out")
    try site.bus.unplug(port: Site.readerPort)
    try await Patience.until("the terminal notices", within: .seconds(10)) {
      try await site.cardReader()?.state != "ready"
    }
    say("the terminal says: \(try await site.cardReader()?.reason ?? "")")
    try site.bus.plug(.acr122u, port: Site.readerPort)
    try await site.waitUntilSelling()
    say("plugged back: the terminal sells again")
    try await serveRegulars(1)
  }

  private mutating func pullCable(swipes: Int) async throws {
    say("the network is cut")
    cable.pull()
    try await serveRegulars(swipes)
    try await spendMuchAlone()
    let outbox = try await site.terminal.status().outbox
    say("\(outbox.records) records wait in the terminal; \(outbox.fault ?? "no fault seen yet")")
    cable.plugBack()
    say("the network is back")
    if direction == .push { try await site.terminal.syncNow() }
    try await site.waitUntilSettled(within: .seconds(70))
    say("the centre has every record")
  }

  /// The next diner pays without a card; what they see is on the display.
  private mutating func present(_ medium: Medium, _ remark: String) async throws {
    guard let diner = queue.popFirst() else { return }
    let before = try await site.terminal.status().today.approved
    let start = ContinuousClock.now
    switch medium {
    case .code: try site.bus.show(.code(Array(diner.code.utf8)), port: Site.scannerPort)
    case .face: try site.bus.show(.face(diner.face), port: Site.facePort)
    case .card, .keyed: preconditionFailure("cards have a light of their own, and keys no medium")
    }
    try await Patience.until("\(diner.name) has paid", within: .seconds(10)) {
      try await site.terminal.status().today.approved == before + 1
    }
    let latency = Int((ContinuousClock.now - start) / .milliseconds(1))
    if medium == .face { try site.bus.takeAway(port: Site.facePort) }
    count.presented += 1
    count.approved += 1
    let result = try await site.terminal.status().lanes.first?.lastResult ?? "nothing"
    say("✓ \(result)   seen after \(latency) ms   (\(remark))")
  }

  private mutating func present(
    _ card: [UInt8], _ expected: Expected, _ remark: String
  ) async throws {
    try await note(try await site.tap(card), expected, remark)
  }

  /// Compares what the diner saw with what the terminal says, prints it, and counts it.
  private mutating func note(_ tap: Tap, _ expected: Expected, _ remark: String) async throws {
    count.presented += 1
    let result = try await site.terminal.status().lanes.first?.lastResult ?? "nothing"
    guard result.hasPrefix(expected.rawValue), tap.isGreen == (expected != .declined) else {
      throw LaboratoryError.broken(
        "expected \(expected.rawValue) for \(Hexadecimal.text(tap.card)); the terminal says: "
          + "\(result); the reader showed \(tap.signal.map { "\($0)" } ?? "nothing")")
    }
    switch expected {
    case .approved: count.approved += 1
    case .declined: count.declined += 1
    case .alreadyPaid: count.shownAgain += 1
    }
    let light = tap.latency.map { "light after \(Int($0 / .milliseconds(1))) ms" } ?? "dark"
    let mark = expected == .declined ? "✕" : "✓"
    say("\(mark) \(result)   \(light)\(remark.isEmpty ? "" : "   (\(remark))")")
  }
}
