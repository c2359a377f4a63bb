import ArgumentParser
import Laboratory

/// Compares what terminals believe with what is.
struct FeedModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feed-model",
    abstract: "Four terminals and their centre in random order: available is never wrong.",
    discussion: """
      Real ledgers and real books; batches, acks and pages are lost, doubled and late, ledgers are lost \
      or put back to an image, and the books to a backup.
      """)

  @Option(help: "How many histories, 1 to 1000000.")
  var histories = 200
  @Option(help: "Steps of each, 1 to 100000.")
  var steps = 250
  @Option(help: "Makes the same histories again.")
  var seed: UInt64?
  @Option(help: "This history alone, as a failure names it.")
  var only: Int?

  func validate() throws {
    guard (1...1_000_000).contains(histories), (1...100_000).contains(steps) else {
      throw ValidationError("--histories is 1 to 1000000, --steps 1 to 100000")
    }
    guard only.map({ (0..<histories).contains($0) }) ?? true else {
      throw ValidationError("--only is the number of a history, 0 to \(histories - 1)")
    }
  }

  func run() async throws {
    let seed = seed ?? UInt64.random(in: 1...999_999)
    var options = FeedModelTest.Options(histories: histories, steps: steps, seed: seed)
    options.only = only
    try await FeedModelTest(options).run()
  }
}
