import CanteenModel
import GRDB
import Glibc
import Synchronization
import Testing

@testable import Journal

/// Does something on the ledger's queue at the moment at which a statement begins.
struct StatementWatch {
  /// - Parameters:
  ///   - text: A part of the statement.
  ///   - action: Must not use the ledger's connection.
  static func onBegin(
    of text: String, in journal: Journal, _ action: @escaping @Sendable () -> Void
  ) {
    journal.connection.inDatabase { db in
      db.trace { event in
        if case .statement(let statement) = event, statement.sql.contains(text) { action() }
      }
    }
  }

  /// Keeps a thread until something holds; the test's time limit ends what never does.
  ///
  /// On the ledger's queue only: a test's own thread may be the one that others wait for.
  static func wait(until holds: () -> Bool) {
    while !holds() { sched_yield() }
  }
}

extension Journal {
  /// Whether a presentation is in the waiting room, or its group under way.
  var isDraining: Bool { waitingRoom.withLock { $0.isDraining } }

  /// Presents a card from another task, and returns when it is in the waiting room.
  func present(_ request: SaleRequest) -> Task<SaleOutcome, any Error> {
    let presented = Task { try await self.authorise(request) }
    StatementWatch.wait { isDraining }
    return presented
  }
}
