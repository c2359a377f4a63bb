import Foundation

/// The figures as the page that is committed (`docs/benchmarks.md`), and what has become worse since.
package struct BenchTable {
  private let figures: [BenchFigure]
  private let page: String
  /// The day of the last figure.
  private let day: String

  /// How much worse a ratio may be before it is named. These machines are shared.
  private static let tolerance = 0.15

  /// - Parameters:
  ///   - figures: The file that `make bench` adds to.
  ///   - page: The page, which need not exist yet.
  /// - Throws: ``LaboratoryError/program(_:)`` when nothing was measured.
  package init(figures: String, page: String) throws {
    self.figures = BenchFigure.read(from: figures)
    self.page = page
    // try?: a file without a date was just written.
    let attributes = try? FileManager.default.attributesOfItem(atPath: figures)
    let date = attributes?[.modificationDate] as? Date ?? Date()
    day = String(date.formatted(.iso8601).prefix(10))
    guard !self.figures.isEmpty else {
      throw LaboratoryError.program("\(figures) has no figures: make bench")
    }
  }

  /// Names each ratio that is worse than on the page by more than 15 %, and each aim that is missed.
  package func compare() {
    for finding in findings { Console.say(finding) }
    let known = figures.count { before[$0.key.rawValue] != nil }
    Console.say("bench-table: ok \(figures.count) figures, \(known) of them compared with \(page)")
  }

  var findings: [String] {
    let before = before
    return figures.flatMap { figure in
      var findings = figure.isMissed ? ["missed: \(figure.line)"] : []
      if let old = before[figure.key.rawValue], let worse = figure.worse(than: old),
        worse > Self.tolerance
      {
        let percent = Int((worse * 100).rounded())
        findings.append(
          "worse: \(figure.key.rawValue) \(figure.value), was \(old) (\(percent) %)")
      }
      return findings
    }
  }

  /// What the page says, by key.
  private var before: [String: Double] {
    // try?: without a page nothing is compared.
    Self.values(in: (try? String(contentsOfFile: page, encoding: .utf8)) ?? "")
  }

  /// Writes the page anew.
  package func write() throws {
    try Data(text.utf8).write(to: URL(filePath: page))
    Console.say("bench-table: wrote \(page)")
  }

  private var text: String {
    let rows = figures.map { figure in
      "| `\(figure.key.rawValue)` | \(figure.value) | \(figure.key.aim.words) | \(figure.key.words) |"
    }
    return """
      # Figures

      Measured on \(day) by `make bench` and `make vm-test`, on \(Self.machine). `make bench` compares with this page
      and names each ratio that is worse by more than 15 %; `make bench-table` writes it anew.

      A ratio is ours divided by the peer's, both in one run, and a median unless the key says p99. Only ratios say
      something about another machine. The words are for the default sizes.

      | Key | Figure | Aim | What |
      |---|--:|---|---|
      \(rows.joined(separator: "\n"))

      """
  }

  private static func values(in page: String) -> [String: Double] {
    var values: [String: Double] = [:]
    for line in page.split(separator: "\n") where line.hasPrefix("| `") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count > 1, let value = Double(cells[1]) else { continue }
      values[cells[0].filter { $0 != "`" }] = value
    }
    return values
  }

  /// Source: proc(5).
  private static var machine: String {
    // try?: a machine that does not say what it is is nameless.
    let processors = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let model = processors.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = model?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
    let gibibytes = (ProcessInfo.processInfo.physicalMemory + (1 << 29)) >> 30
    return "\(ProcessInfo.processInfo.activeProcessorCount) shared cores of "
      + "\(name ?? "a nameless processor"), \(gibibytes) GiB"
  }
}

extension BenchKey.Aim {
  fileprivate var words: String {
    switch self {
    case .atMost(let limit): "at most \(limit)"
    case .atLeast(let limit): "at least \(limit)"
    case .none: ""
    }
  }
}

extension BenchFigure {
  fileprivate var isMissed: Bool {
    switch key.aim {
    case .atMost(let limit): value > limit
    case .atLeast(let limit): value < limit
    case .none: false
    }
  }

  /// By which part a ratio is worse than it was; negative when it is better. `nil` for what is no ratio.
  func worse(than old: Double) -> Double? {
    guard key.isRatio, old > 0, value > 0 else { return nil }
    return key.isBetterWhenGreater ? old / value - 1 : value / old - 1
  }
}
