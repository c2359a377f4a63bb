import CanteenModel
import Journal
import RecordingDisk
import SeededRandom
import SyncProtocol

/// Lets a ledger lose what its disk said it had, while the mirror on the second medium keeps what it was
/// given: after every loss each record that was mirrored must be there again, byte for byte.
struct MirrorTest {
  /// What happens to the ledger's disk.
  enum Loss: CaseIterable {
    /// The file is as it was some time before.
    case rolledBack
    /// As before, and a sector of it is empty.
    case damaged
    /// The file is gone.
    case gone
  }

  struct Tally {
    var rounds = 0
    var rolledBack = 0
    var salvaged = 0
    /// Without any ack there is no epoch to go on in.
    var refused = 0
    var mirrored = 0
    var first: String?
  }

  let seed: UInt64

  /// - Parameter stopsAtFirst: Whether the first finding is enough.
  func run(_ rounds: Int, stopsAtFirst: Bool = false) async throws -> Tally {
    var tally = Tally()
    for number in 0..<rounds {
      let random = SplitMix64(seed: seed, number: number)
      let life = try MirroredLife(random)
      try await life.live()
      let finding = try await life.lose(&tally)
      tally.rounds += 1
      guard let finding else { continue }
      if tally.first == nil { tally.first = "round \(number): \(finding)" }
      if stopsAtFirst { break }
    }
    return tally
  }
}

/// One terminal with a mirror, up to the loss.
private final class MirroredLife {
  private let disk: ImageFolder
  private let medium: ImageFolder
  private let terminal: LabTerminal
  private var journal: Journal
  private var feed = LabFeed()
  private var random: SplitMix64
  private var hasAck = false
  /// Without an ack in the mirror there is no epoch in which a ledger that is gone could go on.
  private var isAckMirrored = false
  /// The ledger's files at some moments of its life.
  private var images: [[String: [UInt8]]] = []
  /// The mirror when it was written last, and the last record that it then had.
  private var mirror: [String: [UInt8]] = [:]
  private var mirrored: JournalPosition?

  init(_ random: SplitMix64) throws {
    disk = try ImageFolder()
    medium = try ImageFolder()
    terminal = try LabTerminal()
    self.random = random
    journal = try Journal(
      terminal.configuration(in: disk.path, mirrorPath: medium.path + "/" + LabTerminal.mirror))
  }

  func live() async throws {
    try await journal.apply(feed.firstPage(&random))
    for _ in 0..<40 { try await step() }
  }

  private func step() async throws {
    terminal.advance(milliseconds: 25_000)
    switch random.below(100) {
    case ..<50: try await sell()
    case ..<60: try await acknowledge()
    case ..<65: try await journal.apply(feed.nextPage(&random))
    case ..<67: _ = try await journal.closeDay(by: OperatorIdentity(userID: 1000, name: "liu"))
    case ..<80: images.append(try disk.files())
    default:
      try await journal.copyToMirror()
      mirror = try medium.files()
      mirrored = journal.mirrorStanding?.end
      isAckMirrored = hasAck
    }
  }

  private func sell() async throws {
    let outcome = try await journal.authorise(
      SaleRequest(
        lane: LaneID(1), medium: .card, credential: LabFeed.card(Int64(random.below(12)) + 1),
        price: .keyed(Fen(100))))
    guard let sale = outcome.approved else { return }
    feed.sold(sale, at: outcome.position)
  }

  private func acknowledge() async throws {
    let batch = try await journal.nextBatch(limit: random.below(20), challenge: .zero)
    let position = JournalPosition(epoch: batch.facts.epoch, sequence: batch.facts.last)
    try await journal.store(
      AckFacts(
        terminal: LabTerminal.id, position: position, head: batch.facts.head, nonce: .zero,
        challenge: .zero, timeMilliseconds: terminal.wallMilliseconds, nextSize: 500,
        nextEpoch: Epoch(2), epochToken: .zero))
    hasAck = true
    try feed.post(upTo: position)
  }

  /// - Returns: What is wrong afterwards.
  func lose(_ tally: inout MirrorTest.Tally) async throws -> String? {
    try journal.close()
    let all = try LedgerFacts(folder: disk.path).records
    guard let mirrored, !images.isEmpty else { return nil }
    var image = images[random.below(images.count)]
    let loss = MirrorTest.Loss.allCases[random.below(MirrorTest.Loss.allCases.count)]
    switch loss {
    case .rolledBack: break
    case .damaged:
      if var bytes = image[LabTerminal.ledger], bytes.count >= 512 {
        let start = random.below(bytes.count / 512) * 512
        for place in start..<start + 512 { bytes[place] = 0 }
        image[LabTerminal.ledger] = bytes
      }
    case .gone: image = image.filter { $0.key == LabTerminal.witness }
    }
    try disk.hold(image)
    try medium.hold(torn(mirror))
    let night = try LabTerminal.atNight()
    let configuration = night.configuration(
      in: disk.path, mirrorPath: medium.path + "/" + LabTerminal.mirror)
    do {
      let (journal, salvage) = try Journal.openOrSalvage(configuration)
      let findings = try await journal.verify().findings
      try journal.close()
      if salvage == nil { tally.rolledBack += 1 } else { tally.salvaged += 1 }
      if let finding = findings.first { return "\(loss): \(finding)" }
    } catch {
      guard case .needsEpoch = error, !isAckMirrored || loss == .damaged else { throw error }
      tally.refused += 1
      return nil
    }
    let facts = try LedgerFacts(folder: disk.path)
    let kept = Dictionary(uniqueKeysWithValues: facts.records.map { ($0.position, $0.bytes) })
    for record in all where record.position <= mirrored && record.position > facts.pruned {
      tally.mirrored += 1
      guard kept[record.position] == record.bytes else {
        return "\(loss): record \(record.position.sequence) was mirrored and is lost"
      }
    }
    return nil
  }

  /// What a power cut leaves of an entry that is being written.
  private func torn(_ files: [String: [UInt8]]) -> [String: [UInt8]] {
    var files = files
    let count = random.below(200)
    for _ in 0..<count {
      files[LabTerminal.mirror]?.append(UInt8(truncatingIfNeeded: random.next()))
    }
    return files
  }
}
