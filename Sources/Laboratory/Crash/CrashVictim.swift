import CanteenModel
import Foundation
import LocalAPI
import SeededRandom
import VirtualReaders

/// The daemon that is killed, the cards that it has not met yet, and where the kills fell.
struct CrashVictim {
  /// Where a kill fell, by what the reader showed and what the ledger held afterwards.
  struct Moments {
    /// Neither record nor light: the tap was lost before the commit, and nobody was told otherwise.
    var beforeCommit = 0
    /// A record without a light: the diner taps again and is not charged again.
    var beforeLight = 0
    var afterLight = 0
  }

  /// How a card comes to the reader.
  private enum Manner: CaseIterable {
    /// Fixed price; taken away when the daemon dies, and tapped again if it was not lit.
    case tapped
    /// Fixed price; it lies on the reader over the restart. A sale that was committed and not lit is
    /// shown then; otherwise the diner, when not lit before, lifts the card and taps again.
    case leftLying
    /// The cashier armed an amount, and arms it again after the restart.
    case keyed
  }

  private static let keyedAmount = Fen(1234)
  /// How long a diner whose card lies there waits for a light after the restart.
  private static let lyingPatience = Duration.milliseconds(1500)
  /// From lifting a card to tapping it anew; the daemon must see that the reader was empty.
  private static let liftedFor = Duration.milliseconds(300)
  /// Enough for a dozen sales in the write-ahead log, in blocks of 1024 bytes.
  private static let diskBlocks = 300

  let site: Site
  let environment: [String: String]
  private(set) var moments = Moments()
  /// Diners who must have been lit and charged once.
  private(set) var served = 0
  private var queue: ArraySlice<Diner>
  private var random: SplitMix64
  private var terminal: RunningProgram?

  init(site: Site, environment: [String: String], cards: [Diner], seed: UInt64) {
    self.site = site
    self.environment = environment
    queue = cards[...]
    random = SplitMix64(seed: seed)
  }

  /// Stops the daemon, if it runs.
  mutating func stop() async {
    await terminal?.stop()
    terminal = nil
  }

  mutating func killAgainAndAgain(_ kills: Int) async throws {
    terminal = try site.startTerminal(environment)
    try await site.join()
    try await site.waitUntilSelling()
    for number in 1...kills {
      let typical = try await serve(try nextDiner())
      let manner = Manner.allCases[Int(random.next() % UInt64(Manner.allCases.count))]
      let moment = typical * Double(random.next() % 1500) / 1000
      try await kill(during: try nextDiner(), manner, after: moment)
      if number.isMultiple(of: 20) { Console.say("\(number) of \(kills) kills") }
    }
    try await site.waitUntilSettled(within: .seconds(60))
    await stop()
  }

  /// Sells until a commit fails for want of space: no light, exit 75, and after the restart the diner
  /// pays once.
  mutating func meetFullDisk() async throws {
    terminal = try site.startTerminal(environment, diskBlocks: Self.diskBlocks)
    try await site.waitUntilSelling()
    while true {
      let diner = try nextDiner()
      let tap = try await site.lay(diner.card, patience: .seconds(2))
      if tap.signal != nil { served += 1 }
      // The commit that finds the disk full is the sale's, or the one that keeps an ack just after it:
      // then the card was lit, and nobody puts the light out.
      if tap.signal != nil, await wentDark() { continue }
      let status = await terminal?.wait() ?? -1
      guard status == 75 else {
        throw LaboratoryError.broken("crash-test: a failed commit ended canteend with \(status)")
      }
      try site.bus.remove(port: Site.readerPort)
      try await start()
      try await serve(tap.signal == nil ? diner : try nextDiner())
      break
    }
    Console.say("a full disk: no light, exit 75, and the diner paid once after the restart")
    try await site.waitUntilSettled(within: .seconds(60))
  }

  private func wentDark() async -> Bool {
    do {
      try await site.take()
      return true
    } catch { return false }
  }

  private mutating func start() async throws {
    terminal = try site.startTerminal(environment)
    try await site.waitUntilSelling()
  }

  private mutating func nextDiner() throws(LaboratoryError) -> Diner {
    guard let diner = queue.popFirst() else { throw .broken("the crash test ran out of cards") }
    return diner
  }

  /// A tap that must be lit green.
  ///
  /// - Returns: How long the light took.
  @discardableResult
  private mutating func serve(_ diner: Diner) async throws -> Duration {
    let tap = try await site.tap(diner.card)
    guard tap.isGreen, let latency = tap.latency else {
      throw LaboratoryError.broken("crash-test: account \(diner.account) was not served: \(tap)")
    }
    served += 1
    return latency
  }

  /// Lays a card, kills the daemon some time later, starts it again, and lets the diner finish.
  private mutating func kill(
    during diner: Diner, _ manner: Manner, after moment: Duration
  ) async throws {
    if manner == .keyed {
      try await site.terminal.armSale(.keyed(Self.keyedAmount), lane: LaneID(1))
    }
    let before = site.bus.signalLog.count
    try site.bus.tap(VirtualCard(kind: .desfire, serial: diner.card), port: Site.readerPort)
    try await Task.sleep(for: moment, tolerance: .zero)
    terminal?.signal(SIGKILL)
    _ = await terminal?.wait()
    // What the daemon had handed to the kernel still reaches the reader.
    try await Task.sleep(for: .milliseconds(20))
    let wasLit = site.bus.signalLog.dropFirst(before).contains {
      $0.isAnswer(to: diner.card) && $0.signal.green
    }
    if manner != .leftLying { try site.bus.remove(port: Site.readerPort) }
    let restart = site.bus.signalLog.count
    try await start()
    try await finish(diner, manner, wasLit: wasLit, since: restart)
  }

  private mutating func finish(
    _ diner: Diner, _ manner: Manner, wasLit: Bool, since restart: Int
  ) async throws {
    switch manner {
    case .leftLying:
      let isShown = try await isLitLying(diner, since: restart)
      try site.bus.remove(port: Site.readerPort)
      try await Task.sleep(for: Self.liftedFor)
      if wasLit || isShown { served += 1 } else { try await serve(diner) }
    case .tapped, .keyed:
      if wasLit {
        served += 1
      } else {
        if manner == .keyed {
          try await site.terminal.armSale(.keyed(Self.keyedAmount), lane: LaneID(1))
        }
        try await serve(diner)
      }
    }
    try await note(wasLit: wasLit)
  }

  /// Waits for a green light on the card that lies there. A red one asks the diner to tap again.
  private func isLitLying(_ diner: Diner, since restart: Int) async throws -> Bool {
    let deadline = ContinuousClock.now + Self.lyingPatience
    while ContinuousClock.now < deadline {
      let answers = site.bus.signalLog.dropFirst(restart).filter { $0.isAnswer(to: diner.card) }
      if let answer = answers.first { return answer.signal.green && !answer.signal.red }
      try await Task.sleep(for: .milliseconds(5))
    }
    return false
  }

  /// Counts where the kill fell, by what the last light of this diner meant.
  private mutating func note(wasLit: Bool) async throws {
    let result = try await site.terminal.status().lanes.first?.lastResult ?? ""
    if wasLit {
      moments.afterLight += 1
    } else if result.hasPrefix("approved") {
      moments.beforeCommit += 1
    } else {
      moments.beforeLight += 1
    }
  }
}
