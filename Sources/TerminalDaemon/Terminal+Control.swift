package import CanteenModel
import Foundation
import Journal
import Readers
import SyncProtocol
import TerminalCore

extension Terminal {
  /// Where the terminal stands.
  package func status() async throws -> TerminalStatus {
    let journal = try await journal.standing()
    let clock = SystemClock.read()
    let meal = journal.rulebook?.meal(at: journal.time.wallMilliseconds)?.period
    let readers = await readers.states().map(ReaderStatus.init)
    return TerminalStatus(
      canteen: canteenName, terminal: number,
      nowMilliseconds: clock.wallMilliseconds,
      utcOffsetMinutes: journal.rulebook?.utcOffsetMinutes ?? 480,
      closedBecause: closedBecause(journal, meal: meal, readers: readers),
      meal: meal.map {
        TerminalStatus.Meal(
          name: $0.name, startMinute: $0.startMinute, endMinute: $0.endMinute, price: $0.price)
      },
      lanes: lanes.map { TerminalStatus.LaneStatus($0.snapshot) }, readers: readers,
      today: TerminalStatus.Today(
        approved: journal.today.approved, approvedTotal: Fen(journal.today.approvedFen),
        declined: journal.today.declined, corrected: journal.today.corrected,
        correctedTotal: Fen(journal.today.correctedFen), shownAgain: journal.today.shownAgain),
      outbox: outbox(journal, clock),
      clock: TerminalStatus.Clock(
        recordMilliseconds: journal.time.wallMilliseconds, isTrusted: journal.time.isTrusted),
      rulebookVersion: journal.rulebook?.version ?? 0, salvage: salvage(journal),
      mirror: mirror(journal), check: verification.lastCheck,
      group: group(journal.rulebook, clock))
  }

  private func group(_ rulebook: Rulebook?, _ clock: ClockReading) -> TerminalStatus.Group? {
    guard let peers, let caps = rulebook?.offline, caps.groups != .none,
      journal.place?.isOnlyTerminal == false
    else { return nil }
    let group = peers.group
    let isGroup = group.isGroup(caps.groups)
    return TerminalStatus.Group(
      rule: "\(caps.groups)",
      neighbours: group.peers.map { peer in
        TerminalStatus.Group.Neighbour(
          terminal: peer.terminal,
          answersSinceMilliseconds: peer.answersSince.map {
            clock.wallMilliseconds - (clock.bootMilliseconds - $0)
          })
      }, isGroup: isGroup, cap: isGroup ? caps.home : caps.alone)
  }

  private func mirror(_ now: JournalStanding) -> TerminalStatus.Mirror? {
    journal.mirrorStanding.map { mirror in
      TerminalStatus.Mirror(
        missing: mirror.end.flatMap { end in
          end.epoch == now.position.epoch
            ? max(
              0,
              Int(
                clamping: now.position.sequence.number
                  - min(
                    end.sequence.number, now.position.sequence.number))) : nil
        }, fault: mirror.fault, isOnSameDisk: mirror.isOnSameDisk, aside: mirror.aside)
    }
  }

  /// Shown until the operator moves the damaged file away.
  private func salvage(_ journal: JournalStanding) -> TerminalStatus.Salvage? {
    guard let salvage = journal.salvage,
      FileManager.default.fileExists(atPath: configuration.stateDirectory + "/" + salvage.file)
    else { return nil }
    return TerminalStatus.Salvage(
      file: salvage.file, kept: salvage.kept, missing: salvage.missing,
      isSettled: journal.acknowledged.position >= salvage.end)
  }

  /// Every reader that is there, or was.
  package func readerStates() async -> [ReaderStatus] {
    await readers.states().map(ReaderStatus.init)
  }

  /// The newest records, newest first. `limit`: 1...1000.
  package func newestRecords(_ limit: Int) async throws -> [JournalLine] {
    let acknowledged = try await journal.standing().acknowledged.position
    return try await journal.newest(limit).map { JournalLine($0, acknowledged: acknowledged) }
  }

