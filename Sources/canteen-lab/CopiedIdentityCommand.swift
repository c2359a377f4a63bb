import ArgumentParser
import Laboratory

/// Copies terminals, and puts old images back.
struct CopiedIdentityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "copied-identity",
    abstract: "Two terminals with one identity, and old images put back: each is noticed at once.",
    discussion:
      "Real ledgers, sessions and books. Example: canteen-lab copied-identity --cases 1000")

  @Option(help: "How many cases, 1 to 1000000.")
  var cases = 100
  @Option(help: "Makes the same cases again.")
  var seed: UInt64?

  func validate() throws {
    guard (1...1_000_000).contains(cases) else {
      throw ValidationError("--cases is 1 to 1000000")
    }
  }

  func run() async throws {
    try await CopiedIdentityTest(
      cases: cases, seed: seed ?? UInt64.random(in: 1...999_999)
    ).run()
  }
}
