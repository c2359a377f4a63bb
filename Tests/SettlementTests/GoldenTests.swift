import CanteenModel
import Foundation
import SQLStore
import SyncProtocol
import Testing

@testable import Journal
@testable import SettlementStore

/// What every release said on the wire and left on disk, read by this one (durability-and-risk 5.8). A folder is made
/// by `canteen-lab golden` once, with the release, and never again.
@Suite(.timeLimit(.minutes(2))) struct GoldenTests {
  @Test("every message of every release is still what it was", arguments: GoldenRelease.all)
  func messages(release: GoldenRelease) throws {
    let centre = try GoldenRelease.key(release.index.centreKey)
    for message in release.index.messages {
      let bytes = try release.bytes(of: message)
      let terminal = TerminalID(message.terminal)
      switch message.kind {
      case "batch": #expect(try BatchCodec.claim(of: bytes).terminal == terminal)
      case "ack": #expect(try AckCodec.open(bytes, key: centre).terminal == terminal)
      case "feed": #expect(try FeedCodec.open(bytes, key: centre).terminal == terminal)
      case "hold": #expect(try HoldCodec.open(answer: bytes, key: centre).terminal == terminal)
      case "refund":
        #expect(try RefundHoldCodec.open(answer: bytes, key: centre).terminal == terminal)
      case "feed-request":
        _ = try FeedCodec.decode(request: bytes, key: try release.key(of: message.terminal))
      case "hold-request":
        let request = try HoldCodec.open(request: bytes, key: try release.key(of: message.terminal))
        #expect(request.terminal == terminal)
      case "refund-request":
        let key = try release.key(of: message.terminal)
        #expect(try RefundHoldCodec.open(request: bytes, key: key).terminal == terminal)
      default: Issue.record("\(message.kind)")
      }
    }
  }

  @Test(
    "the books of every release open, add up, and answer a replay byte for byte",
    arguments: GoldenRelease.all)
  func books(release: GoldenRelease) async throws {
    let folder = try release.copy()
    defer { folder.remove() }
    let books = try Books(
      Books.Configuration(
        store: .file(path: folder.path + "/books.sqlite"), key: SigningKey(),
        now: { SettlementFixture.noon }))
    #expect(try await books.report().totals == release.index.expected.totals)
    #expect(try await books.check().isGood)
    let last = try #require(release.index.messages.lastIndex { $0.kind == "batch" })
    let batch = release.index.messages[last]
    let answer = try await books.take(
      batch: try release.bytes(of: batch), from: TerminalID(batch.terminal))
    guard case .acknowledged(let receipt) = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(try receipt.ack == release.bytes(of: release.index.messages[last + 1]))
    try books.close()
  }

  @Test(
    "the ledger of every release opens, takes the ack and the page that it waits for, and sells",
    arguments: GoldenRelease.all)
  func ledger(release: GoldenRelease) async throws {
    let folder = try release.copy()
    defer { folder.remove() }
    let terminal = try #require(release.index.terminals.first).number
    let journal = try Journal(
      Journal.Configuration(
        path: "\(folder.path)/terminal-\(terminal).sqlite", terminal: TerminalID(terminal),
        key: SigningKey(), bootID: "boot", clockFloorMilliseconds: 0,
        readClock: {
          ClockReading(
            wallMilliseconds: SettlementFixture.noon + 60_000, bootMilliseconds: 2_000_000)
        }))
    let expected = release.index.expected
    let standing = try await journal.standing()
    #expect(standing.position == expected.position)
    #expect(standing.unsynced == 1)
    #expect(try await journal.verify().findings.isEmpty)
    #expect(try await journal.head(at: expected.position)?.description == expected.head)

    let key = try GoldenRelease.key(release.index.centreKey)
    try await journal.store(try AckCodec.open(try release.last("ack"), key: key))
    #expect(!journal.hasBacklog)
    try await journal.apply(try FeedCodec.open(try release.last("feed"), key: key))
    for balance in expected.balances {
      let card = Credential(
        kind: .cardSerial, value: try #require(Hexadecimal.bytes(balance.card)))
      let outcome = try await journal.authorise(
        SaleRequest(
          lane: LaneID(1), medium: .card, credential: card,
          price: .keyed(Fen(1))))
      guard case .approved = outcome.verdict else {
        Issue.record("\(outcome)")
        continue
      }
      let left = try outcome.diner?.available.total()
      #expect(left == Fen(balance.fen - 1), "account \(balance.account)")
    }
    try journal.close()
  }
}

/// The same, handed to a centre of today that never heard of it: on each store.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(2))) struct GoldenIntakeTests {
  @Test(
    "the batches of every release are taken, and posted to the fen", arguments: GoldenRelease.all)
  func intake(release: GoldenRelease) async throws {
    let fixture = try SettlementFixture()
    let books = try fixture.open()
    for terminal in release.index.terminals {
      try await books.add(
        TerminalEntry(
          number: terminal.number, name: "窗口", publicKey: terminal.key, pullURL: nil,
          canteen: terminal.number))
    }
    for message in release.index.messages where message.kind == "batch" {
      let taken = try await books.importBatch(try release.bytes(of: message))
      #expect(taken.flags.allSatisfy { GoldenRelease.unknownHere.contains($0) }, "\(message.file)")
    }
    let (totals, expected) = (try await books.report().totals, release.index.expected.totals)
    #expect(totals.records == expected.records)
    #expect(totals.payableFen == expected.payableFen)
    #expect(try await books.check().isGood)
    try books.close()
  }
}

