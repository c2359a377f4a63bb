/// One APDU over as many messages as it needs, without I/O.
///
/// At the short level an APDU is one message. At the extended level a longer one is chained: the
/// reader asks for each further command block, the host for each further answer block.
package struct APDUExchange: Sendable {
  /// What to do next.
  package enum Action: Equatable, Sendable {
    case send(CCIDCommand)
    case finish([UInt8])
    case fail(Failure)
  }

  /// Why there is no answer.
  package enum Failure: Error, Equatable, Sendable {
    /// Longer than the reader's level allows: 261 bytes, or one message, at the short level.
    case commandTooLong(count: Int)
    /// The reader's chain parameter does not fit to where the exchange stands, or a block that
    /// continues brought no bytes: such a chain might never end.
    case brokenChain(UInt8)
    /// The chained answer grew beyond ``longestAnswer``.
    case answerTooLong
  }

  /// An extended answer: 65536 bytes and the status word.
  package static let longestAnswer = 65_538
  /// A short command: header, length, 255 bytes, expected length.
  package static let longestShortCommand = 261

  private var unsent: ArraySlice<UInt8>
  private var answer: [UInt8] = []
  private var hasAnswerBegun = false
  private let level: CCIDFeatures.ExchangeLevel
  private let maximumPayload: Int

  /// - Parameter maximumPayload: Bytes of one message without its header, 1 or more.
  package init(command: [UInt8], level: CCIDFeatures.ExchangeLevel, maximumPayload: Int) {
    precondition(maximumPayload > 0, "a message carries at least one byte")
    unsent = command[...]
    self.level = level
    self.maximumPayload = maximumPayload
  }

  /// The first message.
  package mutating func start() -> Action {
    let limit = min(Self.longestShortCommand, maximumPayload)
    if level != .extendedAPDU, unsent.count > limit {
      return .fail(.commandTooLong(count: unsent.count))
    }
    return .send(nextBlock(isFirst: true))
  }

  /// After a data block that succeeded.
  package mutating func received(_ block: CCIDAnswer) -> Action {
    // Below the extended level byte 9 has no meaning.
    if level != .extendedAPDU { return .finish(block.payload) }
    guard let chain = block.chain else { return .fail(.brokenChain(block.specific)) }
    if !unsent.isEmpty {
      guard chain == .next else { return .fail(.brokenChain(chain.rawValue)) }
      return .send(nextBlock(isFirst: false))
    }
    let expected: [CCIDChain] = hasAnswerBegun ? [.middle, .last] : [.whole, .first]
    guard expected.contains(chain) else { return .fail(.brokenChain(chain.rawValue)) }
    if chain.continues, block.payload.isEmpty { return .fail(.brokenChain(chain.rawValue)) }
    hasAnswerBegun = true
    answer += block.payload
    guard answer.count <= Self.longestAnswer else { return .fail(.answerTooLong) }
    return chain.continues ? .send(.transferBlock([], chain: .next)) : .finish(answer)
  }

  private mutating func nextBlock(isFirst: Bool) -> CCIDCommand {
    let block = Array(unsent.prefix(maximumPayload))
    unsent = unsent.dropFirst(maximumPayload)
    let chain: CCIDChain =
      switch (isFirst, unsent.isEmpty) {
      case (true, true): .whole
      case (true, false): .first
      case (false, true): .last
      case (false, false): .middle
      }
    return .transferBlock(block, chain: chain)
  }
}
