import ArgumentParser
import Foundation
import Laboratory

/// Makes mistakes in the terminal's core and looks whether its tests notice.
struct MutantsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutants",
    abstract:
      "Make every small mistake in the terminal's core, one at a time; its tests must notice.",
    discussion: "All of them are in one build; CANTEEN_MUTANT chooses one when the tests start.")

  @Argument(help: "The numbers of the mutants that are tried (default: all).")
  var numbers: [Int] = []

  func run() async throws {
    try await MutantTest(root: try Programs.repository(), folder: try Programs.scratch("mutants"))
      .run(only: Set(numbers))
  }
}

/// Counts what of the terminal's core its tests run.
struct CoverageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage",
    abstract: "Count which regions of the terminal's core its tests run: it must be all of them.")

  func run() async throws {
    try await RegionCoverage(
      root: try Programs.repository(), folder: try Programs.scratch("coverage")
    ).run()
  }
}
