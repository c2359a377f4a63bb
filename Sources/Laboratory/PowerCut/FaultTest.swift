import RecordingDisk

/// Lets every call that the journal makes to its disk fail, one after the other, and looks whether the
/// light ever went on for something that is not there: after the restart, and after a power cut while
/// the new process opens the ledger, or at any place behind that.
struct FaultTest {
  struct Tally {
    var faults = 0
    /// Faults after which the journal stopped; the others were borne.
    var stopped = 0
    var images = 0
    var first: (fault: DiskFault, findings: [PowerCutFinding])?
  }

  let seed: UInt64
  /// Power cuts for each fault, in the opening and in the rest alike.
  let cuts: Int
  /// Of the calls of each kind every n-th fails; 1 is all of them.
  var stride = 1

  /// - Parameter calls: The kinds of calls that fail.
  func run(_ calls: [DiskCall] = DiskCall.allCases) async throws -> Tally {
    let healthy = try await FaultRun.live(with: nil)
    var tally = Tally()
    for call in calls {
      let count = healthy.calls[call] ?? 0
      for number in Swift.stride(from: 1, through: count, by: stride) {
        for fault in Self.faults(call, number) {
          let findings = try await findings(after: fault, &tally)
          tally.faults += 1
          guard !findings.isEmpty else { continue }
          tally.first = (fault, findings)
          return tally
        }
      }
    }
    return tally
  }

  private static func faults(_ call: DiskCall, _ number: Int) -> [DiskFault] {
    let errors: [DiskFault.Error] = call == .write ? DiskFault.Error.allCases : [.ioError]
    return errors.flatMap { error in
      (call == .write || call == .sync ? [false, true] : [false]).map { isLasting in
        DiskFault(call: call, number: number, error: error, isLasting: isLasting)
      }
    }
  }

  private func findings(
    after fault: DiskFault, _ tally: inout Tally
  ) async throws -> [PowerCutFinding] {
    let outcome = try await FaultRun.live(with: fault)
    if outcome.hasStopped { tally.stopped += 1 }
    guard outcome.recording.findings.isEmpty else { return outcome.recording.findings }
    let end = outcome.recording.log.count
    for places in [outcome.restart...outcome.opened, outcome.opened...end] {
      let cut = PowerCuts(
        recording: outcome.recording, seed: seed, lyingPermille: 0, places: places)
      let images = try await cut.run(0..<cuts) { !$0.findings.isEmpty }
      tally.images += images.count
      if let findings = images.last?.findings, !findings.isEmpty { return findings }
    }
    return []
  }
}
