import Foundation

/// The centre's part of `make bench`.
package struct CentreBench: Sendable {
  private let peers: BenchPeers
  private let records: Int

  /// - Parameters:
  ///   - peers: The folder of the compiled C programs; results go beside it.
  ///   - records: How many the centre takes in each round. A multiple of 2000.
  package init(peers: String, records: Int) {
    self.peers = BenchPeers(folder: peers)
    self.records = records
  }

  /// Measures, prints the table, and adds the figures to the file of all of them.
  package func run() async throws {
    let ingest = try await IngestBenchmark(
      directory: peers.folder + "/run", peers: peers, records: records
    ).run()
    Self.print("taken by the centre, SQLite", ingest.sqlite)
    Self.print("the same rows by SQL in C", ingest.c)
    Self.print("taken by the centre, PostgreSQL", ingest.postgres)
    Self.print("a bare COPY of the same rows", ingest.copy)
    let file = URL(filePath: peers.folder).deletingLastPathComponent().appending(path: "bench.json")
    try BenchFigure.write(ingest.figures, to: file.path)
    for figure in ingest.figures { Console.say(figure.line) }
    Console.say("bench-centre: ok \(ingest.figures.count) figures")
  }

  private static func print(_ name: String, _ perSecond: [Double]) {
    guard !perSecond.isEmpty else { return }
    let title = name.padding(toLength: 32, withPad: " ", startingAt: 0)
    let median = String(format: "%8.0f", BenchFigure.median(perSecond))
    Console.say("\(title) \(median) records/s  (\(perSecond.count) rounds)")
  }
}
