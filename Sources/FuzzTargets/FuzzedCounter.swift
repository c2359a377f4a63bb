import CanteenModel
import Logging
import Readers
import Synchronization
import VirtualReaders
import VirtualTime

/// A counter with one socket, in virtual time.
final class FuzzedCounter: Sendable {
  private static let port = "1-2"

  private let specimen: Specimen
  private let time: VirtualTime
  private let bus: VirtualHost
  private let supervisor: ReaderSupervisor
  private let outcome: Mutex<DeviceOutcome>

  private init(_ specimen: Specimen, time: VirtualTime) {
    self.specimen = specimen
    self.time = time
    bus = VirtualHost(time: time)
    var logger = Logger(label: "fuzz")
    // What goes wrong here is the input's.
    logger.logLevel = .critical
    supervisor = ReaderSupervisor(
      host: bus, plan: Self.plan(specimen),
      clock: ReaderClock(now: { time.now }, sleep: { try await time.sleep(for: $0) }),
      logger: logger)
    outcome = Mutex(DeviceOutcome(kind: specimen.kind))
  }

  private static func plan(_ specimen: Specimen) -> ReaderPlan {
    do {
      let words = "1 \(specimen.kind.rawValue) \(port) \(specimen.settings)"
      return try ReaderPlan(places: [try ReaderPlan.Place(words)])
    } catch {
      preconditionFailure("a specimen's settings are wrong: \(error)")
    }
  }

  /// Runs a script to its end.
  static func run(
    _ specimen: Specimen,
    _ script: @escaping @Sendable (FuzzedCounter) async -> Void
  ) -> DeviceOutcome {
    let time = VirtualTime()
    return time.run {
      let counter = FuzzedCounter(specimen, time: time)
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await counter.supervisor.run() }
        group.addTask { await counter.listen() }
        await counter.supervisor.seek(true, lane: LaneID(1))
        await script(counter)
        group.cancelAll()
      }
      return counter.outcome.withLock { outcome in
        outcome.length = time.now
        return outcome
      }
    }
  }

  private func listen() async {
    for await event in supervisor.events {
      guard case .presented(let presentation, _) = event else { continue }
      outcome.withLock { outcome in
        if outcome.last == nil {
          outcome.presented.append(presentation.evidence.unnamed)
        } else {
          outcome.afterwards.append(presentation.evidence.unnamed)
        }
      }
    }
  }

  private func pass(_ duration: Duration) async {
    // try?: a script is not cancelled.
    try? await time.sleep(for: duration)
  }

  /// Plugs a device in where none is.
  func plug(spoilt: (place: Int, mask: UInt8)?) {
    guard bus.device(port: Self.port) == nil else { return }
    if spoilt != nil { garbled() }
    bus.plug(GarbledModel(specimen.make(), spoilt: spoilt), port: Self.port)
  }

  private func garbled() { outcome.withLock { $0.isGarbled = true } }

  /// Lets one thing happen.
  func take(_ step: DeviceStep) async {
    let device = bus.device(port: Self.port)
    switch step {
    case .show(let showing):
      guard let device else { return }
      outcome.withLock { $0.shown[showing.evidence, default: 0] += 1 }
      device.show(showing)
    case .takeAway: device?.takeAway()
    case .pass(let duration): await pass(duration)
    case .unplug: bus.unplug(port: Self.port)
    case .plug(let spoilt): plug(spoilt: spoilt)
    case .hangUp(let transfer, let when, let farewell):
      guard let device else { return }
      device.setFarewell(farewell)
      device.hangUp(atTransfer: device.transfers + transfer, when)
    case .fault(let fault): device?.act(fault)
    case .disturb(let fault): device?.act(fault)
    case .spoil(let fault): device?.act(fault)
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
      _ = await supervisor.signal(signal, on: ReaderID(port: Self.port))
    case .seek(let isWanted): await supervisor.seek(isWanted, lane: LaneID(1))
    }
  }

  /// Whatever was before: a fresh device in the socket is served.
  func recover() async {
    bus.unplug(port: Self.port)
    await pass(.milliseconds(300))
    bus.plug(specimen.make(), port: Self.port)
    await supervisor.seek(true, lane: LaneID(1))
    await pass(.seconds(5))
    let fresh: Showing =
      switch specimen.kind {
      case .card: .card(VirtualCard(kind: .desfire, serial: [4, 0xFE, 0xED, 1, 2, 3, 4]))
      case .scanner: .code(Array("the-last-code".utf8))
      case .face: .face(200)
      }
    outcome.withLock { $0.last = fresh.evidence }
    bus.device(port: Self.port)?.show(fresh)
    await pass(.seconds(2))
    let word = await supervisor.states().first?.word
    outcome.withLock { $0.word = word }
  }
}

extension VirtualDevice {
  fileprivate func act(_ fault: ReaderFault) {
    act(on: GarbledModel.self) {
      $0.act(on: CCIDReaderModel.self) {
        $0.inject(fault)
        return []
      }
    }
  }

  fileprivate func act(_ fault: ScannerFault) {
    act(on: GarbledModel.self) { model in
      model.act(on: HIDPOSScannerModel.self) {
        $0.inject(fault)
        return []
      }
        + model.act(on: KeyboardScannerModel.self) {
          $0.inject(fault)
          return []
        }
        + model.act(on: SerialBridgeModel.self) {
          $0.act(on: ScannerPeripheral.self) {
            $0.inject(fault)
            return []
          }
        }
    }
  }

  fileprivate func act(_ fault: FaceFault) {
    act(on: GarbledModel.self) { model in
      model.act(on: SerialBridgeModel.self) { bridge in
        bridge.act(on: FaceModuleAPeripheral.self) { $0.inject(fault) }
          + bridge.act(on: FaceModuleBPeripheral.self) { $0.inject(fault) }
      }
    }
  }
}

extension Showing {
  /// As what it is presented.
  fileprivate var evidence: Evidence {
    switch self {
    case .card(let card): .card(serial: card.serial, kind: .other)
    case .code(let bytes): .code(ScannedCode(bytes: bytes, symbology: nil))
    case .face(let user): .face(user: user)
    }
  }
}

extension Evidence {
  /// Without what not every reader says: the kind of a card, the symbology of a code.
  fileprivate var unnamed: Evidence {
    switch self {
    case .card(let serial, _): .card(serial: serial, kind: .other)
    case .code(let code): .code(ScannedCode(bytes: code.bytes, symbology: nil))
    case .face: self
    }
  }
}
