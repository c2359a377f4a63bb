import CanteenModel
import Foundation
import Journal
import SyncProtocol

/// The same swipes on a ledger of many years and on an empty one, in turns; while the large one is
/// verified and handed out; and what a kill costs it.
struct LargeStoreBenchmark {
  let store: LargeStore
  let directory: String
  let peers: BenchPeers
  /// `canteen-lab`, for the processes that are killed and measured.
  let program: String
  let swipesPerRound: Int

  static let rounds = 5

  struct Result {
    var large: [Latencies] = []
    var empty: [Latencies] = []
    var underVerify: [Latencies] = []
    var c: [Latencies] = []
    var restarts: [BenchVictim.Report] = []
  }

  func run() async throws -> Result {
    var result = Result()
    let noon = try await store.prepare()
    let large = try BenchTerminal(path: store.path, accounts: store.accounts, start: noon)
    for round in 1...Self.rounds {
      let folder = "\(directory)/large-\(round)"
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      let empty = try await AuthoriseBenchmark.freshTerminal(in: folder)
      // Both begin with an empty log, as after an idle moment.
      try await empty.journal.checkpointIfGrown(beyond: 0)
      try await large.journal.checkpointIfGrown(beyond: 0)
      result.large.append(try await large.sell(swipesPerRound))
      result.empty.append(try await empty.sell(swipesPerRound))
      try empty.journal.close()
      result.underVerify.append(try await sellWhileRead(large))
      result.c.append(try peers.measure("authorise-c", in: folder, swipesPerRound))
      try FileManager.default.removeItem(atPath: folder)
    }
    try large.journal.close()
    for _ in 1...3 { result.restarts.append(try await restart()) }
    return result
  }

  /// Swipes while the chain is recomputed from its beginning and batches are handed out, again and again.
  private func sellWhileRead(_ terminal: BenchTerminal) async throws -> Latencies {
    let journal = terminal.journal
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while !Task.isCancelled {
          do throws(JournalError) { _ = try await journal.verify() } catch {
            guard error == .stopped else { throw error }  // cancelled between two slices
          }
        }
      }
      group.addTask {
        while !Task.isCancelled {
          _ = try await journal.nextBatch(
            limit: WireLimit.recordsPerBatch, challenge: .random())
        }
      }
      let latencies = try await terminal.sell(swipesPerRound)
      group.cancelAll()
      try await group.waitForAll()
      return latencies
    }
  }

  /// Kills a process that sells, and starts the next one.
  private func restart() async throws -> BenchVictim.Report {
    let noon = try await store.prepare()
    let arguments = [
      "bench-victim", "--store", store.path, "--accounts", "\(store.accounts)", "--noon",
    ]
    let log = "\(directory)/victim.log"
    let victim = try RunningProgram(
      program, arguments + ["\(noon)", "--kill"], environment: [:], logPath: log)
    let status = await victim.wait()
    guard status == 128 + SIGKILL else {
      throw LaboratoryError.program("the victim ended with \(status): \(victim.lastWords())")
    }
    // A minute later, so that the machine seems to have been booted.
    let line = try ProgramOutput.of(
      program, arguments + ["\(noon + 60_000)", "--started", "\(BenchVictim.uptimeNanoseconds)"])
    return try JSONDecoder().decode(BenchVictim.Report.self, from: Data(line.utf8))
  }
}
