package import CanteenModel

/// Why a canteen's statement cannot be made.
package enum StatementFault: Error, Equatable, Sendable {
  /// Nobody runs the canteen on a day on which it sold, or something was found.
  case noTerm(day: Int32)
  /// The policy links payment to the unit's evaluation, and there is none, or one of the other kind (S17, C6).
  case notEvaluated(ProgrammePolicy.EvaluationKind)
  /// There is an evaluation of which the policy knows nothing.
  case evaluationUnasked
  /// The sums do not fit.
  case money(MoneyError)
}

/// What a quarter's takings of one canteen mean for whoever runs it (S18 to S20, S34, C6, C7).
package struct QuarterStatement: Hashable, Sendable {
  /// What was taken in one quarter under one term: the statement's own quarter, or an earlier one whose records came
  /// in late.
  package struct Line: Hashable, Sendable {
    package let quarter: Quarter
    package let term: CanteenTerm
    package var sales: Int64 = 0
    package var sold = PurseAmounts.zero
    package var corrections: Int64 = 0
    package var returned = PurseAmounts.zero
    /// Sold less returned.
    package var total = Fen.zero
  }

  /// What one term's caterer is paid.
  package struct Account: Hashable, Sendable {
    package let term: CanteenTerm
    /// The lines of the term, late ones too.
    package var consumption = Fen.zero
    /// What the evaluation takes off. Not below zero.
    package var deduction = Fen.zero
    package var feeBase = Fen.zero
    package var fee = Fen.zero
    /// Consumption less deduction and fee. Below zero where more went back than was sold.
    package var payable = Fen.zero
  }

  /// What a terminal took.
  package struct Share: Hashable, Sendable {
    package let terminal: TerminalID
    package var total: Fen
  }

  /// In order of quarter and term.
  package private(set) var lines: [Line] = []
  /// One for each term with a line or a finding, in order of term.
  package private(set) var accounts: [Account] = []
  /// In order of terminal.
  package private(set) var shares: [Share] = []

  /// - Parameters:
  ///   - takings: Those that count for this statement, of the quarter and of earlier ones.
  ///   - terms: Those of the canteen, in order of their first days.
  ///   - evaluation: Of the quarter; late takings of earlier ones are not evaluated again.
  package init(
    of quarter: Quarter, takings: [Taking], terms: [CanteenTerm], policy: ProgrammePolicy,
    evaluation: QualityEvaluation?
  ) throws(StatementFault) {
    switch (policy.evaluation, evaluation) {
    case (.none, nil): break
    case (.none, _): throw .evaluationUnasked
    case (.coefficient, let given) where given?.paidBasisPoints != nil: break
    case (.deductionTable, let given?) where given.paidBasisPoints == nil: break
    case (.coefficient, _), (.deductionTable, _): throw .notEvaluated(policy.evaluation)
    }
    var placed: [(Taking, CanteenTerm)] = []
    for taking in takings { placed.append((taking, try Self.term(on: taking.soldDay, terms))) }
    var findings: [(QualityFinding, CanteenTerm)] = []
    for finding in evaluation?.findings ?? [] {
      findings.append((finding, try Self.term(on: finding.day, terms)))
    }
    do throws(MoneyError) {
      for (taking, term) in placed { try add(taking, term) }
      lines.sort { ($0.quarter, $0.term.firstDay) < ($1.quarter, $1.term.firstDay) }
      shares.sort { $0.terminal < $1.terminal }
      for line in lines {
        let index = account(of: line.term)
        try accounts[index].consume(line.total)
      }
      for (finding, term) in findings {
        let index = account(of: term)
        try accounts[index].deduct(finding.amount)
      }
      accounts.sort { $0.term.firstDay < $1.term.firstDay }
      if let part = evaluation?.paidBasisPoints { try withhold(paying: part, of: quarter) }
      try charge(policy)
    } catch {
      throw .money(error)
    }
  }

  private static func term(
    on day: Int32, _ terms: [CanteenTerm]
  ) throws(StatementFault) -> CanteenTerm {
    guard let term = terms.last(where: { $0.firstDay <= day }) else { throw .noTerm(day: day) }
    return term
  }

  private mutating func add(_ taking: Taking, _ term: CanteenTerm) throws(MoneyError) {
    let quarter = Quarter(of: taking.day)
    let found = lines.firstIndex { $0.quarter == quarter && $0.term == term }
    if found == nil { lines.append(Line(quarter: quarter, term: term)) }
    let index = found ?? lines.count - 1
    let total = try taking.sold.total() - taking.returned.total()
    lines[index].sales += taking.sales
    lines[index].sold = try lines[index].sold.adding(taking.sold)
    lines[index].corrections += taking.corrections
    lines[index].returned = try lines[index].returned.adding(taking.returned)
    lines[index].total = try lines[index].total + total
    guard let share = shares.firstIndex(where: { $0.terminal == taking.terminal }) else {
      shares.append(Share(terminal: taking.terminal, total: total))
      return
    }
    shares[share].total = try shares[share].total + total
  }

  /// The place of a term's account, which is made where there is none.
  private mutating func account(of term: CanteenTerm) -> Int {
    if let index = accounts.firstIndex(where: { $0.term == term }) { return index }
    accounts.append(Account(term: term))
    return accounts.count - 1
  }

  /// Takes off what the coefficient does not pay: rounded once for the canteen and the quarter, and given to its terms
  /// one after the other, so that their parts sum to it.
  private mutating func withhold(
    paying basisPoints: Int64, of quarter: Quarter
  ) throws(MoneyError) {
    var (consumed, withheld) = (Fen.zero, Fen.zero)
    for index in accounts.indices {
      for line in lines where line.quarter == quarter && line.term == accounts[index].term {
        consumed = try consumed + line.total
      }
      let due = try consumed - consumed.part(basisPoints)
      try accounts[index].deduct(try due - withheld)
      withheld = due
    }
  }

  /// Takes the fee inside of the price (S34): rounded once for the canteen and the quarter (C7), and given to its terms
  /// one after the other, so that their parts sum to it.
  private mutating func charge(_ policy: ProgrammePolicy) throws(MoneyError) {
    var (base, charged) = (Fen.zero, Fen.zero)
    for index in accounts.indices {
      accounts[index].feeBase = try accounts[index].base(by: policy)
      base = try base + accounts[index].feeBase
      var due = try policy.fee(of: base)
      #if SEEDED_BUGS
        if SeededStatementBug.planted == .roundsEachTerm {
          due = try charged + policy.fee(of: accounts[index].feeBase)
        }
      #endif
      accounts[index].fee = try due - charged
      charged = due
      accounts[index].payable =
        try accounts[index].consumption - accounts[index].deduction - accounts[index].fee
    }
  }

  /// What is kept of all terms.
  ///
  /// - Throws: ``MoneyError/overflow``.
  package func fee() throws(MoneyError) -> Fen {
    var sum = Fen.zero
    for account in accounts { sum = try sum + account.fee }
    return sum
  }

  /// What the evaluation takes off in all.
  ///
  /// - Throws: ``MoneyError/overflow``.
  package func deduction() throws(MoneyError) -> Fen {
    var sum = Fen.zero
    for account in accounts { sum = try sum + account.deduction }
    return sum
  }

  /// What books it once it is approved: from what terminals took to whom it belongs. They sum to zero.
  ///
  /// - Throws: ``MoneyError/overflow``.
  package func legs(withheldBy unit: UnitID) throws(MoneyError) -> [Leg] {
    var legs: [Leg] = []
    for share in shares where share.total != .zero {
      legs.append(Leg(.payable(share.terminal), try Fen.zero - share.total))
    }
    for account in accounts where account.payable != .zero {
      legs.append(Leg(.owed(account.term.caterer), account.payable))
    }
    let (fee, deduction) = (try fee(), try deduction())
    if fee != .zero { legs.append(Leg(.fee, fee)) }
    if deduction != .zero { legs.append(Leg(.withheld(unit), deduction)) }
    return legs
  }
}

extension QuarterStatement.Account {
  fileprivate mutating func consume(_ amount: Fen) throws(MoneyError) {
    consumption = try consumption + amount
  }

  fileprivate mutating func deduct(_ amount: Fen) throws(MoneyError) {
    deduction = try deduction + amount
  }

  /// Of what the fee is taken (C7); of nothing in a canteen that its unit runs itself (S20).
  fileprivate func base(by policy: ProgrammePolicy) throws(MoneyError) -> Fen {
    var isExempt = policy.fee.exemptsSelfRun && term.mode == .selfRun
    #if SEEDED_BUGS
      if SeededStatementBug.planted == .chargesSelfRun { isExempt = false }
    #endif
    guard !isExempt else { return .zero }
    switch policy.fee.base {
    case .grossAfterReversal: return consumption
    case .afterEvaluation: return try consumption - deduction
    }
  }
}
