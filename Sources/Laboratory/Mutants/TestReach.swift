import Foundation
import Synchronization

/// Which tests run which mutants, found by running each test alone without any.
struct TestReach: Sendable {
  private struct TestCase: Sendable {
    /// For `--filter`.
    let pattern: String
    let duration: Duration
    /// 1 at the number of each place that was run.
    let places: [UInt8]
  }

  /// No test takes so long: after this without a word a mutant hangs.
  static let quiet = Duration.seconds(10)
  /// A mutant is stopped no earlier than after this.
  private static let shortestLimit = Duration.seconds(30)
  /// Nor before it took so many times what its tests take without it.
  private static let patience = 10
  private static let baselineLimit = Duration.seconds(120)

  private let tests: [TestCase]

  /// How long all tests take, one after the other.
  var duration: Duration { tests.reduce(.zero) { $0 + $1.duration } }

  /// - Throws: ``LaboratoryError/broken(_:)`` when a test fails without a mutant.
  static func measure(_ package: any TestedPackage, mutants: Int) async throws -> TestReach {
    let list = "\(package.folder)/tests.log"
    guard
      try await package.test(
        ["--list-tests"], environment: [:], limit: baselineLimit, logPath: list) == 0
    else { throw LaboratoryError.program("mutants: the tests cannot be listed; see \(list)") }
    let names = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n")
      .filter { $0.hasSuffix(")") }
    let tests = try await Workers.run(Array(names)) { name, worker in
      try await measure(String(name), package, mutants, worker)
    }
    return TestReach(tests: tests)
  }

  private static func measure(
    _ name: String, _ package: any TestedPackage, _ mutants: Int, _ worker: Int
  ) async throws -> TestCase {
    let pattern = "^" + NSRegularExpression.escapedPattern(for: name) + "/"
    return try await ScratchMemory.with { folder in
      let places = "\(folder)/places"
      try Data(count: mutants + 1).write(to: URL(filePath: places))
      let log = "\(package.folder)/test-\(worker).log"
      let begin = ContinuousClock.now
      let status = try await package.test(
        ["--no-parallel", "--filter", pattern],
        environment: ["CANTEEN_MUTANT_PLACES": places, "TMPDIR": folder], limit: baselineLimit,
        logPath: log)
      guard status == 0 else {
        throw LaboratoryError.broken("mutants: \(name) fails without a mutant; see \(log)")
      }
      return TestCase(
        pattern: pattern, duration: ContinuousClock.now - begin,
        places: Array(try Data(contentsOf: URL(filePath: places))))
    }
  }

  /// What runs a mutant.
  ///
  /// - Returns: Arguments for the tests' program, and after which time it is stopped; `nil` when no test
  ///   runs it.
  func plan(for mutant: Mutant) -> (arguments: [String], limit: Duration)? {
    let reaching = tests.filter { $0.places[mutant.site] != 0 }
    guard !reaching.isEmpty else { return nil }
    let duration = reaching.reduce(Duration.zero) { $0 + $1.duration }
    return (
      ["--no-parallel"] + reaching.flatMap { ["--filter", $0.pattern] },
      max(Self.shortestLimit, duration * Self.patience)
    )
  }
}

/// Two at once: what is built anywhere has two cores.
enum Workers {
  private static let count = 2

  /// Counts for several tasks.
  final class Counter: Sendable {
    private let value = Mutex(0)

    /// The count before this.
    func next() -> Int {
      value.withLock { value in
        defer { value += 1 }
        return value
      }
    }
  }

  /// Does something for each element; the results are in the elements' order.
  static func run<Element: Sendable, Value: Sendable>(
    _ elements: [Element],
    _ body: @escaping @Sendable (Element, _ worker: Int) async throws -> Value
  ) async throws -> [Value] {
    let next = Counter()
    return try await withThrowingTaskGroup(of: [(Int, Value)].self) { group in
      for worker in 0..<count {
        group.addTask {
          var results: [(Int, Value)] = []
          while true {
            let index = next.next()
            guard elements.indices.contains(index) else { return results }
            results.append((index, try await body(elements[index], worker)))
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}
