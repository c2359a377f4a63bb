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
  /// A terminal was fed rows that the centre does not know: every row is fed anew.
  case feedAhead
  /// A terminal has a newer rulebook than the centre; it stays in force there.
  case rulebookAhead
  /// A sale or a refund took from a hold that is not there, is closed, or has another amount.
  case holdExceeded
  /// The operator gave up what was set aside for the terminal.
  case holdGivenUp
  /// A batch was signed with a key that the terminal had handed over; nothing of it was taken.
  case retiredKey
  /// Another terminal of the canteen has a head of it that it does not present.
  case lostTail

  /// What the operator should know and do.
  package var advice: String {
    switch self {
    case .fork: "two branches of records: retire one device, both branches were posted"
    case .staleCopy: "a copy of this terminal answered: find it and retire it"
    case .gap:
      "records are missing: was the centre restored from a backup? Keep the terminal's journal, it "
        + "is asked for them again"
    case .unknownEpoch:
      "an epoch that was not opened here: check which centre the terminal knows; if its ledger was "
        + "lost, canteen-settlement terminal new-epoch; if these books came from a backup, terminal "
        + "accept-epoch"
    case .feedAhead:
      "it had newer balances than the centre, which was restored from a backup: every balance is "
        + "fed anew, import accounts that changed since the backup again"
    case .rulebookAhead:
      "it has a newer rulebook than the centre: import that rulebook here again, or a newer one"
    case .holdExceeded:
      "it sold or refunded with a hold that the centre does not have, or not so much of: it was posted "
        + "as far as it could; was the hold given up, or an old ledger restored?"
    case .holdGivenUp: "an operator gave up what was set aside for it: nothing to do"
    case .retiredKey:
      "it signed with a key that it had handed over, and nothing was taken: an old copy of its key file, "
        + "or somebody who took the key before it was rotated; find the device"
    case .lostTail:
      "it has lost records that another terminal of its canteen saw the end of: its disk lies, or an old "
        + "image was restored. Look for its mirror; people ate, and nobody was charged"
    }
  }
}