  /// The records behind a place as a signed batch that a file carries to the centre.
  package func exportedBatch(behind position: JournalPosition?) async throws -> ExportedBatch {
    let (bytes, facts) = try await journal.exportedBatch(behind: position)
    let end = JournalPosition(epoch: facts.epoch, sequence: facts.last)
    let newest = try await journal.standing().position
    return ExportedBatch(
      entry: Hexadecimal.text(BatchFile.entry(bytes)), records: facts.count, end: end,
      hasMore: facts.count > 0 && end < newest)
  }

  /// Recomputes the chain of records and what was counted from it.
  package func verify() async throws -> VerificationReport {
    try await journal.verify()
  }

  /// Settles now. Only a terminal that pushes can.
  ///
  /// - Returns: Whether it could.
  package func settleNow() -> Bool {
    guard holds != nil else { return false }
    bell.ring()
    return true
  }

  /// A new record waits: settle now where the link is up, otherwise at the next beat.
  func settleSoon() {
    if standing.now.fault == nil { bell.ring() }
  }

  /// Arms a sale: the next card at the lane pays it.
  ///
  /// - Returns: Whether there is such a lane.
  package func armSale(_ price: SalePrice, lane number: LaneID) -> Bool {
    guard let lane = lanes.first(where: { $0.number == number }) else { return false }
    lane.send(.saleArmed(price))
    return true
  }

  /// Takes an armed sale back, or clears a lane that failed.
  ///
  /// - Returns: Whether there is such a lane.
  package func clearSale(lane number: LaneID) -> Bool {
    guard let lane = lanes.first(where: { $0.number == number }) else { return false }
    lane.send(.saleCleared)
    return true
  }

  private func closedBecause(
    _ journal: JournalStanding, meal: MealPeriod?, readers: [ReaderStatus]
  ) -> String? {
    if journal.isStopped { return "the ledger failed and must be reopened: restart canteend" }
    if self.journal.isStoreFull {
      return "the disk is full: make room on it; what was sold is safe and goes on to the centre"
    }
    if journal.isRetired {
      return journal.unsynced == 0
        ? "the centre has retired this terminal, and has every record of it: switch it off and keep its disk"
        : "the centre has retired this terminal: leave it on until its \(journal.unsynced) records are handed "
          + "in, or carry them there: canteenctl journal export FILE"
    }
    if journal.rulebook == nil {
      return "no rulebook yet: the centre has not fed this terminal (canteenctl sync now)"
    }
    if meal == nil, lanes.allSatisfy({ $0.snapshot.mode != .keyedAmount }) {
      return "between meals"
    }
    if !readers.contains(where: { $0.state == "ready" }) {
      return "no reader is ready: check the cable (canteenctl devices)"
    }
    return nil
  }

  private func outbox(_ journal: JournalStanding, _ clock: ClockReading) -> TerminalStatus.Outbox {
    let link = standing.now
    let direction =
      switch configuration.settling {
      case .push where hasJoined: "push"
      case .pull where hasJoined: "pull"
      case .push, .pull, .off: "off"
      }
    return TerminalStatus.Outbox(
      records: journal.unsynced,
      oldestAgeMilliseconds: journal.oldestUnsyncedWallMilliseconds.map {
        max(0, clock.wallMilliseconds - $0)
      },
      total: journal.unsettledTotal, brake: journal.brake.word,
      lastPosition: journal.position, acknowledged: journal.acknowledged.position,
      acknowledgedAtMilliseconds: journal.acknowledged.timeMilliseconds == 0
        ? nil : journal.acknowledged.timeMilliseconds,
      direction: direction, fault: link.fault,
      nextTryInMilliseconds: link.nextTry.map { max(0, $0 - clock.bootMilliseconds) })
  }
}

extension TerminalStatus.LaneStatus {
  fileprivate init(_ lane: Lane) {
    let (state, armed): (String, String?) =
      switch lane.state {
      case .idle: ("idle", nil)
      case .armed(let price): ("armed", price.words)
      case .deciding: ("deciding", nil)
      case .showing: ("showing", nil)
      case .failed: ("failed", nil)
      }
    self.init(
      number: lane.number, mode: lane.mode.rawValue, state: state, armed: armed,
      lastResult: lane.lastOutcome.map { outcome in
        Self.words(outcome) + (lane.lastLightFailed ? ", light not shown" : "")
      })
  }

