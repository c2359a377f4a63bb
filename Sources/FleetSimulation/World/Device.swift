import CanteenModel
import SyncProtocol
import TerminalCore

/// A machine at a counter: a journal, the session that settles it, its lanes, clocks and link.
///
/// A terminal may have two of them: a clone has the number, the key and the ledger of another.
final class Device {
  let index: Int
  let terminal: TerminalID
  var journal: SimulatedJournal
  var session: RefereedSession
  var lanes: [RefereedLane]
  var isUp = true
  /// Nobody starts it again.
  var isGone = false
  var bootedAt: Int64
  var bootID: UInt64
  /// The wall clock: ahead of the time by so much, and by so many millionths of what passed.
  var wallOffset: Int64
  let driftPPM: Int64
  /// The link, each way.
  var sendsOut = true
  var hears = true
  /// Somebody keeps its next batch, and answers it.
  var isIntercepted = false
  /// What becomes of its next pages of the feed.
  var pages = Pages.delivered
  /// Whether the last contact went well: then it is worth asking the centre.
  var isInContact = false
  var denied: Int64 = 0
  /// The request whose answer is waited for, and what it is.
  var pending: (request: UInt64, isBatch: Bool)?
  var handedOutAt: Int64 = 0
  var generation: UInt64 = 0
  /// Presentations that wait for the centre.
  var asking: [(request: UInt64, sale: SaleRequest, hold: HoldRequest, peers: PeerWord, tap: Tap)] =
    []
  /// The other terminals of the canteen as this one sees them, and those that wait for their word.
  var group: RefereedGroup
  var mustEnterRoster = true
  var reserving: [Reserving] = []
  /// By the neighbour's number: what it was not told yet.
  var untold: [TerminalID: [SpendTopic]] = [:]
  /// Who has the same number on the canteen's network hears one another.
  var lanPart = 0
  var saidHeadAt: Int64 = 0
  /// Sales that stood for a second presentation already, since the last opening.
  var shownAgain: Set<UInt64> = []
  /// How often its ledger was opened, and when last.
  var openings = 0
  var openedAt: Int64 = 0
  /// Its disk lied since it was last opened, so that a tail may be gone.
  var mayLoseTail = false
  /// An older image of its disk.
  var image: (ledger: Ledger, key: SigningKey, nextKey: SigningKey?)?
  /// Of this terminal there is, or was, a copy.
  var isCopied = false
  /// Whether it stored an ack since there are two of it.
  var hasSettledAsCopy = false
  /// A copy of another one.
  let isClone: Bool

  /// A presentation that waits for the neighbours.
  struct Reserving {
    let request: UInt64
    let sale: SaleRequest
    let question: PeerQuestion
    let tap: Tap
    var tally: RefereedTally
    var heard: [SpendStatement] = []
  }

  /// What neighbours are told of: what was spent of an account in a slot, as it is when they are told.
  struct SpendTopic: Equatable {
    let account: AccountID
    let slot: MealKey
  }

  /// Pages that arrive when they should not.
  enum Pages {
    case delivered
    /// The next one is overtaken by an answer that was asked for after it.
    case overtaken
    /// The disk is to lie when the next one is stored that has another one behind it.
    case lost
    /// The one behind that is kept, and the power goes.
    case heldBack
    /// It arrives when the program is there again.
    case kept(Message)
  }

  init(
    index: Int, terminal: TerminalID, journal: SimulatedJournal, lanes: Int, now: Int64,
    driftPPM: Int64, isClone: Bool
  ) {
    self.index = index
    self.terminal = terminal
    self.journal = journal
    self.isClone = isClone
    let referee = journal.referee
    session = RefereedSession(
      terminal: terminal, nextSize: WireLimit.recordsPerBatch, referee)
    group = RefereedGroup(referee)
    self.lanes = (1...lanes).map {
      RefereedLane(number: LaneID(UInt16($0)), mode: .fixedPrice, referee)
    }
    bootedAt = now
    bootID = 1
    wallOffset = 0
    self.driftPPM = driftPPM
  }

  /// What its clocks say at a moment.
  func reading(_ now: Int64) -> ClockReading {
    let passed = now - WorldPlan.beginning
    return ClockReading(
      wallMilliseconds: now + wallOffset + passed / 1_000_000 * driftPPM,
      bootMilliseconds: now - bootedAt)
  }

  /// What lives in memory is gone.
  func forget() {
    let referee = journal.referee
    session = RefereedSession(
      terminal: terminal, nextSize: journal.ledger.acknowledged.nextSize, referee)
    lanes = lanes.map { RefereedLane(number: $0.number, mode: .fixedPrice, referee) }
    pending = nil
    asking.removeAll()
    group = RefereedGroup(referee)
    mustEnterRoster = true
    reserving.removeAll()
    untold.removeAll()
    shownAgain.removeAll()
    denied = 0
    isInContact = false
    generation += 1
  }
}
