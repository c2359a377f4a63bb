/// What a reader shows and sounds to the diner.
package enum Signal: String, Hashable, Sendable, CaseIterable {
  /// The sale is durable. Green, two rising tones.
  case approved
  /// An earlier sale is shown again, nothing was charged. Green, one tone.
  case shownAgain
  /// Refused. Red, a low tone.
  case declined
  /// Somebody else at this lane was faster; nothing was decided about what was shown here. Red, three
  /// short tones.
  case notTaken
}
