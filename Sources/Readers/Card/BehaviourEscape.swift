/// What readers of the ACR1252U's family show and sound by themselves, read and written by Escape. The reader
/// keeps it without power. Source: ACM1252U-Y3 reference manual V1.03; other families number the bits otherwise.
package enum BehaviourEscape {
  /// Asks for the behaviour.
  package static let read: [UInt8] = [0xE0, 0x00, 0x00, 0x21, 0x00]

  /// As it leaves the factory.
  package static let factory: UInt8 = 0x7F

  /// ``factory`` without noises: bit 0 blinks when a card is used, 2 lights up when one is activated, 3 sounds
  /// when one comes or goes, 5 sounds at a reset. What remains is the light that shows that it looks for cards
  /// (bit 1) and which colours may be used (6 and 7).
  package static let quiet: UInt8 = factory & ~0b0010_1101

  /// Sets the behaviour; the answer is the behaviour.
  package static func write(_ behaviour: UInt8) -> [UInt8] {
    [0xE0, 0x00, 0x00, 0x21, 0x01, behaviour]
  }

  /// The behaviour in an answer to either; `nil` from a reader that does not know them.
  package static func behaviour(in answer: [UInt8]) -> UInt8? {
    answer.count == 6 && answer.starts(with: [0xE1, 0x00, 0x00, 0x00, 0x01]) ? answer[5] : nil
  }
}
