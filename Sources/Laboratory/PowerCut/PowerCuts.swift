import Journal
import RecordingDisk
import SeededRandom

/// Power cuts in one recording: cuts it at places that the seed chooses, and checks what is left.
struct PowerCuts: Sendable {
  /// What came of one image.
  struct Outcome: Sendable {
    let number: Int
    /// Whether the power went out again while the image was being opened.
    let isTwice: Bool
    /// Promises that had been made.
    let promised: Int
    let findings: [PowerCutFinding]
  }

  let recording: PowerCutRecording
  let seed: UInt64
  /// Of a thousand syncs so many did nothing.
  let lyingPermille: Int
  /// The places of the log between which the cuts come; `nil` is its whole length.
  var places: ClosedRange<Int>?

  /// So many of a file's last syncs may be lies; that there are more of them in a row is once in a
  /// hundred million at 30 %.
  private static let liesInARow = 15
  /// Of a thousand images so many are cut a second time while they are being opened.
  private static let twicePermille = 125

  /// Checks some images, by their numbers; each is made from the seed and its number alone.
  ///
  /// - Parameter isEnough: Ends the series early.
  func run(
    _ numbers: some Sequence<Int>, isEnough: (Outcome) -> Bool = { _ in false }
  ) async throws -> [Outcome] {
    let range = self.places ?? 0...recording.log.count
    let places = numbers.map { number in
      var random = SplitMix64(seed: seed, number: number)
      let cut = range.lowerBound + random.below(range.count)
      return (cut: cut, number: number, random: random)
    }.sorted { ($0.cut, $0.number) < ($1.cut, $1.number) }
    let folder = try ImageFolder()
    var surface = DiskSurface(lies: lyingPermille > 0 ? Self.liesInARow : 0)
    var (reached, promised) = (0, 0)
    var outcomes: [Outcome] = []
    for var place in places {
      while reached < place.cut {
        surface.apply(recording.log[reached])
        if case .mark(let mark) = recording.log[reached] { promised = mark + 1 }
        reached += 1
      }
      let image = surface.image(&place.random, lyingPermille: lyingPermille)
      let isTwice = place.random.chance(permille: Self.twicePermille)
      let findings = try await check(
        image, in: folder, promised: promised, cutAgain: isTwice, &place.random)
      let outcome = Outcome(
        number: place.number, isTwice: isTwice, promised: promised, findings: findings)
      outcomes.append(outcome)
      if isEnough(outcome) { break }
    }
    return outcomes
  }

  private func check(
    _ image: [String: [UInt8]], in folder: borrowing ImageFolder, promised: Int, cutAgain: Bool,
    _ random: inout SplitMix64
  ) async throws -> [PowerCutFinding] {
    try folder.hold(image)
    let check = ImageCheck(recording: recording)
    guard cutAgain else { return await check.findings(in: folder.path, promised: promised) }
    let recorder = Recorder(folder: folder.path, witness: LabTerminal.witness)
    var findings: [PowerCutFinding] = []
    do {
      try LabTerminal.atNight().open(in: folder.path).close()
    } catch {
      findings.append(.init(check: .opening, text: "\(error)"))
    }
    let log = recorder.log
    recorder.end()
    var surface = DiskSurface(files: image)
    for operation in log.prefix(random.below(log.count + 1)) { surface.apply(operation) }
    try folder.hold(surface.image(&random))
    return findings + (await check.findings(in: folder.path, promised: promised))
  }
}
