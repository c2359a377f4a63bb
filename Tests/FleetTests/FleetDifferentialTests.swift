import CanteenModel
import Foundation
import Journal
import SeededRandom
import SyncProtocol
import Synchronization
import Testing

@testable import FleetSimulation

/// The simulated journal is not a second opinion: it must write what the real one writes, byte for byte.
@Suite("The simulated journal and the real one")
struct FleetDifferentialTests {
  /// The same terminal twice, and the centre that feeds both.
  private final class Pair {
    let clock: Clock
    let simulated: SimulatedJournal
    let real: Journal
    let centre: SimulatedCentre
    var dice: SplitMix64
    let folder: URL

    init(seed: UInt64) throws {
      var dice = SplitMix64(seed: seed, number: 1)
      clock = Clock()
      centre = SimulatedCentre(
        key: World.key(&dice), dice: SplitMix64(seed: seed, number: 2), nextSize: 100)
      let key = World.key(&dice)
      folder = FileManager.default.temporaryDirectory
        .appending(path: "canteen-fleet-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let floor = WorldPlan.beginning - WorldPlan.dayMilliseconds
      let retention = 2 * WorldPlan.dayMilliseconds
      let clock = clock
      real = try Journal(
        Journal.Configuration(
          path: folder.appending(path: "ledger.sqlite").path, terminal: TerminalID(1), key: key,
          bootID: "1", clockFloorMilliseconds: floor, retentionMilliseconds: retention,
          readClock: { clock.reading }))
      simulated = SimulatedJournal(
        terminal: TerminalID(1), key: key, epoch: Epoch(1), token: nil, floor: floor,
        retention: retention, dice: SplitMix64(seed: seed, number: 3))
      try simulated.begin(now: clock.reading)
      try simulated.open(now: clock.reading, bootID: 1)
      self.dice = dice
      try setUpCentre(key)
    }

    private func setUpCentre(_ key: SigningKey) throws {
      centre.now = clock.reading.wallMilliseconds
      let rulebook = WorldPlan(seed: 4).rulebook(version: 1, from: 0)
      let signed = try RulebookCodec.sign(rulebook, key: centre.key)
      _ = centre.disk.commit { tables in
        tables.rulebooks.append((rulebook, signed))
        tables.terminals.append(
          CentreTables.TerminalFile(canteen: CanteenID(1), publicKey: key.publicKey.digest))
        for number in 0..<8 {
          tables.accounts.append(
            CentreTables.AccountFile(
              name: "食*\(number)", homeCanteen: CanteenID(UInt32(number % 2) + 1),
              credentials: [Self.credential(number, 1), Self.credential(number, 2)]))
        }
      }
      for number in 1...8 as ClosedRange<Int64> {
        let tranche = TrancheBalance(
          purse: .personal, tranche: .none, amount: Fen(30_000), lastSpendingDay: nil)
        centre.fund(AccountID(number), tranche)
        let subsidy = TrancheBalance(
          purse: .subsidy, tranche: TrancheID(7), amount: Fen(9_000),
          lastSpendingDay: WorldPlan.firstDay + 4)
        centre.fund(AccountID(number), subsidy)
      }
    }

    static func credential(_ number: Int, _ kind: UInt8) -> Credential {
      Credential(
        kind: kind == 1 ? .cardSerial : .face, value: [UInt8(number), 1, 2, kind, 4])
    }
  }

  /// Clocks that the test moves.
  private final class Clock: Sendable {
    private let now = Mutex<Int64>(WorldPlan.beginning + 7 * 3_600_000)

    var reading: ClockReading {
      let now = now.withLock { $0 }
      return ClockReading(
        wallMilliseconds: now, bootMilliseconds: now - WorldPlan.beginning)
    }

    func advance(_ milliseconds: Int64) { now.withLock { $0 += milliseconds } }
  }

  @Test(
    "the same presentations, acks, pages and corrections give the same bytes", arguments: [1])
  func sameBytes(seed: UInt64) async throws {
    let pair = try Pair(seed: seed)
    defer { try? FileManager.default.removeItem(at: pair.folder) }  // it is temporary
    try await settle(pair)
    var approved = 0
    for step in 0..<400 {
      pair.clock.advance(pair.dice.between(1_000, 400_000))
      pair.centre.now = pair.clock.reading.wallMilliseconds
      switch pair.dice.below(100) {
      case 0..<6: try await settle(pair)
      case 6..<9: try await correct(pair)
      case 9..<12:
        _ = try pair.simulated.prune(now: pair.clock.reading)
        _ = try await pair.real.prune()
      default: approved += try await tap(pair) ? 1 : 0
      }
      let position = pair.simulated.ledger.position
      let head = try await pair.real.head(at: position)
      try #require(head == pair.simulated.ledger.head, "step \(step)")
    }
    #expect(approved > 50)
    try pair.real.close()
  }

  private func tap(_ pair: Pair) async throws -> Bool {
    let prices: [SalePrice] = [
      .mealPeriod, .mealPeriod, .guestMeal, .count, .keyed(Fen(pair.dice.between(1, 3_000))),
    ]
    let isFace = pair.dice.chance(permille: 700)
    let request = SaleRequest(
      lane: LaneID(UInt16(1 + pair.dice.below(2))), medium: isFace ? .face : .card,
      credential: Pair.credential(pair.dice.below(9), isFace ? 2 : 1),
      price: prices[pair.dice.below(prices.count)])
    let step = try pair.simulated.authorise(request, .nobody, now: pair.clock.reading)
    let outcome = try await pair.real.authorise(request)
    guard case .decided(let own) = step else {
      Issue.record("nobody is asked and nothing fails")
      return false
    }
    #expect(own.verdict == outcome.verdict)
    #expect(own.position == outcome.position)
    if case .approved = own.verdict { return true }
    return false
  }

  private func correct(_ pair: Pair) async throws {
    let ledger = pair.simulated.ledger
    let number =
      ledger.pruned.position.sequence.number
      + UInt64(1 + pair.dice.below(max(1, ledger.records.count)))
    let request = CorrectionRequest(
      kind: pair.dice.chance(permille: 500) ? .refund : .void,
      original: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(number)),
      amount: nil, by: OperatorIdentity(userID: 1_000, name: "cashier"), note: "")
    try pair.simulated.correct(request, now: pair.clock.reading)
    _ = try await pair.real.correct(request)
  }

  /// Both hand in the same records; the centre answers the simulated one, and both store the answer.
  private func settle(_ pair: Pair) async throws {
    let (bytes, facts) = try pair.simulated.nextBatch(limit: 100)
    let real = try await pair.real.nextBatch(limit: 100, challenge: facts.challenge)
    #expect(bytes == real.bytes)
    guard case .acknowledged(let answer) = pair.centre.take(batch: bytes) else {
      Issue.record("the centre takes the batch")
      return
    }
    let ack = try AckCodec.open(answer, key: pair.centre.key.publicKey)
    _ = try pair.simulated.store(ack, roundTripMilliseconds: 0, now: pair.clock.reading)
    try await pair.real.store(ack)
    var hasMore = true
    while hasMore {
      let request = try FeedCodec.encode(
        pair.simulated.feedCursor, terminal: TerminalID(1), echoedNonce: ack.nonce,
        key: pair.simulated.key)
      let answer = try #require(pair.centre.feedPage(asked: request, by: TerminalID(1)))
      let page = try FeedCodec.open(answer, key: pair.centre.key.publicKey)
      _ = try pair.simulated.apply(page, now: pair.clock.reading)
      try await pair.real.apply(page)
      hasMore = page.hasMore
    }
  }
}
