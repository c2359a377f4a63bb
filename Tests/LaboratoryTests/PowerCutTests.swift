import Journal
import RecordingDisk
import Testing

@testable import Laboratory

@Suite struct PowerCutTests {
  @Test("nothing that was lit is lost, whatever a power cut leaves of the unsynced sectors")
  func honestDisk() async throws {
    let tally = try await PowerCutTest(PowerCutTest.Options(images: 60, seed: 4)).series()
    #expect(tally.images == 60)
    #expect(tally.promised > 600)
    #expect(tally.first.map { "image \($0.number): \($0.findings)" } == nil)
  }

  @Test("a disk that lies loses the tail, and the laboratory sees it")
  func lyingDisk() async throws {
    var options = PowerCutTest.Options(images: 60, seed: 2)
    options.lyingPermille = 300
    let tally = try await PowerCutTest(options).series()
    #expect(tally.lost > 0)
    #expect(tally.undetected == 0)
  }

  @Test("the same seed records the same day, so that a failure can be shown again")
  func sameDay() async throws {
    let first = try await PowerCutWorkload.record(seed: 11, steps: 30)
    let second = try await PowerCutWorkload.record(seed: 11, steps: 30)
    #expect(first.log.map(Self.shape) == second.log.map(Self.shape))
    #expect(first.promises == second.promises)
    #expect(first.promises.contains { if case .lit = $0 { true } else { false } })
  }

  /// Without the bytes: SQLite salts its log.
  private static func shape(_ operation: DiskOperation) -> DiskOperation {
    guard case .wrote(let name, let offset, let bytes) = operation else { return operation }
    return .wrote(name, offset: offset, bytes: [UInt8](repeating: 0, count: bytes.count))
  }

  @Test("damage to a closed ledger is noticed, or changes nothing that counts")
  func damage() async throws {
    let tally = try await DamageTest(seed: 3).run(50)
    #expect(tally.findings.isEmpty)
    #expect(tally.verdicts[.salvaged] ?? 0 > 0)
    #expect(tally.verdicts[.verification] ?? 0 > 0)
  }

  @Test("what was mirrored is there again after the ledger's disk lost it")
  func mirror() async throws {
    let tally = try await MirrorTest(seed: 3).run(40)
    #expect(tally.first == nil)
    #expect(tally.rolledBack > 0)
    #expect(tally.salvaged > 0)
    #expect(tally.mirrored > 200)
  }

  @Test("a call that the disk refuses never leaves a light without its record")
  func faults() async throws {
    let tally = try await FaultTest(seed: 5, cuts: 1, stride: 29).run()
    #expect(tally.faults > 5)
    #expect(tally.stopped > 0)
    #expect(tally.first.map { "\($0.fault): \($0.findings)" } == nil)
  }

  /// Its fsync fails, the process ends, the next one finds everything in the kernel's memory, and then
  /// the power goes out.
  @Test(
    "what only the kernel has after a failed sync is written again before anything is built on it")
  func failedSync() async throws {
    let tally = try await FaultTest(seed: 1, cuts: 1, stride: 2).run([.sync])
    #expect(tally.first.map { "\($0.fault): \($0.findings)" } == nil)
  }
}

#if SEEDED_BUGS
  @Suite struct SeededBugTests {
    @Test(
      "the laboratory finds every bug that is planted in the journal", arguments: SeededBug.allCases
    )
    func found(bug: SeededBug) async throws {
      let result = try await SeededBugTest(seed: 1, images: 40).hunt(bug)
      #expect(result.finding != nil)
    }
  }
#endif
