import CanteenModel
import Foundation
import LocalAPI
import VirtualReaders

/// Kills the daemon at random moments during taps, again and again, and then compares what the diners
/// saw with what was settled.
///
/// *Lit* means that the virtual reader, which lives in this process and is never killed, received the
/// green light. Every card belongs to an account of its own and buys once: it is tapped, and, when the
/// kill came before the light, tapped once more after the restart, as a diner would; or it stays on the
/// reader over the restart, and is lifted and tapped once more only if it was never lit. The guard time for repeated taps is zero, so that only what the
/// ledger knows protects the diner. Each account must end with exactly one sale, and every light must
/// be settled.
///
/// A killed process loses nothing that it wrote, so this says nothing about a missing fsync: that is
/// the power-cut laboratory's.
package struct CrashTest: Sendable {
  private let programs: String
  private let folder: String
  private let kills: Int
  private let seed: UInt64

  /// - Parameter kills: How often the daemon is killed. 1 or more.
  package init(programs: String, folder: String, kills: Int, seed: UInt64) {
    self.programs = programs
    self.folder = folder
    self.kills = kills
    self.seed = seed
  }

  private static let subsidy = Fen(10_000)
  /// Cards for the taps that meet a full disk; more than fit under the limit.
  private static let cardsForFullDisk = 64

  /// - Throws: ``LaboratoryError/broken(_:)`` with the seed, when a promise did not hold.
  package func run() async throws {
    let bus = try VirtualBus.start()
    defer { bus.stop() }
    try bus.plug(.acr122u, port: Site.readerPort)
    let site = try Site(folder: folder, programs: programs, bus: bus)
    let cards = (1...Int64(kills * 2 + Self.cardsForFullDisk)).map { number in
      Diner(
        account: number, name: "王小明", subsidy: Self.subsidy, personal: .zero,
        card: Diner.card(number))
    }
    let centre = try site.centre.start(
      rulebook: Menu.rulebook(salesPerMeal: 9, repeatGuardSeconds: 0),
      accounts: Menu.accounts(cards))
    let environment = site.terminalEnvironment(.push, port: site.centre.port)
    var victim = CrashVictim(site: site, environment: environment, cards: cards, seed: seed)
    do {
      try await victim.killAgainAndAgain(kills)
      try await victim.meetFullDisk()
    } catch {
      await victim.stop()
      await centre.stop()
      throw error
    }
    await victim.stop()
    await centre.stop()
    try compare(site, victim)
  }

  private func compare(_ site: Site, _ victim: CrashVictim) throws {
    let figures = try site.compareBooks()
    let notOnce = try site.comparison.query(
      """
      SELECT 'account ' || account || ' has ' || count(*) || ' sales' FROM sale
      GROUP BY account HAVING count(*) <> 1
      """)
    let lit = Set(
      site.bus.signalLog.filter { $0.signal.origin == .host && $0.signal.green }
        .compactMap(\.signal.card))
    let moments = victim.moments
    Console.say(
      "kills: \(moments.beforeCommit) between tap and commit, \(moments.beforeLight) between commit "
        + "and light, \(moments.afterLight) after the light")
    let findings = figures.findings + notOnce
    guard findings.isEmpty, lit.count == victim.served, figures.settled == victim.served else {
      throw LaboratoryError.broken(
        """
        crash-test: the promises do not hold: \(victim.served) diners, \(lit.count) lit, \
        \(figures.settled) settled
        \(findings.prefix(20).joined(separator: "\n"))
        files: \(folder); again: canteen-lab crash-test --kills \(kills) --seed \(seed)
        """)
    }
    Console.say(
      "crash-test: ok \(kills) kills, \(lit.count) lit, \(figures.settled) settled, 0 lost, "
        + "0 double (seed \(seed))")
  }
}
