/// What people must look at. The rule that raises each is in SettlementCore.
package enum FlagKind: String, Hashable, Sendable, Codable, CaseIterable {
  /// Two different records hold the same place: two devices, or a restored disk image.
  case fork
  /// A batch echoed an old nonce: a copy of the terminal speaks.
  case staleCopy
  /// Records are missing before a batch; nothing of it was taken.
  case gap
  /// A batch of an epoch that the centre did not open; nothing of it was taken.
  case unknownEpoch

  /// What the operator should know and do.
  package var advice: String {
    switch self {
    case .fork: "two branches of records: retire one device, both branches were posted"
    case .staleCopy: "a copy of this terminal answered: find it and retire it"
    case .gap: "records are missing: keep the terminal's journal, the centre waits for them"
    case .unknownEpoch: "an epoch that was not opened here: check which centre the terminal knows"
    }
  }
}
