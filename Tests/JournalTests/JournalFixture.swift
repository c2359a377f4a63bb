import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import Synchronization
import Testing

@testable import Journal

/// A journal in a folder of its own, with a clock that moves when a test says so.
final class JournalFixture: Sendable {
  let folder: URL
  let key = SigningKey()
  let clock: Mutex<Clock>

  /// What the machine's clocks say, and which boot it is.
  struct Clock {
    var wall: Int64
    var boot: Int64
    var bootID = "first boot"
  }

  /// Lunch on 2026-11-23 in China: 12:00 local time.
  static let noon: Int64 = 1_795_406_400_000

  init(now: Int64 = JournalFixture.noon) throws {
    clock = Mutex(Clock(wall: now, boot: now - 1_700_000_000_000))
    folder = FileManager.default.temporaryDirectory.appending(
      path: "canteen-journal-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)  // a leftover folder harms no test
  }

  var path: String { folder.appending(path: "ledger.sqlite").path }

  func configuration(
    terminal: UInt32 = 3, key: SigningKey? = nil, nextKey: SigningKey? = nil,
    retentionMilliseconds: Int64 = Journal.Configuration.standardRetention,
    mirrorPath: String? = nil, storeLimits: StoreLimits? = nil
  ) -> Journal.Configuration {
    Journal.Configuration(
      path: path, terminal: TerminalID(terminal), key: key ?? self.key,
      nextKey: nextKey,
      bootID: clock.withLock { $0.bootID }, clockFloorMilliseconds: 1_767_225_600_000,
      retentionMilliseconds: retentionMilliseconds, mirrorPath: mirrorPath,
      storeLimits: storeLimits,
      readClock: {
        let now = self.clock.withLock { $0 }
        return ClockReading(wallMilliseconds: now.wall, bootMilliseconds: now.boot)
      })
  }

  func open(terminal: UInt32 = 3) throws -> Journal {
    try Journal(configuration(terminal: terminal))
  }

  /// Lets go of a journal as a crash does: nothing is closed or marked.
  func crash(_ journal: Journal) throws {
    try journal.connection.close()
  }

  /// The machine is booted: its boot clock begins anew, the wall clock goes on.
  func boot(afterSeconds seconds: Int64) {
    clock.withLock { clock in
      clock = Clock(
        wall: clock.wall + seconds * 1000, boot: 20_000, bootID: clock.bootID + ", then another")
    }
  }

  /// An open journal that was fed a rulebook and some accounts.
  func openFed(_ accounts: [AccountSnapshot]) async throws -> Journal {
    let journal = try open()
    try await journal.apply(Self.page(accounts, from: 0, to: 1, rulebook: Self.rulebook))
    return journal
  }

  func advance(seconds: Int64) {
    clock.withLock { clock in
      clock.wall += seconds * 1000
      clock.boot += seconds * 1000
    }
  }

  static func page(
    _ accounts: [AccountSnapshot], from: Int64, to: Int64, rulebook: Rulebook? = nil
  ) -> FeedPage {
    FeedPage(
      terminal: TerminalID(3), fromCursor: from, toCursor: to, hasMore: false, accounts: accounts,
      rulebook: rulebook, place: place, timeMilliseconds: noon)
  }

  static let place = TerminalPlace(canteen: CanteenID(5), isOnlyTerminal: true)

  static let rulebook = rulebook(version: 1)

  static func rulebook(
    version: Int64, effectiveFromDay: Int32 = 0, price: Int64 = 1500, salesPerMeal: Int = 2,
    market: MarketRules? = nil, brakes: Brakes = .standard
  ) -> Rulebook {
    Rulebook(
      version: version, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: [
        MealPeriod(
          number: 1, name: "早餐", startMinute: 390, endMinute: 540, price: Fen(500)),
        MealPeriod(
          number: 2, name: "午餐", startMinute: 660, endMinute: 780, price: Fen(price)),
      ], spendOrder: [.subsidy, .personal], singleLimit: Fen(10_000), salesPerMeal: salesPerMeal,
      repeatGuardSeconds: 60, effectiveFromDay: effectiveFromDay, market: market,
      offline: OfflineCaps(
        home: Fen(1_000_000), alone: Fen(1_000_000), approvals: 100, serialTrust: .medium),
      brakes: brakes)
  }

  static func account(
    _ number: Int64, subsidy: Int64 = 0, personal: Int64 = 0, version: Int64 = 1,
    includes: JournalPosition? = nil, status: AccountStatus = .active
  ) -> AccountSnapshot {
    AccountSnapshot(
      account: AccountID(number), maskedName: "王*明", status: status,
      homeCanteen: place.canteen,
      tranches: PurseAmounts(subsidy: Fen(subsidy), personal: Fen(personal)).withoutTranches,
      version: version,
      includes: includes, credentials: [card(number)])
  }

  static func card(_ number: Int64) -> Credential {
    Credential(
      kind: .cardSerial, value: [4] + (0..<6).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
  }

  static func request(
    _ number: Int64, lane: UInt16 = 1, price: SalePrice = .mealPeriod, mayCharge: Bool = true
  ) -> SaleRequest {
    SaleRequest(
      lane: LaneID(lane), medium: .card, credential: card(number), price: price,
      mayCharge: mayCharge)
  }
}

extension SaleOutcome {
  var isApproved: Bool {
    if case .approved = verdict { true } else { false }
  }

  var isShownAgain: Bool {
    if case .shownAgain = verdict { true } else { false }
  }

  var declineReason: DeclineReason? {
    if case .declined(let record, _) = verdict { record.reason } else { nil }
  }
}
