/// An event that waits for its lane, and when it came.
package struct LaneArrival: Sendable {
  private let event: Lane.Event
  private let bootMilliseconds: Int64

  /// - Parameter bootMilliseconds: When it came, by the boot clock.
  package init(_ event: Lane.Event, bootMilliseconds: Int64) {
    self.event = event
    self.bootMilliseconds = bootMilliseconds
  }

  /// What the lane is told when its turn comes: what was shown ``Lane/presentationMilliseconds`` ago or
  /// earlier is not charged any more, and of two media at once the first wins.
  ///
  /// - Parameters:
  ///   - now: By the boot clock, in milliseconds.
  ///   - answeredAt: When the lane's last answer was shown; `nil` before the first.
  package func event(now: Int64, answeredAt: Int64?) -> Lane.Event {
    guard case .presented(let presentation) = event else { return event }
    if now - bootMilliseconds >= Lane.presentationMilliseconds {
      return .presentedTooLongAgo(presentation)
    }
    guard let answeredAt, bootMilliseconds < answeredAt else { return event }
    return .presentedMeanwhile(presentation)
  }
}
