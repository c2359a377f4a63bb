import Logging
import ServiceLifecycle
import SyncProtocol
import SyncTransport

/// Waits at the centre for what a terminal must know at once, and has it settle then: an account that may not
/// pay any more is known within a second or two, not with the next sign of life.
///
/// A centre that knows no news is asked again now and then; it feeds with each sign of life all the same.
struct NewsService: Service {
  let client: CentreClient
  let bell: Bell
  let logger: Logger

  /// What an answer may take beyond the time that the centre waits.
  private static let patience = Duration.seconds(10)
  private static let shortestRest = Duration.seconds(5)
  private static let longestRest = Duration.seconds(120)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var known: Int64 = 0
      var rest = Self.shortestRest
      while !Task.isCancelled {
        do {
          let number = try await ask(known)
          if known != 0, number != known { bell.ring() }
          known = number
          rest = Self.shortestRest
        } catch {
          logger.debug("no news", metadata: ["reason": "\(error)"])
          // try?: a rest that was cancelled is over.
          try? await Task.sleep(for: rest * Double.random(in: 0.5...1))
          rest = min(rest * 2, Self.longestRest)
        }
      }
    }
  }

  private func ask(_ known: Int64) async throws -> Int64 {
    let request = try NewsCodec.encode(known: known, wait: NewsCodec.longestWait)
    let answer = try await client.news(
      request: request, within: NewsCodec.longestWait + Self.patience)
    return try NewsCodec.decode(news: answer)
  }
}
