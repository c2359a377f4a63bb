/// The question for news and its answer to bytes and back. Neither is signed: whoever forges one makes a
/// terminal settle once more.
package enum NewsCodec {
  /// No question and no answer is longer.
  package static let bytesLimit = 64
  /// The longest that an answer waits.
  package static let longestWait = Duration.seconds(25)

  /// The bytes of a question.
  ///
  /// - Parameters:
  ///   - known: The number of the last answer; 0 before the first, which comes at once.
  ///   - wait: How long the answer may wait, in whole seconds up to ``longestWait``.
  package static func encode(
    known: Int64, wait: Duration
  ) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_NewsRequest()
    message.known = known
    message.waitSeconds = UInt32(clamping: min(wait, longestWait).components.seconds)
    return try serialized(message)
  }

  /// Reads a question. One that would wait longer waits for ``longestWait``.
  ///
  /// - Throws: ``WireError/malformed(_:)``, ``WireError/tooLarge(_:)``.
  package static func decode(
    request bytes: [UInt8]
  ) throws(WireError) -> (known: Int64, wait: Duration) {
    let message: Canteen_V1_NewsRequest = try parsed(bytes, limit: bytesLimit, "news request")
    return (message.known, min(.seconds(Int64(message.waitSeconds)), longestWait))
  }

  /// The bytes of an answer.
  package static func encode(news number: Int64) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_News()
    message.number = number
    return try serialized(message)
  }

  /// Reads an answer.
  ///
  /// - Throws: ``WireError/malformed(_:)``, ``WireError/tooLarge(_:)``.
  package static func decode(news bytes: [UInt8]) throws(WireError) -> Int64 {
    let message: Canteen_V1_News = try parsed(bytes, limit: bytesLimit, "news")
    return message.number
  }
}
