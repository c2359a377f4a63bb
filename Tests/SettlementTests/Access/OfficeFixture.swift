import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol
import Synchronization
import Testing

@testable import SettlementStore

/// Books whose clock is set by the test, with two people who may sign in.
struct OfficeFixture {
  // Each test requires it.
  let site = try? SettlementFixture()
  let clock = Clock()

  /// Unix time in milliseconds, as the test sets it.
  final class Clock: Sendable {
    private let time = Mutex(SettlementFixture.noon)

    var now: Int64 { time.withLock { $0 } }

    func advance(_ milliseconds: Int64) { time.withLock { $0 += milliseconds } }
  }

  func open(_ store: StoreLocation? = nil) throws -> Books {
    let (site, clock) = (try #require(site), clock)
    return try Books(
      Books.Configuration(store: store ?? site.store, key: site.key, now: { clock.now }))
  }

  /// Books with li, who proposes for the system operator, and wang of the Bureau.
  func openStaffed() async throws -> Books {
    let books = try open()
    for (login, role) in [("li", Role.systemOperator), ("wang", .bureau)] {
      _ = try await books.addPerson(login, name: login)
      _ = try await books.setGrant(Grant(role, .everything), of: login, isGranted: true)
      _ = try await books.setSignIn(
        of: login, password: "hash", codeSecret: Array(repeating: 7, count: 20))
    }
    return books
  }
}

extension Books {
  func count(_ sql: String) async throws -> Int64 {
    try await read { db in try db.value(sql) ?? 0 }
  }

  func change(_ sql: String) async throws {
    try await write { db in _ = try db.execute(sql) }
  }
}
