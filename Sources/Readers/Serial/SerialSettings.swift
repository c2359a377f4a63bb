/// How a serial line is set. Bits are always 8, without parity, with 1 stop bit, without flow control:
/// every scanner and module that is driven speaks so.
package struct SerialSettings: Equatable, Sendable {
  /// Bits a second. Which rates a bridge can make: ``SerialLayout/refusal(of:)``.
  package var baud: Int
  /// The byte with which a message ends, where there is one. FTDI bridges gather bytes, and send at once
  /// what ends with it; the others need not be told.
  package var lastByte: UInt8?

  /// - Parameter lastByte: A scanner's usual suffix; `nil` where any byte may be the last.
  package init(baud: Int = 115_200, lastByte: UInt8? = 0x0D) {
    self.baud = baud
    self.lastByte = lastByte
  }
}
