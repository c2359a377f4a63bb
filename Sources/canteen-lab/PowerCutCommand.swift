import ArgumentParser
import Laboratory

/// Cuts the power of a recorded ledger.
struct PowerCutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "power-cut",
    abstract: "Cut the power at every place of a recorded day: nothing lit is lost.",
    discussion: """
      The journal runs over SQLite's disk with a recorder in front of it. From the log, images are \
      made that a power cut may leave: what was synced is there, of the rest any sectors. Each is \
      opened and checked.
      """)

  @Option(help: "How many images are made, 1 to 10000000.")
  var images = 2000
  @Option(help: "Makes the same days and images again.")
  var seed: UInt64?
  @Flag(help: "The disk ignores 30 of 100 syncs: the tail is lost, and damage must be noticed.")
  var lying = false
  @Flag(help: "Plant known bugs in the journal, and show who finds them. Debug builds only.")
  var seededBugs = false
  @Option(help: "This image alone, as a failure names it.")
  var only: Int?

  func validate() throws {
    guard (1...10_000_000).contains(images) else {
      throw ValidationError("--images is 1 to 10000000")
    }
    guard only.map({ (0..<images).contains($0) }) ?? true else {
      throw ValidationError("--only is the number of an image, 0 to \(images - 1)")
    }
  }

  func run() async throws {
    let seed = seed ?? UInt64.random(in: 1...999_999)
    if seededBugs {
      #if SEEDED_BUGS
        return try await SeededBugTest(seed: seed, images: images).run()
      #else
        throw ValidationError("--seeded-bugs: a release build has none; use a debug build")
      #endif
    }
    var options = PowerCutTest.Options(images: images, seed: seed)
    options.lyingPermille = lying ? 300 : 0
    options.only = only
    try await PowerCutTest(options).run()
  }
}
