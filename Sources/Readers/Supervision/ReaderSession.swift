import CanteenModel
import Logging
import USBTransport

/// One life of a reader: from the claim of its interfaces until it fails or is cancelled.
protocol ReaderSession {
  /// Sets the reader up, says that it is ready, and serves it. Every wait has an end, except for the
  /// reader's own next word.
  mutating func run() async -> SessionEnd
}

/// Why a session ended.
enum SessionEnd: Equatable, Sendable {
  case cancelled
  case transport(USBError)
  /// The reader must be reset before the next session. The reason is for people.
  case broken(String)
}

/// What a session says to the supervisor.
enum SessionReport: Equatable, Sendable {
  case ready(OwnNoises)
  /// Somebody showed something. `wasThereAtStart`: see ``Presentation``.
  case shown(Evidence, wasThereAtStart: Bool)
  /// What was shown, or could not be read, was taken away.
  case removed
  case unreadable(Unreadable)
  /// What a face must do to be seen.
  case guidance(FaceGuidance)
}

/// What a session works with.
struct SessionContext: Sendable {
  let reader: ReaderID
  let pipes: any USBPipes
  let clock: ReaderClock
  let logger: Logger
  let report: @Sendable (SessionReport) async -> Void
}

/// Where orders for a reader are left as long as its session lasts.
protocol ReaderOutlet: Sendable {
  /// Takes a signal to show. It is answered in any case.
  func post(_ order: SignalOrder)
  /// Takes an operator's order to a face module. It is answered in any case.
  func post(_ ticket: FaceTicket)
  /// A face is looked for from now on, or no more; see ``ReaderSupervisor/seek(_:lane:)``.
  func setWanted(_ isWanted: Bool)
  /// Nothing is taken any more; whoever still waits is told so.
  func close()
}

extension ReaderOutlet {
  /// Of a reader that is no face module.
  func post(_ ticket: FaceTicket) {
    ticket.answer(.unsupported)
  }

  func setWanted(_ isWanted: Bool) {}
}

/// A signal that somebody waits for.
struct SignalOrder: Sendable {
  let signal: Signal
  /// By the readers' clock. Later than this it must not be shown: the one who asked has been told that it
  /// was not.
  let deadline: Duration
  let reply: AsyncStream<SignalOutcome>.Continuation

  func answer(_ outcome: SignalOutcome) {
    reply.yield(outcome)
    reply.finish()
  }
}
