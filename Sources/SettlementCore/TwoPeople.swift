import CanteenModel

/// Who stands for an act that one person alone may not do: whoever proposed it, and somebody else who approved it.
package struct TwoPeople: Hashable, Sendable, Codable {
  /// Sign-in names.
  package let proposer: String
  package let approver: String

  /// Both.
  package var names: [String] { [proposer, approver] }

  /// - Returns: `nil` when they are one person, or nobody.
  package init?(proposer: String, approver: String) {
    guard !proposer.isEmpty, !approver.isEmpty else { return nil }
    #if SEEDED_BUGS
      if SeededOfficeBug.planted == .onePersonIsTwo {
        self.proposer = proposer
        self.approver = approver
        return
      }
    #endif
    guard proposer != approver else { return nil }
    self.proposer = proposer
    self.approver = approver
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let people = TwoPeople(
      proposer: try container.decode(String.self, forKey: .proposer),
      approver: try container.decode(String.self, forKey: .approver))
    guard let people else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "somebody else than the proposer must approve"))
    }
    self = people
  }
}
