package import CanteenModel

/// What came of a batch. It exists only after everything in it is on disk.
package enum IntakeAnswer: Hashable, Sendable {
  /// Recorded, posted and acknowledged; behind a gap only acknowledged, with what is held.
  case acknowledged(IntakeReceipt)
  /// The epoch is not open, and this batch does not open it; nothing of it was taken. `newest` is
  /// the one that is; `nil` before the terminal's first contact, which must begin with epoch 1.
  case unknownEpoch(newest: Epoch?)
}

/// What an acknowledged batch brought.
package struct IntakeReceipt: Hashable, Sendable {
  /// The signed ack, as it is stored; a repeated batch gets the same bytes.
  package let ack: [UInt8]
  /// How many records the batch held, and how many of them the centre did not have and took.
  /// 0...500.
  package let carried: Int
  package let added: Int
  /// What was seen in this batch; empty for a repeated one. ``FlagKind/gap``: nothing of it was
  /// taken, and the terminal has more to send.
  package let flags: [FlagKind]
}
