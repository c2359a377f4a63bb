import ArgumentParser
import VirtualReaders

/// Lays a card on a reader, until it is taken away.
struct Tap: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lays a card on a reader, until it is taken away.",
    discussion: """
      A card that lies there is taken away first. 7 bytes make a DESFire, other lengths a Classic.

        canteen-lab tap 04A1B2C3D4E5F6
        canteen-lab tap 01020304 --port 1-1.4
      """)

  @Argument(help: "The serial number of the card, hexadecimal.")
  var serial: String

  @OptionGroup var bus: BusOptions

  func run() throws {
    _ = try BusControl.ask(
      .tap(port: bus.port, serial: serial), path: bus.socket ?? BusControl.defaultPath)
  }
}
