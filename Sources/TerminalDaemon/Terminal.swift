import CanteenModel
import Credentials
import Foundation
package import Journal
package import Logging
import Readers
package import ServiceLifecycle
import SyncProtocol
import SyncTransport
import TerminalCore
import USBTransport

/// One terminal, put together: the ledger, the readers, the lanes and the way to the centre.
///
/// What the local API serves is answered here.
package struct Terminal: Sendable {
  package let configuration: TerminalConfiguration
  let journal: Journal
  let usb: USBContext
  let readers: ReaderSupervisor
  /// One or more, by number.
  let lanes: [LaneService]
  /// `nil` where the centre cannot be asked.
  let holds: HoldDesk?
  let bell: Bell
  let standing: LinkStanding
  let verification: VerificationService
  /// In order of dependency; they shut down in reverse.
  package let services: [any Service]

  /// No clock is honest that is before the day on which this was written: 2026-11-21.
  private static let clockFloorMilliseconds: Int64 = 1_795_190_400_000

  /// Opens the ledger before anything else exists, then composes the services. A damaged ledger is put
  /// aside, and what links of it is kept.
  ///
  /// - Throws: What the ledger, the key file or the USB library throws; each says what to do.
  package init(_ configuration: TerminalConfiguration, logger: Logger) throws {
    self.configuration = configuration
    let (journal, salvage) = try Journal.openOrSalvage(try Self.ledger(configuration))
    self.journal = journal
    if let salvage { Self.tell(salvage, logger) }
    let bell = Bell()
    self.bell = bell
    let standing = LinkStanding()
    self.standing = standing
    usb = try USBContext.start()
    let readers = ReaderSupervisor(
      host: usb, plan: configuration.counters.readers, logger: logger)
    self.readers = readers
    let holds = Self.holdDesk(configuration, journal, standing, bell, logger)
    self.holds = holds
    lanes = configuration.counters.lanes.map { number in
      LaneService(
        number: number, schedule: configuration.counters.schedule(of: number), journal: journal,
        readers: readers, holds: holds, logger: logger,
        onRecord: { if standing.now.fault == nil { bell.ring() } })
    }
    verification = VerificationService(journal: journal, logger: logger)
    services =
      [
        LedgerWatch(journal: journal, logger: logger),
        HousekeepingService(journal: journal, logger: logger), verification,
        // The lanes end before the readers, so that what they decided last can still be shown.
        ReaderService(
          readers: readers, lanes: lanes,
          identification: Identification(terminal: configuration.terminal), logger: logger),
      ]
      + lanes
      + (configuration.mirrorDirectory == nil
        ? [] : [MirrorService(journal: journal, logger: logger)])
      + Self.settling(
        configuration, journal: journal, standing: standing, bell: bell, logger: logger)
  }

  /// The terminal's public key, which the centre must know: 64 hexadecimal digits. Made when there is
  /// none yet.
  package static func publicKey(_ configuration: TerminalConfiguration) throws -> String {
    Hexadecimal.text(try key(in: configuration.stateDirectory).publicKey.rawBytes)
  }

  /// Creates the ledger of a terminal that lost the one it had, or whose ledger is damaged, in an epoch
  /// that the centre granted.
  ///
  /// - Returns: What was saved from a damaged ledger, in words; `nil` when there was none.
  /// - Throws: ``JournalError/alreadyThere(path:)`` when there is one that is whole: it is kept.
  package static func beginLedger(
    _ granted: GrantedEpoch, _ configuration: TerminalConfiguration
  ) throws -> String? {
    let salvage = try Journal.begin(granted, try ledger(configuration))
    return salvage.map { saved in
      "kept \(saved.kept) records of the damaged ledger that the centre did not acknowledge, "
        + "missing: \(saved.missing.map { "\($0)" } ?? "not known"); it is \(saved.file)"
    }
  }

  private static func tell(_ salvage: Salvage, _ logger: Logger) {
    logger.critical(
      "the ledger was damaged: a new one goes on with what could be saved; keep the damaged file",
      metadata: [
        "file": "\(salvage.file)", "kept": "\(salvage.kept)",
        "missing": "\(salvage.missing.map { "\($0)" } ?? "not known")",
      ])
  }

  private static func ledger(
    _ configuration: TerminalConfiguration
  ) throws -> Journal.Configuration {
    Journal.Configuration(
      path: ledgerPath(in: configuration.stateDirectory), terminal: configuration.terminal,
      key: try key(in: configuration.stateDirectory), bootID: SystemClock.bootID(),
      clockFloorMilliseconds: clockFloorMilliseconds,
      retentionMilliseconds: Int64(configuration.retentionDays) * 86_400_000,
      mirrorPath: configuration.mirrorDirectory.map {
        "\($0)/canteen-terminal-\(configuration.terminal).mirror"
      },
      storeLimits: StoreLimits(),
      readClock: SystemClock.read)
  }

  private static func ledgerPath(in directory: String) -> String { directory + "/ledger.sqlite" }

  private static func key(in directory: String) throws -> SigningKey {
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return try SigningKeyFile.readOrCreate(
      directory + "/terminal.key", unlessExists: ledgerPath(in: directory))
  }

  /// Whether a commit failed, so that nobody knows what is on disk: exit 75 and start again.
  package var hasFailedLedger: Bool { journal.hasFailed }

  /// Lets go of the USB library after a service failed; the ledger stays as it is, to be recovered.
  package func abandon() {
    usb.close()
  }

  /// Closes the USB library and the ledger. Call it after the services ended.
  package func close() throws {
    usb.close()
    try journal.close()
  }

  /// Only a terminal that pushes has somebody to ask.
  private static func holdDesk(
    _ configuration: TerminalConfiguration, _ journal: Journal, _ standing: LinkStanding,
    _ bell: Bell, _ logger: Logger
  ) -> HoldDesk? {
    guard case .push(let centre) = configuration.settling, let token = configuration.token,
      let centreKey = configuration.centreKey
    else { return nil }
    return HoldDesk(
      client: CentreClient(centre: centre, token: token, terminal: configuration.terminal),
      centreKey: centreKey, key: journal.key, standing: standing, bell: bell, logger: logger)
  }

  private static func settling(
    _ configuration: TerminalConfiguration, journal: Journal, standing: LinkStanding, bell: Bell,
    logger: Logger
  ) -> [any Service] {
    guard let token = configuration.token, let centreKey = configuration.centreKey else {
      return []
    }
    let link = SyncLink(journal: journal, centreKey: centreKey, logger: logger)
    switch configuration.settling {
    case .off:
      return []
    case .push(let centre):
      let client = CentreClient(centre: centre, token: token, terminal: configuration.terminal)
      return [
        PushService(link: link, client: client, standing: standing, bell: bell, logger: logger)
      ]
    case .pull(let address):
      let answers = PullAnswers(link: link, standing: standing)
      return [
        PullListener.service(answers, address: address, token: token, logger: logger)
      ]
    }
  }
}
