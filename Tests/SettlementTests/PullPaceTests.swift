import CanteenModel
import Foundation
import Logging
import ServiceLifecycle
import SettlementStore
import SyncTransport
import Synchronization
import Testing

@testable import SettlementService

@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct PullPaceTests {
  @Test("the books are asked for addresses once in two seconds, and not at every beat")
  func addresses() async throws {
    let fixture = try SettlementFixture()
    let books = try fixture.open()
    let asked = Mutex(0)
    let gone = SettlementFixture.entry(TestTerminal(1), pullURL: "https://127.0.0.1:1")
    let service = PullService(
      books: books,
      terminals: { () async throws(StoreError) -> [TerminalEntry] in
        asked.withLock { $0 += 1 }
        return [gone]
      },
      identity: try CentreIdentity(
        path: fixture.folder.appending(path: "authority.pem").path,
        of: "the books", unless: { false }, now: CentreFixture.now),
      intervalSeconds: 1, concurrency: 4,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    let group = ServiceGroup(
      services: [service],
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    let running = Task { try await group.run() }
    while asked.withLock({ $0 }) == 0 { await Task.yield() }
    // A visit fails meanwhile. Asking at every beat, or after every visit, would be seen.
    try await Task.sleep(for: .milliseconds(1700))
    #expect(asked.withLock { $0 } <= 2)
    await group.triggerGracefulShutdown()
    try await running.value
    try books.close()
  }
}
