import CanteenModel
import Foundation
import Journal
import SeededRandom
import SettlementStore
import SyncProtocol

extension FeedHistory {
  /// What happens once a year, and here every fifty steps.
  func misfortune(_ index: Int) async throws {
    switch random.below(8) {
    case 0:
      try terminals[index].restart()
      note("terminal \(index + 1) starts anew")
    case 1, 2, 3:
      if try terminals[index].restoreImage() {
        tally.branches += 1
        return note("terminal \(index + 1) is put back to its image")
      }
      try terminals[index].takeImage()
      note("terminal \(index + 1): an image is taken")
    case 4: try await loseLedger(index)
    case 5, 6:
      guard backup == nil else { return try await restoreBooks() }
      backup = (try imageOfBooks(), reference)
      note("the books are backed up")
    default:
      let stranger = Self.strangers[random.below(Self.strangers.count)]
      guard reference.balances[stranger] == nil else { return }
      try await add(stranger)
      note("the centre learns of account \(stranger)")
    }
  }

  private func loseLedger(_ index: Int) async throws {
    guard let grant = try await grantedEpoch(to: terminals[index].id) else { return }
    guard let token = Hexadecimal.bytes(grant.token).flatMap({ Digest32($0) }) else {
      throw LaboratoryError.broken("the granted token is none: \(grant.token)")
    }
    try terminals[index].begin(GrantedEpoch(epoch: Epoch(grant.epoch), token: token))
    // Books from before the grant would not know the epoch (FlagKind.unknownEpoch): its records wait
    // for a person, who is no part of the model.
    backup = nil
    tally.epochs += 1
    note("terminal \(index + 1) begins epoch \(grant.epoch)")
  }

  /// - Returns: `nil` when the terminal never settled.
  private func grantedEpoch(to terminal: TerminalID) async throws -> EpochGrant? {
    do {
      return try await books.grantEpoch(to: terminal)
    } catch {
      if case .refused = error { return nil }
      throw error
    }
  }

  /// What a power cut would leave of the books: the file and its log.
  private func imageOfBooks() throws -> String {
    let image = "\(folder)/books-\(UUID().uuidString).sqlite"
    for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: booksPath + suffix) {
      try FileManager.default.copyItem(atPath: booksPath + suffix, toPath: image + suffix)
    }
    return image
  }

  /// Puts the books back to their backup, once in a history. Whatever was under way is gone.
  private func restoreBooks() async throws {
    guard let backup, !wasRestored else { return }
    try books.close()
    books = try Self.open(backup.path, key: centreKey, clock)
    booksPath = backup.path
    reference = backup.reference
    self.backup = nil
    wasRestored = true
    network = []
    for index in terminals.indices {
      terminals[index].acks = []
      terminals[index].pages = []
      giveUp(index)
    }
    tally.restoredCentres += 1
    note("the books are put back to their backup")
  }

  /// Everything arrives from now on: each terminal hands in all of its records and is fed, and then all
  /// of them know what the centre knows.
  func heal() async throws {
    note("the network is whole")
    network = []
    // Twice: what the last one hands in concerns the first.
    for _ in 0..<2 {
      for index in terminals.indices { try await settle(index) }
    }
    for index in terminals.indices {
      try await check(index)
      for (account, balance) in reference.balances.sorted(by: { $0.key < $1.key }) {
        let believed = try await terminals[index].believes(account)
        guard believed == balance else {
          throw LaboratoryError.broken(
            "with everything handed in terminal \(index + 1) believes that account \(account) has "
              + "\(Self.text(believed)), the centre has \(Self.text(balance))")
        }
      }
      let findings = try await terminals[index].journal.verify().findings
      guard findings.isEmpty else {
        throw LaboratoryError.broken("terminal \(index + 1) does not verify: \(findings)")
      }
    }
    let totals = try await books.report().totals
    guard totals.payableFen == reference.totalFen, abs(totals.suspenseFen) == reference.suspenseFen
    else {
      throw LaboratoryError.broken(
        "the books owe \(totals.payableFen) and hold \(totals.suspenseFen) in suspense, it must be "
          + "\(reference.totalFen) and \(reference.suspenseFen)")
    }
    tally.suspenseFen += reference.suspenseFen
  }

  private func settle(_ index: Int) async throws {
    terminals[index].acks = []
    terminals[index].pages = []
    giveUp(index)
    var tries = 0
    repeat {
      clock.advance()
      try await send(index, limit: terminals[index].journal.nextBatchSize)
      guard let batch = network.popLast() else { break }
      if let ack = try await hand(batch) { try await receive(ack, index) }
      tries += 1
    } while terminals[index].journal.hasBacklog && tries < 8
    guard !terminals[index].journal.hasBacklog else {
      throw LaboratoryError.broken("terminal \(index + 1) cannot hand in its records")
    }
    var hasMore = true
    while hasMore {
      try await askFeed(index)
      guard let page = terminals[index].pages.popLast() else { break }
      try await take(page, index)
      hasMore = page.page.hasMore
    }
  }
}
