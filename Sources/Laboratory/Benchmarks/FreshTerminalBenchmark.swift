import CanteenModel
import Foundation
import Journal
import SettlementStore
import SyncProtocol
import SyncTransport

/// A terminal that knows nothing yet is fed every account of a large city, over TLS by the centre's own program, into a
/// ledger of its own.
struct FreshTerminalBenchmark {
  let folder: String
  /// Where the programs are.
  let programs: String
  let accounts: Int

  struct Result {
    /// From the first request to the last row on the terminal's disk.
    let seconds: Double
    /// What came as pages, in MiB.
    let fedMiB: Double
    let pages: Int
    let centreMiB: Double
    /// The ledger, in MiB.
    let ledgerMiB: Double
  }

  private static let terminal = TerminalID(1)

  func run() async throws -> Result {
    let site = try CentreSite(folder: folder, programs: programs)
    try site.prepare(
      rulebook: Menu.rulebook(salesPerMeal: 2, repeatGuardSeconds: 60), accounts: file)
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    let key = SigningKey()
    let books = try BenchCentre.books(of: site)
    try await books.add(
      TerminalEntry(
        number: Self.terminal.number, name: "一号窗口",
        publicKey: Hexadecimal.text(key.publicKey.rawBytes), pullURL: nil))
    try books.close()
    let client = try BenchCentre.clients(of: [Self.terminal], at: site, now: now)[0]
    let centre = try site.serve()
    try await Patience.until("the centre answers", within: .seconds(60)) { site.isAnswering }

    let path = folder + "/fresh.sqlite"
    let journal = try Journal(
      Journal.Configuration(
        path: path, terminal: Self.terminal, key: key, bootID: "boot", clockFloorMilliseconds: 0,
        readClock: { ClockReading(wallMilliseconds: now, bootMilliseconds: 1_000_000) }))
    let clock = ContinuousClock()
    let before = clock.now
    let fed = try await feed(journal, by: client, books.publicKey)
    let seconds = (clock.now - before) / .seconds(1)
    try await check(journal)
    try journal.close()
    let memory = BenchCentre.mostMemory(of: centre.pid)
    await centre.stop()
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    return Result(
      seconds: seconds, fedMiB: Self.mebibytes(fed.bytes), pages: fed.pages, centreMiB: memory,
      ledgerMiB: Self.mebibytes(size))
  }

  private var file: String {
    let rows = (1...accounts).map { account in
      "\(account),王小明,机关,active,200.00,50.00,"
        + Hexadecimal.text(BenchFeed.card(Int64(account)).value)
    }
    return (["account,name,unit,status,subsidy,personal,cards"] + rows).joined(separator: "\n")
  }

  /// As the terminal's own sync does it: page after page, and later when the centre says so.
  private func feed(
    _ journal: Journal, by client: CentreClient, _ key: VerifyingKey
  ) async throws -> (pages: Int, bytes: Int) {
    var (pages, bytes, hasMore) = (0, 0, true)
    while hasMore {
      let request = try FeedCodec.encode(
        journal.feedCursor, terminal: journal.terminal, echoedNonce: journal.storedNonce,
        key: journal.key)
      let answer: [UInt8]
      do {
        answer = try await client.feed(request: request)
      } catch LinkError.notNow(let seconds, _) {
        try await Task.sleep(for: .seconds(seconds))
        continue
      }
      (pages, bytes) = (pages + 1, bytes + answer.count)
      let page = try FeedCodec.open(answer, key: key)
      try await journal.apply(page)
      hasMore = page.hasMore
    }
    return (pages, bytes)
  }

  private func check(_ journal: Journal) async throws {
    for account in [1, accounts] {
      let outcome = try await journal.authorise(
        SaleRequest(
          lane: LaneID(1), medium: .card, credential: BenchFeed.card(Int64(account)),
          price: .keyed(Fen(1)), mayCharge: false))
      guard try outcome.diner?.available.total() == Fen(25_000) else {
        throw LaboratoryError.broken("account \(account) was not fed: \(outcome)")
      }
    }
  }

  private static func mebibytes(_ bytes: Int) -> Double { Double(bytes) / 1_048_576 }
}
