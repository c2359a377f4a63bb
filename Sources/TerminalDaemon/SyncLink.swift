import CanteenModel
import Journal
import LinkSecurity
import Logging
import SyncProtocol
import SyncTransport
import TerminalCore

/// The steps of settling that both directions share: the session says what, this does it with the
/// journal. One owner at a time: an actor, whose callers take turns.
actor SyncLink {
  private var session: SyncSession
  private let journal: Journal
  private let keyFile: TerminalKeyFile
  private let identity: TerminalIdentity
  private let logger: Logger
  /// Up to where the deny list is known. Forgotten with the process: then it is fed again.
  private var denied: Int64 = 0
  /// When the last batch was handed out, by the boot clock.
  private var handedOut: (challenge: Digest32, bootMilliseconds: Int64)?

  init(
    journal: Journal, keyFile: TerminalKeyFile, identity: TerminalIdentity, logger: Logger
  ) {
    self.journal = journal
    self.keyFile = keyFile
    self.identity = identity
    self.logger = logger
    session = SyncSession(terminal: journal.terminal, nextSize: journal.nextBatchSize)
  }

  /// Whether the centre does not take the chain; the feed goes on meanwhile.
  var isRefused: Bool { session.isRefused }

  func handle(_ event: SyncSession.Event) -> [SyncSession.Action] {
    session.handle(event)
  }

  /// The next batch, remembered as the one whose ack is waited for.
  func batch(limit: Int) async throws(JournalError) -> [UInt8] {
    let (bytes, facts) = try await journal.nextBatch(limit: limit, challenge: .random())
    _ = session.handle(.sent(facts))
    handedOut = (facts.challenge, SystemClock.read().bootMilliseconds)
    return bytes
  }

  /// Verifies an ack and, when the session believes it, makes it durable.
  ///
  /// - Returns: What the session wants next.
  func take(ack bytes: [UInt8]) async throws -> [SyncSession.Action] {
    let ack = try AckCodec.open(bytes, key: identity.centreKey)
    let ownHead = try await journal.head(at: ack.position)
    let actions = session.handle(.acknowledged(ack, ownHead: ownHead))
    for action in actions {
      switch action {
      case .storeAck(let believed):
        try await journal.store(
          believed, roundTripMilliseconds: roundTrip(of: believed.challenge))
        try keyFile.follow(journal.key)
        logger.debug(
          "ack stored", metadata: ["sequence": "\(believed.position.sequence)"])
        return session.handle(.ackStored(hasBacklog: journal.hasBacklog))
      case .refuse(let refusal):
        logger.error("ack refused", metadata: ["reason": "\(refusal.rawValue)"])
        throw refusal
      case .sendBatch, .requestFeed, .rest:
        preconditionFailure("an ack is stored or refused")
      }
    }
    return actions
  }

  private func roundTrip(of challenge: Digest32) -> Int64 {
    guard let handedOut, handedOut.challenge == challenge else { return .max }
    return SystemClock.read().bootMilliseconds - handedOut.bootMilliseconds
  }

  /// Verifies a page of the feed and makes it durable.
  func take(feed bytes: [UInt8]) async throws -> [SyncSession.Action] {
    let page = try FeedCodec.open(bytes, key: identity.centreKey)
    guard page.terminal == journal.terminal else { throw AckRefusal.notOurs }
    guard page.echoedNonce == journal.storedNonce else { throw AckRefusal.stale }
    try await journal.apply(page)
    denied = max(denied, page.deniedCursor)
    if !page.accounts.isEmpty {
      logger.debug("feed applied", metadata: ["accounts": "\(page.accounts.count)"])
    }
    return session.handle(.fed(hasMore: page.hasMore))
  }

  /// The request for a new certificate; `nil` when no new one is due.
  func renewalRequest() throws -> [UInt8]? {
    guard identity.current.certificate.renewalDue <= journal.linkTime else { return nil }
    return try identity.renewalRequest(recordKey: journal.key)
  }

  /// Takes a new certificate and makes it durable.
  func take(renewal bytes: [UInt8]) async throws {
    try await identity.take(bytes)
    logger.notice("a new certificate")
  }

  /// The request for the next page of the feed.
  func feedRequest() throws(WireError) -> [UInt8] {
    let cursor = journal.feedCursor
    return try FeedCodec.encode(
      FeedCursor(
        version: cursor.version, rulebookVersion: cursor.rulebookVersion, denied: denied),
      terminal: journal.terminal, echoedNonce: journal.storedNonce, key: journal.key)
  }
}
