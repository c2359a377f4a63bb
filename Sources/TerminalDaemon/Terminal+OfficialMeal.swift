package import CanteenModel
import TerminalCore

extension Terminal {
  /// Charges an official meal to the account of the host unit.
  ///
  /// - Parameters:
  ///   - voucher: The number of the approved request.
  ///   - heads: For how many.
  /// - Throws: ``OperatorRefusal`` when it was not approved; a record says why.
  package func chargeOfficialMeal(voucher: String, heads: Int) async throws -> OfficialMealLine {
    guard let credential = VoucherNumber.credential(voucher) else {
      throw OperatorRefusal(
        description: "\(voucher) is no number of a request: 6 to 32 of A-Z, 0-9 and hyphens")
    }
    let outcome = try await lanes[0].charge(
      SaleRequest(
        lane: lanes[0].number, medium: .keyed, credential: credential,
        price: .officialMeal(heads: heads)))
    switch outcome.verdict {
    case .approved(let sale):
      return OfficialMealLine(sale, at: outcome.position, isShownAgain: false)
    case .shownAgain(let sale, _):
      return OfficialMealLine(sale, at: outcome.position, isShownAgain: true)
    case .declined(let decline, let shortfall):
      let rest = shortfall.map { ", \($0) are missing" } ?? ""
      throw OperatorRefusal(
        description: "not approved: \(decline.reason.code) \(decline.reason.english)\(rest)")
    case .tapAgain:
      preconditionFailure("what an operator keys may be charged")
    }
  }
}