  /// One line for the cashier.
  private static func words(_ outcome: SaleOutcome) -> String {
    let name = outcome.diner.map { " \($0.maskedName)" } ?? ""
    switch outcome.verdict {
    case .approved(let sale):
      return "approved \(sale.total)\(name)"
    case .shownAgain(let sale, _):
      let fen = sale.total
      return "already paid \(fen)\(name), not charged again"
    case .tapAgain: return "lay on the reader, not charged: tap again\(name)"
    case .declined(let decline, _):
      return "declined \(decline.reason.code) \(decline.reason.chinese)\(name)"
    }
  }
}

extension BrakeLevel {
  fileprivate var word: String {
    switch self {
    case .free: "free"
    case .warning: "warning"
    case .braked: "braked"
    }
  }
}

extension SalePrice {
  /// For the cashier.
  fileprivate var words: String {
    switch self {
    case .mealPeriod: "a meal"
    case .guestMeal: "a guest's meal"
    case .keyed(let amount): "\(amount)"
    case .items(let lines):
      lines.map { "\($0.code.number)×\($0.quantity)" }.joined(separator: " ")
    case .count: "a count"
    case .officialMeal(let heads): "an official meal for \(heads)"
    }
  }
}

extension JournalLine {
  fileprivate init(_ entry: JournalEntry, acknowledged: JournalPosition) {
    let isSettled = entry.position <= acknowledged
    let wall = entry.record.time.wallMilliseconds
    switch entry.record.body {
    case .epochOpened:
      self.init(
        position: entry.position, id: entry.id.description, wallMilliseconds: wall, kind: "epoch",
        lane: nil, account: nil, amount: nil, paid: nil, reason: nil, place: nil,
        isSettled: isSettled)
    case .sale(let sale):
      self.init(
        position: entry.position, id: entry.id.description, wallMilliseconds: wall, kind: "sale",
        lane: sale.lane, account: sale.account,
        amount: sale.total, paid: sale.paid,
        reason: nil, place: "\(sale.place)", isSettled: isSettled)
    case .correction(let correction):
      let note = correction.note.isEmpty ? "" : ": \(correction.note)"
      self.init(
        position: entry.position, id: entry.id.description, wallMilliseconds: wall,
        kind: "\(correction.kind)", lane: nil, account: correction.account,
        amount: correction.total, paid: correction.returned,
        reason: "sale \(correction.original.sequence)\(correction.ofTerminal), "
          + "\(correction.by)\(note)", place: nil,
        isSettled: isSettled)
    case .dayClosed(let closed):
      self.init(
        position: entry.position, id: entry.id.description, wallMilliseconds: wall, kind: "day",
        lane: nil, account: nil, amount: nil, paid: nil,
        reason: "closed by \(closed.by), \(closed.totals.sales) sales", place: nil,
        isSettled: isSettled)
    case .holdReleased(let released):
      self.init(
        position: entry.position, id: entry.id.description, wallMilliseconds: wall,
        kind: "release", lane: nil, account: released.account, amount: nil, paid: nil, reason: nil,
        place: nil, isSettled: isSettled)
    case .keyRotated(let rotated):
      self.init(
        position: entry.position, id: entry.id.description, wallMilliseconds: wall, kind: "key",
        lane: nil, account: nil, amount: nil, paid: nil,
        reason: "signed with \(rotated.next.description.prefix(16))… from here on", place: nil,
        isSettled: isSettled)
    case .decline(let decline):
      self.init(
        position: entry.position, id: entry.id.description, wallMilliseconds: wall,
        kind: "decline", lane: decline.lane, account: decline.account, amount: decline.amount,
        paid: nil, reason: "\(decline.reason.code) \(decline.reason.english)", place: nil,
        isSettled: isSettled)
    }
  }
}

extension CorrectionRecord {
  /// Whose sale it was, where it was another terminal's.
  fileprivate var ofTerminal: String { elsewhere.map { " of terminal \($0.terminal)" } ?? "" }
}

extension ReaderStatus {
  fileprivate init(_ state: ReaderState) {
    self.init(
      reader: state.reader, socket: state.path, role: state.role?.rawValue, usbID: state.identifier,
      model: state.model, state: state.word,
      reason: state.reason, lane: state.lane, canSignal: state.canSignal,
      ownNoises: state.ownNoises)
  }
}
