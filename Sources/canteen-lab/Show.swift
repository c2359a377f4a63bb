import ArgumentParser
import VirtualReaders

/// Shows a scanner a code.
struct Scan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows a scanner a code.",
    discussion: "Example: canteen-lab scan canteen-demo-7 --port 1-3")

  @Argument(help: "The text of the code.")
  var text: String

  @OptionGroup var bus: BusOptions

  func run() throws {
    _ = try BusControl.ask(
      .scan(port: bus.port, text: text), path: bus.socket ?? BusControl.defaultPath)
  }
}

/// Lets somebody step in front of a face module, until they go away.
struct Face: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lets somebody step in front of a face module, until `remove`.",
    discussion: "Example: canteen-lab face 5 --port 1-4")

  @Argument(
    help: "The number by which the module knows them; one that it does not know is a stranger.")
  var user: UInt16

  @OptionGroup var bus: BusOptions

  func run() throws {
    _ = try BusControl.ask(
      .face(port: bus.port, user: user), path: bus.socket ?? BusControl.defaultPath)
  }
}
