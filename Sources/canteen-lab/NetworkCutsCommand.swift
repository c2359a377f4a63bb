import ArgumentParser
import Foundation
import Laboratory
import VirtualReaders

/// Cuts the network between a terminal and its centre.
struct NetworkCutsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "network-cuts",
    abstract: "Cut the network in the middle of every step of settling; each sale is settled once.",
    discussion: """
      The terminal and the centre run in network namespaces of their own, which needs root. The cable between \
      them is cut at one packet more each time, now and then for longer than anybody waits. Both directions of \
      settling are tried.
      """)

  @Option(help: "How often it is cut in each direction.")
  var cuts = 48
  @Option(help: "The same seed cuts for the same times.")
  var seed = UInt64.random(in: 1...999_999)

  func validate() throws {
    guard cuts > 0 else { throw ValidationError("--cuts is 1 or more") }
  }

  @Option(help: ArgumentHelp(visibility: .hidden))
  var centre: String?

  func run() async throws {
    guard let centre else { return try onTwoMachines() }
    try VirtualBus.reexecUnderPreloadIfNeeded()
    for direction in Direction.allCases {
      try await NetworkCuts(
        programs: try Programs.folder(), folder: try Programs.scratch("network-cuts"),
        centre: centre, direction: direction, cuts: cuts, seed: seed
      ).run()
    }
    print("network-cuts: ok \(2 * cuts) cuts, every sale settled once (seed \(seed))")
  }

  /// Starts itself on the terminal's machine.
  private func onTwoMachines() throws {
    let network = try NetworkPair()
    defer { network.remove() }
    let output = try network.onTerminal(
      try Programs.folder() + "/canteen-lab",
      ["network-cuts", "--cuts", "\(cuts)", "--seed", "\(seed)", "--centre", network.centre])
    print(output, terminator: "")
  }
}
