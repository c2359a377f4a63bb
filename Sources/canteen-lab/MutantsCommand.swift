import ArgumentParser
import Foundation
import Laboratory

extension MutatedRoom: ExpressibleByArgument {
  /// The name of a folder in the build folder.
  fileprivate func folder(_ name: String) throws -> String {
    try Programs.scratch(self == .core ? name : "\(name)-\(rawValue)")
  }
}

/// Makes mistakes in the terminal's core or in its journal and looks whether the tests notice.
struct MutantsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutants",
    abstract: "Make every small mistake in a room, one at a time; its tests must notice.",
    discussion: "All of them are in one build; CANTEEN_MUTANT chooses one when the tests start.")

  @Option(
    help:
      "The rules (core), what the journal decides, recovers and verifies, or the rules by the fleet's checkers (fleet)."
  )
  var of = MutatedRoom.core

  @Option(help: "Of so many mutants one is tried.")
  var oneIn: UInt64 = 1

  @Option(help: "Chooses which.")
  var seed: UInt64 = 0

  @Argument(help: "The numbers of the mutants that are tried (default: all).")
  var numbers: [Int] = []

  func validate() throws {
    guard oneIn > 0 else { throw ValidationError("--one-in is 1 or more") }
  }

  func run() async throws {
    try await MutantTest(of: of, root: try Programs.repository(), folder: try of.folder("mutants"))
      .run(only: Set(numbers), oneIn: oneIn, seed: seed)
  }
}

/// Counts what of a room its tests run.
struct CoverageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage",
    abstract: "Count which regions of a room its tests run: it must be all that can be reached.")

  @Option(help: "The terminal's rules (core), or what the journal decides, recovers and verifies.")
  var of = MutatedRoom.core

  func validate() throws {
    if of == .fleet {
      throw ValidationError("--of is core or journal: a world is no proof of regions")
    }
  }

  func run() async throws {
    try await RegionCoverage(
      of: of, root: try Programs.repository(), folder: try of.folder("coverage")
    ).run()
  }
}
