import ArgumentParser
import Laboratory

/// Lives a year of a city and reckons everything again.
struct CityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "city",
    abstract:
      "A year of a city in virtual time, through the real books: every statement reckoned three times.",
    discussion: """
      Four fundings, some late and some that do not add up, rosters that change, swipes of real signed batches, \
      corrections, debts, copied terminals, visitors, both evaluations, five settlements (the last one for what came in \
      late), the year's end. Behind each act the ledger must sum to zero; at the end each statement must be what \
      verify finds from files and what SQL of its own finds in the records, and the same on every store.

      Exit code 1 names the statement and the line. The books, statements and batches stay in the folder.
      Example: canteen-lab city --units 4 --people 40 --swipes 2000 --store sqlite --store postgres:///canteen
      """)

  @Option(help: "How many units, 3 to 10000; each fourth has no canteen.")
  var units = 120
  @Option(help: "How many people, at least as many as units.")
  var people = 20_000
  @Option(help: "How many presentations in the year.")
  var swipes = 10_000_000
  @Option(help: "Makes the same year again.")
  var seed: UInt64 = 1
  @Option(
    help: "sqlite, or the URI of a PostgreSQL server. Repeat it: the statements are compared.")
  var store: [String] = ["sqlite"]
  @Option(help: "Where the files go, in a folder for each store.")
  var folder = ".build/city"

  func validate() throws {
    guard (3...10_000).contains(units), (units...10_000_000).contains(people) else {
      throw ValidationError("--units is 3 to 10000, --people from there to 10000000")
    }
    guard (0...100_000_000).contains(swipes) else {
      throw ValidationError("--swipes is 0 to 100000000")
    }
    guard store.allSatisfy({ CityStore($0) != nil }), Set(store).count == store.count else {
      throw ValidationError("--store is sqlite or a URI such as postgres:///canteen, each once")
    }
  }

  func run() async throws {
    let plan = CityPlan(units: units, people: people, swipes: swipes, seed: seed)
    try await CityTest(plan, folder: folder, stores: store.compactMap { CityStore($0) }).run()
  }
}
