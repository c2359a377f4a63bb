import CanteenModel
import Foundation
import SettlementService
import SettlementStore
import SyncProtocol
import SyncTransport
import Testing

@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct BooksDoorTests {
  @Test("a command asks the running service, which holds the books")
  func running() async throws {
    try await CentreFixture.run { centre in
      #expect(throws: StoreError.inUse) {
        try Books(
          Books.Configuration(store: centre.configuration.store, key: SigningKey(), now: { 0 }))
      }
      try await BooksDoor.asking(centre.configuration) { control in
        #expect(control is SocketControl)
        try await control.add(SettlementFixture.entry(TestTerminal(8)))
      }
      #expect(try await centre.control.terminals().map(\.number) == [8])
      let figures = try await centre.control.report().metrics.text
      #expect(figures.contains("\ncanteen_books_sum_fen 0\n"))
      #expect(figures.contains("canteen_terminal_records{terminal=\"8\",name=\"一号窗口\"} 0\n"))
    }
  }

  @Test("without a service a command opens the books, and closes them also when it fails")
  func direct() async throws {
    let fixture = try SettlementFixture()
    let configuration = SettlementConfiguration(
      stateDirectory: fixture.folder.appending(path: "state").path,
      store: StoreKind.current == .sqlite ? nil : fixture.store,
      socketPath: fixture.folder.appending(path: "admin.sock").path,
      listen: try LinkAddress("127.0.0.1:0"), pullIntervalSeconds: 1, pullConcurrency: 1)
    await #expect(throws: ControlRefusal.self) {
      try await BooksDoor.asking(configuration) { control in
        _ = try await control.importAccounts(Array("nothing".utf8))
      }
    }
    try await BooksDoor.asking(configuration) { control in
      #expect(control is BooksControl)
      try await control.add(SettlementFixture.entry(TestTerminal(8)))
    }
    try await BooksDoor.asking(configuration) { control in
      let numbers = try await control.terminals().map(\.number)
      #expect(numbers == [8])
    }
  }
}
