import USBTransport

/// What an operator asks, between two rounds.
extension FaceSession {
  /// One view of a face.
  private static let viewSeconds: UInt8 = 10
  private static let viewTime = Duration.seconds(12)
  /// Emptying a memory.
  private static let deletionTime = Duration.seconds(5)

  /// Carries an order out and answers it, whatever becomes of the session.
  mutating func carryOut(_ ticket: FaceTicket) async throws(FaceFailure) {
    defer { outlet.orderEnded() }
    do throws(FaceFailure) {
      try await settle()
      guard context.clock.now < ticket.deadline else {
        ticket.answer(.readerAway)
        return
      }
      ticket.answer(try await answer(to: ticket))
    } catch {
      ticket.answer(.readerAway)
      throw error
    }
  }

  private mutating func answer(to ticket: FaceTicket) async throws(FaceFailure) -> FaceAnswer {
    switch ticket.order {
    case .enrol(let name, true): try await enrolFiveViews(name, ticket.progress)
    case .enrol(let name, false): try await enrolOneView(name, ticket.progress)
    case .delete(let user): try await delete(.delete(user: user))
    case .deleteAll: try await delete(.deleteAll)
    case .list:
      try await answer(to: .listUsers) { payload, family in
        Self.users(in: payload, family).map { .users($0) }
      }
    case .describe(let user):
      try await answer(to: .describe(user: user)) { payload, _ in Self.description(in: payload) }
    case .status:
      try await answer(to: .status) { payload, _ in
        payload.first.flatMap(FaceModuleStatus.init).map { .status($0) }
      }
    case .version:
      try await answer(to: .version) { payload, _ in .version(FaceName.text(payload)) }
    }
  }

  /// - Parameter read: `nil` for an answer that makes no sense.
  private mutating func answer(
    to command: FaceCommand, _ read: ([UInt8], FaceFamily) -> FaceAnswer?
  ) async throws(FaceFailure) -> FaceAnswer {
    guard command.id(family) != nil else { return Self.missing }
    guard let reply = try await ask(command) else { return .readerAway }
    guard reply.result == .success else { return .refused(reply.result.words(family)) }
    return read(reply.payload, family) ?? .refused("its answer makes no sense")
  }

  private mutating func delete(_ command: FaceCommand) async throws(FaceFailure) -> FaceAnswer {
    guard let reply = try await ask(command, within: Self.deletionTime) else {
      return .readerAway
    }
    return reply.result == .success ? .done : .refused(reply.result.words(family))
  }

  private mutating func enrolOneView(
    _ name: FaceName, _ progress: @Sendable (FaceProgress) -> Void
  ) async throws(FaceFailure) -> FaceAnswer {
    progress(.look(.middle))
    let command = FaceCommand.enrolAtOnce(name, seconds: Self.viewSeconds)
    guard let reply = try await ask(command, within: Self.viewTime) else {
      try await abandon()
      return .readerAway
    }
    guard reply.result == .success else { return .refused(reply.result.words(family)) }
    guard let user = Self.user(in: reply.payload), !family.isNobody(user) else {
      return .refused("it does not say under which number")
    }
    progress(.taken(.middle))
    return .enrolled(user: user)
  }

  /// Every view in turn. Views that were taken are dropped when one fails.
  private mutating func enrolFiveViews(
    _ name: FaceName, _ progress: @Sendable (FaceProgress) -> Void
  ) async throws(FaceFailure) -> FaceAnswer {
    guard family == .fm22x else { return Self.missing }
    for direction in FaceDirection.allCases {
      progress(.look(direction))
      let command = FaceCommand.enrol(name, direction, seconds: Self.viewSeconds)
      guard let reply = try await ask(command, within: Self.viewTime) else {
        try await abandon()
        _ = try await ask(.dropEnrolment)
        return .readerAway
      }
      guard reply.result == .success else {
        _ = try await ask(.dropEnrolment)
        return .refused(reply.result.words(family))
      }
      progress(.taken(direction))
      // Some firmware takes several views at once.
      guard reply.payload.count >= 3, reply.payload[2] == FaceDirection.complete else { continue }
      guard let user = Self.user(in: reply.payload), !family.isNobody(user) else { break }
      return .enrolled(user: user)
    }
    _ = try await ask(.dropEnrolment)
    return .refused("it has not all views of the face")
  }

  private static let missing = FaceAnswer.refused("this kind of module has no such function")

  private static func user(in payload: [UInt8]) -> UInt16? {
    payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
  }

  /// A count of 1 byte (fm22x) or 2 (tx510), then numbers. Some firmware fills the list up to a fixed
  /// length: the count alone tells.
  static func users(in payload: [UInt8], _ family: FaceFamily) -> [UInt16]? {
    let width = family == .fm22x ? 1 : 2
    guard payload.count >= width else { return nil }
    let count = payload.prefix(width).reduce(0) { $0 << 8 | Int($1) }
    guard payload.count >= width + count * 2 else { return nil }
    return (0..<count).map {
      UInt16(payload[width + $0 * 2]) << 8 | UInt16(payload[width + $0 * 2 + 1])
    }
  }

  private static func description(in payload: [UInt8]) -> FaceAnswer? {
    let size = 2 + FaceName.fieldSize + 1
    guard payload.count >= size, let user = user(in: payload) else { return nil }
    let name = payload[2..<2 + FaceName.fieldSize]
    return .described(
      user: user, name: FaceName.text(name), isAdministrator: payload[size - 1] != 0)
  }
}
