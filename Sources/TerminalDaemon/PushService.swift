import CanteenModel
import Journal
import Logging
import ServiceLifecycle
import SyncProtocol
import SyncTransport
import TerminalCore

/// Settles by pushing: hands in batches, takes acks and feed, rests, and starts again.
///
/// It ends only with the daemon; whatever fails is tried again after the rest that the session asks.
struct PushService: Service {
  let link: SyncLink
  let client: CentreClient
  let caller: LinkCaller
  let identity: TerminalIdentity
  let standing: LinkStanding
  let bell: Bell
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var actions = await link.handle(.wake)
      while !Task.isCancelled {
        actions = await next(after: actions)
      }
    }
  }

  /// Does what the session asked, and returns what it asks next.
  private func next(after actions: [SyncSession.Action]) async -> [SyncSession.Action] {
    do {
      guard let action = actions.first else { return await link.handle(.wake) }
      switch action {
      case .sendBatch(let limit):
        await renewWhenDue()
        let batch = try await link.batch(limit: limit)
        let ack = try await client.deliver(batch: batch)
        return try await link.take(ack: ack)
      case .requestFeed:
        let page = try await client.feed(request: try await link.feedRequest())
        let next = try await link.take(feed: page)
        if await !link.isRefused { standing.succeeded() }
        return next
      case .rest(let milliseconds):
        standing.rests(until: SystemClock.read().bootMilliseconds + milliseconds)
        await bell.rest(milliseconds: milliseconds)
        standing.rests(until: nil)
        return await link.handle(.wake)
      case .storeAck, .refuse:
        preconditionFailure("the link stores and refuses acks itself")
      }
    } catch {
      standing.failed("\(error)")
      logger.warning("settling failed", metadata: ["reason": "\(error)"])
      return await link.handle(
        Self.event(after: error, jitterPermille: Int.random(in: 0...1000), actions.first))
    }
  }

  private static func event(
    after error: any Error, jitterPermille: Int, _ action: SyncSession.Action?
  ) -> SyncSession.Event {
    if case LinkError.notNow(let seconds, _) = error {
      return .turnedAway(milliseconds: Int64(seconds) * 1000, jitterPermille: jitterPermille)
    }
    return action?.isBatch == true && isRefusal(error)
      ? .refused(jitterPermille: jitterPermille) : .failed(jitterPermille: jitterPermille)
  }

  /// Asks for a new certificate when the one before it grows old. While it cannot be had, the old one is
  /// shown, which hands in batches even when it has expired.
  private func renewWhenDue() async {
    do {
      guard let request = try await link.renewalRequest() else { return }
      try await link.take(renewal: try await client.renew(request: request))
      try caller.show(identity.current)
    } catch {
      logger.warning("no new certificate", metadata: ["reason": "\(error)"])
    }
  }

  /// Whether the centre was reached and settling alone stands still.
  private static func isRefusal(_ error: any Error) -> Bool {
    switch error {
    case is AckRefusal: true
    case LinkError.refused(let status, _): (400..<500).contains(status)
    default: false
    }
  }
}

extension SyncSession.Action {
  fileprivate var isBatch: Bool {
    if case .sendBatch = self { true } else { false }
  }
}
