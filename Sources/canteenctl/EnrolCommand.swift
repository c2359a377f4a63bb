import ArgumentParser
import CanteenModel
import LocalAPI

/// Joining a centre.
struct EnrolCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enrol", abstract: "Join a centre.",
    discussion: """
      The centre's operator makes the token with canteen-settlement terminal add; it is good once, for 15 \
      minutes. The terminal makes its own keys; they never leave it. Only root may do this.
      Example: sudo canteenctl enrol https://centre.example.org:8700 canteen-AAAAAw…
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "Where the centre is.") var url: String
  @Argument(help: "The join token.") var token: String

  func run() async throws {
    let line = try await asking { () throws(ControlError) in
      try await connection.terminal.enrol(EnrolOrder(url: url, token: token))
    }
    if connection.json { return try Output.json(line) }
    print("this is terminal \(line.terminal) now")
    print(
      line.mustRestart
        ? "start it again: systemctl restart canteend"
        : "it sells when the first rules have come: canteenctl status")
  }
}
