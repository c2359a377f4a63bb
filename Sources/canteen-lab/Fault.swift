import ArgumentParser
import VirtualReaders

/// Makes a reader show a fault once, on its next answer.
struct Fault: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a reader show a fault once, on its next answer.",
    discussion: """
      mute, garbage, short, length, stall, zero, partial, extension=MULTIPLIER, stale=COUNT,
      failure=CODE (hexadecimal), unplug=TRANSFER (counted from now).

        canteen-lab fault mute
        canteen-lab fault unplug=5 --port 1-1.4
      """)

  @Argument(help: "The fault, with its number after an equals sign.")
  var fault: String

  @OptionGroup var bus: BusOptions

  func run() throws {
    _ = try BusControl.ask(
      .fault(port: bus.port, fault: fault), path: bus.socket ?? BusControl.defaultPath)
  }
}
