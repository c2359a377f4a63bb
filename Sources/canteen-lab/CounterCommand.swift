import ArgumentParser
import Laboratory
import VirtualReaders

/// A counter in a terminal window.
struct CounterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "counter",
    abstract: "A counter in a terminal window: tap, scan and look by key.",
    discussion: """
      The diners are those of the demo. Start `make demo` in another window, then:

        canteen-lab counter --socket .build/demo/run/bus.sock --terminal .build/demo/run/canteend.sock
      """)

  @Option(help: "The control socket of the virtual bus (default: in the runtime directory).")
  var socket: String?

  @Option(help: "The local socket of canteend.")
  var terminal = "/run/canteen/canteend.sock"

  func run() async throws {
    try await Counter(busPath: socket ?? BusControl.defaultPath, socketPath: terminal).run()
  }
}
