/// A quarter's statement of one canteen, with everything that somebody needs besides the terminals' batches to reckon it
/// again (S18). Amounts are in fen, days in local days since 1970-01-01, times in Unix milliseconds, keys and heads
/// in hexadecimal digits.
///
/// Its bytes are canonical: JSON with sorted keys and integers only. The same statement has the same bytes on every store.
package struct StatementDocument: Hashable, Sendable, Codable {
  /// 1.
  package var format = Self.format
  /// In the form of `2026Q4`.
  package var quarter: String
  /// The last day of the quarter that was closed before; `nil`: none was.
  package var formerLastDay: Int32?
  package var closedMilliseconds: Int64
  /// By which the days of records are reckoned. A time before 1970 is of day 0.
  package var utcOffsetMinutes: Int
  package var canteen: UInt32
  package var canteenName: String
  /// To which the canteen belongs.
  package var unit: UInt32
  package var rules: Rules
  /// In order of their first days.
  package var terms: [Term]
  /// Those that ever stood in the canteen, and those that gave back what was sold there; by number.
  package var terminals: [Terminal]
  package var evaluation: Evaluation?
  /// Corrections of this statement that took no effect, because they did not fit what was sold.
  package var disregarded: [Disregarded]
  /// By terminal, day and day of sale.
  package var takings: [Taking]
  /// By quarter and term.
  package var lines: [Line]
  /// By term.
  package var accounts: [Account]

  package static let format = 1

  package init(
    quarter: String, formerLastDay: Int32?, closedMilliseconds: Int64, utcOffsetMinutes: Int,
    canteen: UInt32, canteenName: String, unit: UInt32, rules: Rules, terms: [Term],
    terminals: [Terminal], evaluation: Evaluation?, disregarded: [Disregarded],
    takings: [Taking], lines: [Line], accounts: [Account]
  ) {
    self.quarter = quarter
    self.formerLastDay = formerLastDay
    self.closedMilliseconds = closedMilliseconds
    self.utcOffsetMinutes = utcOffsetMinutes
    self.canteen = canteen
    self.canteenName = canteenName
    self.unit = unit
    self.rules = rules
    self.terms = terms
    self.terminals = terminals
    self.evaluation = evaluation
    self.disregarded = disregarded
    self.takings = takings
    self.lines = lines
    self.accounts = accounts
  }

  /// The numbers of the policy (S19, S20, C6, C7).
  package struct Rules: Hashable, Sendable, Codable {
    package var policyVersion: Int64
    package var legalBasis: String
    package var feeBasisPoints: Int64
    /// `grossAfterReversal` or `afterEvaluation`.
    package var feeBase: String
    package var exemptsSelfRun: Bool
    /// `none`, `coefficient` or `deductionTable`.
    package var evaluation: String

    package init(
      policyVersion: Int64, legalBasis: String, feeBasisPoints: Int64, feeBase: String,
      exemptsSelfRun: Bool, evaluation: String
    ) {
      self.policyVersion = policyVersion
      self.legalBasis = legalBasis
      self.feeBasisPoints = feeBasisPoints
      self.feeBase = feeBase
      self.exemptsSelfRun = exemptsSelfRun
      self.evaluation = evaluation
    }
  }

  /// Who runs the canteen, from a day on until the next term's.
  package struct Term: Hashable, Sendable, Codable {
    package var firstDay: Int32
    /// `selfRun`, `contracted`, `consortium` or `perHead`.
    package var mode: String
    package var caterer: UInt32
    package var contract: String

    package init(firstDay: Int32, mode: String, caterer: UInt32, contract: String) {
      self.firstDay = firstDay
      self.mode = mode
      self.caterer = caterer
      self.contract = contract
    }
  }

  /// A terminal: by which keys it signs, where it stood, and up to where its records count.
  package struct Terminal: Hashable, Sendable, Codable {
    package var number: UInt32
    package var keys: [String]
    package var places: [Place]
    /// Where its branches ended when the quarter was closed; forks too.
    package var heads: [Head]
    /// The same of the quarter that was closed before.
    package var formerHeads: [Head]

    package init(
      number: UInt32, keys: [String], places: [Place], heads: [Head], formerHeads: [Head]
    ) {
      self.number = number
      self.keys = keys
      self.places = places
      self.heads = heads
      self.formerHeads = formerHeads
    }
  }

  /// Where a terminal stood from a time on until the next place's.
  package struct Place: Hashable, Sendable, Codable {
    package var fromMilliseconds: Int64
    package var canteen: UInt32

    package init(fromMilliseconds: Int64, canteen: UInt32) {
      self.fromMilliseconds = fromMilliseconds
      self.canteen = canteen
    }
  }

  /// The end of a branch of a terminal's chain.
  package struct Head: Hashable, Sendable, Codable {
    package var epoch: UInt32
    package var sequence: UInt64
    package var head: String

    package init(epoch: UInt32, sequence: UInt64, head: String) {
      self.epoch = epoch
      self.sequence = sequence
      self.head = head
    }
  }

  /// What the unit found of the catering, and who stands for it (S17).
  package struct Evaluation: Hashable, Sendable, Codable {
    /// How much of the quarter's consumption is paid, in hundredths of a percent.
    package var paidBasisPoints: Int64?
    package var findings: [Finding]
    package var proposedBy: String
    package var approvedBy: String

    package init(
      paidBasisPoints: Int64?, findings: [Finding], proposedBy: String, approvedBy: String
    ) {
      self.paidBasisPoints = paidBasisPoints
      self.findings = findings
      self.proposedBy = proposedBy
      self.approvedBy = approvedBy
    }
  }

  /// What was found on a day, and what is withheld for it.
  package struct Finding: Hashable, Sendable, Codable {
    package var day: Int32
    package var reason: String
    package var fen: Int64

    package init(day: Int32, reason: String, fen: Int64) {
      self.day = day
      self.reason = reason
      self.fen = fen
    }
  }

  /// A correction that took no effect.
  package struct Disregarded: Hashable, Sendable, Codable {
    package var terminal: UInt32
    package var id: String
    /// `unknownOriginal` or `moreThanSold`.
    package var reason: String

    package init(terminal: UInt32, id: String, reason: String) {
      self.terminal = terminal
      self.id = id
      self.reason = reason
    }
  }
}

