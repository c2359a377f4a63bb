import CanteenModel
import Journal
import RecordingDisk
import SeededRandom

/// Damages a healthy, closed ledger in one place after the other, and looks who notices.
struct DamageTest {
  enum Verdict: String, Hashable, CaseIterable {
    /// What links went on in a new ledger.
    case salvaged = "by opening, and salvaged"
    /// Without a grant of the centre there is no epoch to go on in.
    case refused = "by opening, and left to a person"
    case verification = "by chain and rows"
    case tables = "by SQLite's table check"
    /// Everything is as it was, fed rows included.
    case harmless
    /// Records, heads, sales and counters are as they were; what the centre feeds, or the ack, is not.
    case fedOnly = "only what the centre sends again"
    case undetected
    /// What was salvaged is not what was there.
    case wronglySalvaged = "wrongly salvaged"
  }

  struct Tally {
    var verdicts: [Verdict: Int] = [:]
    /// What nobody noticed, as far as it is worth reading.
    var findings: [String] = []
  }

  private static let findingsAtMost = 12

  let seed: UInt64

  /// - Parameter stopsAtFirst: Whether the first damage that nobody noticed is enough.
  func run(_ images: Int, stopsAtFirst: Bool = false) async throws -> Tally {
    let folder = try ImageFolder()
    let (healthy, older) = try await ledgers(in: folder)
    try folder.hold([LabTerminal.ledger: healthy])
    let facts = try LedgerFacts(folder: folder.path)
    var tally = Tally()
    for number in 0..<images {
      var random = SplitMix64(seed: seed, number: number)
      let (damaged, what) = Self.damage(healthy, older, &random)
      try folder.hold([LabTerminal.ledger: damaged])
      let (verdict, finding) = await verdict(in: folder.path, healthy: facts)
      tally.verdicts[verdict, default: 0] += 1
      guard [.undetected, .wronglySalvaged].contains(verdict) else { continue }
      if tally.findings.count < Self.findingsAtMost {
        tally.findings.append("image \(number): \(what): \(verdict.rawValue): \(finding)")
      }
      if stopsAtFirst { break }
    }
    return tally
  }

  /// A day's ledger after it was closed, and the same file in the middle of the day.
  private func ledgers(
    in folder: borrowing ImageFolder
  ) async throws -> (healthy: [UInt8], older: [UInt8]) {
    let day = try await PowerCutWorkload.record(seed: seed, steps: 60)
    var surface = DiskSurface()
    var found: [[UInt8]] = []
    for part in [day.log.prefix(day.log.count / 2), day.log.suffix(from: day.log.count / 2)] {
      for operation in part { surface.apply(operation) }
      try folder.hold(surface.running)
      try LabTerminal.atNight().open(in: folder.path).close()
      found.append(try folder.files()[LabTerminal.ledger] ?? [])
    }
    return (found[1], found[0])
  }

  private static func damage(
    _ healthy: [UInt8], _ older: [UInt8], _ random: inout SplitMix64
  ) -> (bytes: [UInt8], what: String) {
    let sector = 512
    var bytes = healthy
    let start = random.below(bytes.count / sector) * sector
    switch random.below(3) {
    case 0:
      let place = start + random.below(sector)
      let bit = random.below(8)
      bytes[place] ^= 1 << UInt8(bit)
      return (bytes, "bit \(bit) of byte \(place)")
    case 1:
      for place in start..<start + sector { bytes[place] = 0 }
      return (bytes, "sector at \(start) without its content")
    default:
      for place in start..<start + sector { bytes[place] = place < older.count ? older[place] : 0 }
      return (bytes, "sector at \(start) as it was before")
    }
  }

  private func verdict(
    in folder: String, healthy: LedgerFacts
  ) async -> (verdict: Verdict, finding: String) {
    do {
      let journal = try LabTerminal.atNight().open(in: folder)
      return await verdict(of: journal, in: folder, healthy: healthy)
    } catch {
      return await SalvageCheck(folder: folder, healthy: healthy).run()
    }
  }

  private func verdict(
    of journal: Journal, in folder: String, healthy: LedgerFacts
  ) async -> (verdict: Verdict, finding: String) {
    let findings: [String]
    do {
      findings = try await journal.verify().findings
    } catch {
      findings = ["\(error)"]
    }
    guard findings.isEmpty else {
      // try?: what is damaged may not close, and nobody opens it again.
      try? journal.close()
      return (findings.allSatisfy { $0.hasPrefix("table ") } ? .tables : .verification, "noticed")
    }
    do {
      try journal.close()
      let facts = try LedgerFacts(folder: folder)
      if facts == healthy { return (.harmless, "nothing changed") }
      let changed = facts.otherPast(than: healthy)
      return (
        changed.isEmpty ? .fedOnly : .undetected, "other \(changed.joined(separator: ", "))"
      )
    } catch {
      return (.undetected, "\(error)")
    }
  }
}
