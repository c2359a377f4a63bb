/// Figures for whoever watches many machines, in the text format of Prometheus, version 0.0.4.
package struct MetricsPage: Sendable {
  /// What an HTTP answer says of ``text``.
  package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  package private(set) var text = ""
  private var named: [String] = []

  /// An empty page.
  package init() {}

  /// Adds a figure that goes up and down.
  ///
  /// - Parameters:
  ///   - name: Begins with `canteen_` and ends with its unit. All figures of one name stand together.
  ///   - labels: What tells figures of one name apart.
  package mutating func gauge(
    _ name: String, _ help: String, _ value: Int64, _ labels: [(name: String, value: String)] = []
  ) {
    if !named.contains(name) {
      named.append(name)
      text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
    }
    let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    text += "\(name)\(pairs.isEmpty ? "" : "{\(pairs)}") \(value)\n"
  }

  private static func escaped(_ value: String) -> String {
    value.reduce(into: "") { text, character in
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
  }
}
