import ArgumentParser
import VirtualReaders

/// Takes the card from a reader.
struct Remove: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Takes the card from a reader.",
    discussion: """
        canteen-lab remove
        canteen-lab remove --port 1-1.4
      """)

  @OptionGroup var bus: BusOptions

  func run() throws {
    _ = try BusControl.ask(
      .remove(port: bus.port), path: bus.socket ?? BusControl.defaultPath)
  }
}
