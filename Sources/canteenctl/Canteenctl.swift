import ArgumentParser
import CanteenModel
import LocalAPI

/// What the operator types.
@main
struct Canteenctl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "canteenctl",
    abstract: "Looks after a canteen terminal.",
    discussion: "Exit codes: 0 done; 1 the terminal refused; 64 a wrong command line.",
    subcommands: [
      StatusCommand.self, MetricsCommand.self, DevicesCommand.self, JournalCommand.self,
      SaleCommand.self,
      VoidCommand.self, RefundCommand.self, DayCommand.self, SyncCommand.self,
      ExposureCommand.self, RulesCommand.self, FaceCommand.self, EnrolCommand.self,
      KeyCommand.self,
    ])
}

/// Where the daemon is, and how to print.
struct Connection: ParsableArguments {
  @Option(help: "The daemon's socket (also CANTEEN_SOCKET).")
  var socket: String?

  @Flag(help: "Print JSON for scripts.")
  var json = false

  /// The API of the daemon at the socket.
  var terminal: LocalClient { LocalClient(socketPath: socket ?? SocketPath.fromEnvironment) }
}

/// What an operator sees when the terminal refused.
struct Refusal: Error, CustomStringConvertible {
  let description: String
}

/// Runs a request and turns a refusal into one line for the operator.
func asking<Value>(_ body: () async throws(ControlError) -> Value) async throws -> Value {
  do {
    return try await body()
  } catch {
    throw Refusal(description: error.description)
  }
}
