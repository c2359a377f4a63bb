import CanteenModel
import Foundation
import SQLStore
import SettlementStore
import SyncProtocol

/// What a centre takes in a second: signature, chain and records read, posted in double entry, acknowledged, on
/// disk. Beside it the same rows by SQL in C, and a bare COPY of them into PostgreSQL, in turns.
struct IngestBenchmark {
  /// Where the books go: on the disk that is measured.
  let directory: String
  let peers: BenchPeers
  /// In each round, a multiple of 500 times ``terminals``.
  let records: Int

  static let rounds = 5
  private static let accounts = 10_000
  private static let terminals = 4
  private static let noon: Int64 = 1_795_406_400_000

  /// Records a second.
  struct Result {
    var sqlite: [Double] = []
    var c: [Double] = []
    /// Empty where no PostgreSQL is installed.
    var postgres: [Double] = []
    var copy: [Double] = []

    var figures: [BenchFigure] {
      var figures = [
        BenchFigure(.ingestSqlitePerS, BenchFigure.median(sqlite)),
        BenchFigure(.ingestVsC, ratio: sqlite, c),
      ]
      if !postgres.isEmpty {
        figures += [
          BenchFigure(.ingestPostgresPerS, BenchFigure.median(postgres)),
          BenchFigure(.ingestVsCopy, ratio: postgres, copy),
        ]
      }
      return figures
    }
  }

  func run() async throws -> Result {
    // What a run that was ended left: books without a record are measured.
    if FileManager.default.fileExists(atPath: directory) {
      try FileManager.default.removeItem(atPath: directory)
    }
    let socket = try peers.startPostgres()
    defer { peers.stopPostgres() }
    var result = Result()
    for round in 1...Self.rounds {
      let folder = "\(directory)/ingest-\(round)"
      for name in ["ours", "c"] {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      }
      result.sqlite.append(try await take(into: .file(path: "\(folder)/ours/books.sqlite")))
      try await prepare(.file(path: "\(folder)/c/books.sqlite")).close()
      result.c.append(try perSecond("ingest-c", in: "\(folder)/c", options: nil))
      if let socket {
        let (ours, theirs) = ("ours_\(round)", "copy_\(round)")
        result.postgres.append(try await take(into: try schema(ours, socket)))
        try await prepare(try schema(theirs, socket)).close()
        result.copy.append(
          try perSecond("ingest-postgres", in: socket, options: "-c search_path=\(theirs)"))
      }
      try FileManager.default.removeItem(atPath: folder)
    }
    return result
  }

  /// Books with accounts, terminals and one open chain, which the peers go on with.
  private func prepare(_ store: StoreLocation) async throws -> Books {
    let books = try Books(
      Books.Configuration(store: store, key: SigningKey(), now: { Self.noon }))
    let rows = (1...Self.accounts).map { "\($0),王小明,机关,active,0.00,0.00," }
    let file = (["account,name,unit,status,subsidy,personal,cards"] + rows).joined(separator: "\n")
    _ = try await books.importAccounts(Array(file.utf8))
    var opening = try IngestTerminal(1, records: 0, accounts: Self.accounts, now: Self.noon)
    try await books.add(opening.entry)
    let (batch, facts) = try opening.nextBatch()
    try await take(batch, facts, of: &opening, by: books)
    return books
  }

  /// - Returns: Records a second.
  private func take(into store: StoreLocation) async throws -> Double {
    let books = try await prepare(store)
    // Behind the one that prepared the books.
    let terminals = try (2..<2 + Self.terminals).map { number in
      try IngestTerminal(
        number, records: records / Self.terminals, accounts: Self.accounts, now: Self.noon)
    }
    for terminal in terminals { try await books.add(terminal.entry) }
    let clock = ContinuousClock()
    let before = clock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for terminal in terminals {
        group.addTask {
          var terminal = terminal
          while !terminal.isDone {
            let (batch, facts) = try terminal.nextBatch()
            try await take(batch, facts, of: &terminal, by: books)
          }
        }
      }
      try await group.waitForAll()
    }
    let seconds = (clock.now - before) / .seconds(1)
    let check = try await books.check()
    guard check.isGood, check.records == records else {
      throw LaboratoryError.broken("the books are wrong after the benchmark: \(check)")
    }
    try books.close()
    return Double(records) / seconds
  }

  private func take(
    _ batch: [UInt8], _ facts: BatchFacts, of terminal: inout IngestTerminal, by books: Books
  ) async throws {
    guard case .acknowledged(let receipt) = try await books.take(batch: batch, from: terminal.id),
      receipt.flags.isEmpty
    else { throw LaboratoryError.broken("a batch of terminal \(terminal.id) was not taken") }
    try terminal.take(ack: receipt.ack, for: facts, from: books.publicKey)
  }

  /// - Parameter options: What PostgreSQL is told at the start of the connection.
  private func perSecond(_ name: String, in place: String, options: String?) throws -> Double {
    let environment = options.map { ["PGOPTIONS": $0] } ?? [:]
    let output = try ProgramOutput.of(
      "\(peers.folder)/\(name)", [place, "\(records)"], environment: environment)
    return try Latencies(peer: output).perSecond * Double(WireLimit.recordsPerBatch)
  }

  /// A schema of its own on the benchmark's server.
  private func schema(_ name: String, _ socket: String) throws -> StoreLocation {
    let uri = "postgres:///postgres?host=\(socket)&user=canteen"
    let server = try StoreLocation(uri).open(label: name)
    try server.runAndWait { db in try db.script("CREATE SCHEMA \(name)") }
    try server.close()
    return StoreLocation("\(uri)&options=-csearch_path%3D\(name)")
  }
}
