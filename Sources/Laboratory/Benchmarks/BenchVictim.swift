import Foundation
import Journal

/// A process of its own with the journal of a store: it is killed in the middle of sales, or says how
/// soon after its start the first sale was on disk.
package struct BenchVictim: Sendable {
  private let path: String
  private let accounts: Int
  private let noon: Int64

  package struct Report: Codable, Sendable {
    /// From the moment before the process was started to the first durable approval.
    package let firstApprovalSeconds: Double
    /// The most that was ever resident, after the sales that followed.
    package let residentMiB: Double
  }

  package init(path: String, accounts: Int, noon: Int64) {
    self.path = path
    self.accounts = accounts
    self.noon = noon
  }

  /// As long a log as is left alone before a checkpoint.
  private static let salesBeforeKill = 200
  private static let salesBeforeReport = 2000

  /// Nanoseconds of CLOCK_MONOTONIC, the same in every process.
  package static var uptimeNanoseconds: UInt64 { MonotonicNanoseconds.now }

  /// Sells from many lanes at once, and ends as after `kill -9`. Does not return.
  package func sellAndDie() async throws {
    let terminal = try BenchTerminal(path: path, accounts: accounts, start: noon)
    _ = try await terminal.sell(Self.salesBeforeKill)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<AuthoriseBenchmark.lanes {
        group.addTask { while true { try await terminal.sell() } }
      }
      group.addTask {
        try await Task.sleep(for: .milliseconds(20))
        kill(getpid(), SIGKILL)
      }
      try await group.waitForAll()
    }
  }

  /// - Parameter started: ``uptimeNanoseconds`` before this process was started.
  package func report(started: UInt64) async throws -> Report {
    let terminal = try BenchTerminal(
      path: path, accounts: accounts, start: noon, isAfterKill: true)
    try await terminal.sell()
    let first = Double(Self.uptimeNanoseconds - started) / 1e9
    _ = try await terminal.sell(Self.salesBeforeReport)
    let report = Report(firstApprovalSeconds: first, residentMiB: try Self.residentMiB())
    try terminal.journal.close()
    return report
  }

  /// VmHWM of this process.
  private static func residentMiB() throws -> Double {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(separator: " ").dropLast().last.flatMap({ Double($0) })
    else { throw LaboratoryError.broken("/proc/self/status has no VmHWM") }
    return kibibytes / 1024
  }
}
