import ArgumentParser
import VirtualReaders

/// Pulls a reader out, whatever it is doing.
struct Unplug: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pulls a reader out, whatever it is doing.",
    discussion: """
        canteen-lab unplug 1-2
      """)

  @Argument(help: "The port: bus and port chain, such as 1-2.")
  var port: String

  @Option(help: "The control socket of the virtual bus (default: in the runtime directory).")
  var socket: String?

  func run() throws {
    _ = try BusControl.ask(
      .unplug(port: port), path: socket ?? BusControl.defaultPath)
  }
}
