package import CanteenModel
import Journal
import TerminalCore

extension Terminal {
  /// The rulebook in force.
  ///
  /// - Throws: ``OperatorRefusal`` when there is none.
  package func rulebook() async throws -> Rulebook {
    guard let rulebook = try await journal.standing().rulebook else {
      throw OperatorRefusal(description: "no rulebook yet: the centre has not fed this terminal")
    }
    return rulebook
  }

  /// What every account may still buy here if the centre stays away.
  ///
  /// - Parameter limit: How many accounts are named. 0...1000.
  package func exposure(naming limit: Int) async throws -> ExposureReport {
    let standing = try await journal.standing()
    let rulebook = try await rulebook()
    let inGroup = peers?.word.mayAsk ?? false
    guard let exposure = try await journal.exposure(naming: limit, inGroup: inGroup) else {
      throw OperatorRefusal(description: "no rulebook yet: the centre has not fed this terminal")
    }
    return ExposureReport(
      meal: rulebook.mealPeriods.first { $0.number == exposure.slot.period }?.name,
      accounts: exposure.accounts, worstCase: exposure.total,
      greatest: exposure.greatest.map {
        ExposureReport.Line(account: $0.account, mayBuy: $0.mayBuy)
      }, stored: standing.unsettledTotal, storedLimit: rulebook.brakes.total)
  }
}
