/// A record of a terminal as the centre holds it, for people. Amounts are in fen.
package struct RecordLine: Hashable, Sendable, Codable {
  package let epoch: UInt32
  package let sequence: UInt64
  /// 64 hexadecimal digits: the chain head after the record.
  package let id: String
  /// `epochOpened`, `sale`, `decline`, `correction`, `dayClosed`, `holdReleased`, `keyRotated` or
  /// `unreadable`.
  package let kind: String
  /// What the terminal's clock said; Unix time in milliseconds; `nil` when it cannot be read.
  package let wallMilliseconds: Int64?
  package let account: Int64?
  /// What a sale took from each purse; what a correction gave back is less than 0.
  package let subsidyFen: Int64
  package let personalFen: Int64
  /// What a decline was asked for, and the number of its reason, 1 to 13.
  package let askedFen: Int64?
  package let declineReason: UInt16?
  /// `posted`, `suspense` or `nothing to post`.
  package let standing: String
  /// `nil` unless in suspense; one of ``SuspenseReason``.
  package let suspenseReason: String?
  /// Whether it stands beside the accepted branch.
  package let isFork: Bool
}
