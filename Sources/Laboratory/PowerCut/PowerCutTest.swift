import RecordingDisk

/// The power-cut laboratory: days of a terminal over a recorded disk, cut thousands of times.
package struct PowerCutTest: Sendable {
  /// How much is tried; the defaults of `make crash-test` are in the Makefile.
  package struct Options: Sendable {
    /// Images after honest syncs. 1 or more.
    package var images: Int
    package var seed: UInt64
    /// Of a thousand syncs so many do nothing; 0 is an honest disk.
    package var lyingPermille = 0
    /// One image alone, to see a failure again.
    package var only: Int?

    package init(images: Int, seed: UInt64) {
      self.images = images
      self.seed = seed
    }
  }

  /// What came of a series of images.
  struct Tally: Sendable {
    var images = 0
    var cutTwice = 0
    var promised = 0
    /// Images that broke a promise, and images whose damage the journal did not notice.
    var lost = 0
    var refused = 0
    /// Images in which only what the centre fed is not what it fed.
    var fedOnly = 0
    var undetected = 0
    var first: PowerCuts.Outcome?
  }

  private let options: Options

  package init(_ options: Options) {
    self.options = options
  }

  /// Steps of one day, and images that are made from it.
  private static let stepsPerDay = 40
  private static let imagesPerDay = 500
  private static let workers = 2

  /// Cuts the power, and unless one image was asked for, damages ledgers and refuses calls, too.
  ///
  /// - Throws: ``LaboratoryError/broken(_:)`` with the command that shows the first finding again.
  package func run() async throws {
    if options.only == nil, options.lyingPermille == 0 {
      try await damage()
      try await refuseCalls()
      try await loseLedgers()
    }
    let clock = ContinuousClock()
    let start = clock.now
    let tally = try await series()
    let rate = Int(Double(tally.images) / ((clock.now - start) / .seconds(1)))
    if options.lyingPermille > 0 { return try report(lying: tally, rate: rate) }
    if let first = tally.first { throw broken(first) }
    Console.say(
      "power-cut: ok \(tally.images) images (\(tally.cutTwice) cut again while opening), "
        + "\(tally.promised) promises checked, 0 lit lost, 0 undetected, \(rate) images/s "
        + "(seed \(options.seed))")
  }

  private func damage() async throws {
    let tally = try await DamageTest(seed: options.seed).run(max(1, options.images / 5))
    let counts = DamageTest.Verdict.allCases.map { verdict in
      "\(verdict.rawValue) \(tally.verdicts[verdict] ?? 0)"
    }
    Console.say("damage: \(counts.joined(separator: ", "))")
    guard tally.findings.isEmpty else {
      throw broken(
        "damage that nobody noticed:\n\(tally.findings.joined(separator: "\n"))")
    }
  }

  /// Every call in the large runs, some of them in the small ones.
  private func refuseCalls() async throws {
    let stride = max(1, 4000 / options.images)
    let tally = try await FaultTest(seed: options.seed, cuts: 2, stride: stride).run()
    if let first = tally.first {
      throw broken(
        """
        \(first.fault.error.rawValue) at \(first.fault.call.rawValue) \(first.fault.number):
        \(first.findings.prefix(12).map(\.description).joined(separator: "\n"))
        """)
    }
    Console.say(
      "faults: \(tally.faults) calls refused, the journal stopped after \(tally.stopped), "
        + "\(tally.images) power cuts after them, 0 lit lost")
  }

  private func loseLedgers() async throws {
    let tally = try await MirrorTest(seed: options.seed).run(max(10, options.images / 20))
    if let first = tally.first { throw broken("a mirror did not help: \(first)") }
    Console.say(
      "mirror: \(tally.rounds) ledgers lost, \(tally.rolledBack) opened again, "
        + "\(tally.salvaged) begun anew, \(tally.refused) left to a person, "
        + "\(tally.mirrored) mirrored records checked, 0 lost")
  }

  /// A disk that lies loses the tail, and at a checkpoint more. What counts is that nobody is told that
  /// all is well when the ledger contradicts itself.
  private func report(lying tally: Tally, rate: Int) throws {
    guard tally.undetected == 0, let first = tally.first else {
      if let first = tally.first { throw broken(first) }
      throw LaboratoryError.broken("power-cut: a lying disk lost nothing: the test tests nothing")
    }
    Console.say(
      "power-cut: ok \(tally.images) images of a disk that ignores \(options.lyingPermille) of 1000 "
        + "syncs, \(tally.lost) lost their tail, \(tally.refused) were noticed as damaged, "
        + "\(tally.fedOnly) have older balances, "
        + "0 undetected, \(rate) images/s (seed \(options.seed); first loss: image \(first.number))"
    )
  }

  private func broken(_ outcome: PowerCuts.Outcome) -> LaboratoryError {
    broken(
      """
      image \(outcome.number) does not hold:
      \(outcome.findings.prefix(12).map(\.description).joined(separator: "\n"))
      """, only: outcome.number)
  }

  private func broken(_ what: String, only: Int? = nil) -> LaboratoryError {
    let lying = options.lyingPermille > 0 ? " --lying" : ""
    let image = only.map { " --only \($0)" } ?? ""
    return .broken(
      """
      power-cut: seed \(options.seed): \(what)
      again: canteen-lab power-cut --images \(options.images) --seed \(options.seed)\(lying)\(image)
      """)
  }

  func series() async throws -> Tally {
    var tally = Tally()
    for day in 0...(options.images - 1) / Self.imagesPerDay {
      let numbers = (day * Self.imagesPerDay)..<min((day + 1) * Self.imagesPerDay, options.images)
      if let only = options.only, !numbers.contains(only) { continue }
      let recording = try await PowerCutWorkload.record(
        seed: options.seed &+ UInt64(day), steps: Self.stepsPerDay)
      guard recording.findings.isEmpty else {
        throw broken(
          .init(
            number: numbers.lowerBound, isTwice: false, promised: 0, findings: recording.findings))
      }
      let cuts = PowerCuts(
        recording: recording, seed: options.seed, lyingPermille: options.lyingPermille)
      let wanted = numbers.filter { options.only == nil || options.only == $0 }
      for outcome in try await Self.share(wanted, of: cuts) { tally.add(outcome) }
    }
    return tally
  }

  private static func share(_ numbers: [Int], of cuts: PowerCuts) async throws
    -> [PowerCuts.Outcome]
  {
    try await withThrowingTaskGroup(of: [PowerCuts.Outcome].self) { group in
      for worker in 0..<workers {
        group.addTask {
          try await cuts.run(numbers.filter { $0 % workers == worker })
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }.sorted { $0.number < $1.number }
    }
  }
}

extension PowerCutTest.Tally {
  mutating func add(_ outcome: PowerCuts.Outcome) {
    images += 1
    cutTwice += outcome.isTwice ? 1 : 0
    promised += outcome.promised
    guard !outcome.findings.isEmpty else { return }
    let checks = Set(outcome.findings.map(\.check))
    let noticed: Set<PowerCutFinding.Check> = [.opening, .verification]
    if !checks.isDisjoint(with: [.litSales, .promises]) { lost += 1 }
    if !checks.isDisjoint(with: noticed) { refused += 1 }
    // A balance that follows from a lost page is that page's, and so is what it cannot buy.
    let isFed = checks.contains(.fedRows)
    if isFed, checks.isDisjoint(with: noticed) { fedOnly += 1 }
    let borne: Set<PowerCutFinding.Check> =
      isFed ? [.litSales, .promises, .fedRows, .money, .selling] : [.litSales, .promises]
    let isUndetected = checks.isDisjoint(with: noticed) && !checks.isSubset(of: borne)
    if isUndetected { undetected += 1 }
    if first == nil || isUndetected && undetected == 1 { first = outcome }
  }
}
