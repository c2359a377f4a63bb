import CanteenModel
import Foundation
import SeededRandom
import VirtualReaders

/// Three terminals of a canteen that reserve before they approve, without their centre: the product's daemons on
/// machines of their own, and the switch between them cut and mended. What each diner is approved never exceeds the
/// bound, at no moment; afterwards the centre has every sale, once.
package struct PeerNetworkTest: Sendable {
  private static let terminals = 3
  /// A sale costs this, so that eight fill the home cap and five the cap of a terminal that is alone.
  private static let price = Fen(500)
  private static let home = Fen(4_000)
  private static let alone = Fen(2_500)
  /// Lemma 2: terminals × (home + alone) / 2.
  private static let bound = Fen(Int64(terminals) * (home.value + alone.value) / 2)
  /// A peer that does not answer delays a light by 30 ms, and the centre by 150 ms; the rest is for a busy machine.
  private static let patience = Duration.seconds(2)

  private let programs: String
  private let folder: String
  private let rounds: Int
  private let seed: UInt64

  /// - Parameters:
  ///   - rounds: How often the switch is changed at random. 0 or more.
  ///   - seed: The same seed taps and cuts the same.
  package init(programs: String, folder: String, rounds: Int, seed: UInt64) {
    self.programs = programs
    self.folder = folder
    self.rounds = rounds
    self.seed = seed
  }

  /// - Returns: What was seen, in a line.
  /// - Throws: ``LaboratoryError/broken(_:)`` with the seed.
  package func run() async throws -> String {
    let network = try NeighbourNetwork(terminals: Self.terminals)
    defer { network.remove() }
    let bus = try VirtualBus.start()
    defer { bus.stop() }
    let centre = try CentreSite(folder: folder, programs: programs, host: network.centre)
    let terminals = try (1...Self.terminals).map { number in
      try Neighbour(
        number, folder: folder, programs: programs, bus: bus, host: network.terminal(number))
    }
    let diners = (1...Int64(4 + rounds)).map { number in
      Diner(
        account: number, name: "王小明", subsidy: Fen(50_000), personal: .zero,
        card: Diner.card(number))
    }
    var running = [
      try centre.start(
        rulebook: Menu.rulebook(
          salesPerMeal: 99, repeatGuardSeconds: 0, price: Self.price, approvals: 99, groups: "any"),
        accounts: Menu.accounts(diners))
    ]
    do {
      let address = "\(network.centre.address):\(centre.port)"
      for terminal in terminals { running.append(try terminal.start(centre: address)) }
      try await Patience.until("the centre answers", within: .seconds(20)) { centre.isAnswering }
      for terminal in terminals { try await terminal.join(centre) }
      var counter = PeerCounter(
        network: network, terminals: terminals, diners: diners, price: Self.price,
        patience: Self.patience)
      try await meal(&counter)
      try await random(&counter)
      try network.setCentre(reachable: true)
      for number in 1...Self.terminals { try network.set(number, up: true) }
      for terminal in terminals {
        try await Patience.until("terminal \(terminal.number) has settled", within: .seconds(90)) {
          try await terminal.status().outbox.records == 0
        }
      }
      for program in running.reversed() { await program.stop() }
      try settled(terminals, centre, counter)
      return counter.words
    } catch {
      for program in running.reversed() { await program.stop() }
      throw LaboratoryError.broken(
        "\(error); files: \(folder); again: canteen-lab peer-network --rounds \(rounds) --seed \(seed)"
      )
    }
  }

  /// What must be so, step by step.
  private func meal(_ counter: inout PeerCounter) async throws {
    try await counter.group([1, 2, 3])
    // A card that lies there at the start pays nothing.
    try await Task.sleep(for: .milliseconds(1300))
    try counter.network.setCentre(reachable: false)
    // Whole: all of them together keep to the home cap, whoever sells.
    for round in 0..<20 { try await counter.tap(diner: 0, at: [round % 3]) }
    for _ in 0..<5 { try await counter.tap(diner: 1, at: [0, 1, 2]) }
    for round in 0..<4 { try await counter.tap(diner: 2, at: [round % 3]) }
    try counter.check(0, exactly: Self.home)
    try counter.check(1, atMost: Self.home)
    try counter.check(2, exactly: Fen(2_000))
    // Whoever answered too late is told meanwhile.
    try await Task.sleep(for: .seconds(1))
    // Cut: each is alone, and knows what the group spent.
    try await counter.group([1], [2], [3])
    for terminal in 0..<3 {
      for _ in 0..<6 { try await counter.tap(diner: 3, at: [terminal]) }
      try await counter.tap(diner: 0, at: [terminal])
      for _ in 0..<2 { try await counter.tap(diner: 2, at: [terminal]) }
    }
    try counter.check(0, exactly: Self.home)
    try counter.check(2, exactly: Fen(3_500))
    try counter.check(3, exactly: Fen(Self.alone.value * 3))
    // Mended: they know one another's spending before they spend on.
    try await counter.group([1, 2, 3])
    for terminal in 0..<3 {
      try await counter.tap(diner: 3, at: [terminal])
      try await counter.tap(diner: 2, at: [terminal])
    }
    try counter.check(2, exactly: Self.home)
    try counter.check(3, exactly: Fen(Self.alone.value * 3))
  }

  /// Any network, any taps: the bound of Lemma 2 holds for everybody after each.
  private func random(_ counter: inout PeerCounter) async throws {
    var random = SplitMix64(seed: seed, number: 0)
    for round in 0..<rounds {
      let islands = [[[1, 2], [3]], [[1, 3], [2]], [[1], [2, 3]], [[1, 2, 3]]]
      try await counter.group(islands[random.below(islands.count)])
      for _ in 0..<12 {
        let at = random.below(4) == 0 ? [0, 1, 2] : [random.below(3)]
        try await counter.tap(diner: 4 + random.below(round + 1), at: at)
        for diner in 4..<(4 + rounds) { try counter.check(diner, atMost: Self.bound) }
      }
    }
  }

  private func settled(
    _ terminals: [Neighbour], _ centre: CentreSite, _ counter: PeerCounter
  ) throws {
    var settled = Fen.zero
    for terminal in terminals {
      let figures = try terminal.comparison(with: centre).run()
      guard figures.findings.isEmpty else {
        throw LaboratoryError.broken(
          "terminal \(terminal.number):\n" + figures.findings.prefix(20).joined(separator: "\n"))
      }
      settled = try settled + Fen(figures.payableFen)
    }
    guard settled == counter.total else {
      throw LaboratoryError.broken("the centre owes \(settled), and \(counter.total) was lit green")
    }
  }
}
