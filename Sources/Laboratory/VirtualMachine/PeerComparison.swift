import CanteenModel
import Foundation
import Readers
import USBTransport
import VirtualReaders
import VirtualTime

/// One card reader, driven by our driver and by pcscd with libccid by turns, in one boot.
struct PeerComparison {
  /// What one of them took in one round.
  struct Round {
    /// An APDU and its answer.
    let exchange: Latencies
    /// From the card on the reader to its number in the program.
    let tap: Latencies
  }

  private static let rounds = 3
  private static let exchanges = 200
  private static let taps = 5

  /// Plugged in, and nobody has it.
  let gadget: GadgetDevice
  /// The reader's, as udev names it.
  let socket: String
  /// A storage card: both ask it for its number and for nothing else.
  private let card = VirtualCard(kind: .classic1K, serial: [0x04, 0xA1, 0xB2, 0xC3])

  /// - Parameter watching: Gets pcscd's process in the last round, when there is no card and no client.
  func run(
    watching: (pid_t) async throws -> Void
  ) async throws -> (ours: [Round], theirs: [Round]) {
    var (ours, theirs): ([Round], [Round]) = ([], [])
    for number in 1...Self.rounds {
      ours.append(Round(exchange: try await ourExchanges(), tap: try await ourTaps()))
      let pcscd = try RunningProgram(
        "/usr/sbin/pcscd", ["--foreground"], environment: [:], logPath: "/tmp/pcscd.log")
      theirs.append(try await throughPCSCD())
      if number == Self.rounds { try await watching(pcscd.pid) }
      // Asked to end, it takes five seconds.
      pcscd.signal(SIGKILL)
      _ = await pcscd.wait()
    }
    return (ours, theirs)
  }

  private func isNumber(_ answer: [UInt8]) -> Bool { answer == card.serial + [0x90, 0x00] }

  private static func elapsed(_ body: () async throws -> Void) async rethrows -> Duration {
    let start = ContinuousClock.now
    try await body()
    return ContinuousClock.now - start
  }

  // MARK: - Ours

  private func ourExchanges() async throws -> Latencies {
    let context = try USBContext.start()
    defer { context.close() }
    var device: (any USBAttachedDevice)?
    for await case .arrived(let arrived) in context.hotplug where arrived.path == socket {
      device = arrived
      break
    }
    guard let device,
      case .usable(let layout) = CardReaderLayout.find(
        in: try device.interfaces(),
        quirks: .of(vendor: device.descriptor.vendor, product: device.descriptor.product))
    else { throw LaboratoryError.broken("\(socket) has no card reader") }
    gadget.show(.card(card))
    defer { gadget.takeAway() }
    let result = try await device.serve([layout.interface], isResetFirst: false) { pipes in
      await exchanges(pipes, layout)
    }
    return try result.get()
  }

  private func exchanges(
    _ pipes: any USBPipes, _ layout: CardReaderLayout
  ) async -> Result<Latencies, any Error> {
    var channel = CardReaderChannel(
      pipes: pipes, clock: .machine, layout: layout, needsZeroPacket: false)
    do {
      _ = try await channel.powerOn()
      var durations: [Duration] = []
      for _ in 0..<Self.exchanges {
        var answer: [UInt8] = []
        durations.append(
          try await Self.elapsed { answer = try await channel.transmit(PseudoAPDU.getSerial) })
        guard isNumber(answer) else { throw LaboratoryError.broken("our driver: \(answer)") }
      }
      return .success(Latencies(durations))
    } catch {
      return .failure(error)
    }
  }

  private func ourTaps() async throws -> Latencies {
    let context = try USBContext.start()
    defer { context.close() }
    let supervisor = ReaderSupervisor(
      host: context, plan: ReaderPlan(known: ["1 card \(socket)"]), logger: .silent)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await supervisor.run() }
      for await event in supervisor.events { if case .ready = event { break } }
      var durations: [Duration] = []
      for _ in 0..<Self.taps {
        try await Task.sleep(for: .milliseconds(100))
        durations.append(
          await Self.elapsed {
            gadget.show(.card(card))
            for await event in supervisor.events { if case .presented = event { break } }
          })
        gadget.takeAway()
        for await event in supervisor.events { if case .removed = event { break } }
      }
      group.cancelAll()
      return Latencies(durations)
    }
  }

  // MARK: - Theirs

  private func throughPCSCD() async throws -> Round {
    var (client, reader): (PCSCClient?, String?)
    try await Patience.until("pcscd has the reader", within: .seconds(30)) {
      // try?: pcscd has just been started.
      if client == nil { client = try? PCSCClient() }
      reader = try client?.firstReader()
      return reader != nil
    }
    guard let client, let reader else { throw LaboratoryError.broken("no reader") }
    gadget.show(.card(card))
    try client.waitForCard(true, on: reader)
    var connection = try client.connect(reader)
    var durations: [Duration] = []
    for _ in 0..<Self.exchanges {
      var answer: [UInt8] = []
      durations.append(
        try await Self.elapsed { answer = try connection.transmit(PseudoAPDU.getSerial) })
      guard isNumber(answer) else { throw LaboratoryError.broken("pcscd: \(answer)") }
    }
    try client.disconnect(connection)
    gadget.takeAway()
    try client.waitForCard(false, on: reader)
    return Round(exchange: Latencies(durations), tap: try await theirTaps(client, reader))
  }

  private func theirTaps(_ client: PCSCClient, _ reader: String) async throws -> Latencies {
    var durations: [Duration] = []
    for _ in 0..<Self.taps {
      try await Task.sleep(for: .milliseconds(100))
      durations.append(
        try await Self.elapsed {
          gadget.show(.card(card))
          try client.waitForCard(true, on: reader)
          var connection = try client.connect(reader)
          _ = try connection.transmit(PseudoAPDU.getSerial)
          try client.disconnect(connection)
        })
      gadget.takeAway()
      try client.waitForCard(false, on: reader)
    }
    return Latencies(durations)
  }
}
