package import CanteenModel

/// The numbers by which the centre funds and settles: data with a version, a first day and a legal basis, never constants
/// in code. What terminals obey is the ``Rulebook``.
package struct ProgrammePolicy: Hashable, Sendable, Codable {
  /// Rises with every change. 1 or more.
  package let version: Int64
  /// The document that the numbers rest on. Never empty (C15).
  package let legalBasis: String
  /// The first local day on which it is in force, in days since 1970-01-01.
  package let effectiveFromDay: Int32
  package let funding: Funding
  package let fee: Fee
  package let evaluation: EvaluationKind
  package let yearEnd: YearEnd
  /// How far units set the rules of their own canteens; `nil`: they set nothing.
  package let unitRules: UnitRuleBounds?

  package init(
    version: Int64, legalBasis: String, effectiveFromDay: Int32, funding: Funding = Funding(),
    fee: Fee = Fee(), evaluation: EvaluationKind = .none, yearEnd: YearEnd = YearEnd(),
    unitRules: UnitRuleBounds? = nil
  ) {
    self.version = version
    self.legalBasis = legalBasis
    self.effectiveFromDay = effectiveFromDay
    self.funding = funding
    self.fee = fee
    self.evaluation = evaluation
    self.yearEnd = yearEnd
    self.unitRules = unitRules
  }

  /// When and how units pay (S6, S7, S32, C5, C9).
  package struct Funding: Hashable, Sendable, Codable {
    /// The day of the first month of a quarter by which a unit pays. 1...28.
    package let deadlineDay: Int
    /// Whether a deadline on a day that is not worked is the next one that is.
    package let rollsToWorkingDay: Bool
    package let path: FundPath
    /// Whether people may be given money that their unit has not paid yet, as an advance tranche.
    package let allowsAdvance: Bool

    package init(
      deadlineDay: Int = 10, rollsToWorkingDay: Bool = true, path: FundPath = .viaBureau,
      allowsAdvance: Bool = false
    ) {
      self.deadlineDay = deadlineDay
      self.rollsToWorkingDay = rollsToWorkingDay
      self.path = path
      self.allowsAdvance = allowsAdvance
    }
  }

  /// Over which accounts the money of units comes (C5).
  package enum FundPath: String, Hashable, Sendable, Codable, CaseIterable {
    /// Into the system's income account at once (S30).
    case direct
    /// Into the Bureau's account (S28), and from there into the income account.
    case viaBureau
    /// Into the income account, which somebody keeps whom the Bureau entrusted (S7).
    case entrusted
  }

  /// What the system's manager keeps of a settlement (S19, S20, S34, C7).
  package struct Fee: Hashable, Sendable, Codable {
    /// Hundredths of a percent. 0...1000; 50 is the 0.5 % of S19.
    package let rateBasisPoints: Int64
    package let base: FeeBase
    /// Whether canteens that a unit runs itself pay none (S20).
    package let exemptsSelfRun: Bool

    package init(
      rateBasisPoints: Int64 = 50, base: FeeBase = .grossAfterReversal, exemptsSelfRun: Bool = true
    ) {
      self.rateBasisPoints = rateBasisPoints
      self.base = base
      self.exemptsSelfRun = exemptsSelfRun
    }
  }

  /// Of what the fee is a part (C7).
  package enum FeeBase: String, Hashable, Sendable, Codable, CaseIterable {
    /// What was sold less what was taken back.
    case grossAfterReversal
    /// The same less the deductions of the evaluation.
    case afterEvaluation
  }

  /// How a unit's judgement of a canteen changes what is paid (S17, S18, C6). It is a line of its own, and never
  /// changes what was sold.
  package enum EvaluationKind: String, Hashable, Sendable, Codable, CaseIterable {
    case none
    /// The score chooses a part of the consumption that is paid.
    case coefficient
    /// Each finding has an amount.
    case deductionTable
  }

  /// What becomes of money that was not spent (S13, S14, C1, C2, C14).
  package struct YearEnd: Hashable, Sendable, Codable {
    /// `nil`: nobody has decided, and no year is closed.
    package let residualTo: ResidualDestination?
    /// How many days after 31 December what terminals hand in late still counts for the year before it is closed.
    /// 0...90.
    package let graceDays: Int

    package init(residualTo: ResidualDestination? = nil, graceDays: Int = 10) {
      self.residualTo = residualTo
      self.graceDays = graceDays
    }
  }

  /// Where the subsidy that is left goes (C1).
  package enum ResidualDestination: String, Hashable, Sendable, Codable, CaseIterable {
    /// Back to the unit that paid it.
    case unit
    /// To the city's treasury.
    case treasury
    /// To the city's treasury, from which the unit may claim it (S42).
    case treasuryClaimable
  }
}

extension ProgrammePolicy {
  /// What is wrong with it; none when it may come into force. Each says what to do.
  package var faults: [String] {
    var faults: [String] = []
    if version < 1 { faults.append("version is 1 or more") }
    if legalBasis.isEmpty {
      faults.append("legalBasis names the document that the numbers rest on")
    }
    if !(1...28).contains(funding.deadlineDay) {
      faults.append("funding.deadlineDay is a day of a month, 1 to 28")
    }
    if !(0...1000).contains(fee.rateBasisPoints) {
      faults.append("fee.rateBasisPoints is 0 to 1000, hundredths of a percent")
    }
    if !(0...90).contains(yearEnd.graceDays) { faults.append("yearEnd.graceDays is 0 to 90") }
    return faults + (unitRules?.faults ?? [])
  }

  /// The day by which units pay for a quarter (S6, C9).
  package func fundingDeadline(of quarter: Quarter, _ calendar: WorkingDays) -> Int32 {
    let day = quarter.firstDay + Int32(funding.deadlineDay) - 1
    return funding.rollsToWorkingDay ? calendar.firstWorked(from: day) : day
  }

  /// The fee of an amount, rounded half up to a fen, once for a canteen and a quarter (C7). Of an amount below zero it is
  /// below zero, and rounded as its opposite.
  ///
  /// - Throws: ``MoneyError/overflow``.
  package func fee(of base: Fen) throws(MoneyError) -> Fen {
    try base.part(fee.rateBasisPoints)
  }
}

extension Fen {
  /// So many hundredths of a percent of it, half up; of an amount below zero it is below zero, and rounded as its
  /// opposite.
  func part(_ basisPoints: Int64) throws(MoneyError) -> Fen {
    let scaled = try Fen(value < 0 ? -value : value).times(basisPoints)
    let rounded = try scaled + Fen(5_000)
    let amount = rounded.value / 10_000
    return Fen(value < 0 ? -amount : amount)
  }
}
