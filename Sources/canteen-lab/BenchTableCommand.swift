import ArgumentParser
import Laboratory

/// Compares figures with the committed ones.
struct BenchTableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-table",
    abstract: "Name what is worse than the figures that are committed, or write them anew.")

  @Option(help: "What was measured.")
  var figures = ".build/bench.json"
  @Option(help: "The committed page.")
  var page = "docs/benchmarks.md"
  @Flag(help: "Write the page.")
  var write = false

  func run() throws {
    let table = try BenchTable(figures: figures, page: page)
    table.compare()
    if write { try table.write() }
  }
}
