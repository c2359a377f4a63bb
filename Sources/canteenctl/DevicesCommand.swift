import ArgumentParser
import CanteenModel
import LocalAPI

/// Every reader, its state and the reason.
struct DevicesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices", abstract: "List the readers, with state and reason.",
    discussion: "Example: canteenctl devices")

  @OptionGroup var connection: Connection

  func run() async throws {
    let readers = try await asking { () throws(ControlError) in
      try await connection.terminal.readers()
    }
    if connection.json { return try Output.json(readers) }
    guard !readers.isEmpty else { return print("no reader is plugged in") }
    let head = [
      "PORT", "USB ID", "MODEL", "ROLE", "LANE", "STATE", "OWN NOISES", "CAN SIGNAL", "REASON",
    ]
    let rows = readers.map { reader in
      [
        reader.reader.port, reader.usbID, reader.model, reader.role ?? "-",
        reader.lane.map { "\($0)" } ?? "-",
        reader.state, reader.ownNoises.rawValue, reader.canSignal ? "yes" : "no",
        reader.reason ?? "",
      ]
    }
    Output.table([head] + rows)
    print()
    print("Sockets, for canteen.readers:")
    for reader in readers {
      print("  \(reader.reader.port)  \(reader.socket ?? "not known to udev")")
    }
  }
}
