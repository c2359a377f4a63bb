package import CanteenModel

/// The other terminals of a canteen, as one of them sees them: whom a sale asks, and who is greeted to
/// see whether they are there.
///
/// Being in the group is no promise about money, which ``ReservationRule`` keeps sale by sale; it only
/// says whom it is worth waiting for. Who does not answer in time is asked again after it answered a
/// greeting, so that a mute terminal delays one sale and not every one.
package struct PeerGroup: Hashable, Sendable {
  package struct Peer: Hashable, Sendable {
    package let terminal: TerminalID
    /// Since when it answers, by the boot clock in milliseconds; `nil` while it does not.
    package fileprivate(set) var answersSince: Int64?
    fileprivate var greetAt: Int64
    /// How often in a row it did not answer.
    fileprivate var misses = 0
  }

  /// How often a peer is greeted that answers, and how soon one again that did not the first time.
  package static let greetingMilliseconds: Int64 = 2_000
  /// The pause doubles each time up to this; a peer that is heard of ends it (``noticed(_:at:)``).
  package static let longestPauseMilliseconds: Int64 = 16_000
  /// No peer is greeted again sooner than this, however often it is heard of.
  package static let shortestPauseMilliseconds: Int64 = 1_000

  /// In the order of their numbers.
  package private(set) var peers: [Peer] = []

  package init() {}

  /// Takes the roster that the centre signed. Those who stay keep their standing.
  ///
  /// - Parameter others: The canteen's other terminals.
  package mutating func enter(_ others: [TerminalID], at bootMilliseconds: Int64) {
    peers = others.sorted().map { terminal in
      peers.first { $0.terminal == terminal }
        ?? Peer(terminal: terminal, answersSince: nil, greetAt: bootMilliseconds)
    }
  }

  /// It answered a greeting or a reservation.
  package mutating func heard(_ terminal: TerminalID, at bootMilliseconds: Int64) {
    change(terminal) { peer in
      if peer.answersSince == nil { peer.answersSince = bootMilliseconds }
      peer.misses = 0
      peer.greetAt = bootMilliseconds + Self.greetingMilliseconds
    }
  }

  /// It did not answer, or said something that is not to be believed.
  package mutating func missed(_ terminal: TerminalID, at bootMilliseconds: Int64) {
    change(terminal) { peer in
      peer.answersSince = nil
      peer.misses += 1
      let pause = Self.greetingMilliseconds << min(peer.misses - 1, 8)
      peer.greetAt = bootMilliseconds + min(pause, Self.longestPauseMilliseconds)
    }
  }

  /// It asked something here: whoever did not answer is likely to do so now.
  ///
  /// - Returns: Whether it is greeted sooner for that.
  package mutating func noticed(_ terminal: TerminalID, at bootMilliseconds: Int64) -> Bool {
    let soon = bootMilliseconds + Self.shortestPauseMilliseconds
    var isSooner = false
    change(terminal) { peer in
      guard peer.answersSince == nil, peer.greetAt > soon else { return }
      peer.greetAt = soon
      isSooner = true
    }
    return isSooner
  }

  /// Whom a sale asks.
  package var answering: [TerminalID] {
    peers.filter { $0.answersSince != nil }.map(\.terminal)
  }

  /// Who is to be greeted now.
  package func due(at bootMilliseconds: Int64) -> [TerminalID] {
    peers.filter { $0.greetAt <= bootMilliseconds }.map(\.terminal)
  }

  /// When the next greeting is due; `nil` where there is nobody to greet.
  package var nextGreeting: Int64? { peers.map(\.greetAt).min() }

  /// Whether so many answer that the rules may let them decide as a group.
  package func isGroup(_ groups: PeerGrouping) -> Bool {
    switch groups {
    case .none: false
    case .any: !answering.isEmpty
    case .whole: !peers.isEmpty && answering.count == peers.count
    }
  }

  private mutating func change(_ terminal: TerminalID, _ body: (inout Peer) -> Void) {
    guard let place = peers.firstIndex(where: { $0.terminal == terminal }) else { return }
    body(&peers[place])
  }
}
