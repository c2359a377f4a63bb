package import CanteenModel
package import SettlementCore

/// What a run over a year would take or took, unit by unit and tranche by tranche: the certificate of a unit (S13, C1).
package struct YearEndReport: Hashable, Sendable, Codable {
  package let year: Int
  /// 1 closes the year, later ones book what was handed in after it.
  package let run: Int
  /// `nil` in a trial: nobody has decided.
  package let destination: ProgrammePolicy.ResidualDestination?
  package let units: [Unit]
  /// What goes to each destination if it is the one, in fen. The same sum three times: the choice is where, not how much.
  package let variants: [Variant]

  package struct Unit: Hashable, Sendable, Codable {
    package let unit: UnitID
    package let name: String
    package let tranches: [Tranche]
    /// What this run takes, in fen.
    package let fen: Int64
  }

  package struct Tranche: Hashable, Sendable, Codable {
    package let tranche: TrancheID
    package let quarter: Quarter
    package let appropriation: String
    /// What the unit paid, and what its people were given of it.
    package let receivedFen: Int64
    package let givenFen: Int64
    /// What its people have spent of it, what was taken back included.
    package let spentFen: Int64
    /// What earlier runs took, and what this one takes of people, and of what nobody was given.
    package let takenBeforeFen: Int64
    package let takenFen: Int64
    package let ungivenFen: Int64
    /// What stays below zero: people's debts, recovered from their next subsidy.
    package let debtFen: Int64
  }

  package struct Variant: Hashable, Sendable, Codable {
    package let destination: ProgrammePolicy.ResidualDestination
    package let accounts: [String: Int64]
  }
}
