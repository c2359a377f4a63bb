import CanteenModel
import Journal
import LinkSecurity
import Logging
import SyncProtocol
import SyncTransport
import Synchronization
import TerminalCore

/// Asks the other terminals of the canteen before a sale is approved, and tells them what became of it.
///
/// It decides nothing about money: what others say is judged by the rules, in the transaction that writes the
/// sale. Who is slow, mute, hostile or of another version does not count, and nobody is waited for longer than
/// ``Patience`` says.
final class PeerDesk: Sendable {
  /// What others are told: what this terminal spent of an account in a meal period, as it is when they are told.
  fileprivate struct Topic: Hashable {
    let account: AccountID
    let slot: MealKey
  }

  /// The way to one of them.
  fileprivate struct Line {
    let url: String
    let caller: LinkCaller
    let client: PeerClient
    /// What it was not told yet, oldest first. At most ``untoldLimit``.
    var untold: [Topic] = []
  }

  fileprivate struct State {
    var group = PeerGroup()
    /// Of those that have an address.
    var lines: [TerminalID: Line] = [:]
  }

  /// How long others are waited for.
  struct Patience {
    /// A diner waits no longer; then this terminal decides without those who did not answer.
    var sale = Duration.milliseconds(30)
    /// A greeting may take a handshake.
    var greeting = Duration.seconds(1)
  }

  /// Beyond this the oldest is forgotten. Who was not told of it counts what was reserved until the meal is over,
  /// and hears what was sold when it asks for that account.
  fileprivate static let untoldLimit = 256
  /// How long the roster and the rules are not looked at where nobody is greeted.
  private static let longestRest: Int64 = 15_000

  /// Wakes the ``PeerService``.
  let bell = Bell()
  private let journal: Journal
  private let identity: TerminalIdentity
  private let logger: Logger
  private let patience: Patience
  private let state = Mutex(State())

  init(
    journal: Journal, identity: TerminalIdentity, logger: Logger, patience: Patience = Patience()
  ) {
    self.journal = journal
    self.identity = identity
    self.logger = logger
    self.patience = patience
  }

  private var now: Int64 { SystemClock.read().bootMilliseconds }

  /// What a presentation may ask: nobody, where the rules have no groups or too few answer.
  var word: PeerWord {
    let grouping = journal.grouping
    return grouping != .none && state.withLock { $0.group.isGroup(grouping) } ? .askable : .nobody
  }

  /// The others as they are, for the operator.
  var group: PeerGroup { state.withLock { $0.group } }

  /// It asked something here, and will likely answer.
  func noticed(_ terminal: TerminalID) {
    let (grouping, now) = (journal.grouping, now)
    guard grouping != .none else { return }
    if state.withLock({ $0.group.noticed(terminal, at: now) }) { bell.ring() }
  }

  // MARK: - A sale

  /// Asks everybody who answered of late, at once, and waits for all of them: who has not answered may know of
  /// something.
  ///
  /// - Returns: What they said, for the transaction that decides.
  func ask(_ question: PeerQuestion) async -> PeerWord {
    let lines = state.withLock { state in
      state.group.answering.compactMap { terminal in
        state.lines[terminal].map { (terminal: terminal, client: $0.client) }
      }
    }
    var tally = ReservationTally(
      asked: lines.map(\.terminal), others: journal.place?.peers.count ?? 0,
      groups: journal.grouping)
    var heard: [SpendStatement] = []
    await withTaskGroup(of: (TerminalID, ReservationAnswer?).self) { tasks in
      for line in lines {
        tasks.addTask {
          (line.terminal, await self.answer(of: line.terminal, line.client, to: question.request))
        }
      }
      for await (terminal, answer) in tasks {
        guard let answer else {
          change { $0.missed(terminal, at: $1) }
          continue
        }
        change { $0.heard(terminal, at: $1) }
        tally.heard(answer.verdict, from: terminal)
        heard.append(answer.own)
      }
    }
    return .answered(question, isGroup: tally.isGroup, heard: heard)
  }

  /// - Returns: `nil` when no answer came in time, or none that is to be believed.
  private func answer(
    of terminal: TerminalID, _ client: PeerClient, to request: ReservationRequest
  ) async -> ReservationAnswer? {
    do {
      let bytes = try await client.reserve(
        try PeerCodec.encode(request), within: patience.sale)
      let answer = try PeerCodec.decode(answer: bytes)
      let (own, asked) = (answer.own, request.statement)
      if own.terminal == terminal, own.account == asked.account, own.slot == asked.slot {
        return answer
      }
      logger.error("a neighbour answered for another", metadata: ["terminal": "\(terminal)"])
    } catch {
      logger.info(
        "a neighbour did not answer", metadata: ["terminal": "\(terminal)", "reason": "\(error)"])
    }
    return nil
  }

