import Dispatch
import Foundation

/// Ctrl-C and SIGTERM, as something to wait for.
package enum Interrupt {
  /// Returns when either comes.
  package static func wait() async {
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, SIG_IGN)
    let sources = [SIGINT, SIGTERM].map { DispatchSource.makeSignalSource(signal: $0) }
    let (interrupts, continuation) = AsyncStream.makeStream(of: Void.self)
    for source in sources {
      source.setEventHandler { continuation.yield() }
      source.resume()
    }
    for await _ in interrupts { break }
    for source in sources { source.cancel() }
  }
}
