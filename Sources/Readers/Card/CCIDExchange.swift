/// One command and its answer, without I/O: it says what to do next and is told what happened.
///
/// The rules are those of libccid's receive loop: answers to other commands are dropped, at most
/// ``staleLimit``; a time extension multiplies the wait and sends nothing; a packet of no bytes is
/// read over, at most ``emptyLimit`` times; anything else that is not the answer is an error.
package struct CCIDExchange: Sendable {
  /// What to do next.
  package enum Action: Equatable, Sendable {
    /// Read one transfer, for at most this long.
    case read(timeout: Duration)
    case finish(CCIDAnswer)
    case fail(Failure)
  }

  /// Why the reader must be reset.
  package enum Failure: Error, Equatable, Sendable {
    case malformed(CCIDAnswer.Malformed)
    /// The answer is of another kind than the command asks for.
    case unexpectedKind(CCIDAnswer.Kind)
    /// More answers to other commands came than a reader can have left over.
    case tooManyStale
    case tooManyEmptyPackets
    /// It asked for time again and again.
    case tooManyExtensions
    /// The answer did not come within ``longestExchange``.
    case tooLong
  }

  /// As many stale answers are dropped; one more is a failure. The number is libccid's.
  package static let staleLimit = 10
  /// As many packets of no bytes are read over; one more is a failure.
  package static let emptyLimit = 3
  /// As many time extensions are granted in one exchange; one more is a failure.
  package static let extensionLimit = 60
  /// A time extension makes the wait no longer than this, whatever multiplier the reader asks for.
  package static let longestWait = Duration.seconds(10)

  /// One exchange lasts no longer, with all its stale answers and time extensions.
  package static let longestExchange = Duration.seconds(15)

  private let command: CCIDCommand
  private let slot: UInt8
  private let sequence: UInt8
  private let timeout: Duration
  private var stale = 0
  private var empty = 0
  private var extensions = 0

  /// What goes out on the bulk OUT endpoint, first.
  package var message: [UInt8] { command.message(slot: slot, sequence: sequence) }

  /// - Parameter timeout: For one read; a time extension multiplies it for the next.
  package init(command: CCIDCommand, slot: UInt8, sequence: UInt8, timeout: Duration) {
    self.command = command
    self.slot = slot
    self.sequence = sequence
    self.timeout = timeout
  }

  /// After one transfer was read.
  ///
  /// - Parameter elapsed: Since the exchange began.
  package mutating func received(_ bytes: [UInt8], after elapsed: Duration = .zero) -> Action {
    let action = next(bytes)
    guard case .read(let wait) = action else { return action }
    let rest = Self.longestExchange - elapsed
    return rest > .zero ? .read(timeout: min(wait, rest)) : .fail(.tooLong)
  }

  private mutating func next(_ bytes: [UInt8]) -> Action {
    if bytes.isEmpty {
      empty += 1
      return empty > Self.emptyLimit ? .fail(.tooManyEmptyPackets) : .read(timeout: timeout)
    }
    // Before the shape is judged: what is wrong with an answer to another command is no matter.
    if bytes.count >= CCIDAnswer.headerSize, bytes[5] != slot || bytes[6] != sequence {
      stale += 1
      return stale > Self.staleLimit ? .fail(.tooManyStale) : .read(timeout: timeout)
    }
    let answer: CCIDAnswer
    do throws(CCIDAnswer.Malformed) {
      answer = try CCIDAnswer(bytes)
    } catch {
      return .fail(.malformed(error))
    }
    if case .timeExtension(let multiplier) = answer.command {
      extensions += 1
      guard extensions <= Self.extensionLimit else { return .fail(.tooManyExtensions) }
      return .read(timeout: min(timeout * max(1, Int(multiplier)), Self.longestWait))
    }
    // A failed command may come back as a bare slot status, whatever was asked.
    if answer.kind != command.answer, answer.command == .succeeded {
      return .fail(.unexpectedKind(answer.kind))
    }
    return .finish(answer)
  }
}
