import CanteenModel
import TerminalCore

/// A counter, with the second statement of its rules beside it.
struct RefereedLane {
  private var lane: Lane
  private var ruled: RuledLane
  private let referee: Referee

  init(number: LaneID, mode: Lane.Mode, _ referee: Referee) {
    lane = Lane(number: number, mode: mode)
    ruled = RuledLane(number: number, mode: mode)
    self.referee = referee
  }

  var number: LaneID { lane.number }
  var state: Lane.State { lane.state }

  mutating func handle(_ event: Lane.Event) -> [Lane.Action] {
    let actions = lane.handle(event)
    let due = ruled.handle(event)
    referee.same(actions.map(Self.deed), due, "lane \(lane.number) on \(event)")
    referee.same(ruled.isAs(lane.state), true, "lane \(lane.number) is \(lane.state)")
    referee.same(lane.wantsPresentation, ruled.wantsPresentation, "who may pay at \(lane.state)")
    referee.same(lane.lastOutcome, ruled.lastOutcome, "what the cashier sees")
    referee.same(lane.lastLightFailed, ruled.lastLightFailed, "whether the light failed")
    for action in actions {
      if case .arm(let deadline, _) = action {
        referee.same(ruled.named(deadline), true, "deadlines of lane \(lane.number) differ")
      }
    }
    return actions
  }

  private static func deed(_ action: Lane.Action) -> RuledLane.Deed {
    switch action {
    case .authorise(let request): .authorise(request)
    case .signal(let signal, let reader): .signal(signal, reader)
    case .markUnlit(let place): .markUnlit(place)
    case .arm(_, let milliseconds): .arm(milliseconds: milliseconds)
    }
  }
}

/// A terminal's end of settling, with the second statement of its rules beside it.
struct RefereedSession {
  private var session: SyncSession
  private var ruled: RuledSession
  private let referee: Referee

  init(terminal: TerminalID, nextSize: Int, _ referee: Referee) {
    session = SyncSession(terminal: terminal, nextSize: nextSize)
    ruled = RuledSession(terminal: terminal, nextSize: nextSize)
    self.referee = referee
  }

  var isRefused: Bool { session.isRefused }

  mutating func handle(_ event: SyncSession.Event) -> [SyncSession.Action] {
    let actions = session.handle(event)
    referee.same(actions, ruled.handle(event), "settling on \(event)")
    referee.same(session.isRefused, ruled.isRefused, "whether the centre refused")
    referee.same(session.failures, ruled.failures, "failures")
    return actions
  }
}

/// The neighbours of a terminal, with the second statement beside them.
struct RefereedGroup {
  private var group = PeerGroup()
  private var ruled = RuledGroup()
  private let referee: Referee

  init(_ referee: Referee) { self.referee = referee }

  /// In the order of their numbers.
  var terminals: [TerminalID] { group.peers.map(\.terminal) }

  mutating func enter(_ others: [TerminalID], at boot: Int64) {
    group.enter(others, at: boot)
    ruled.enter(others, at: boot)
    compare()
  }

  mutating func heard(_ terminal: TerminalID, at boot: Int64) {
    group.heard(terminal, at: boot)
    ruled.heard(terminal, at: boot)
    compare()
  }

  mutating func missed(_ terminal: TerminalID, at boot: Int64) {
    group.missed(terminal, at: boot)
    ruled.missed(terminal, at: boot)
    compare()
  }

  mutating func noticed(_ terminal: TerminalID, at boot: Int64) {
    let isSooner = group.noticed(terminal, at: boot)
    referee.same(isSooner, ruled.noticed(terminal, at: boot), "who is greeted sooner")
    compare()
  }

  private func compare() {
    referee.same(group.answering, ruled.answering, "who answers")
    referee.same(group.nextGreeting, ruled.nextGreeting, "when somebody is greeted")
  }

  var answering: [TerminalID] { group.answering }

  func due(at boot: Int64) -> [TerminalID] {
    let due = group.due(at: boot)
    referee.same(due, ruled.due(at: boot), "who is greeted")
    return due
  }

  func isGroup(_ groups: PeerGrouping) -> Bool {
    let isGroup = group.isGroup(groups)
    referee.same(isGroup, ruled.isGroup(groups), "whether \(groups) are there")
    return isGroup
  }
}

/// The answers to one reservation, with the second statement beside them.
struct RefereedTally {
  private var tally: ReservationTally
  private var ruled: RuledTally
  private let referee: Referee

  init(asked: [TerminalID], others: Int, groups: PeerGrouping, _ referee: Referee) {
    tally = ReservationTally(asked: asked, others: others, groups: groups)
    ruled = RuledTally(asked: asked, others: others, groups: groups)
    self.referee = referee
    compare()
  }

  mutating func heard(_ verdict: ReservationVerdict, from peer: TerminalID) {
    tally.heard(verdict, from: peer)
    ruled.heard(verdict, from: peer)
    compare()
  }

  private func compare() {
    referee.same(tally.missing, ruled.missing, "who has not answered")
    referee.same(tally.isGroup, ruled.isGroup, "whether the group agreed")
    referee.same(tally.isComplete, ruled.missing.isEmpty, "whether all have answered")
  }

  var isComplete: Bool { tally.isComplete }
  var missing: [TerminalID] { tally.missing }
  var isGroup: Bool { tally.isGroup }
}
