/// Why bytes from the wire, or from a store, were refused.
package enum WireError: Error, Equatable, Sendable {
  /// The bytes are not the message that they should be; the text names the field.
  case malformed(String)
  /// A message or a part of it is larger than its limit.
  case tooLarge(String)
  /// The format number or the algorithm is not one that this version speaks.
  case unsupported(String)
  /// The signature does not fit the bytes, or the key is not the expected one.
  case badSignature
  /// The signature is that of a key that the sender had before, and that it handed over to another one.
  case retiredKey
  /// The records do not hash to the head that the header states.
  case brokenChain
}
