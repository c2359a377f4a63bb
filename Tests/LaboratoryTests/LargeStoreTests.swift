import CanteenModel
import Foundation
import Journal
import Testing

@testable import Laboratory

/// The benchmark's large store, in small.
@Suite("Large store")
struct LargeStoreTests {
  @Test("the store that is made in bulk is a ledger that verifies and sells, also the second time")
  func isALedger() async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "large-store-\(UUID().uuidString)").path
    // try?: a temporary folder that stays does no harm.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let store = LargeStore(folder: folder, accounts: 100, records: 1000)
    for sold in [0, 20] {
      let noon = try await store.prepare()
      let terminal = try BenchTerminal(path: store.path, accounts: 100, start: noon)
      let report = try await terminal.journal.verify()
      #expect(report.findings == [])
      #expect(report.records == 1 + 1000 + sold)
      _ = try await terminal.sell(20)
      try terminal.journal.close()
    }
  }
}
