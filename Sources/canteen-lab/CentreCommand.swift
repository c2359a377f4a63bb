import ArgumentParser
import Laboratory

/// Plays a centre that pulls, against any terminal.
struct CentreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "centre",
    abstract: "Pull from any terminal: verify everything, acknowledge, print each record.",
    discussion: """
      It shows a certificate of the authority that the terminal joined, and signs with that centre's key: the \
      files are authority.pem and centre.key in the state directory of canteen-settlement. \
      canteen-settlement terminal list --json prints the terminal's key. It keeps nothing, and what it acknowledges \
      the terminal does not hand in again: use a terminal for tests.

        canteen-lab centre https://192.0.2.7:8701 --terminal 3 --terminal-key 5c2f… \\
          --authority authority.pem --key centre.key --misbehave
      """)

  @Argument(help: "Where the terminal listens.")
  var url: String
  @Option(help: "The terminal's number.")
  var terminal: UInt32
  @Option(help: "What the terminal signs with: 64 hexadecimal digits.")
  var terminalKey: String
  @Option(help: "The authority's file: key and certificate in PEM.")
  var authority: String
  @Option(help: "The file of the key that signs acks: 32 bytes.")
  var key: String
  @Flag(help: "Do wrong first, in every way, and say what the terminal makes of it.")
  var misbehave = false
  @Option(help: "Do wrong in this way only. Repeat for more.")
  var with: [CentreMischief] = []

  func run() async throws {
    let centre = try ScriptedCentre(
      url: url,
      try ScriptedCentre.Identity(
        authority: authority, key: key, terminal: terminal, terminalKey: terminalKey))
    let kinds = misbehave && with.isEmpty ? CentreMischief.allCases : with
    let failed = await centre.misbehave(kinds) { print($0) }
    let records = try await centre.pull { print($0) }
    guard failed.isEmpty else { throw ExitCode.failure }
    print("centre: ok \(records) records, \(kinds.count) kinds of mischief refused")
  }
}

extension CentreMischief: ExpressibleByArgument {}
