/// What an operator asks of the face module at a lane.
package struct FaceModuleOrder: Hashable, Sendable, Codable {
  package enum Act: String, Hashable, Sendable, Codable, CaseIterable {
    /// The module learns the face in front of it.
    case enrol
    /// It forgets one person, or everybody.
    case delete, deleteAll
    /// Whom it knows.
    case list
    case status
  }

  package let lane: LaneID
  package let act: Act
  /// For `enrol`: what the module calls the person, up to 31 bytes.
  package let name: String?
  /// For `enrol`: five views instead of one.
  package let fromFiveViews: Bool
  /// For `delete`: the module's number.
  package let user: UInt16?

  /// An order from its parts.
  package init(
    lane: LaneID, act: Act, name: String? = nil, fromFiveViews: Bool = false, user: UInt16? = nil
  ) {
    (self.lane, self.act) = (lane, act)
    (self.name, self.fromFiveViews, self.user) = (name, fromFiveViews, user)
  }
}

/// What a face module answered.
package struct FaceModuleReport: Hashable, Sendable, Codable {
  /// Of `enrol`.
  package let user: UInt16?
  /// Of `list`.
  package let users: [UInt16]?
  /// Of `enrol`: what the accounts file calls the person, `terminal/lane/user`.
  package let binding: String?
  /// In words.
  package let text: String

  /// A report from its parts.
  package init(
    user: UInt16? = nil, users: [UInt16]? = nil, binding: String? = nil, text: String
  ) {
    (self.user, self.users, self.binding, self.text) = (user, users, binding, text)
  }
}