extension StatementDocument {
  /// What one terminal sold on one day, and what went back of it.
  package struct Taking: Hashable, Sendable, Codable {
    package var terminal: UInt32
    /// Of the records.
    package var day: Int32
    /// Of the sales; another one for corrections of earlier days.
    package var soldDay: Int32
    package var sums: Sums

    package init(terminal: UInt32, day: Int32, soldDay: Int32, sums: Sums) {
      self.terminal = terminal
      self.day = day
      self.soldDay = soldDay
      self.sums = sums
    }
  }

  /// Counts and sums; what was returned is not below zero.
  package struct Sums: Hashable, Sendable, Codable {
    package var sales: Int64
    package var soldSubsidy: Int64
    package var soldPersonal: Int64
    package var corrections: Int64
    package var returnedSubsidy: Int64
    package var returnedPersonal: Int64

    package init(
      sales: Int64 = 0, soldSubsidy: Int64 = 0, soldPersonal: Int64 = 0, corrections: Int64 = 0,
      returnedSubsidy: Int64 = 0, returnedPersonal: Int64 = 0
    ) {
      self.sales = sales
      self.soldSubsidy = soldSubsidy
      self.soldPersonal = soldPersonal
      self.corrections = corrections
      self.returnedSubsidy = returnedSubsidy
      self.returnedPersonal = returnedPersonal
    }
  }

  /// What was taken in one quarter under one term. An earlier quarter than the statement's: an adjustment.
  package struct Line: Hashable, Sendable, Codable {
    package var quarter: String
    /// The first day of the term.
    package var term: Int32
    package var sums: Sums
    package var total: Int64

    package init(quarter: String, term: Int32, sums: Sums, total: Int64) {
      self.quarter = quarter
      self.term = term
      self.sums = sums
      self.total = total
    }
  }

  /// What one term's caterer is paid.
  package struct Account: Hashable, Sendable, Codable {
    /// The first day of the term.
    package var term: Int32
    package var caterer: UInt32
    package var consumption: Int64
    /// What the evaluation takes off.
    package var deduction: Int64
    package var feeBase: Int64
    package var fee: Int64
    package var payable: Int64

    package init(
      term: Int32, caterer: UInt32, consumption: Int64, deduction: Int64, feeBase: Int64,
      fee: Int64, payable: Int64
    ) {
      self.term = term
      self.caterer = caterer
      self.consumption = consumption
      self.deduction = deduction
      self.feeBase = feeBase
      self.fee = fee
      self.payable = payable
    }
  }
}
