/// A person in one face module. Another module calls somebody else by the same number.
package struct FaceBinding: Hashable, Sendable {
  package let terminal: TerminalID
  package let lane: LaneID
  /// The module's number for the person.
  package let user: UInt16

  package init(terminal: TerminalID, lane: LaneID, user: UInt16) {
    self.terminal = terminal
    self.lane = lane
    self.user = user
  }

  /// - Parameter text: `7/1/5`: terminal 7, lane 1, user 5.
  /// - Returns: `nil` for anything else; terminals and lanes begin with 1.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, let terminal = UInt32(parts[0]), terminal >= 1,
      let lane = UInt16(parts[1]), lane >= 1, let user = UInt16(parts[2])
    else { return nil }
    self.init(terminal: TerminalID(terminal), lane: LaneID(lane), user: user)
  }

  /// 8 bytes: the terminal's number (4), the lane's (2) and the user's (2), each big endian.
  package var credential: Credential {
    let numbers = UInt64(terminal.number) << 32 | UInt64(lane.number) << 16 | UInt64(user)
    let bytes = stride(from: 56, through: 0, by: -8).map { UInt8(numbers >> UInt64($0) & 0xFF) }
    return Credential(kind: .face, value: bytes)
  }
}
