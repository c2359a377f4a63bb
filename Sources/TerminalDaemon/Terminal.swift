package import CanteenModel
import Credentials
import Foundation
package import Journal
import LinkSecurity
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
  let number: TerminalID
  let canteenName: String
  /// Whether it belongs to a centre.
  let hasJoined: Bool
  let journal: Journal
  let usb: USBContext
  let readers: ReaderSupervisor
  /// One or more, by number.
  let lanes: [LaneService]
  /// `nil` where the centre cannot be asked.
  let holds: HoldDesk?
  /// `nil` where the canteen's other terminals cannot find it.
  let peers: PeerDesk?
  let bell: Bell
  let standing: LinkStanding
  let verification: VerificationService
  let keyFile: TerminalKeyFile
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
    let identity = try TerminalIdentity.read(in: configuration.stateDirectory)
    number = try Self.number(configuration, identity)
    canteenName = configuration.canteenName ?? identity?.name ?? "食堂"
    hasJoined = identity != nil
    let keyFile = try Self.keyFile(configuration)
    self.keyFile = keyFile
    let (journal, salvage) = try Journal.openOrSalvage(
      try Self.ledger(configuration, number, keyFile))
    self.journal = journal
    // A power cut came between the ack of a rotation and this.
    try keyFile.follow(journal.key)
    if let salvage { Self.tell(salvage, logger) }
    let bell = Bell()
    self.bell = bell
    let standing = LinkStanding()
    self.standing = standing
    usb = try USBContext.start()
    let readers = ReaderSupervisor(
      host: usb, plan: configuration.counters.readers, logger: logger)
    self.readers = readers
    let centre = try identity.flatMap { identity throws -> Centre? in
      try Self.centre(configuration, identity, journal)
    }
    let holds = centre.map { centre in
      HoldDesk(
        client: centre.client, centreKey: centre.identity.centreKey, key: { journal.key },
        standing: standing, bell: bell, logger: logger)
    }
    self.holds = holds
    let peers = Self.peers(configuration, identity, journal, logger)
    self.peers = peers
    lanes = configuration.counters.lanes.map { number in
      LaneService(
        number: number, schedule: configuration.counters.schedule(of: number), journal: journal,
        readers: readers, holds: holds, peers: peers, logger: logger,
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
          identification: Identification(terminal: number), logger: logger),
      ]
      + lanes
      + (configuration.mirrorDirectory == nil
        ? [] : [MirrorService(journal: journal, logger: logger)])
      + (try Self.settling(
        configuration, identity, centre, peers, journal: journal, keyFile: keyFile,
        standing: standing, bell: bell, logger: logger))
  }

  /// Whether the terminal must join a centre before it can do anything: it has no number.
  package static func mustJoin(_ configuration: TerminalConfiguration) throws -> Bool {
    guard configuration.number == nil else { return false }
    return try TerminalIdentity.read(in: configuration.stateDirectory) == nil
  }

  /// Joins a centre. A terminal that has joined one before joins it again, after its certificate was lost or
  /// it was shut out; it never becomes another one, whose ledger is not its own.
  ///
  /// - Throws: ``OperatorRefusal``, which says what to do.
  package static func join(
    _ order: EnrolOrder, _ configuration: TerminalConfiguration
  ) async throws -> TerminalID {
    do {
      let centre = try LinkAddress(order.url)
      let token = try JoinToken(order.token)
      let directory = configuration.stateDirectory
      let before = try TerminalIdentity.read(in: directory)?.terminal ?? configuration.number
      guard before ?? token.terminal == token.terminal else {
        throw OperatorRefusal(
          description: "this is terminal \(before ?? token.terminal), and the token is of terminal "
            + "\(token.terminal): make one with canteen-settlement terminal token")
      }
      let identity = try await TerminalIdentity.join(
        centre, token: token, directory: directory, recordKey: try keyFile(configuration).key,
        now: { max(SystemClock.read().wallMilliseconds, clockFloorMilliseconds) })
      return identity.terminal
    } catch let refusal as OperatorRefusal {
      throw refusal
    } catch {
      throw OperatorRefusal(description: "\(error)")
    }
  }

  private static func number(
    _ configuration: TerminalConfiguration, _ identity: TerminalIdentity?
  ) throws(ConfigurationError) -> TerminalID {
    guard let number = identity?.terminal ?? configuration.number else {
      throw ConfigurationError(
        "canteen.terminal",
        "is missing, and this terminal joined no centre: canteenctl enrol URL TOKEN")
    }
    guard configuration.number ?? number == number else {
      throw ConfigurationError(
        "canteen.terminal",
        "is not \(number), as which this terminal joined its centre: leave it out")
    }
    return number
  }

  /// Creates the ledger of a terminal that lost the one it had, or whose ledger is damaged, in an epoch
  /// that the centre granted.
  ///
  /// - Returns: What was saved from a damaged ledger, in words; `nil` when there was none.
  /// - Throws: ``JournalError/alreadyThere(path:)`` when there is one that is whole: it is kept.
  package static func beginLedger(
    _ granted: GrantedEpoch, _ configuration: TerminalConfiguration
  ) throws -> String? {
    let identity = try TerminalIdentity.read(in: configuration.stateDirectory)
    let salvage = try Journal.begin(
      granted,
      try ledger(
        configuration, try number(configuration, identity),
        try keyFile(configuration)))
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
    _ configuration: TerminalConfiguration, _ number: TerminalID, _ keyFile: TerminalKeyFile
  ) throws -> Journal.Configuration {
    Journal.Configuration(
      path: ledgerPath(in: configuration.stateDirectory), terminal: number,
      key: keyFile.key, nextKey: keyFile.next, bootID: SystemClock.bootID(),
      clockFloorMilliseconds: clockFloorMilliseconds,
      retentionMilliseconds: Int64(configuration.retentionDays) * 86_400_000,
      mirrorPath: configuration.mirrorDirectory.map {
        "\($0)/canteen-terminal-\(number).mirror"
      },
      storeLimits: StoreLimits(),
      readClock: SystemClock.read)
  }

  private static func ledgerPath(in directory: String) -> String { directory + "/ledger.sqlite" }

  private static func keyFile(_ configuration: TerminalConfiguration) throws -> TerminalKeyFile {
    let directory = configuration.stateDirectory
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let ledger = ledgerPath(in: directory)
    return try TerminalKeyFile(
      directory + "/terminal.key", of: ledger, unless: { Journal.hasBegun(ledger) },
      credentials: configuration.credentials)
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

  /// The centre that a terminal pushes to, and may ask.
  private struct Centre {
    let identity: TerminalIdentity
    let caller: LinkCaller
    let client: CentreClient
  }

  /// - Returns: `nil` for a terminal that does not push: it has nobody to ask.
  private static func centre(
    _ configuration: TerminalConfiguration, _ identity: TerminalIdentity, _ journal: Journal
  ) throws -> Centre? {
    guard case .push(let address) = configuration.settling else { return nil }
    let caller = try LinkCaller(
      identity.current,
      to: LinkCaller.Peer(.centre, of: identity.anchor, now: { journal.linkTime }))
    return Centre(
      identity: identity, caller: caller,
      client: CentreClient(address ?? identity.centre, caller: caller))
  }

  /// - Returns: `nil` where nobody could ask back: who asks the others must answer them.
  private static func peers(
    _ configuration: TerminalConfiguration, _ identity: TerminalIdentity?, _ journal: Journal,
    _ logger: Logger
  ) -> PeerDesk? {
    guard let identity, configuration.peerListening != nil else { return nil }
    return PeerDesk(journal: journal, identity: identity, logger: logger)
  }

  private static func settling(
    _ configuration: TerminalConfiguration, _ identity: TerminalIdentity?, _ centre: Centre?,
    _ peers: PeerDesk?, journal: Journal, keyFile: TerminalKeyFile, standing: LinkStanding,
    bell: Bell, logger: Logger
  ) throws -> [any Service] {
    guard let identity else { return [] }
    let link = SyncLink(journal: journal, keyFile: keyFile, identity: identity, logger: logger)
    var services: [any Service] = []
    var pulled: PullAnswers?
    if let centre {
      services += [
        PushService(
          link: link, client: centre.client, caller: centre.caller, identity: identity,
          standing: standing, bell: bell, logger: logger),
        NewsService(client: centre.client, bell: bell, logger: logger),
      ]
    } else if case .pull = configuration.settling {
      pulled = PullAnswers(link: link, journal: journal, standing: standing)
    }
    guard let peers, let address = configuration.peerListening else { return services }
    return services + [
      try TerminalDoorway.service(
        centre: pulled, neighbours: PeerAnswers(journal: journal, desk: peers), address: address,
        identity: { identity.current }, logger: logger),
      PeerService(desk: peers),
    ]
  }
}
