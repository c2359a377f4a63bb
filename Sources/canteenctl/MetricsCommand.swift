import ArgumentParser
import CanteenModel
import LocalAPI

/// The status for whoever watches many terminals.
struct MetricsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Print the status as figures, in the text format of Prometheus.",
    discussion: """
      The daemon answers the same at its socket: GET /metrics. A collector of text files takes it as it is.
      Example: canteenctl metrics >/var/lib/prometheus/node-exporter/canteen.prom
      """)

  @OptionGroup var connection: Connection

  func run() async throws {
    let status = try await asking { () throws(ControlError) in
      try await connection.terminal.status()
    }
    print(status.metrics.text, terminator: "")
  }
}
