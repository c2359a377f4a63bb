import CanteenModel
import Foundation
import Journal
import SyncProtocol
import TerminalCore

/// One terminal of the feed model: the real ledger and the real session, what is on its way to it, and
/// what the reference says that it must believe.
struct FeedTerminal {
  struct Batch {
    let index: Int
    let terminal: TerminalID
    /// The process that sent it: its answer reaches nobody else.
    let life: Int
    let bytes: [UInt8]
    /// The sales in it, and all of the ledger's up to its end.
    let sales: [CentreReference.Sale]
    let before: [CentreReference.Sale]
  }

  /// A page and what it must make the terminal believe.
  struct Page {
    let page: FeedPage
    let rows: [Int64: ReferenceRow]
  }

  /// A disk image of a closed ledger.
  struct Image {
    let path: String
    let sales: [CentreReference.Sale]
    let rows: [Int64: ReferenceRow]
  }

  let configuration: Journal.Configuration
  private(set) var journal: Journal
  var session: SyncSession
  /// How often the program was started.
  private(set) var life = 1
  var sales: [CentreReference.Sale] = []
  var rows: [Int64: ReferenceRow] = [:]
  var image: Image?
  /// On their way here.
  var acks: [AckFacts] = []
  var pages: [Page] = []
  /// A batch is on its way whose ack may still be believed.
  var awaitsAck = false
  /// Up to where the last stored ack goes.
  var acknowledged: JournalPosition?

  var id: TerminalID { configuration.terminal }

  init(_ configuration: Journal.Configuration) throws {
    self.configuration = configuration
    journal = try Journal(configuration)
    session = SyncSession(terminal: configuration.terminal, nextSize: journal.nextBatchSize)
  }

  /// Ends the program, does something to its files, and starts it again. Connections end with it.
  mutating func restart(after change: () throws -> Void = {}) throws {
    try journal.close()
    try change()
    journal = try Journal(configuration)
    session = SyncSession(terminal: id, nextSize: journal.nextBatchSize)
    life += 1
    (acks, pages, awaitsAck) = ([], [], false)
  }

  mutating func takeImage() throws {
    let path = configuration.path
    let copy = path + ".image"
    let (sales, rows) = (sales, rows)
    try restart {
      try Self.remove(copy)
      try FileManager.default.copyItem(atPath: path, toPath: copy)
    }
    image = Image(path: copy, sales: sales, rows: rows)
  }

  /// - Returns: Whether there was an image.
  mutating func restoreImage() throws -> Bool {
    guard let image else { return false }
    let path = configuration.path
    try restart {
      for suffix in ["", "-wal"] { try Self.remove(path + suffix) }
      try FileManager.default.copyItem(atPath: image.path, toPath: path)
    }
    (sales, rows) = (image.sales, image.rows)
    return true
  }

  /// The ledger is gone; a granted epoch begins with nothing.
  mutating func begin(_ epoch: GrantedEpoch) throws {
    let configuration = configuration
    try restart {
      for suffix in ["", "-wal"] { try Self.remove(configuration.path + suffix) }
      try Journal.begin(epoch, configuration)
    }
    (sales, rows, acknowledged) = ([], [:], nil)
    // Its sequences would say nothing in the new epoch.
    image = nil
  }

  private static func remove(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    try FileManager.default.removeItem(atPath: path)
  }

  /// What the ledger believes of an account; `nil` when it knows none. Nothing is written.
  func believes(_ account: Int64) async throws -> PurseAmounts? {
    let peek = SaleRequest(
      lane: LaneID(1), medium: .card, credential: LabFeed.card(account), price: .keyed(Fen(1)),
      mayCharge: false)
    let outcome = try await journal.authorise(peek)
    guard case .tapAgain = outcome.verdict else {
      throw LaboratoryError.broken("terminal \(id) answers a look at \(account): \(outcome)")
    }
    return outcome.diner?.available
  }

  /// The rows that a page cut now must leave behind.
  func rows(of page: FeedPage, _ centre: CentreReference) -> [Int64: ReferenceRow] {
    let told = journal.storedNonce.flatMap { centre.acks[$0] }
    let held = sales.filter { centre.holds($0) }
    let counted = held.filter { sale in told.map { sale.position <= $0 } ?? false }
    return page.accounts.reduce(into: [:]) { rows, row in
      let account = row.account.number
      rows[account] = ReferenceRow(
        version: row.version, balance: centre.balances[account] ?? .zero,
        counted: Set(counted.map(\.id)), held: Set(held.map(\.id)))
    }
  }

  /// The page was taken: what the reference says follows.
  mutating func took(_ page: Page) {
    for (account, row) in page.rows where rows[account]?.version ?? 0 < row.version {
      rows[account] = row
    }
  }
}
