/// What a terminal says of itself, for `canteenctl status` and the pages. Stable names: scripts read it.
package struct TerminalStatus: Hashable, Sendable, Codable {
  package struct Meal: Hashable, Sendable, Codable {
    package let name: String
    /// Minutes after local midnight.
    package let startMinute: Int
    package let endMinute: Int
    package let price: Fen

    package init(name: String, startMinute: Int, endMinute: Int, price: Fen) {
      self.name = name
      self.startMinute = startMinute
      self.endMinute = endMinute
      self.price = price
    }
  }

  package struct LaneStatus: Hashable, Sendable, Codable {
    package let number: LaneID
    /// `fixedPrice`, `keyedAmount` or `countOnly`.
    package let mode: String
    /// `idle`, `armed`, `deciding`, `showing` or `failed`.
    package let state: String
    /// What waits for a card: an amount, items, or a guest's meal; in words.
    package let armed: String?
    /// What came of the last presentation, in the words of the cashier's side.
    package let lastResult: String?

    package init(number: LaneID, mode: String, state: String, armed: String?, lastResult: String?) {
      self.number = number
      self.mode = mode
      self.state = state
      self.armed = armed
      self.lastResult = lastResult
    }
  }

  package struct Today: Hashable, Sendable, Codable {
    package let approved: Int
    package let approvedTotal: Fen
    package let declined: Int
    /// Voids, refunds and reversals, and what they gave back.
    package let corrected: Int
    package let correctedTotal: Fen
    /// Presentations for which an earlier sale was shown, since the daemon started.
    package let shownAgain: Int

    package init(
      approved: Int, approvedTotal: Fen, declined: Int, corrected: Int, correctedTotal: Fen,
      shownAgain: Int
    ) {
      self.approved = approved
      self.approvedTotal = approvedTotal
      self.declined = declined
      self.corrected = corrected
      self.correctedTotal = correctedTotal
      self.shownAgain = shownAgain
    }
  }

  package struct Outbox: Hashable, Sendable, Codable {
    /// Records that the centre does not have.
    package let records: Int
    package let oldestAgeMilliseconds: Int64?
    /// What they sold.
    package let total: Fen
    /// `free`, `warning` (half of a brake is reached) or `braked` (one standard meal each, no more).
    package let brake: String
    package let lastPosition: JournalPosition
    package let acknowledged: JournalPosition
    /// The centre's Unix time of the last ack; `nil` before the first.
    package let acknowledgedAtMilliseconds: Int64?
    /// `push`, `pull` or `off`.
    package let direction: String
    /// Why the last contact failed; `nil` when it went well.
    package let fault: String?
    package let nextTryInMilliseconds: Int64?

    package init(
      records: Int, oldestAgeMilliseconds: Int64?, total: Fen, brake: String,
      lastPosition: JournalPosition,
      acknowledged: JournalPosition, acknowledgedAtMilliseconds: Int64?, direction: String,
      fault: String?, nextTryInMilliseconds: Int64?
    ) {
      self.records = records
      self.oldestAgeMilliseconds = oldestAgeMilliseconds
      self.total = total
      self.brake = brake
      self.lastPosition = lastPosition
      self.acknowledged = acknowledged
      self.acknowledgedAtMilliseconds = acknowledgedAtMilliseconds
      self.direction = direction
      self.fault = fault
      self.nextTryInMilliseconds = nextTryInMilliseconds
    }
  }

  /// The other terminals of the canteen, with which this one reserves before it approves.
  package struct Group: Hashable, Sendable, Codable {
    package struct Neighbour: Hashable, Sendable, Codable {
      package let terminal: TerminalID
      /// Since when it answers, as Unix time of this terminal in milliseconds; `nil` while it does not.
      package let answersSinceMilliseconds: Int64?

      package init(terminal: TerminalID, answersSinceMilliseconds: Int64?) {
        self.terminal = terminal
        self.answersSinceMilliseconds = answersSinceMilliseconds
      }
    }

    /// `any`: one other terminal's word is enough for the home cap; `whole`: every one's is needed.
    package let rule: String
    /// By number.
    package let neighbours: [Neighbour]
    /// Whether so many answer that they are asked.
    package let isGroup: Bool
    /// What somebody who eats here daily may spend in a meal without the centre, while it is as it is.
    package let cap: Fen

    package init(rule: String, neighbours: [Neighbour], isGroup: Bool, cap: Fen) {
      self.rule = rule
      self.neighbours = neighbours
      self.isGroup = isGroup
      self.cap = cap
    }

    /// How many answer.
    package var answering: Int { neighbours.count { $0.answersSinceMilliseconds != nil } }
  }

  /// What was saved when the ledger was damaged and a new one went on.
  package struct Salvage: Hashable, Sendable, Codable {
    /// The damaged file, in the state directory.
    package let file: String
    /// Records that the centre did not have and that were kept.
    package let kept: Int
    /// Records that are only in the damaged file, at least; `nil` when nobody knows.
    package let missing: Int?
    /// Whether the centre has what was kept.
    package let isSettled: Bool

    package init(file: String, kept: Int, missing: Int?, isSettled: Bool) {
      self.file = file
      self.kept = kept
      self.missing = missing
      self.isSettled = isSettled
    }
  }

  /// What time the records bear.
  package struct Clock: Hashable, Sendable, Codable {
    package let recordMilliseconds: Int64
    /// Whether the machine's clock is believed.
    package let isTrusted: Bool

    package init(recordMilliseconds: Int64, isTrusted: Bool) {
      self.recordMilliseconds = recordMilliseconds
      self.isTrusted = isTrusted
    }
  }

  package let canteen: String
  package let terminal: TerminalID
  /// Unix time of the terminal in milliseconds, and its local time minus UTC in minutes.
  package let nowMilliseconds: Int64
  package let utcOffsetMinutes: Int
  /// Why nothing can be sold; `nil` when the terminal sells.
  package let closedBecause: String?
  package let meal: Meal?
  package let lanes: [LaneStatus]
  package let readers: [ReaderStatus]
  package let today: Today
  package let outbox: Outbox
  package let clock: Clock
  /// 0 when there is none.
  package let rulebookVersion: Int64
  /// `nil` when no damaged ledger lies beside this one.
  package let salvage: Salvage?
  /// `nil` where the settings name no second medium.
  package let mirror: Mirror?
  /// `nil` until one ran.
  package let check: Check?
  /// `nil` where the rules have no groups, or where the terminal has no place in one.
  package let group: Group?

  package init(
    canteen: String, terminal: TerminalID, nowMilliseconds: Int64, utcOffsetMinutes: Int,
    closedBecause: String?, meal: Meal?, lanes: [LaneStatus], readers: [ReaderStatus],
    today: Today, outbox: Outbox, clock: Clock, rulebookVersion: Int64, salvage: Salvage? = nil,
    mirror: Mirror? = nil, check: Check? = nil, group: Group? = nil
  ) {
    self.canteen = canteen
    self.terminal = terminal
    self.nowMilliseconds = nowMilliseconds
    self.utcOffsetMinutes = utcOffsetMinutes
    self.closedBecause = closedBecause
    self.meal = meal
    self.lanes = lanes
    self.readers = readers
    self.today = today
    self.outbox = outbox
    self.clock = clock
    self.rulebookVersion = rulebookVersion
    self.salvage = salvage
    self.mirror = mirror
    self.check = check
    self.group = group
  }
}

