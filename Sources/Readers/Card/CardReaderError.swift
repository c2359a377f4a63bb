package import USBTransport

/// Why a card reader did not do what was asked, by what follows from it.
package enum CardReaderError: Error, Equatable, Sendable {
  /// The transport failed. The session ends.
  case transport(USBError)
  /// The reader broke the protocol or was silent. The session ends and the reader is reset.
  case broken(String)
  /// The reader is well and said no. Mostly the card's doing.
  case refused(CCIDFailure)
}
