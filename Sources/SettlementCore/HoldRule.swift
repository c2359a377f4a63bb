package import CanteenModel

/// Whether the centre sets an amount of an account aside for a terminal.
///
/// What is set aside at any time is never more than what the account has, so that everything that is
/// approved with a hold is at most the account's money, however many terminals ask and whatever gets
/// lost on the way. What terminals approve alone comes on top, within their caps.
package enum HoldRule {
  /// What may still be set aside. Negative when terminals approved more alone than is there.
  ///
  /// - Parameters:
  ///   - tranches: Every tranche of the account; those past their last day count only as debts.
  ///   - held: What is set aside already, for whatever terminal.
  ///   - includes: Up to where the balance has the asking terminal's records. Its own sales behind that
  ///     are taken off.
  /// - Throws: ``MoneyError/overflow``.
  package static func free(
    of tranches: [TrancheBalance], on day: Int32, held: Fen, asked request: HoldRequest,
    includes: JournalPosition?
  ) throws(MoneyError) -> Fen {
    #if SEEDED_BUGS
      let held = SeededRuleBug.planted == .heldIsFree ? .zero : held
    #endif
    var free = try Fen.zero - held
    for tranche in tranches where tranche.isOpen(on: day) || tranche.amount < .zero {
      free = try free + tranche.amount
    }
    for sale in request.ownSales where includes.map({ sale.position > $0 }) ?? true {
      free = try free - sale.amount
    }
    return free
  }

  /// Grants as much as is asked and free, if that is of use.
  ///
  /// - Parameter status: `nil` when the centre has no such account.
  package static func judge(
    _ request: HoldRequest, status: AccountStatus?, free: Fen
  ) -> HoldAnswer.Verdict {
    switch status {
    case nil: return .refused(.unknownAccount)
    case .reportedLost, .closed: return .refused(.notActive)
    case .active: break
    }
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .moreIsGrantedThanFree { return .granted(request.asked) }
    #endif
    guard free >= request.least else { return .refused(.insufficient) }
    return .granted(min(request.asked, free))
  }
}
