import Dispatch
import GRDB
import Synchronization

extension Journal {
  /// Runs on the connection's queue, behind the presentations that wait there, as far as
  /// ``turnsGivenUp``.
  private func behindPresentations(
    givingUp turns: Int = turnsGivenUp, _ body: @escaping @Sendable (Database) -> Void
  ) {
    connection.asyncWriteWithoutTransaction { db in
      if turns > 0, self.executor.isWanted || self.waitingRoom.withLock({ $0.isDraining }) {
        // By way of the thread: the connection's queue would be emptied before a lane gets its turn.
        return self.executor.queue.async {
          self.behindPresentations(givingUp: turns - 1, body)
        }
      }
      body(db)
    }
  }

  /// So often somebody else's turn comes first, however many cards there are: acks and the feed must
  /// get on too.
  private static let turnsGivenUp = 16

  /// Reads on the ledger's connection, behind the presentations that wait.
  ///
  /// - Throws: ``JournalError/stopped`` once the journal takes nothing more, and what `body` throws.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(JournalError) -> Value {
    let result: Result<Value, JournalError> = await withCheckedContinuation { answer in
      behindPresentations { db in
        guard !self.isStopped else { return answer.resume(returning: .failure(.stopped)) }
        answer.resume(returning: Result { try body(db) }.mapError { JournalError($0) })
      }
    }
    return try result.get()
  }

  /// Writes in a transaction of its own and moves the state in memory once it is committed.
  ///
  /// A failure inside of the body is rolled back and thrown; a failed commit stops the journal.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (Database, inout LedgerState) throws -> Value
  ) async throws(JournalError) -> Value {
    let result: Result<Value, JournalError> = await withCheckedContinuation { answer in
      behindPresentations { db in
        answer.resume(returning: self.writeNow(db, body))
      }
    }
    return try result.get()
  }

  /// As ``write(_:)``, on the connection's queue already.
  func writeNow<Value>(
    _ db: Database, _ body: (Database, inout LedgerState) throws -> Value
  ) -> Result<Value, JournalError> {
    if isStopped { return .failure(.stopped) }
    var draft = state.withLock { $0 }
    let value: Value
    do {
      try db.beginTransaction(.immediate)
      do {
        value = try body(db, &draft)
      } catch {
        if let error = error as? DatabaseError, error.isOfTheDisk { throw error }
        try db.rollback()
        return .failure(JournalError(error))
      }
      try db.commit()
    } catch {
      return .failure(stop(after: error, db))
    }
    let committed = draft
    state.withLock { $0 = committed }
    changed.yield()
    return .success(value)
  }

  /// After a failed commit nobody knows what is on disk: nothing more is taken until the journal is
  /// opened again.
  ///
  /// The transaction may still be open; it is ended, because GRDB stops the process over one that is
  /// left behind, and the daemon could not exit 75. That says nothing about what reached the disk.
  func stop(after error: any Error, _ db: Database) -> JournalError {
    // try?: there is nothing left to do about a transaction that cannot even be rolled back.
    if db.isInsideTransaction { try? db.rollback() }
    if let error = error as? DatabaseError, error.saysDamage {
      LedgerFiles(path: configuration.path).markSuspect()
    }
    let code = (error as? DatabaseError)?.extendedResultCode.rawValue ?? 0
    let failure = JournalError.commitFailed(code: code)
    let isFirst = waitingRoom.withLock { room in
      guard !room.isStopped else { return false }
      room.isStopped = true
      room.failure = failure
      return true
    }
    guard isFirst else { return .stopped }
    failures.yield(failure)
    failures.finish()
    return failure
  }
}
