import CanteenModel
import Foundation
import SyncProtocol
import SyncTransport

/// Shows that the kit judges rightly: our own centre and that of the guide pass it, and each planted mistake is
/// found by the check that is there for it. And the other way round: our terminal, pulled by centres of others.
package struct ConformanceTrials: Sendable {
  private let programs: String
  private let folder: String
  private let repository: String

  /// - Parameters:
  ///   - programs: Where canteen-settlement is.
  ///   - folder: Made new.
  ///   - repository: Where `docs` and `Scripts` are.
  package init(programs: String, folder: String, repository: String) {
    self.programs = programs
    self.folder = folder
    self.repository = repository
  }

  /// - Precondition: This process runs under the preload (`VirtualBus.reexecUnderPreloadIfNeeded`).
  /// - Throws: ``LaboratoryError``.
  package func run() async throws {
    try await TerminalTrial(programs: programs, folder: folder, repository: repository).run()
    let checks = try await ownCentre()
    _ = try await guideCentre(nil)
    for fault in FaultyCentre.allCases {
      let failed = try await guideCentre(fault)
      guard failed.contains(fault.finder) else {
        throw LaboratoryError.broken(
          "conformance-trials: a centre that \(fault.rawValue) was not found by \(fault.finder), but by "
            + "\(failed.isEmpty ? "nothing" : failed.joined(separator: ", "))")
      }
      Console.say("planted: \(fault.rawValue) found by \(fault.finder)")
    }
    Console.say(
      "conformance-trials: ok \(checks) checks at our centre and at that of the guide, "
        + "\(FaultyCentre.allCases.count) of \(FaultyCentre.allCases.count) planted mistakes found")
  }

  private func ownCentre() async throws -> Int {
    let site = try CentreSite(folder: "\(folder)/own", programs: programs)
    let running = try site.start(
      rulebook: Menu.rulebook(salesPerMeal: 2, repeatGuardSeconds: 60),
      accounts: Menu.accounts(Guests(count: 2).all))
    do {
      try await Patience.until("the centre answers", within: .seconds(20)) { site.isAnswering }
      let order = try site.invitation()
      let test = try ConformanceTest(url: order.url, token: order.token)
      let result = await test.tried { if $0.hasPrefix("FAILED") { Console.say($0) } }
      guard result.failed.isEmpty else {
        throw LaboratoryError.broken(
          "conformance-trials: our own centre fails \(result.failed.joined(separator: ", "))")
      }
      try await stayFlat(running.pid, result.terminal)
      try site.run("check")
      await running.stop()
      return result.tried
    } catch {
      Console.say(running.lastWords())
      await running.stop()
      throw error
    }
  }

  /// So many bodies that are nested 60,000 deep, and by how much the centre may grow of them.
  private static let deepBodies = 40
  private static let growth = 16 << 20

  private func stayFlat(_ pid: pid_t, _ terminal: ConformanceTerminal) async throws {
    func send(_ count: Int) async throws {
      for _ in 0..<count {
        let answer = try await terminal.send(
          RawRequest(
            "POST", WireContract.batchPath,
            fields: [("Content-Type", WireForm.json.mediaType)],
            body: Array(String(repeating: "{\"x\":", count: 60_000).utf8)))
        try ConformanceTerminal.expect(answer, .malformed)
      }
    }
    try await send(4)
    let before = try Self.residentBytes(of: pid)
    try await send(Self.deepBodies)
    let growth = try Self.residentBytes(of: pid) - before
    guard growth < Self.growth else {
      throw LaboratoryError.broken(
        "conformance-trials: the centre grew by \(growth >> 20) MiB of deep JSON")
    }
  }

  private static func residentBytes(of pid: pid_t) throws -> Int {
    let fields = try String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8).split(
      separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else {
      throw LaboratoryError.program("/proc/\(pid)/statm cannot be read")
    }
    return pages * 4096
  }

  /// - Returns: The checks that failed.
  private func guideCentre(_ fault: FaultyCentre?) async throws -> [String] {
    let centre = try PythonCentre(
      folder: "\(folder)/\(fault?.rawValue ?? "guide")", repository: repository, fault: fault)
    let running = try await centre.start()
    do {
      let test = try ConformanceTest(
        url: "https://127.0.0.1:\(centre.port)", token: try centre.token())
      let result = await test.tried { line in
        if fault == nil, line.hasPrefix("FAILED") { Console.say(line) }
      }
      await PythonCentre.end(running)
      guard fault != nil || result.failed.isEmpty else {
        throw LaboratoryError.broken(
          "conformance-trials: the centre of the guide fails "
            + "\(result.failed.joined(separator: ", "))\n\(running.lastWords())")
      }
      return result.failed
    } catch {
      await PythonCentre.end(running)
      throw error
    }
  }
}
