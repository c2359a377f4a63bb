import CanteenModel
import Foundation
import SeededRandom
import VirtualReaders

/// Cuts the network between a terminal and its centre in the middle of every step of settling, again and again:
/// at one packet more each time, for a moment or for longer than anybody waits. The programs are the product's,
/// in two network namespaces with a kernel's own TCP between them.
///
/// Each time somebody pays, and afterwards the centre has the sale, once.
package struct NetworkCuts: Sendable {
  private let programs: String
  private let folder: String
  private let centre: String
  private let direction: Direction
  private let cuts: Int
  private let seed: UInt64

  /// No step of settling takes more packets; then it begins with the first one again.
  private static let mostPackets = 48
  /// Longer than a request may take: both ends give up.
  private static let longCut = Duration.seconds(12)
  private static let longCutEvery = 8

  /// For the terminal's machine of a ``NetworkPair``.
  ///
  /// - Parameters:
  ///   - centre: The namespace of the other one.
  ///   - cuts: How often it is cut. 1 or more.
  package init(
    programs: String, folder: String, centre: String, direction: Direction, cuts: Int, seed: UInt64
  ) {
    self.centre = centre
    self.programs = programs
    self.folder = folder
    self.direction = direction
    self.cuts = cuts
    self.seed = seed
  }

  /// - Throws: ``LaboratoryError/broken(_:)`` with the seed, when something did not converge.
  package func run() async throws {
    let bus = try VirtualBus.start()
    defer { bus.stop() }
    try bus.plug(.acr122u, port: Site.readerPort)
    let site = try Site(
      folder: folder, programs: programs, bus: bus,
      terminal: TestHost(address: NetworkPair.terminalAddress, namespace: nil),
      centre: TestHost(address: NetworkPair.centreAddress, namespace: centre))
    let diners = (1...Int64(cuts)).map { number in
      Diner(
        account: number, name: "王小明", subsidy: Fen(10_000), personal: .zero,
        card: Diner.card(number))
    }
    let serving = try site.centre.start(
      rulebook: Menu.rulebook(salesPerMeal: 9, repeatGuardSeconds: 0),
      accounts: Menu.accounts(diners))
    let terminal = try site.startTerminal(
      site.terminalEnvironment(direction, port: site.centre.port))
    do {
      try await site.join(pullPort: direction == .pull ? site.terminalPort : nil)
      try await serve(diners, site)
    } catch {
      await terminal.stop()
      await serving.stop()
      throw LaboratoryError.broken(
        "\(error); files: \(folder); again: canteen-lab network-cuts --cuts \(cuts) --seed \(seed)")
    }
    await terminal.stop()
    await serving.stop()
    let figures = try site.compareBooks()
    guard figures.findings.isEmpty, figures.settled == cuts else {
      throw LaboratoryError.broken(
        """
        network-cuts: \(figures.settled) of \(cuts) sales were settled
        \(figures.findings.prefix(20).joined(separator: "\n"))
        files: \(folder); again: canteen-lab network-cuts --cuts \(cuts) --seed \(seed)
        """)
    }
  }

  private func serve(_ diners: [Diner], _ site: Site) async throws {
    var random = SplitMix64(seed: seed, number: 0)
    let cable = CableEnd(device: NetworkPair.device)
    try await site.waitUntilSelling()
    try await site.waitUntilSettled(within: .seconds(60))
    for (number, diner) in diners.enumerated() {
      // The cable is cut whatever comes: at a packet of this settling, or when there are none.
      async let cut: Void = cable.cut(after: number % Self.mostPackets + 1, within: .seconds(3))
      let tap = try await site.tap(diner.card)
      guard tap.isGreen else {
        throw LaboratoryError.broken("diner \(number + 1) was not served")
      }
      try await cut
      let isLong = number % Self.longCutEvery == Self.longCutEvery - 1
      try await Task.sleep(
        for: isLong ? Self.longCut : .milliseconds(50 + random.below(900)))
      try cable.restore()
      try await site.waitUntilSettled(within: .seconds(120))
    }
  }
}
