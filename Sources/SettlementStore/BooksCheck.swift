/// The proof behind the sums of a report. Everything is 0 in good books.
package struct BooksCheck: Hashable, Sendable, Codable {
  package internal(set) var sumOfAllLegsFen: Int64 = 0
  /// Entries whose own legs do not sum to zero.
  package internal(set) var unbalancedEntries = 0
  /// Accounts whose balance is not the sum of the legs on its purses.
  package internal(set) var differingBalances = 0
  /// Posted sales and corrections whose legs are missing, or are not what the record says; corrections that
  /// are not kept with their sales; and sales of which more went back, or is set aside to go back, than they
  /// took.
  package internal(set) var differingSales = 0
  /// Terminals whose figures in the report are not what their records add up to.
  package internal(set) var differingTerminals = 0
  /// Holds that contradict themselves, or what sales and refunds took from them.
  package internal(set) var differingHolds = 0
  /// Accounts of the ledger whose kept sum is not that of the entries that people made.
  package internal(set) var differingOfficeBalances = 0
  /// How many records were looked at.
  package internal(set) var records = 0

  package var isGood: Bool {
    sumOfAllLegsFen == 0 && unbalancedEntries == 0 && differingBalances == 0
      && differingSales == 0 && differingTerminals == 0 && differingHolds == 0
      && differingOfficeBalances == 0
  }
}
