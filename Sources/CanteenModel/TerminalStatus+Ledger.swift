extension TerminalStatus {
  /// The copy of the ledger on a second medium.
  package struct Mirror: Hashable, Sendable, Codable {
    /// Records that are not copied yet; `nil` while that is not known.
    package let missing: Int?
    /// Why nothing is copied; `nil` while it works.
    package let fault: String?
    /// The mirror is on the ledger's own disk, and breaks with it.
    package let isOnSameDisk: Bool
    /// An earlier mirror that is not of this ledger and was put aside; `nil` when there is none.
    package let aside: String?

    package init(missing: Int?, fault: String?, isOnSameDisk: Bool, aside: String?) {
      self.missing = missing
      self.fault = fault
      self.isOnSameDisk = isOnSameDisk
      self.aside = aside
    }
  }

  /// The last verification of the whole ledger that ran by itself.
  package struct Check: Hashable, Sendable, Codable {
    /// Unix time at its end, in milliseconds.
    package let atMilliseconds: Int64
    package let report: VerificationReport

    package init(atMilliseconds: Int64, report: VerificationReport) {
      self.atMilliseconds = atMilliseconds
      self.report = report
    }
  }
}
