/// Who did something by hand: the user of the operating system, as the kernel names the peer of the
/// local socket.
package struct OperatorIdentity: Hashable, Sendable, Codable {
  package let userID: UInt32
  /// The user's name at that moment; at most ``nameLimit`` bytes of UTF-8, empty when the system knows none.
  package let name: String

  package static let nameLimit = 64

  package init(userID: UInt32, name: String) {
    self.userID = userID
    self.name = name
  }
}

extension OperatorIdentity: CustomStringConvertible {
  package var description: String { name.isEmpty ? "uid \(userID)" : name }
}
