package import CanteenModel
package import SettlementCore

/// A quarter's statement of one canteen, in short.
package struct StatementSummary: Hashable, Sendable, Codable {
  package let quarter: Quarter
  package let canteen: UInt32
  package let name: String
  /// 64 hexadecimal digits: what is approved. `nil` where no statement can be made.
  package let digest: String?
  /// What was sold less what went back; what the evaluation and the fee take of it; what is paid.
  package let consumption: Fen
  package let deduction: Fen
  package let fee: Fen
  package let payable: Fen
  /// `nil` while it is a draft.
  package let approvedBy: TwoPeople?
  /// Why no statement can be made, and what to do.
  package let fault: String?
}

extension StatementFault {
  /// What is wrong with a canteen, and what to do.
  func advice(_ canteen: UInt32) -> String {
    switch self {
    case .noTerm(let day):
      "nobody runs canteen \(canteen) on \(CivilDate(day: day)): enter who does"
    case .notEvaluated(let kind):
      "canteen \(canteen) has no evaluation by \(kind.rawValue): import what its unit found"
    case .evaluationUnasked:
      "canteen \(canteen) has an evaluation of which the policy knows nothing: set evaluation in the policy, or remove it"
    case .money(let error): "the sums of canteen \(canteen) do not fit: \(error)"
    }
  }
}