/// A folder of `Golden`.
struct GoldenRelease: Sendable, CustomTestStringConvertible {
  struct Index: Decodable {
    let centreKey: String
    let terminals: [Terminal]
    let messages: [Message]
    let expected: Expected
  }

  struct Terminal: Decodable {
    let number: UInt32
    let key: String
  }

  struct Message: Decodable {
    let file: String
    let kind: String
    let terminal: UInt32
  }

  struct Expected: Decodable {
    struct Balance: Decodable {
      let account: Int64
      let card: String
      let fen: Int64
    }

    let totals: SettlementReport.Totals
    let balances: [Balance]
    let position: JournalPosition
    let head: String
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

  static let all: [GoldenRelease] = {
    do {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      return try names.filter { $0 != "README.md" }.sorted().map(GoldenRelease.init)
    } catch {
      preconditionFailure("the folder of golden files: \(error)")
    }
  }()

  let name: String
  let index: Index
  var testDescription: String { name }

  /// A centre that was only handed the batches did not grant what they took from.
  static let unknownHere: Set<FlagKind> = [.holdExceeded]

  private init(_ name: String) throws {
    self.name = name
    let file = Self.folder.appending(path: name).appending(path: "index.json")
    index = try JSONDecoder().decode(Index.self, from: try Data(contentsOf: file))
  }

  static func key(_ text: String) throws -> VerifyingKey {
    try VerifyingKey(rawBytes: try #require(Hexadecimal.bytes(text)))
  }

  func key(of terminal: UInt32) throws -> VerifyingKey {
    try Self.key(try #require(index.terminals.first { $0.number == terminal }).key)
  }

  func bytes(of message: Message) throws -> [UInt8] {
    Array(try Data(contentsOf: Self.folder.appending(path: name).appending(path: message.file)))
  }

  func last(_ kind: String) throws -> [UInt8] {
    try bytes(of: try #require(index.messages.last { $0.kind == kind }))
  }

  /// The files in a folder of their own, which may be written to.
  func copy() throws -> Copy {
    let copy = FileManager.default.temporaryDirectory.appending(
      path: "golden-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: Self.folder.appending(path: name), to: copy)
    return Copy(path: copy.path)
  }

  struct Copy {
    let path: String

    func remove() {
      try? FileManager.default.removeItem(atPath: path)  // a leftover folder harms no test
    }
  }
}
