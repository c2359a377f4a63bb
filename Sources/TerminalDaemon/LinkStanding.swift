import Synchronization

/// How the link to the centre is, for the operator.
final class LinkStanding: Sendable {
  struct Facts: Sendable {
    /// Why the last contact failed; `nil` when it went well.
    var fault: String?
    /// Whether there was a contact, and the last one went well.
    var isUp = false
    /// When the next contact is due, by the boot clock in milliseconds.
    var nextTry: Int64?
  }

  private let facts = Mutex(Facts())

  var now: Facts { facts.withLock { $0 } }

  func succeeded() {
    facts.withLock { facts in
      facts.fault = nil
      facts.isUp = true
    }
  }

  func failed(_ reason: String) {
    facts.withLock { facts in
      facts.fault = reason
      facts.isUp = false
    }
  }

  func rests(until nextTry: Int64?) {
    facts.withLock { $0.nextTry = nextTry }
  }
}
