import CanteenModel
import Readers
import Synchronization
import VirtualReaders
import VirtualTime

/// A counter with one socket, in virtual time, at which a story is told.
final class FuzzedCounter: Sendable {
  private static let port = "1-2"

  private let specimen: Specimen
  private let counter: VirtualCounter
  private let outcome: Mutex<DeviceOutcome>

  private init(_ specimen: Specimen, _ counter: VirtualCounter) {
    self.specimen = specimen
    self.counter = counter
    outcome = Mutex(DeviceOutcome(kind: specimen.kind))
  }

  /// Tells a story to its end.
  static func run(
    _ specimen: Specimen,
    _ story: @escaping @Sendable (FuzzedCounter) async -> Void
  ) -> DeviceOutcome {
    VirtualCounter.run(plan: specimen.plan(port: port)) { counter in
      let fuzzed = FuzzedCounter(specimen, counter)
      await counter.supervisor.seek(true, lane: LaneID(1))
      await story(fuzzed)
      return await fuzzed.judged()
    }
  }

  /// Plugs a device in where none is.
  func plug(spoilt: (place: Int, mask: UInt8)?) {
    guard counter.bus.device(port: Self.port) == nil else { return }
    if spoilt != nil { garbled() }
    counter.bus.plug(GarbledModel(specimen.make(), spoilt: spoilt), port: Self.port)
  }

  private func garbled() { outcome.withLock { $0.isGarbled = true } }

  /// Lets one thing happen.
  func take(_ step: DeviceStep) async {
    let device = counter.bus.device(port: Self.port)
    switch step {
    case .show(let showing):
      guard let device else { return }
      outcome.withLock { outcome in
        outcome.shown[showing.evidence.unnamed, default: 0] += 1
        // What a scanner sends at once after a code that was cut off may be the rest of it: nobody can know.
        let pause = outcome.lastShown.map { counter.time.now - $0 } ?? .seconds(1)
        if outcome.isCut, pause < .seconds(1) { outcome.isGarbled = true }
        outcome.lastShown = counter.time.now
      }
      device.show(showing)
    case .takeAway: device?.takeAway()
    case .pass(let duration): await counter.pass(duration)
    case .unplug: counter.bus.unplug(port: Self.port)
    case .plug(let spoilt): plug(spoilt: spoilt)
    case .hangUp(let transfer, let when, let farewell):
      guard let device else { return }
      device.setFarewell(farewell)
      device.hangUp(atTransfer: device.transfers + transfer, when)
    case .fault(let fault): device?.inject(fault)
    case .disturb(let fault):
      // A serial line knows no reports: what comes before a code is part of it.
      if fault == .garbage || fault == .shortReport, specimen.make() is SerialBridgeModel {
        garbled()
      }
      if fault != .garbage, fault != .shortReport { outcome.withLock { $0.isCut = true } }
      device?.disturbScan(fault)
    case .spoil(let fault): device?.spoil(fault)
    case .garble(let garble, let after, let isControl):
      garbled()
      device?.act(on: GarbledModel.self) {
        $0.garble(garble, after: after, isControl: isControl)
        return []
      }
    case .noise(let bytes, let endpoint):
      garbled()
      device?.act(on: GarbledModel.self) { _ in [.answer(bytes, endpoint: endpoint)] }
    case .signal(let signal):
      _ = await counter.supervisor.signal(signal, on: ReaderID(port: Self.port))
    case .seek(let isWanted): await counter.supervisor.seek(isWanted, lane: LaneID(1))
    }
  }

  /// Whatever was before: a fresh device in the socket is served.
  func recover() async {
    counter.bus.unplug(port: Self.port)
    await counter.pass(.milliseconds(300))
    counter.bus.plug(specimen.make(), port: Self.port)
    await counter.supervisor.seek(true, lane: LaneID(1))
    await counter.pass(.seconds(5))
    let fresh: Showing =
      switch specimen.kind {
      case .card: .card(VirtualCard(kind: .desfire, serial: [4, 0xFE, 0xED, 1, 2, 3, 4]))
      case .scanner: .code(Array("the-last-code".utf8))
      case .face: .face(200)
      }
    let early = counter.presented.count
    outcome.withLock { ($0.last, $0.early) = (fresh.evidence.unnamed, early) }
    counter.bus.device(port: Self.port)?.show(fresh)
    await counter.pass(.seconds(2))
  }

  private func judged() async -> DeviceOutcome {
    let word = await counter.supervisor.states().first?.word
    let presented = counter.presented.map(\.unnamed)
    return outcome.withLock { outcome in
      outcome.word = word
      outcome.presented = Array(presented.prefix(outcome.early))
      outcome.afterwards = Array(presented.dropFirst(outcome.early))
      outcome.length = counter.time.now
      return outcome
    }
  }
}
