import CanteenModel
import Foundation
import SQLStore
import SyncProtocol
import Testing

@testable import SettlementStore

/// Books in a folder of their own, with two accounts of ¥200.00 + ¥50.00 and ¥12.00.
final class SettlementFixture: Sendable {
  let folder: URL
  /// On the store on which the test runs.
  let store: StoreLocation
  let key = SigningKey()

  /// Lunch on 2026-11-23 in China: 12:00 local time.
  static let noon: Int64 = 1_795_406_400_000
  static let accounts = """
    account,name,unit,status,subsidy,personal,cards
    1,王小明,机关,active,200.00,50.00,04A1B2C3D4E580
    2,李雷,机关,active,12.00,0.00,04A1B2C3;04A1B2C4
    """

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(
      path: "canteen-books-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    store = try StoreKind.current.make(in: folder)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)  // a leftover folder harms no test
  }

  func open(_ store: StoreLocation? = nil) throws -> Books {
    try Books(Books.Configuration(store: store ?? self.store, key: key, now: { Self.noon }))
  }

  /// Open books that know the accounts and the terminals.
  func openFilled(_ terminals: TestTerminal...) async throws -> Books {
    let books = try open()
    _ = try await books.importAccounts(Array(Self.accounts.utf8))
    for terminal in terminals { try await books.add(Self.entry(terminal)) }
    return books
  }

  static func entry(_ terminal: TestTerminal, pullURL: String? = nil) -> TerminalEntry {
    TerminalEntry(
      number: terminal.id.number, name: "一号窗口",
      publicKey: Hexadecimal.text(terminal.key.publicKey.rawBytes), pullURL: pullURL)
  }

  /// What a power cut leaves while the books are open.
  func image(of books: Books? = nil) throws -> StoreLocation {
    try StoreKind.current.image(of: books?.configuration.store ?? store)
  }

  func ack(_ answer: IntakeAnswer) throws -> AckFacts {
    try AckCodec.open(try receipt(answer).ack, key: key.publicKey)
  }

  func receipt(_ answer: IntakeAnswer) throws -> IntakeReceipt {
    guard case .acknowledged(let receipt) = answer else {
      throw Unexpected(answer: answer)
    }
    return receipt
  }

  struct Unexpected: Error {
    let answer: IntakeAnswer
  }
}

extension Books {
  /// The first page of the feed, as rows.
  func rows(for terminal: TerminalID, after version: Int64 = 0) async throws -> [AccountSnapshot] {
    try await page(for: terminal, after: version).accounts
  }

  /// A page of the feed, asked for with the nonce of the terminal's last ack.
  func page(
    for terminal: TerminalID, after version: Int64, rulebook: Int64 = 0
  ) async throws -> FeedPage {
    let nonce = try await read { db in
      try db.row(
        "SELECT nonce FROM intake WHERE terminal = ? ORDER BY number DESC LIMIT 1",
        [terminal.number]
      )?.digest("nonce")
    }
    let cursor = FeedCursor(version: version, rulebookVersion: rulebook)
    return try await feedPage(
      FeedRequest(terminal: terminal, cursor: cursor, echoedNonce: nonce)
    ).page
  }
}

extension AccountSnapshot {
  /// What is left in each purse, its tranches together.
  var balance: PurseAmounts {
    tranches.reduce(into: .zero) { sum, tranche in
      sum[tranche.purse] = Fen(sum[tranche.purse].value + tranche.amount.value)
    }
  }
}
