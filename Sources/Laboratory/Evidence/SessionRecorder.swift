import CanteenModel
import Foundation
import Logging
import Readers
import Synchronization
import USBTransport
package import VirtualReaders
import VirtualTime

/// Writes down a session of one device, and lets it happen again.
package enum SessionRecorder {
  /// Records the device at a port of the machine, until the time is over or it is pulled out.
  ///
  /// - Parameters:
  ///   - place: Lane, role, socket and settings in the words of `canteen.readers`; the socket is the port,
  ///     such as `1-1.4`.
  ///   - hear: Is told what the driver says, as it says it.
  /// - Throws: ``LaboratoryError/broken(_:)`` when no device was there.
  package static func record(
    place: String, for duration: Duration, hear: @escaping @Sendable (String) -> Void
  ) async throws -> EvidenceFolder {
    let (plan, port) = try plan(place)
    let context = try USBContext.start()
    defer { context.close() }
    let start = ContinuousClock.now
    let host = RecordingHost(context, port: port) { ContinuousClock.now - start }
    let supervisor = ReaderSupervisor(host: host, plan: plan, logger: quiet)
    let log = EventLog(hear: hear)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await supervisor.run() }
      group.addTask { await log.follow(supervisor) }
      await supervisor.seek(true, lane: plan.places[0].lane)
      await withTaskGroup(of: Void.self) { either in
        either.addTask { await host.run() }
        // try?: a recording that is cancelled ends earlier.
        either.addTask { try? await Task.sleep(for: duration) }
        await either.next()
        either.cancelAll()
      }
      group.cancelAll()
    }
    guard host.device != nil else {
      throw LaboratoryError.broken("no device is plugged in at \(port): lsusb -t shows the ports")
    }
    let descriptors = try Data(
      contentsOf: URL(filePath: "/sys/bus/usb/devices/\(port)/descriptors"))
    return EvidenceFolder(
      provenance: .captured, place: place, descriptors: Array(descriptors), script: host.script,
      duration: ContinuousClock.now - start, events: log.lines)
  }

  /// Records a device model in virtual time: two things are shown to it, and taken away.
  package static func record(_ specimen: Specimen) throws -> EvidenceFolder {
    let port = "1-2"
    let place = "1 \(specimen.kind.rawValue) \(port) \(specimen.settings)"
      .trimmingCharacters(in: .whitespaces)
    let model = specimen.make()
    let (plan, _) = try plan(place)
    return session(plan, follow: { RecordingHost($0, port: port, clock: $1) }) {
      bus, host, log, time in
      let device = bus.plug(model, port: port)
      for showing in specimen.showings {
        await time.pass(.seconds(2))
        device.show(showing)
        await time.pass(.seconds(1))
        device.takeAway()
      }
      await time.pass(.seconds(1))
      return EvidenceFolder(
        provenance: .computed, place: place,
        descriptors: model.deviceDescriptor + model.configurationDescriptor, script: host.script,
        duration: time.now, events: log.lines)
    }
  }

  /// Lets a recorded session happen again in virtual time, with the drivers as they are now.
  ///
  /// - Returns: In words, what is not as it was; nothing when all is.
  package static func replay(_ folder: EvidenceFolder) throws -> [String] {
    let (plan, port) = try plan(folder.place)
    let model = ReplayModel(
      deviceDescriptor: Array(folder.descriptors.prefix(18)),
      configurationDescriptor: Array(folder.descriptors.dropFirst(18)), script: folder.script)
    let (after, events) = session(plan, follow: { bus, _ in bus }) { bus, _, log, time in
      let device = bus.plug(model, port: port)
      device.act(on: ReplayModel.self) { $0.begin() }
      await time.pass(folder.duration)
      return (device.model(ReplayModel.self) ?? model, log.lines)
    }
    var findings = after.surprises.map { "the driver did what it had not done: \($0)" }
    if let line = after.rest.lines.first {
      let rest = TrafficScript(lines: [line]).text.trimmingCharacters(in: .whitespacesAndNewlines)
      findings.append("\(after.rest.lines.count) transfers did not happen again, first \(rest)")
    }
    if events != folder.events {
      findings.append("the driver said \(events) in place of \(folder.events)")
    }
    return findings
  }

  /// Runs a supervisor over a bus in virtual time while a script is played.
  private static func session<Host: USBHost, Result: Sendable>(
    _ plan: ReaderPlan,
    follow: @escaping @Sendable (VirtualHost, @escaping @Sendable () -> Duration) -> Host,
    _ script: @escaping @Sendable (VirtualHost, Host, EventLog, VirtualTime) async -> Result
  ) -> Result {
    let time = VirtualTime()
    return time.run {
      let bus = VirtualHost(time: time)
      let host = follow(bus) { time.now }
      let supervisor = ReaderSupervisor(
        host: host, plan: plan,
        clock: ReaderClock(now: { time.now }, sleep: { try await time.sleep(for: $0) }),
        logger: quiet)
      let log = EventLog { _ in }
      return await withTaskGroup(of: Void.self) { group in
        if let host = host as? RecordingHost { group.addTask { await host.run() } }
        group.addTask { await supervisor.run() }
        group.addTask { await log.follow(supervisor) }
        await supervisor.seek(true, lane: plan.places[0].lane)
        let result = await script(bus, host, log, time)
        group.cancelAll()
        return result
      }
    }
  }

  private static func plan(_ place: String) throws(LaboratoryError) -> (ReaderPlan, port: String) {
    do {
      let place = try ReaderPlan.Place(place)
      return (try ReaderPlan(places: [place]), place.socket)
    } catch {
      throw .broken("the place \(error)")
    }
  }

  private static var quiet: Logger {
    var logger = Logger(label: "record")
    logger.logLevel = .critical
    return logger
  }
}

/// What the drivers said, a line each.
private final class EventLog: Sendable {
  private let state = Mutex<[String]>([])
  private let hear: @Sendable (String) -> Void

  init(hear: @escaping @Sendable (String) -> Void) {
    self.hear = hear
  }

  var lines: [String] { state.withLock { $0 } }

  func follow(_ supervisor: ReaderSupervisor) async {
    for await event in supervisor.events {
      state.withLock { $0.append("\(event)") }
      hear("\(event)")
      // As a lane would: the reader's light and buzzer belong to the session.
      if case .presented(let presentation, _) = event {
        _ = await supervisor.signal(.approved, on: presentation.reader)
      }
    }
  }
}

extension VirtualTime {
  // try?: nothing cancels a session before its end.
  fileprivate func pass(_ duration: Duration) async { try? await sleep(for: duration) }
}
