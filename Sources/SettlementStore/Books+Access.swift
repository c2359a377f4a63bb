import SQLStore
import Synchronization

extension Books {
  /// Reads on the books' connection, behind the transactions that already wait.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (any Database) throws -> Value
  ) async throws(StoreError) -> Value {
    try await run { db throws(StoreError) in
      do {
        return try body(db)
      } catch {
        // The lock of the books is gone with the connection.
        if (error as? SQLError)?.kind == .disconnected { throw self.stop(after: error) }
        throw StoreError(error)
      }
    }
  }

  /// Writes in a transaction of its own. When this returns it is on disk.
  ///
  /// A failure inside of the body is rolled back and thrown; a failed commit or roll-back stops the
  /// books, because nobody knows any more what is on disk. What belongs to somebody's act (``Accompaniment``) goes
  /// into the same transaction.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (any Database) throws -> Value
  ) async throws(StoreError) -> Value {
    let accompaniment = Self.accompaniment
    return try await run { db throws(StoreError) in
      let value: Value
      do {
        try db.begin(.writing)
        do {
          value = try body(db)
          try accompaniment?.follow(value, self, db)
        } catch {
          try db.rollBack()
          throw Rejected(error: StoreError(error))
        }
        if accompaniment?.isRehearsal == true {
          try db.rollBack()
          return value
        }
        try db.commit()
      } catch let rejected as Rejected {
        throw rejected.error
      } catch {
        // Some failures leave the transaction open; whatever this one did, nothing more is written.
        try? db.rollBack()
        throw self.stop(after: error)
      }
      self.lastCommit.withLock { $0 = ContinuousClock.now }
      return value
    }
  }

  /// A body that failed and was rolled back.
  private struct Rejected: Error {
    let error: StoreError
  }

  private func run<Value: Sendable>(
    _ body: @escaping @Sendable (any Database) throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let result: Result<Value, StoreError> = await withCheckedContinuation { answer in
      if let failure { return answer.resume(returning: .failure(failure)) }
      store.run { db in
        if let failure = self.failure { return answer.resume(returning: .failure(failure)) }
        do throws(StoreError) {
          answer.resume(returning: .success(try body(db)))
        } catch {
          answer.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  /// After a failed commit nothing more is taken until the books are opened again.
  private func stop(after error: any Error) -> StoreError {
    let code = (error as? SQLError)?.code ?? "\(error)"
    return stop.withLock { reason in
      let first = reason ?? .commitFailed(code: code)
      reason = first
      return first
    }
  }
}