/// One reader, as the operator sees it.
package struct ReaderStatus: Hashable, Sendable, Codable {
  package let reader: ReaderID
  /// The socket by udev's `ID_PATH`, as `canteen.readers` names it; `nil` where udev does not say.
  package let socket: String?
  /// `card`, `scanner` or `face`; `nil` for a device that may be anything.
  package let role: String?
  /// Vendor and product, for example `072F:2200`.
  package let usbID: String
  package let model: String
  /// One word: `ready`, `starting`, `away`, `refused` …
  package let state: String
  /// Why it is in that state, and what to do; `nil` when it is ready.
  package let reason: String?
  package let lane: LaneID?
  /// Whether it can show and sound our answer.
  package let canSignal: Bool
  /// Its own beep and light on detection.
  package let ownNoises: OwnNoises

  package init(
    reader: ReaderID, socket: String? = nil, role: String? = nil, usbID: String, model: String,
    state: String, reason: String?, lane: LaneID?,
    canSignal: Bool, ownNoises: OwnNoises
  ) {
    self.reader = reader
    self.socket = socket
    self.role = role
    self.usbID = usbID
    self.model = model
    self.state = state
    self.reason = reason
    self.lane = lane
    self.canSignal = canSignal
    self.ownNoises = ownNoises
  }
}

/// What a reader shows and sounds by itself when it sees something.
package enum OwnNoises: String, Hashable, Sendable, Codable, CaseIterable {
  /// Switched off by us since the last start or reset.
  case off
  /// The reader makes none.
  case none
  /// The reader did not take the command.
  case on
  /// It may make some: nothing is known of them, or not yet.
  case unknown
}

/// What a full verification of the ledger found.
package struct VerificationReport: Hashable, Sendable, Codable {
  /// How many records were recomputed.
  package let records: Int
  /// What does not fit, in words; empty when all is well.
  package let findings: [String]
  /// Tables that SQLite could not check because cards kept coming; they are for a quieter moment.
  package let unchecked: [String]

  package init(records: Int, findings: [String], unchecked: [String] = []) {
    self.records = records
    self.findings = findings
    self.unchecked = unchecked
  }
}

/// One record of the journal, as the operator sees it. A view: the record's bytes are elsewhere.
package struct JournalLine: Hashable, Sendable, Codable {
  package let position: JournalPosition
  /// The head after the record: 64 hexadecimal digits.
  package let id: String
  package let wallMilliseconds: Int64
  /// `sale`, `decline`, `epoch`, `void`, `refund`, `reversal`, `day` or `release`.
  package let kind: String
  package let lane: LaneID?
  package let account: AccountID?
  package let amount: Fen?
  package let paid: PurseAmounts?
  /// For a decline: the code and the words, `007 insufficient balance`. For a correction: the sale, who
  /// and why.
  package let reason: String?
  /// For a sale: `online`, `lan` or `alone`.
  package let place: String?
  /// Whether the centre has it.
  package let isSettled: Bool

  package init(
    position: JournalPosition, id: String, wallMilliseconds: Int64, kind: String, lane: LaneID?,
    account: AccountID?, amount: Fen?, paid: PurseAmounts?, reason: String?, place: String?,
    isSettled: Bool
  ) {
    self.position = position
    self.id = id
    self.wallMilliseconds = wallMilliseconds
    self.kind = kind
    self.lane = lane
    self.account = account
    self.amount = amount
    self.paid = paid
    self.reason = reason
    self.place = place
    self.isSettled = isSettled
  }
}
