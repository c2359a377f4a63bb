/// What an operator asks of a module.
package enum FaceOrder: Equatable, Sendable {
  /// Learn the face that stands there, from five views or from one. Which account the user's number belongs
  /// to is kept in the ledger, not here.
  case enrol(FaceName, fromFiveViews: Bool)
  case delete(user: UInt16)
  case deleteAll
  case list
  case describe(user: UInt16)
  case status
  case version

  /// How long it may take, with a recognition that must end first. After that it is not begun any more.
  var patience: Duration {
    switch self {
    case .enrol: .seconds(90)
    case .delete, .deleteAll, .list, .describe, .status, .version: .seconds(25)
    }
  }
}

/// How an order ended.
package enum FaceAnswer: Equatable, Sendable {
  case enrolled(user: UInt16)
  /// Deleted.
  case done
  /// The numbers of all users, as the module lists them.
  case users([UInt16])
  case described(user: UInt16, name: String, isAdministrator: Bool)
  case status(FaceModuleStatus)
  case version(String)
  /// Another order is under way.
  case busy
  /// The module said no, or has no such function; in words.
  case refused(String)
  /// It is unplugged or starting, or did not answer in time. Whether it did anything is not known.
  case readerAway
  /// The reader is no face module.
  case unsupported
}

/// What a module says of itself.
package enum FaceModuleStatus: UInt8, Hashable, Sendable, CaseIterable {
  case idle, busy, failed, invalid, updating
}

/// How far an enrolment is.
package enum FaceProgress: Equatable, Sendable {
  /// The person must look there now.
  case look(FaceDirection)
  /// The module has this view.
  case taken(FaceDirection)
}

/// An order that somebody waits for.
struct FaceTicket: Sendable {
  let order: FaceOrder
  /// By the readers' clock. Later than this it must not be begun.
  let deadline: Duration
  let progress: @Sendable (FaceProgress) -> Void
  let reply: AsyncStream<FaceAnswer>.Continuation

  func answer(_ answer: FaceAnswer) {
    reply.yield(answer)
    reply.finish()
  }
}
