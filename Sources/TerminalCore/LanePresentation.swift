package import CanteenModel

/// What a lane must know of a presentation.
package struct LanePresentation: Hashable, Sendable {
  package let medium: Medium
  package let credential: Credential
  /// Where the answer is shown.
  package let reader: ReaderID
  /// See ``Presentation/wasThereAtStart``.
  package let wasThereAtStart: Bool

  package init(
    medium: Medium, credential: Credential, reader: ReaderID, wasThereAtStart: Bool = false
  ) {
    self.medium = medium
    self.credential = credential
    self.reader = reader
    self.wasThereAtStart = wasThereAtStart
  }
}
