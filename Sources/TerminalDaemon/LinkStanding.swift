import Synchronization

/// How the link to the centre is, for the operator.
final class LinkStanding: Sendable {
  struct Facts: Sendable {
    /// Why the last contact failed; `nil` when it went well.
    var fault: String?
    /// When the next contact is due, by the boot clock in milliseconds.
    var nextTry: Int64?
  }

  private let facts = Mutex(Facts())

  var now: Facts { facts.withLock { $0 } }

  func succeeded() {
    facts.withLock { $0.fault = nil }
  }

  func failed(_ reason: String) {
    facts.withLock { $0.fault = reason }
  }

  func rests(until nextTry: Int64?) {
    facts.withLock { $0.nextTry = nextTry }
  }
}
