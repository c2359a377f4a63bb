import CanteenModel
import Foundation
import GRDB
import SyncProtocol
import Testing

@testable import Journal

/// A journal with a mirror in a folder beside it, fed and with two sales, all of it mirrored.
struct Mirrored {
  let fixture: JournalFixture
  let folder: String
  var path: String { folder + "/medium.mirror" }

  init() throws {
    fixture = try JournalFixture()
    folder = fixture.folder.appending(path: "medium").path
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
  }

  func open() throws -> (journal: Journal, salvage: Salvage?) {
    try Journal.openOrSalvage(fixture.configuration(mirrorPath: path))
  }

  func sell(_ numbers: [Int64], _ journal: Journal) async throws {
    for number in numbers {
      fixture.advance(seconds: 90)
      #expect(try await journal.authorise(JournalFixture.request(number)).isApproved)
    }
  }

  /// The centre has everything up to a record of the first epoch.
  func acknowledge(
    _ sequence: UInt64, _ journal: Journal, atMilliseconds time: Int64
  ) async throws {
    let place = Self.place(sequence)
    let head = try #require(try await journal.head(at: place))
    try await journal.store(
      AckFacts(
        terminal: TerminalID(3), position: place, head: head, nonce: .random(),
        challenge: .random(), timeMilliseconds: time, nextSize: 500,
        nextEpoch: Epoch(2), epochToken: .random()))
  }

  /// Sales and an ack of the first of them.
  func begin() async throws -> Journal {
    let (journal, _) = try open()
    let accounts = (1...6).map { JournalFixture.account($0, subsidy: 9000) }
    try await journal.apply(
      JournalFixture.page(accounts, from: 0, to: 1, rulebook: JournalFixture.rulebook))
    try await sell([1, 2], journal)
    try await acknowledge(2, journal, atMilliseconds: JournalFixture.noon)
    try await journal.copyToMirror()
    return journal
  }

  /// The ledger's files as a truthful disk would have them now.
  func files() throws -> [String: Data] {
    let ledger = fixture.path
    return try ["", "-wal"].reduce(into: [:]) { files, ending in
      guard FileManager.default.fileExists(atPath: ledger + ending) else { return }
      files[ending] = try Data(contentsOf: URL(filePath: ledger + ending))
    }
  }

  func restore(_ files: [String: Data]) throws {
    let ledger = fixture.path
    for ending in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: ledger + ending)  // it may not be there
      try files[ending]?.write(to: URL(filePath: ledger + ending))
    }
  }

  /// Does to the ledger's file what no journal would.
  func damage(_ statements: String...) throws {
    let queue = try DatabaseQueue(path: fixture.path)
    try queue.inDatabase { db in
      for statement in statements { try db.execute(sql: statement) }
    }
    try queue.close()
  }

  func crash(_ journal: Journal) throws { try fixture.crash(journal) }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
  }

  static func place(_ sequence: UInt64, epoch: UInt32 = 1) -> JournalPosition {
    JournalPosition(epoch: Epoch(epoch), sequence: SequenceNumber(sequence))
  }
}
