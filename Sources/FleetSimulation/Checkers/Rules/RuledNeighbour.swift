import CanteenModel
import TerminalCore

/// What neighbours say to one another, and what is known of them: ARCHITECTURE.md, Groups.
enum RuledNeighbour {
  /// What a terminal must say to a reservation.
  static func verdict(
    _ request: ReservationRequest, newest: StatementNumber?, beside: KnownSpend,
    _ status: AccountStatus?, _ rulebook: Rulebook?
  ) -> ReservationVerdict {
    guard let caps = rulebook?.offline, caps.groups != .none else { return .noGroup }
    let asked = request.statement
    if let newest, !isBefore(newest, asked.number) { return .stale }
    if status == .reportedLost || status == .closed { return .notActive }
    let fen = beside.total.value + asked.entries.reduce(0) { $0 + $1.amount.value }
    let approvals = beside.approvals + asked.entries.count
    // The lower of both rulebooks.
    let isOver =
      fen > request.cap.value || fen > caps.home.value || approvals > request.approvals
      || approvals > caps.approvals
    return isOver ? .overCap : .taken
  }

  private static func isBefore(_ left: StatementNumber, _ right: StatementNumber) -> Bool {
    if left.epoch != right.epoch { return left.epoch.number < right.epoch.number }
    return left.run == right.run ? left.count < right.count : left.run < right.run
  }

  /// The sum of what statements say.
  static func known(_ statements: [SpendStatement]) -> (fen: Int64, approvals: Int) {
    let entries = statements.flatMap(\.entries)
    return (entries.reduce(0) { $0 + $1.amount.value }, entries.count)
  }

  /// What of a statement the fed balance does not have: reserved while the meal goes on, and sold behind what the
  /// balance includes of that terminal.
  static func unsettled(
    _ statement: SpendStatement, behind included: JournalPosition?, isOver: Bool
  ) -> Int64 {
    statement.entries.reduce(0) { sum, entry in
      let counts: Bool
      if let sold = entry.position {
        counts = included.map { isBehind(sold, $0) } ?? true
      } else {
        counts = !isOver
      }
      return counts ? sum + entry.amount.value : sum
    }
  }

  private static func isBehind(_ place: JournalPosition, _ other: JournalPosition) -> Bool {
    place.epoch == other.epoch
      ? place.sequence.number > other.sequence.number : place.epoch.number > other.epoch.number
  }
}

/// Who was asked for one sale, and what they said.
struct RuledTally {
  private let asked: [TerminalID]
  private let others: Int
  private let groups: PeerGrouping
  private var answers: [TerminalID: ReservationVerdict] = [:]

  init(asked: [TerminalID], others: Int, groups: PeerGrouping) {
    (self.asked, self.others, self.groups) = (asked, others, groups)
  }

  /// The first word of somebody who was asked counts.
  mutating func heard(_ verdict: ReservationVerdict, from peer: TerminalID) {
    if asked.contains(peer), answers[peer] == nil { answers[peer] = verdict }
  }

  var missing: [TerminalID] { asked.filter { answers[$0] == nil } }

  /// One other terminal's word is enough, every other one's is needed, or nobody's helps.
  var isGroup: Bool {
    let taken = asked.count { answers[$0] == .taken }
    switch groups {
    case .none: return false
    case .any: return taken > 0
    case .whole: return taken > 0 && taken >= others
    }
  }
}

/// Who of the canteen is there, and when whom is greeted: every two seconds who answers, else ever later, up to 16 s;
/// somebody who asks here is greeted within a second.
struct RuledGroup {
  private struct Peer {
    let terminal: TerminalID
    var isThere = false
    var greetAt: Int64
    var pause: Int64 = 1_000
  }

  private var peers: [Peer] = []

  mutating func enter(_ others: [TerminalID], at boot: Int64) {
    let known = peers
    peers = others.map { id in
      known.first { $0.terminal == id } ?? Peer(terminal: id, greetAt: boot)
    }
    peers.sort { $0.terminal.number < $1.terminal.number }
  }

  mutating func heard(_ terminal: TerminalID, at boot: Int64) {
    for place in peers.indices where peers[place].terminal == terminal {
      peers[place] = Peer(terminal: terminal, isThere: true, greetAt: boot + 2_000)
    }
  }

  mutating func missed(_ terminal: TerminalID, at boot: Int64) {
    for place in peers.indices where peers[place].terminal == terminal {
      let pause = Swift.min(peers[place].pause * 2, 16_000)
      peers[place] = Peer(terminal: terminal, greetAt: boot + pause, pause: pause)
    }
  }

  mutating func noticed(_ terminal: TerminalID, at boot: Int64) -> Bool {
    for place in peers.indices
    where peers[place].terminal == terminal && !peers[place].isThere
      && peers[place].greetAt > boot + 1_000
    {
      peers[place].greetAt = boot + 1_000
      return true
    }
    return false
  }

  var answering: [TerminalID] { peers.compactMap { $0.isThere ? $0.terminal : nil } }

  func due(at boot: Int64) -> [TerminalID] {
    peers.compactMap { boot >= $0.greetAt ? $0.terminal : nil }
  }

  var nextGreeting: Int64? { peers.min { $0.greetAt < $1.greetAt }?.greetAt }

  func isGroup(_ groups: PeerGrouping) -> Bool {
    let there = answering.count
    switch groups {
    case .none: return false
    case .any: return there >= 1
    case .whole: return there >= 1 && there == peers.count
    }
  }
}
