/// A program that runs services says how long its stop may take, and its unit gives it longer.
///
/// A service that does not end would hold the stop until systemd kills the process, or for ever where
/// nothing does.
enum StopRule {
  /// The program's folder under `Sources`, and its unit.
  static let programs = [
    (target: "canteend", unit: "systemd/canteend.service"),
    (target: "canteen-settlement", unit: "systemd/canteen-settlement.service"),
  ]
  /// Both must be set, each `= .seconds(N)`.
  private static let limits = ["maximumGracefulShutdownDuration", "maximumCancellationDuration"]

  static func findings(in checkout: Checkout) -> [Finding] {
    programs.flatMap { findings(target: $0.target, unit: $0.unit, in: checkout) }
  }

  private static func findings(target: String, unit: String, in checkout: Checkout) -> [Finding] {
    let sources = checkout.files.filter { $0.path.hasPrefix("Sources/\(target)/") }
    guard let composing = sources.first(where: { $0.text.contains("ServiceGroup(") }) else {
      return []
    }
    let text = sources.map(\.text).joined()
    var seconds = 0
    for limit in limits {
      guard let found = self.seconds(of: limit, in: text) else {
        return [
          Finding(
            path: composing.path, line: 1,
            advice: "composes services without \(limit); set it to .seconds(…)")
        ]
      }
      seconds += found
    }
    guard let file = checkout.files.first(where: { $0.path == unit }) else { return [] }
    let given = file.text.firstMatch(of: #/(?m)^TimeoutStopSec=([0-9]+)s$/#).flatMap { Int($0.1) }
    guard let given, given > seconds else {
      return [
        Finding(
          path: unit, line: 1,
          advice: "\(target) may take \(seconds) s to stop; set TimeoutStopSec to more")
      ]
    }
    return []
  }

  private static func seconds(of limit: String, in text: String) -> Int? {
    for line in text.split(separator: "\n") where line.contains("." + limit) {
      return line.firstMatch(of: #/=\s*\.seconds\(([0-9]+)\)/#).flatMap { Int($0.1) }
    }
    return nil
  }
}
