/// A fault for a virtual reader to show once, on its next answer.
package enum ReaderFault: Hashable, Sendable, Codable {
  /// No answer at all.
  case mute
  /// Bytes that are no message.
  case garbage
  /// Half a header.
  case shortFrame
  /// A length field that is one too high.
  case lengthMismatch
  /// The bulk IN endpoint stalls; the answer is lost.
  case stall
  /// The reader asks for more time, and answers after the delay.
  case timeExtension(multiplier: UInt8, delayMilliseconds: Int)
  /// Answers to earlier commands come first.
  case staleSequence(count: Int)
  /// A packet of no bytes comes first.
  case zeroPacket
  /// One full packet comes, and then nothing.
  case partial
  /// The command fails with a CCID error code, for example `0xFE` (card mute).
  case failure(error: UInt8)
  /// The reader is unplugged when the n-th transfer from now is submitted (1 is the next one).
  case unplug(atTransfer: Int)
}

extension ReaderFault {
  /// A fault by name, for people: `mute`, `stale=3`, `extension=4`, `failure=FE`, `unplug=5`.
  ///
  /// - Returns: `nil` for an unknown name or a number that is missing or out of range.
  package init?(text: String) {
    let parts = text.split(separator: "=", maxSplits: 1)
    guard let name = parts.first else { return nil }
    let number = parts.count == 2 ? Int(parts[1]) : nil
    switch (name, parts.count) {
    case ("mute", 1): self = .mute
    case ("garbage", 1): self = .garbage
    case ("short", 1): self = .shortFrame
    case ("length", 1): self = .lengthMismatch
    case ("stall", 1): self = .stall
    case ("zero", 1): self = .zeroPacket
    case ("partial", 1): self = .partial
    case ("extension", 2):
      guard let number, let multiplier = UInt8(exactly: number) else { return nil }
      self = .timeExtension(multiplier: multiplier, delayMilliseconds: 200)
    case ("stale", 2):
      guard let number, (1...100).contains(number) else { return nil }
      self = .staleSequence(count: number)
    case ("failure", 2):
      guard let error = UInt8(parts[1], radix: 16) else { return nil }
      self = .failure(error: error)
    case ("unplug", 2):
      guard let number, number >= 1 else { return nil }
      self = .unplug(atTransfer: number)
    default: return nil
    }
  }
}
