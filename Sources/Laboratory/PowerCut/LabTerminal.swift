import CanteenModel
import Journal
import SyncProtocol
import Synchronization

/// The terminal whose ledger the laboratory ill-treats: who it is, and the clocks that it sees.
final class LabTerminal: Sendable {
  static let id = TerminalID(3)
  static let ledger = "ledger.sqlite"
  /// Created beside the ledger without SQLite.
  static let witness = "ledger.sqlite.begun"

  static let mirror = "ledger.mirror"

  /// Five days: the laboratory's days are few, and some of them end a month.
  static let retentionMilliseconds: Int64 = 5 * 86_400_000

  private struct Clocks {
    var wall: Int64
    var boot: Int64
    var boots = 1
  }

  private let key: SigningKey
  private let clocks: Mutex<Clocks>

  /// In the morning, some time after its first boot.
  init() throws {
    key = try SigningKey(rawBytes: Array(1...32))
    clocks = Mutex(Clocks(wall: LabFeed.morning, boot: 1_000_000))
  }

  /// Late on an evening two hundred days later, when the power came back.
  static func atNight() throws -> LabTerminal {
    let terminal = try LabTerminal()
    terminal.clocks.withLock { clocks in
      clocks = Clocks(
        wall: LabFeed.morning + 200 * 86_400_000 + 11 * 3_600_000, boot: 40_000, boots: 1000)
    }
    return terminal
  }

  var wallMilliseconds: Int64 { clocks.withLock { $0.wall } }

  func advance(milliseconds: Int64) {
    clocks.withLock { clocks in
      clocks.wall += milliseconds
      clocks.boot += milliseconds
    }
  }

  /// The machine is started anew.
  func reboot() {
    clocks.withLock { clocks in
      clocks.wall += 60_000
      clocks.boot = 30_000
      clocks.boots += 1
    }
  }

  func open(
    in folder: String, storeLimits: StoreLimits? = nil
  ) throws(JournalError) -> Journal {
    try Journal(configuration(in: folder, storeLimits: storeLimits))
  }

  func configuration(
    in folder: String, mirrorPath: String? = nil, storeLimits: StoreLimits? = nil
  ) -> Journal.Configuration {
    Journal.Configuration(
      path: folder + "/" + Self.ledger, terminal: Self.id, key: key,
      bootID: "boot \(clocks.withLock { $0.boots })", clockFloorMilliseconds: 1_767_225_600_000,
      retentionMilliseconds: Self.retentionMilliseconds, fedRowsAtOnce: 4,
      mirrorPath: mirrorPath, storeLimits: storeLimits,
      readClock: {
        let now = self.clocks.withLock { $0 }
        return ClockReading(wallMilliseconds: now.wall, bootMilliseconds: now.boot)
      })
  }
}

extension SaleOutcome {
  /// The sale, when the light goes on for a new one.
  var approved: SaleRecord? {
    if case .approved(let sale) = verdict { sale } else { nil }
  }
}
