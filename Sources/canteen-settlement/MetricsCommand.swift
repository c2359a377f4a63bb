import ArgumentParser
import CanteenModel
import SettlementService
import SettlementStore

/// The report for whoever watches the centre.
struct MetricsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Print the report as figures, in the text format of Prometheus.",
    discussion: """
      The service answers the same at its socket: GET /metrics.
      Example: canteen-settlement metrics >/var/lib/prometheus/node-exporter/canteen.prom
      """)

  @OptionGroup var settings: SettingsFile

  func run() async throws {
    let report = try await settings.asking { try await $0.report() }
    print(report.metrics.text, terminator: "")
  }
}
