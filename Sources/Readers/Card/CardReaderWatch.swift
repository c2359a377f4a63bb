import USBTransport

/// What wakes a session by itself: the interrupt endpoint, or the clock where there is none.
struct CardReaderWatch: Sendable {
  let pipes: any USBPipes
  let clock: ReaderClock
  let interruptIn: USBEndpoint?
  let noticesAreReliable: Bool
  let mailbox: CardReaderMailbox

  /// As many failures of the interrupt endpoint in a row are waited out, with pauses of 100 ms
  /// that double; one more, and the reader is polled for the rest of the session.
  static let failureLimit = 5
  /// Bytes: enough for a notice of 28 slots.
  private static let noticeLength = 8

  /// Runs until it is cancelled or the device is gone. On leaving it posts a poll, in whose failure
  /// the session finds out why.
  func run() async {
    if let interruptIn, noticesAreReliable { await listen(to: interruptIn) }
    while !Task.isCancelled {
      mailbox.post(.poll)
      await clock.sleep(for: CardReaderQuirks.pollingInterval)
    }
  }

  /// Returns when the endpoint cannot be used any more.
  private func listen(to endpoint: USBEndpoint) async {
    var failures = 0
    var pause = Pause()
    while !Task.isCancelled {
      do throws(USBError) {
        let bytes = try await pipes.read(
          from: endpoint, length: Self.noticeLength, timeout: nil)
        failures = 0
        pause = Pause()
        if let check = CardReaderCheck(notice: bytes) { mailbox.post(check) }
      } catch {
        failures += 1
        guard error != .cancelled, error != .deviceGone, failures <= Self.failureLimit else {
          return
        }
        await clock.sleep(for: pause.next())
        if error == .stalled {
          // try?: the next read finds out whether the endpoint works again.
          try? await pipes.clearHalt(of: endpoint)
        }
        // The failure may have swallowed a notice.
        mailbox.post(.poll)
      }
    }
  }
}
