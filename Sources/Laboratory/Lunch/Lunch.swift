import CanteenModel
import Foundation
import LocalAPI
import VirtualReaders

/// The demo: a scripted lunch on a virtual reader, from the first card to the settled books.
package struct Lunch: Sendable {
  package struct Options: Sendable {
    /// Where the four programs are.
    package let programs: String
    /// Where the two sides keep their files; made new.
    package let folder: String
    /// A few cards instead of a whole lunch, for the tests.
    package let isSmall: Bool
    package let direction: Direction
    /// End after the comparison instead of staying up.
    package let endsByItself: Bool
    /// Seconds that were spent before this program started: installing and building.
    package let secondsBefore: Int

    package init(
      programs: String, folder: String, isSmall: Bool, direction: Direction, endsByItself: Bool,
      secondsBefore: Int
    ) {
      self.programs = programs
      self.folder = folder
      self.isSmall = isSmall
      self.direction = direction
      self.endsByItself = endsByItself
      self.secondsBefore = secondsBefore
    }
  }

  private let options: Options
  private let start = ContinuousClock.now

  package init(_ options: Options) {
    self.options = options
  }

  /// Serves the lunch and compares the books.
  ///
  /// - Precondition: This process runs under the preload (`VirtualBus.reexecUnderPreloadIfNeeded`).
  /// - Throws: ``LaboratoryError``; a mismatch names the record.
  package func run() async throws {
    let bus = try VirtualBus.start()
    defer { bus.stop() }
    try bus.plug(VirtualBus.specimen(named: "acr122u"), port: Site.readerPort)
    try bus.plug(VirtualBus.specimen(named: "fm430-pos"), port: Site.scannerPort)
    try bus.plug(VirtualBus.specimen(named: "fm225-ch340"), port: Site.facePort)
    let site = try Site(folder: options.folder, programs: options.programs, bus: bus)
    let control = try BusControl.start(bus: bus, path: "\(options.folder)/run/bus.sock")
    defer { control.stop() }
    let guests = Guests(count: options.isSmall ? 6 : 24)
    say("a centre with a rulebook and \(guests.all.count) accounts, and a terminal that joins it")
    let isPull = options.direction == .pull
    let cable = try Cable(to: isPull ? site.terminalPort : site.centre.port)
    let centre = try site.centre.start(
      rulebook: Menu.rulebook(salesPerMeal: 2, repeatGuardSeconds: 60),
      accounts: Menu.accounts(guests.all))
    let terminal = try site.startTerminal(
      site.terminalEnvironment(options.direction, port: cable.port))
    do {
      try await site.join(pullPort: isPull ? cable.port : nil)
      try await site.waitUntilSelling()
      say("the terminal sells; \(try LoadedLibrary.libusb(of: terminal.pid))")
      var service = LunchService(
        site: site, cable: cable, direction: options.direction, guests: guests, say: say)
      try await service.serve(isSmall: options.isSmall, secondsSinceStart: secondsSinceStart)
      try await settle(site, service.count)
      if !options.endsByItself { await Interrupt.wait() }
    } catch {
      Console.say("terminal: \(terminal.lastWords())\ncentre: \(centre.lastWords())")
      await stop(terminal, centre)
      throw error
    }
    await stop(terminal, centre)
  }

  private func stop(_ programs: RunningProgram...) async {
    for program in programs { await program.stop() }
  }

  private var secondsSinceStart: @Sendable () -> Int {
    { [start, options] in
      options.secondsBefore + Int((ContinuousClock.now - start) / .seconds(1))
    }
  }

  @Sendable private func say(_ text: String) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    Console.say(String(format: "%6.1f s  %@", seconds, text))
  }

  /// Waits for the last ack and compares both sides, fen by fen.
  private func settle(_ site: Site, _ count: LunchService.Count) async throws {
    try await site.waitUntilSettled(within: .seconds(60))
    let figures = try site.compareBooks()
    let lost = count.approved - figures.settled
    guard figures.findings.isEmpty, lost == 0, figures.sales == count.approved else {
      let findings =
        figures.findings.isEmpty
        ? ["\(count.approved) lights, \(figures.sales) sales, \(figures.settled) settled"]
        : figures.findings
      throw LaboratoryError.broken(
        "demo: the books do not agree\n" + findings.joined(separator: "\n")
          + "\nfiles: \(options.folder)")
    }
    say("the books agree: \(Fen(figures.salesFen)) sold, \(Fen(figures.payableFen)) posted")
    Console.say(try site.centre.run("report"))
    Console.say(try site.centre.run("check"))
    if !options.endsByItself {
      Console.say(
        """
        Both sides stay up until Ctrl-C. From another shell:
          .build/debug/canteenctl --help
          .build/debug/canteenctl status --socket \(options.folder)/run/canteend.sock
          .build/debug/canteen-lab tap \(Hexadecimal.text(Diner.card(0xA1B201))) \
            --socket \(options.folder)/run/bus.sock
        """)
    }
    Console.say(verdict(count, figures))
  }

  private func verdict(_ count: LunchService.Count, _ figures: BooksComparison.Figures) -> String {
    "demo: ok \(count.presented) presented, \(count.approved) approved, \(count.declined) declined, "
      + "\(figures.settled) settled, 0 lost, 0 double"
  }
}
