import CanteenModel
import SeededRandom

/// What happens to one account at the terminals of one canteen whose network breaks and heals: data, so
/// that a failing history can be made shorter. Numbers are taken modulo what there is.
struct PeerHistory: Sendable {
  enum Event: Sendable {
    /// The network falls apart: who has the same number hears one another.
    case split([Int])
    /// A card is shown; whoever may be asked will be.
    case begin(terminal: Int, fen: Int64)
    /// The request of a sale reaches a peer, or its answer comes back.
    case step(sale: Int, peer: Int)
    /// The sale is decided with the answers that came.
    case decide(sale: Int)
    /// A whole sale: the peers of a set bit answer, the others are too late.
    case sale(terminal: Int, fen: Int64, answering: Int)
    /// A terminal tells a peer what it has spent now; or what it said so many times ago arrives late.
    case tell(terminal: Int, peer: Int, age: Int)
    /// The power goes out and comes back.
    case restart(terminal: Int)
    /// An hour goes by, within the meal period.
    case hour
  }

  /// 2...6.
  let terminals: Int
  let groups: PeerGrouping
  let home: Int64
  let alone: Int64
  /// Whether the network is whole all the time and nothing is too late.
  let isCalm: Bool
  var events: [Event]

  init(_ random: inout SplitMix64) {
    terminals = random.below(5) + 2
    groups = random.chance(permille: 500) ? .any : .whole
    alone = Int64(random.below(30) + 1) * 100
    home = alone + Int64(random.below(30)) * 100
    isCalm = random.chance(permille: 200)
    let (isCalm, terminals, home) = (isCalm, terminals, home)
    events = (0..<random.below(40) + 8).map { _ in
      Self.event(terminals, home: home, isCalm: isCalm, &random)
    }
  }

  private static func event(
    _ terminals: Int, home: Int64, isCalm: Bool, _ random: inout SplitMix64
  ) -> Event {
    let (terminal, peer) = (random.below(terminals), random.below(terminals))
    let fen =
      Int64(random.below(Int(home / 100) + 2)) * 100 + (random.chance(permille: 200) ? 1 : 0)
    let all = (1 << terminals) - 1
    if isCalm {
      return switch random.below(10) {
      case ..<3: .begin(terminal: terminal, fen: fen)
      case ..<7: .step(sale: random.below(8), peer: peer)
      case ..<9: .sale(terminal: terminal, fen: fen, answering: all)
      default: .tell(terminal: terminal, peer: peer, age: 0)
      }
    }
    return switch random.below(100) {
    case ..<12: .split((0..<terminals).map { _ in random.below(3) })
    case ..<27: .begin(terminal: terminal, fen: fen)
    case ..<60: .step(sale: random.below(8), peer: peer)
    case ..<67: .decide(sale: random.below(8))
    case ..<84:
      .sale(
        terminal: terminal, fen: fen,
        answering: random.chance(permille: 500) ? all : random.below(all + 1))
    case ..<92: .tell(terminal: terminal, peer: peer, age: random.below(4))
    case ..<97: .restart(terminal: terminal)
    default: .hour
    }
  }

  /// The most that all terminals together may approve, in fen: Lemma 1 or 2 of ARCHITECTURE.md, Groups,
  /// written from the document and not from the code.
  var bound: Int64 {
    let count = Int64(terminals)
    if isCalm { return home }
    switch groups {
    case .none: return count * alone
    case .any: return count * (home + alone) / 2
    case .whole: return max(home, count * alone)
    }
  }

  /// A line for people for every part.
  var lines: [String] {
    [
      "\(terminals) terminals, groups \(groups), home \(home), alone \(alone)"
        + (isCalm ? ", the network is whole" : "")
    ] + events.map { "\($0)" }
  }
}

/// A mistake that somebody could make in how terminals reserve, planted in ``PeerWorld``. The product's
/// code stays as it is.
enum PeerMistake: String, CaseIterable, Sendable {
  /// A peer says that it has the amount, and does not count it.
  case takenAndNotCounted
  /// A peer forgets over a restart what others reserved.
  case peerForgets
  /// A reservation ends by time.
  case endsByTime
  /// Nobody's word is needed for the group's cap.
  case nobodyAsked
  /// What a terminal itself has reserved neither counts nor is told when another one asks.
  case ownReservedNotCounted
  /// What the answers say of the peers' own spending is not listened to.
  case answersNotRead
  /// An older statement takes the place of a newer one.
  case olderReplacesNewer
  /// A terminal forgets over a restart what it sold.
  case ownForgotten
}
