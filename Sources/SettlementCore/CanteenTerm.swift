package import CanteenModel

/// How a canteen is run (S16, S20). Stored by name; it never changes.
package enum TermMode: String, Hashable, Sendable, Codable, CaseIterable {
  /// By its unit.
  case selfRun
  /// By a caterer, under a contract.
  case contracted
  /// By a caterer whom several units chose together.
  case consortium
  /// By a caterer who is paid for each head (包餐制).
  case perHead
}

/// Who runs a canteen and how, from a local day on until the next term's (C7: it may change within a quarter).
package struct CanteenTerm: Hashable, Sendable {
  /// In days since 1970-01-01.
  package let firstDay: Int32
  package let mode: TermMode
  /// Who is paid.
  package let caterer: CatererID
  /// What the unit calls the contract; empty: none.
  package let contract: String

  package init(firstDay: Int32, mode: TermMode, caterer: CatererID, contract: String) {
    self.firstDay = firstDay
    self.mode = mode
    self.caterer = caterer
    self.contract = contract
  }
}

/// What one terminal sold on one day, and what went back of it, as far as a statement covers it.
package struct Taking: Hashable, Sendable {
  /// Whose sales they are, also where another terminal gave back.
  package let terminal: TerminalID
  /// The local day of the records, which says for which quarter they count.
  package let day: Int32
  /// The local day of the sales: that of the records, but for corrections of earlier sales. It says whose term is
  /// paid, or pays back.
  package let soldDay: Int32
  package let sales: Int64
  package let sold: PurseAmounts
  package let corrections: Int64
  /// Not below zero.
  package let returned: PurseAmounts

  package init(
    terminal: TerminalID, day: Int32, soldDay: Int32, sales: Int64 = 0, sold: PurseAmounts = .zero,
    corrections: Int64 = 0, returned: PurseAmounts = .zero
  ) {
    self.terminal = terminal
    self.day = day
    self.soldDay = soldDay
    self.sales = sales
    self.sold = sold
    self.corrections = corrections
    self.returned = returned
  }
}

/// A unit's judgement of the catering in one of its canteens in a quarter (S17).
package struct QualityEvaluation: Hashable, Sendable {
  /// How much of the quarter's consumption is paid, in hundredths of a percent, 0...10000; where the policy says
  /// ``ProgrammePolicy/EvaluationKind/coefficient``.
  package let paidBasisPoints: Int64?
  /// Where the policy says ``ProgrammePolicy/EvaluationKind/deductionTable``.
  package let findings: [QualityFinding]

  package init(paidBasisPoints: Int64? = nil, findings: [QualityFinding] = []) {
    self.paidBasisPoints = paidBasisPoints
    self.findings = findings
  }
}

/// What was found on a day, and what it costs whoever ran the canteen then.
package struct QualityFinding: Hashable, Sendable {
  /// In days since 1970-01-01, within the quarter.
  package let day: Int32
  package let reason: String
  /// More than zero.
  package let amount: Fen

  package init(day: Int32, reason: String, amount: Fen) {
    self.day = day
    self.reason = reason
    self.amount = amount
  }
}
