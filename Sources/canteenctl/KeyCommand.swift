import ArgumentParser
import CanteenModel
import LocalAPI

/// The key that the terminal signs its records with.
struct KeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Look after the key that the records are signed with.",
    subcommands: [Rotate.self])

  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sign records with a new key.",
      discussion: """
        The terminal makes the key and writes a record that names it. The old key signs until the centre has \
        acknowledged that record, and is then gone; an old copy of it signs nothing any more that the centre \
        takes. Make the backup of terminal.key again afterwards. Only root may do this.
        Example: sudo canteenctl key rotate
        """)

    @OptionGroup var connection: Connection

    func run() async throws {
      let line = try await asking { () throws(ControlError) in
        try await connection.terminal.rotateKey()
      }
      if connection.json { return try Output.json(line) }
      let record = "record \(line.position.sequence)"
      print(
        line.wasUnderWay
          ? "\(record) names a new key already, and waits for the centre: canteenctl sync"
          : "\(record) names the new key; it signs when the centre has that (canteenctl journal: settled)"
      )
    }
  }
}
