package import Hummingbird
import NIOCore

extension Request {
  /// The body, whole.
  ///
  /// - Parameters:
  ///   - limit: In bytes; a longer one is refused with 413 before it is read on.
  ///   - time: A sender that takes longer is refused with 408: it could go on for ever, byte by byte.
  package func bytes(upTo limit: Int, within time: Duration = .seconds(15)) async throws -> [UInt8]
  {
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      group.addTask { Array(try await body.collect(upTo: limit).readableBytesView) }
      group.addTask {
        try await Task.sleep(for: time)
        throw HTTPError(.requestTimeout, message: "the body was not whole after \(time)")
      }
      defer { group.cancelAll() }
      guard let bytes = try await group.next() else {
        preconditionFailure("two tasks were added")
      }
      return bytes
    }
  }
}
