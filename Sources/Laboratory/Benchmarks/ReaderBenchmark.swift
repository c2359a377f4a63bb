import CanteenModel
import Foundation
import Logging
import Readers
import USBTransport
import VirtualReaders
import VirtualTime

/// How fast a code or a face becomes a presentation, over libusb, and what a terminal with all three
/// readers costs while nobody comes.
package struct ReaderBenchmark: Sendable {
  /// How often each reader is shown something.
  let showings: Int
  /// How long the idle terminal is watched.
  let idle: Duration
  let programs: String
  let folder: String

  /// - Parameters:
  ///   - programs: Where canteend and canteen-settlement are.
  ///   - folder: Made new; what is in it is removed.
  package init(showings: Int, idle: Duration, programs: String, folder: String) {
    self.showings = showings
    self.idle = idle
    self.programs = programs
    self.folder = folder
  }

  /// - Precondition: This process runs under the preload (`VirtualBus.reexecUnderPreloadIfNeeded`).
  package func run() async throws {
    let bus = try VirtualBus.start()
    defer { bus.stop() }
    var (slowest, slowestFromBus) = (0.0, 0.0)
    for specimen in Specimen.scanners + Specimen.faceModules {
      let (ours, fromBus) = try await latencies(of: specimen, on: bus)
      slowest = max(slowest, ours.p99)
      slowestFromBus = max(slowestFromBus, fromBus.p99)
      Console.say(
        specimen.name.padding(toLength: 20, withPad: " ", startingAt: 0)
          + String(
            format: "last byte to presentation p50 %6.1f us  p99 %6.1f us, "
              + "with the virtual bus p50 %6.1f us  p99 %7.1f us  (n = %d)",
            ours.p50, ours.p99, fromBus.p50, fromBus.p99, ours.n))
    }
    try publish([
      BenchFigure(.frameToEventP99Ms, slowest / 1000),
      BenchFigure(.frameToEventWithBusP99Ms, slowestFromBus / 1000),
    ])
    try await watchIdle(bus)
  }

  private func publish(_ figures: [BenchFigure]) throws {
    for figure in figures { Console.say(figure.line) }
    let file = URL(filePath: folder).deletingLastPathComponent().appending(path: "bench.json")
    try BenchFigure.write(figures, to: file.path)
  }

  /// To the event: from the moment at which libusb gives us the last byte, and from that at which it is at the
  /// device's end of the bus, which umockdev plays and which costs more than all of ours; most for a scanner
  /// that types, whose model types at once, but in two transfers a key.
  private func latencies(
    of specimen: Specimen, on bus: VirtualBus
  ) async throws -> (ours: Latencies, fromBus: Latencies) {
    let context = try USBContext.start()
    defer { context.close() }
    let began = ContinuousClock.now
    let host = RecordingHost(context, socket: Site.readerPort) { ContinuousClock.now - began }
    let supervisor = ReaderSupervisor(
      host: host, plan: specimen.plan(port: Site.readerPort), logger: .silent)
    try bus.plug(specimen, port: Site.readerPort)
    let durations = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await host.run() }
      group.addTask { await supervisor.run() }
      await supervisor.seek(true, lane: LaneID(1))
      var events = supervisor.events.makeAsyncIterator()
      while let event = await events.next() { if case .ready = event { break } }
      // A face that is there at the start is looked at otherwise.
      try await Task.sleep(for: .seconds(6))
      var (ours, fromBus): ([Duration], [Duration]) = ([], [])
      for number in 0..<showings {
        try await Task.sleep(for: .milliseconds(20))
        let start = ContinuousClock.now - began
        try bus.show(specimen.kind.showing(number), port: Site.readerPort)
        while let event = await events.next() { if case .presented = event { break } }
        // First: what comes after the event, such as the release of a key, is not its last byte.
        let lastByte = host.lastArrival
        let end = ContinuousClock.now - began
        ours.append(end - lastByte)
        fromBus.append(end - start)
        try bus.takeAway(port: Site.readerPort)
        // The module looks again when the driver has paused.
        if specimen.kind == .face { try await Task.sleep(for: .milliseconds(800)) }
      }
      group.cancelAll()
      return (ours, fromBus)
    }
    try bus.unplug(port: Site.readerPort)
    return (Latencies(durations.0), Latencies(durations.1))
  }

  /// A terminal as in the demo: card reader, scanner and face module, looking for people; and the same
  /// without them.
  private func watchIdle(_ bus: VirtualBus) async throws {
    try bus.plug(VirtualBus.specimen(named: "acr122u"), port: Site.readerPort)
    try bus.plug(VirtualBus.specimen(named: "fm430-pos"), port: Site.scannerPort)
    try bus.plug(VirtualBus.specimen(named: "fm225-ch340"), port: Site.facePort)
    let site = try Site(folder: folder, programs: programs, bus: bus)
    let centre = try site.centre.start(
      rulebook: Menu.rulebook(salesPerMeal: 2, repeatGuardSeconds: 60),
      accounts: Menu.accounts(Guests(count: 6).all))
    let terminal = try site.startTerminal(
      site.terminalEnvironment(.push, port: site.centre.port))
    do {
      try await site.join()
      try await site.waitUntilSelling()
      let all = try await ProcessCost.perSecond(of: terminal.pid, for: idle)
      bus.unplugAll()
      let rest = try await ProcessCost.perSecond(of: terminal.pid, for: idle)
      try publish([
        BenchFigure(.idleWakeupsPerS, all.wakeUps - rest.wakeUps),
        // The others settle and keep house.
        BenchFigure(.idleWakeupsOfTerminalPerS, all.wakeUps),
        BenchFigure(.idleCpuMsPerS, all.cpuSeconds * 1000),
      ])
    } catch {
      Console.say("terminal: \(terminal.lastWords())")
      await terminal.stop()
      await centre.stop()
      throw error
    }
    await terminal.stop()
    await centre.stop()
  }
}
