package import CanteenModel
import SQLStore
import SyncProtocol
import Synchronization

/// What belongs to somebody's act and goes into the act's own transaction: the row of the audit log, and what becomes
/// of a proposal. Whoever acts wraps any function of the books in it, which need not know of it.
final class Accompaniment: Sendable {
  /// Undoes the act when it was done: it was to be seen only.
  let isRehearsal: Bool
  private let body: @Sendable (_ result: Digest32, any Database) throws -> Void
  private let done = Mutex<(digest: Digest32, decided: String?)?>(nil)

  init(
    isRehearsal: Bool = false,
    _ body: @escaping @Sendable (_ result: Digest32, any Database) throws -> Void = { _, _ in }
  ) {
    self.isRehearsal = isRehearsal
    self.body = body
  }

  /// What the act did, as a digest; `nil` until it wrote.
  var result: Digest32? { done.withLock { $0?.digest } }

  /// The same in JSON, where the act says it.
  var decided: String? { done.withLock { $0?.decided } }

  /// Goes behind the first transaction of the act, inside of it.
  func follow(_ value: some Sendable, _ books: Books, _ db: any Database) throws {
    guard result == nil else { return }
    let decided = try (value as? any Decided)?.decided
    let digest = Digest32(sha256: (decided ?? "\(value)").utf8)
    try body(digest, db)
    done.withLock { $0 = (digest, decided) }
  }
}

extension Books {
  /// What goes with the transaction that this task writes next.
  @TaskLocal static var accompaniment: Accompaniment?

  /// Rings for the terminals, unless the act is only tried.
  func ring() {
    if Self.accompaniment?.isRehearsal != true { news.post() }
  }

  /// Does something in somebody's name: the row of the audit log is in the act's own transaction, and in one of its own
  /// when the act wrote nothing or was refused.
  ///
  /// - Throws: What `body` throws.
  package func acting<Value: Sendable>(
    _ entry: AuditEntry, _ body: () async throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let accompaniment = Accompaniment { _, db in try self.append(entry, db) }
    do {
      let value = try await accompanied(by: accompaniment, body)
      if accompaniment.result == nil { try await note(entry) }
      return value
    } catch {
      // A row of its own, unless the books are stopped; the reason for that is the one that counts.
      if accompaniment.result == nil, failure == nil { try await note(entry.with(.failed)) }
      throw error
    }
  }

  /// Tries an act, and undoes it.
  ///
  /// - Returns: What it gave; what two people decide on, where the act says it (``Decided``); and the digest of what it
  ///   did: an approval must do the same.
  /// - Throws: What `body` throws.
  package func rehearsing<Value: Sendable>(
    _ body: () async throws(StoreError) -> Value
  ) async throws(StoreError) -> (value: Value, decided: String?, basis: Digest32) {
    let accompaniment = Accompaniment(isRehearsal: true)
    let value = try await accompanied(by: accompaniment, body)
    let basis = accompaniment.result ?? Digest32(sha256: "\(value)".utf8)
    return (value, accompaniment.decided, basis)
  }

  func accompanied<Value: Sendable>(
    by accompaniment: Accompaniment, _ body: () async throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let result: Result<Value, StoreError> =
      await Self.$accompaniment.withValue(accompaniment) {
        do throws(StoreError) {
          return .success(try await body())
        } catch {
          return .failure(error)
        }
      }
    return try result.get()
  }
}
