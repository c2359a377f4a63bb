/// The secret that both ends of a loopback link know, until certificates replace it.
package struct SharedToken: Sendable {
  private let bytes: [UInt8]

  /// - Returns: `nil` for less than 16 characters: such a token can be guessed.
  package init?(_ text: String) {
    guard text.utf8.count >= 16 else { return nil }
    bytes = Array(text.utf8)
  }

  /// The value of the `Authorization` header.
  var authorization: String { "Bearer " + String(decoding: bytes, as: UTF8.self) }

  /// Whether a header bears the token. The time does not depend on where they differ.
  package func isBorne(by authorization: String?) -> Bool {
    guard let authorization, authorization.hasPrefix("Bearer ") else { return false }
    let offered = Array(authorization.utf8.dropFirst("Bearer ".utf8.count))
    guard offered.count == bytes.count else { return false }
    return zip(offered, bytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