  /// What was asked is decided: whoever took it is told what became of it.
  func decided(_ question: PeerQuestion) {
    tell(question.request.statement.account, question.request.statement.slot)
  }

  /// A sale was approved without the centre.
  func decided(_ outcome: SaleOutcome) {
    guard case .approved(let sale) = outcome.verdict, sale.place != .online else { return }
    tell(sale.account, sale.slot)
  }

  private func tell(_ account: AccountID, _ slot: MealKey) {
    guard journal.grouping != .none else { return }
    let topic = Topic(account: account, slot: slot)
    state.withLock { state in
      for terminal in state.group.peers.map(\.terminal) { state.enqueue([topic], for: terminal) }
    }
    bell.ring()
  }

  // MARK: - Between sales

  /// Takes the roster as the ledger has it, and greets whoever is due or has something to hear. Nobody is greeted
  /// where the rules have no groups.
  ///
  /// - Returns: In how many milliseconds it wants to be called again.
  func speak() async -> Int64 {
    guard journal.grouping != .none else {
      change { group, now in group.enter([], at: now) }
      return Self.longestRest
    }
    enterRoster()
    let lines = due()
    await withDiscardingTaskGroup { tasks in
      for (terminal, client, topics) in lines {
        tasks.addTask { await self.greet(terminal, client, topics) }
      }
    }
    let (next, now) = (state.withLock { $0.group.nextGreeting }, now)
    return min(Self.longestRest, max(0, (next ?? .max) - now))
  }

  private func enterRoster() {
    let peers = journal.place?.peers ?? []
    let now = now
    state.withLock { state in
      state.group.enter(peers.map(\.terminal), at: now)
      let before = state.lines
      state.lines = [:]
      for peer in peers {
        guard let url = peer.url else { continue }
        if let line = before[peer.terminal], line.url == url {
          state.lines[peer.terminal] = line
        } else {
          state.lines[peer.terminal] = line(to: peer.terminal, at: url)
        }
      }
    }
  }

  /// - Returns: `nil` where nobody can be reached: the address is none.
  private func line(to terminal: TerminalID, at url: String) -> Line? {
    do {
      let caller = try LinkCaller(
        identity.current,
        to: LinkCaller.Peer(
          .terminal(terminal), of: identity.anchor, now: { self.journal.linkTime }))
      return Line(
        url: url, caller: caller, client: PeerClient(try LinkAddress(url), caller: caller))
    } catch {
      logger.error(
        "a neighbour cannot be reached",
        metadata: ["terminal": "\(terminal)", "reason": "\(error)"]
      )
      return nil
    }
  }

  /// Those to be greeted, with what each is told. Whoever has no address never answers.
  private func due() -> [(TerminalID, PeerClient, [Topic])] {
    let now = now
    return state.withLock { state in
      let due = state.group.due(at: now)
      var lines: [(TerminalID, PeerClient, [Topic])] = []
      for terminal in state.group.peers.map(\.terminal) {
        guard let line = state.lines[terminal] else {
          if due.contains(terminal) { state.group.missed(terminal, at: now) }
          continue
        }
        let hasNews = state.group.answering.contains(terminal) && !line.untold.isEmpty
        guard due.contains(terminal) || hasNews else { continue }
        let topics = Array(line.untold.prefix(PeerCodec.newsLimit))
        state.lines[terminal]?.untold.removeFirst(topics.count)
        lines.append((terminal, line.client, topics))
      }
      return lines
    }
  }

  private func greet(_ terminal: TerminalID, _ client: PeerClient, _ topics: [Topic]) async {
    do {
      // A certificate that was renewed is shown from now on.
      try state.withLock({ $0.lines[terminal]?.caller })?.show(identity.current)
      var statements: [SpendStatement] = []
      for topic in topics {
        statements.append(try await journal.statement(of: topic.account, in: topic.slot))
      }
      try await client.tell(
        try PeerCodec.encode(news: statements, head: try journal.signedHead()),
        within: patience.greeting)
      change { $0.heard(terminal, at: $1) }
    } catch {
      logger.debug(
        "a neighbour does not answer", metadata: ["terminal": "\(terminal)", "reason": "\(error)"])
      state.withLock { $0.enqueue(topics, for: terminal) }
      change { $0.missed(terminal, at: $1) }
    }
  }

  private func change(_ body: (inout PeerGroup, Int64) -> Void) {
    let now = now
    state.withLock { body(&$0.group, now) }
  }
}

extension PeerDesk.State {
  /// - Parameter topics: What was not told is told again; the newest of equal ones stands.
  fileprivate mutating func enqueue(_ topics: [PeerDesk.Topic], for terminal: TerminalID) {
    guard var untold = lines[terminal]?.untold else { return }
    untold.removeAll { topics.contains($0) }
    untold.append(contentsOf: topics)
    lines[terminal]?.untold = untold.suffix(PeerDesk.untoldLimit)
  }
}
