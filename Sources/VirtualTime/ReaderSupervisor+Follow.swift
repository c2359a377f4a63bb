import CanteenModel
package import Readers

extension ReaderSupervisor {
  /// Tells every event, in order, until ``run()`` returns. The only consumer of ``events``.
  ///
  /// - Parameter isApproving: Every presentation is answered by the reader's light, as a lane would.
  package nonisolated func follow(isApproving: Bool, _ hear: (ReaderEvent) -> Void) async {
    for await event in events {
      hear(event)
      if isApproving, case .presented(let presentation, _) = event {
        _ = await signal(.approved, on: presentation.reader)
      }
    }
  }
}
