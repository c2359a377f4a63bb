import ArgumentParser
import VirtualReaders

/// Plugs a reader in.
struct Plug: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Plugs a reader in.",
    discussion: """
      Models: \(Specimen.all.map(\.name).joined(separator: ", ")).

        canteen-lab plug omnikey5022 1-1.4
      """)

  @Argument(help: "The model.")
  var model: String

  @Argument(help: "The port: bus and port chain, such as 1-1.4.")
  var port: String

  @Option(help: "The control socket of the virtual bus (default: in the runtime directory).")
  var socket: String?

  func run() throws {
    _ = try BusControl.ask(
      .plug(port: port, model: model), path: socket ?? BusControl.defaultPath)
  }
}
