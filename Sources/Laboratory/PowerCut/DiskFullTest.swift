import CanteenModel
import Foundation
import Journal
import SeededRandom
import SyncProtocol

/// Fills a small file system under a ledger: first slowly, so that the terminal stops selling in time;
/// then at once, so that a commit may fail. What was lit is there, settling goes on, and with room
/// selling does.
package struct DiskFullTest {
  private let folder: String
  private let terminal: LabTerminal
  private var journal: Journal
  private var feed = LabFeed()
  private var random = SplitMix64(seed: 1)
  private var lit: [JournalPosition] = []

  /// - Parameter folder: An empty file system of its own of some 160 MiB.
  /// - Throws: What the journal throws.
  package init(folder: String) throws {
    self.folder = folder
    terminal = try LabTerminal()
    journal = try terminal.open(in: folder, storeLimits: StoreLimits())
  }

  /// - Throws: ``LaboratoryError/broken(_:)`` with the first thing that does not hold.
  package mutating func run() async throws {
    try await journal.apply(feed.firstPage(&random))
    try expect(hasBallast: true, isFull: false, "on an empty disk")
    for _ in 0..<100 { _ = try await sell() }
    try fill(leavingMegabytes: 60)
    try expect(hasBallast: false, isFull: true, "with 60 MiB left")
    guard try await sell() == .declined else { throw broken("a full disk sold") }
    try await settle()
    try empty()
    try expect(hasBallast: true, isFull: false, "with room again")

    try fill(leavingMegabytes: 0)
    let hasStopped = await sellUntilFull()
    if hasStopped {
      // try?: what failed is not closed in order; the next opening reads what is there.
      try? journal.close()
      journal = try terminal.open(in: folder, storeLimits: StoreLimits())
    }
    guard journal.isStoreFull else { throw broken("nobody noticed that the disk is full") }
    try await settle()
    let findings = try await journal.verify().findings
    guard findings.isEmpty else { throw broken("\(findings)") }
    try empty()
    try expect(hasBallast: true, isFull: false, "at the end")
    _ = try await sell()
    try journal.close()
    let records = Set(try LedgerFacts(folder: folder).records.map(\.position))
    guard records.isSuperset(of: lit) else { throw broken("a lit sale is lost") }
    Console.say(
      "disk-full: ok, 012 in time; then at once, "
        + "\(hasStopped ? "a commit failed and the ledger was opened again" : "012 again"); "
        + "\(lit.count) lit, 0 lost")
  }

  private enum Answer { case approved, declined }

  private mutating func sell() async throws -> Answer {
    terminal.advance(milliseconds: 30_000)
    let account = Int64(random.below(12)) + 1
    let outcome = try await journal.authorise(
      SaleRequest(
        lane: LaneID(1), medium: .card, credential: LabFeed.card(account), price: .keyed(Fen(10))))
    guard let sale = outcome.approved else { return .declined }
    lit.append(outcome.position)
    feed.sold(sale, at: outcome.position)
    return .approved
  }

  /// - Returns: Whether the journal stopped; otherwise it noticed in time.
  private mutating func sellUntilFull() async -> Bool {
    do {
      while !journal.isStoreFull { _ = try await sell() }
      return false
    } catch {
      return true
    }
  }

  /// What a full disk must not hinder: an ack, and a page of the feed.
  private mutating func settle() async throws {
    let batch = try await journal.nextBatch(limit: 500, challenge: .zero)
    let position = JournalPosition(epoch: batch.facts.epoch, sequence: batch.facts.last)
    try await journal.store(
      AckFacts(
        terminal: LabTerminal.id, position: position, head: batch.facts.head, nonce: .zero,
        challenge: .zero, timeMilliseconds: terminal.wallMilliseconds, nextSize: 500,
        nextEpoch: Epoch(2), epochToken: .zero))
    try feed.post(upTo: position)
    try await journal.apply(feed.nextPage(&random))
    _ = try await journal.prune()
  }

  private var filler: String { folder + "/somebody-elses-file" }

  /// Somebody else writes until so much is left.
  private func fill(leavingMegabytes megabytes: Int64) throws {
    let megabyte = Data(count: 1024 * 1024)
    guard FileManager.default.createFile(atPath: filler, contents: nil) else {
      throw broken("\(filler) cannot be written")
    }
    let file = try FileHandle(forWritingTo: URL(filePath: filler))
    defer { file.closeFile() }
    do {
      while try free() > megabytes * 1024 * 1024 { try file.write(contentsOf: megabyte) }
    } catch {
      guard megabytes == 0 else { throw error }
    }
    if megabytes > 0 { journal.lookAtRoom() }
  }

  private func empty() throws {
    try FileManager.default.removeItem(atPath: filler)
    journal.lookAtRoom()
  }

  private func free() throws -> Int64 {
    let facts = try FileManager.default.attributesOfFileSystem(forPath: folder)
    return (facts[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
  }

  private func expect(hasBallast: Bool, isFull: Bool, _ moment: String) throws {
    journal.lookAtRoom()
    let path = "\(folder)/\(LabTerminal.ledger).ballast"
    guard FileManager.default.fileExists(atPath: path) == hasBallast else {
      throw broken("\(moment) the ballast is \(hasBallast ? "not " : "")there")
    }
    guard journal.isStoreFull == isFull else {
      throw broken("\(moment) the store is \(isFull ? "not " : "")full")
    }
  }

  private func broken(_ what: String) -> LaboratoryError { .broken("disk-full: \(what)") }
}
