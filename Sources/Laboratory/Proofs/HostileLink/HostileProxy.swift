import CanteenModel
import SeededRandom
import SyncProtocol

/// What stands between terminals and their centre and wishes both ill: it reads every message, has a key of its
/// own, and drops, repeats, holds back, cuts, changes and swaps what it likes, and makes answers up. TLS is not
/// there to help: this is what is left when whoever ends it is the enemy.
struct HostileProxy {
  enum Kind: CaseIterable {
    case batch
    case ack
    case feedRequest
    case page
  }

  /// What was done to messages.
  struct Tally {
    var messages = 0
    var dropped = 0
    var repeated = 0
    var heldBack = 0
    var replayed = 0
    var cut = 0
    var changed = 0
    var spliced = 0
    var forged = 0

    static func + (left: Tally, right: Tally) -> Tally {
      var sum = left
      for field: WritableKeyPath<Tally, Int> in [
        \.messages, \.dropped, \.repeated, \.heldBack, \.replayed, \.cut, \.changed, \.spliced,
        \.forged,
      ] { sum[keyPath: field] += right[keyPath: field] }
      return sum
    }
  }

  /// The proxy's own key. Nobody should believe it.
  let key = SigningKey()
  private(set) var tally = Tally()
  private var random: SplitMix64
  /// The newest messages of each kind, of all terminals.
  private var past: [Kind: [[UInt8]]] = [:]
  private var late: [Kind: [[UInt8]]] = [:]

  private static let memory = 32

  init(_ random: SplitMix64) { self.random = random }

  /// What arrives of a message: nothing, one or several.
  mutating func pass(_ message: [UInt8], _ kind: Kind) -> [[UInt8]] {
    tally.messages += 1
    defer { remember(message, kind) }
    var arriving = [harmed(message, kind)].compactMap { $0 }
    // What was held back comes when nobody expects it.
    if random.chance(permille: 100), let old = late[kind]?.popLast() { arriving.append(old) }
    return arriving
  }

  /// An ack for a batch that the centre never saw, as good as the proxy can make it.
  mutating func forgedAck(for batch: BatchFacts) throws -> [UInt8]? {
    guard random.chance(permille: 30) else { return nil }
    tally.messages += 1
    tally.forged += 1
    let position = JournalPosition(epoch: batch.epoch, sequence: batch.last)
    return try AckCodec.seal(
      AckFacts(
        terminal: batch.terminal, position: position, head: batch.head, nonce: .random(),
        challenge: batch.challenge, timeMilliseconds: LabFeed.morning, nextSize: 500,
        nextEpoch: Epoch(batch.epoch.number + 1), epochToken: .random()), key: key)
  }

  /// A page that makes everybody rich, for a terminal that asked from a cursor.
  mutating func forgedPage(
    for terminal: TerminalID, from cursor: Int64, echoing nonce: Digest32?
  ) throws -> [UInt8]? {
    guard random.chance(permille: 30) else { return nil }
    tally.messages += 1
    tally.forged += 1
    let rows = HostileLink.accounts.map { account in
      AccountSnapshot(
        account: AccountID(account), maskedName: "富*", status: .active,
        tranches: PurseAmounts(personal: Fen(100_000_000)).withoutTranches, version: .max / 2,
        includes: nil, credentials: [LabFeed.card(account)])
    }
    return try FeedCodec.seal(
      FeedPage(
        terminal: terminal, fromCursor: cursor, toCursor: cursor + 1, hasMore: false,
        accounts: rows, rulebook: nil, timeMilliseconds: LabFeed.morning, echoedNonce: nonce),
      key: key)
  }

  private mutating func remember(_ message: [UInt8], _ kind: Kind) {
    past[kind, default: []].append(message)
    if past[kind, default: []].count > Self.memory { past[kind]?.removeFirst() }
  }

  private mutating func harmed(_ message: [UInt8], _ kind: Kind) -> [UInt8]? {
    switch random.below(1000) {
    case ..<80:
      tally.dropped += 1
      return nil
    case ..<140:
      tally.repeated += 1
      late[kind, default: []].append(message)
      return message
    case ..<200:
      tally.heldBack += 1
      late[kind, default: []].insert(message, at: 0)
      return nil
    case ..<270:
      tally.replayed += 1
      return older(kind) ?? message
    case ..<320:
      tally.cut += 1
      return Array(message.prefix(random.below(message.count + 1)))
    case ..<400:
      tally.changed += 1
      var message = message
      for _ in 0...random.below(4) where !message.isEmpty {
        message[random.below(message.count)] ^= 1 << UInt8(random.below(8))
      }
      return message
    case ..<440:
      tally.spliced += 1
      guard let other = older(kind) else { return message }
      let place = random.below(min(message.count, other.count) + 1)
      return Array(message.prefix(place)) + other.dropFirst(place)
    default: return message
    }
  }

  private mutating func older(_ kind: Kind) -> [UInt8]? {
    guard let past = past[kind], !past.isEmpty else { return nil }
    return past[random.below(past.count)]
  }
}
