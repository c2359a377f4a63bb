import CanteenModel
import SyncProtocol

/// What whoever ran the canteen is paid for its lines: evaluation, fee, payable (S17 to S20, S34, C6, C7).
struct Bill {
  private(set) var accounts: [StatementDocument.Account] = []

  init(
    _ document: StatementDocument, _ lines: [StatementDocument.Line]
  ) throws(VerificationFailure) {
    let findings = document.evaluation?.findings ?? []
    var firstDays: [Int32] = lines.map(\.term)
    for finding in findings {
      firstDays.append(try StatementVerifier.term(on: finding.day, document.terms).firstDay)
    }
    let terms = document.terms.filter { firstDays.contains($0.firstDay) }
      .sorted { $0.firstDay < $1.firstDay }
    var (consumed, unpaid, base, charged) = (Int64(0), Int64(0), Int64(0), Int64(0))
    for term in terms {
      var (all, own, deduction) = (Int64(0), Int64(0), Int64(0))
      for line in lines where line.term == term.firstDay {
        try Exact.add(line.total, to: &all)
        if line.quarter == document.quarter { try Exact.add(line.total, to: &own) }
      }
      for finding in findings
      where try StatementVerifier.term(on: finding.day, document.terms) == term {
        try Exact.add(finding.fen, to: &deduction)
      }
      if let part = document.evaluation?.paidBasisPoints {
        try Exact.add(own, to: &consumed)
        let soFar = try Exact.less(consumed, Self.part(part, of: consumed))
        try Exact.add(try Exact.less(soFar, unpaid), to: &deduction)
        unpaid = soFar
      }
      let feeBase = try Self.feeBase(document.rules, term, all, deduction)
      try Exact.add(feeBase, to: &base)
      let due = Self.part(document.rules.feeBasisPoints, of: base)
      let fee = try Exact.less(due, charged)
      accounts.append(
        StatementDocument.Account(
          term: term.firstDay, caterer: term.caterer, consumption: all, deduction: deduction,
          feeBase: feeBase, fee: fee, payable: try Exact.less(try Exact.less(all, deduction), fee)))
      charged = due
    }
  }

  private static func feeBase(
    _ rules: StatementDocument.Rules, _ term: StatementDocument.Term, _ consumption: Int64,
    _ deduction: Int64
  ) throws(VerificationFailure) -> Int64 {
    if rules.exemptsSelfRun, term.mode == "selfRun" { return 0 }
    return rules.feeBase == "afterEvaluation"
      ? try Exact.less(consumption, deduction) : consumption
  }

  /// So many hundredths of a percent, to the nearest fen; a half goes away from zero.
  private static func part(_ basisPoints: Int64, of amount: Int64) -> Int64 {
    let (quotient, rest) = (Int128(amount) * Int128(basisPoints))
      .quotientAndRemainder(dividingBy: 10_000)
    guard rest.magnitude >= 5_000 else { return Int64(quotient) }
    return Int64(quotient) + (rest < 0 ? -1 : 1)
  }
}
