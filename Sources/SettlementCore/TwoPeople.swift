import CanteenModel

/// Who stands for an act that one person alone may not do: whoever proposed it, and somebody else who approved it.
package struct TwoPeople: Hashable, Sendable, Codable {
  /// Sign-in names.
  package let proposer: String
  package let approver: String

  /// - Returns: `nil` when they are one person, or nobody.
  package init?(proposer: String, approver: String) {
    guard !proposer.isEmpty, !approver.isEmpty else { return nil }
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .onePersonIsTwo {
        self.proposer = proposer
        self.approver = approver
        return
      }
    #endif
    guard proposer != approver else { return nil }
    self.proposer = proposer
    self.approver = approver
  }
}
