import ArgumentParser
import Foundation
import Laboratory

/// Boots a guest with a kernel of its own, which tries everything.
struct VMTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vm-test", abstract: "Try the product in a Debian guest with a stock kernel.",
    discussion: "make vm-test calls it with a disk of Debian packages and one of our programs.")

  @Option(help: "The folder that Scripts/vm-image.sh made.")
  var image: String

  @Option(help: "A disk with our programs.")
  var programs: String

  @Option(help: "Where the guest's files are kept.")
  var results: String

  @Option(help: "The file that gets the figures; those of other benchmarks stay in it.")
  var figures = ".build/bench.json"

  @Option(help: "Seconds until the guest is stopped.")
  var patience = 1200

  func run() async throws {
    let start = ContinuousClock.now
    try await VirtualMachine(
      image: image, programs: programs, results: results, patience: .seconds(patience)
    ).run(figures: figures)
    print("vm-test: ok in \(Int((ContinuousClock.now - start) / .seconds(1))) s")
  }
}

/// The other side of it.
struct GuestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest", abstract: "Try the product in this guest, and tell the host.",
    shouldDisplay: false)

  @Argument(help: "What is tried; everything when nothing is named.")
  var tests: [GuestTest] = GuestTest.allCases

  func run() async throws {
    try await Guest().run(tests)
  }
}

extension GuestTest: ExpressibleByArgument {}
