import ArgumentParser
import Laboratory
import VirtualReaders

/// Cuts the network between the terminals of a canteen.
struct PeerNetworkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peer-network",
    abstract: "Cut and mend the network of three terminals without a centre; the caps hold.",
    discussion: """
      The terminals, their centre and the switch between them are in network namespaces of their own, which needs \
      root. What each diner is approved is checked after each tap, and every sale against the centre's books at \
      the end.
      """)

  @Option(help: "How often the network is changed at random, beside the usual steps.")
  var rounds = 4
  @Option(help: "The same seed taps and cuts the same.")
  var seed = UInt64.random(in: 1...999_999)

  func validate() throws {
    guard rounds >= 0 else { throw ValidationError("--rounds is 0 or more") }
  }

  func run() async throws {
    try VirtualBus.reexecUnderPreloadIfNeeded()
    let words = try await PeerNetworkTest(
      programs: try Programs.folder(), folder: try Programs.scratch("peer-network"),
      rounds: rounds, seed: seed
    ).run()
    print("peer-network: ok \(words) (seed \(seed))")
  }
}
