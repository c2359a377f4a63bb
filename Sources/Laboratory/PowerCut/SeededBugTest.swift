#if SEEDED_BUGS
  import Foundation
  package import Journal
  import RecordingDisk

  /// Plants one bug after the other in the journal, and shows which check of the laboratory finds it.
  package struct SeededBugTest: Sendable {
    /// How a bug was found.
    package struct Result: Sendable {
      package let bug: SeededBug
      /// Who noticed and what; `nil` when nobody did.
      package let finding: String?
      /// Images that were looked at until then.
      package let images: Int
    }

    private let seed: UInt64
    private let images: Int

    /// How many closed ledgers are damaged when nothing else finds a bug.
    private static let damages = 2000

    /// How many ledgers are taken from their mirrors before that.
    private static let losses = 20

    /// - Parameter images: Looked at for one bug before the disk's faults are tried. 1 or more.
    package init(seed: UInt64, images: Int) {
      self.seed = seed
      self.images = images
    }

    /// Prints a line for each bug.
    ///
    /// - Throws: ``LaboratoryError/broken(_:)`` when one was not found.
    package func run() async throws {
      for bug in SeededBug.allCases {
        let result = try await hunt(bug)
        guard let finding = result.finding else {
          throw LaboratoryError.broken(
            """
            seeded-bugs: nobody noticed \(bug.rawValue) in \(result.images) images
            again: canteen-lab power-cut --seeded-bugs --images \(images) --seed \(seed)
            """)
        }
        let name = bug.rawValue.padding(toLength: 28, withPad: " ", startingAt: 0)
        Console.say("\(name) image \(result.images)  \(finding.prefix(100))")
      }
      Console.say(
        "seeded-bugs: ok \(SeededBug.allCases.count) of \(SeededBug.allCases.count) found "
          + "(seed \(seed))")
    }

    /// Looks for one bug until it is found.
    package func hunt(_ bug: SeededBug) async throws -> Result {
      let recording = try await SeededBug.$planted.withValue(bug) {
        try await PowerCutWorkload.record(seed: seed, steps: 40)
      }
      if let finding = recording.findings.first {
        return Result(bug: bug, finding: "\(finding)", images: 0)
      }
      let cuts = PowerCuts(recording: recording, seed: seed, lyingPermille: 0)
      let outcomes = try await cuts.run(0..<images) { !$0.findings.isEmpty }
      if let finding = outcomes.last?.findings.first {
        return Result(bug: bug, finding: "\(finding)", images: outcomes.count)
      }
      let tally = try await SeededBug.$planted.withValue(bug) {
        try await FaultTest(seed: seed, cuts: 12).run([.sync])
      }
      if tally.first == nil {
        let loss = try await SeededBug.$planted.withValue(bug) {
          try await MirrorTest(seed: seed).run(Self.losses, stopsAtFirst: true)
        }
        if let finding = loss.first {
          return Result(
            bug: bug, finding: finding, images: outcomes.count + tally.images + loss.rounds)
        }
        let damage = try await SeededBug.$planted.withValue(bug) {
          try await DamageTest(seed: seed).run(Self.damages, stopsAtFirst: true)
        }
        return Result(
          bug: bug, finding: damage.findings.first,
          images: outcomes.count + tally.images + Self.damages)
      }
      return Result(
        bug: bug,
        finding: tally.first.map { first in
          "fault at \(first.fault.call.rawValue) \(first.fault.number), then "
            + (first.findings.first?.description ?? "")
        }, images: outcomes.count + tally.images)
    }
  }
#endif
