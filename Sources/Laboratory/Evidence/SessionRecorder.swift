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
  /// - Throws: ``LaboratoryError/broken(_:)`` when no device was there, or none that could be described.
  package static func record(
    place: String, for duration: Duration, hear: @escaping @Sendable (String) -> Void
  ) async throws -> EvidenceFolder {
    let (plan, socket) = try plan(place)
    let context = try USBContext.start()
    defer { context.close() }
    let start = ContinuousClock.now
    let describe: @Sendable (any USBAttachedDevice) -> [UInt8] = { device in
      // try?: at the recording's end it is said that they are missing.
      let file = try? Data(
        contentsOf: URL(filePath: "/sys/bus/usb/devices/\(device.port)/descriptors"))
      return Array(file ?? Data())
    }
    let host = RecordingHost(context, socket: socket, describe: describe) {
      ContinuousClock.now - start
    }
    let supervisor = ReaderSupervisor(host: host, plan: plan, logger: .silent)
    let log = Mutex<[String]>([])
    let listen: @Sendable (ReaderEvent) -> Void = { event in
      log.withLock { $0.append("\(event)") }
      hear("\(event)")
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await supervisor.run() }
      // The reader's light and buzzer belong to the session.
      group.addTask { await supervisor.follow(isApproving: true, listen) }
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
    guard let device = host.device else {
      throw LaboratoryError.broken(
        "no device is plugged in at \(socket): canteenctl devices shows ports and sockets")
    }
    guard host.descriptors.count >= 18 else {
      throw LaboratoryError.broken(
        "the device at \(socket) came, but its descriptors could not be read "
          + "(/sys/bus/usb/devices/\(device.port)/descriptors): plug it in anew and record again")
    }
    guard !host.isFull else {
      throw LaboratoryError.broken("more than \(RecordingHost.limit) transfers: record less")
    }
    // A device that is played again does not go away: what nobody answered any more is left out.
    let events = log.withLock { $0 }.filter { !host.hasLeft || !$0.hasPrefix("away") }
    return EvidenceFolder(
      provenance: .captured, place: place, descriptors: host.descriptors,
      script: host.hasLeft ? host.script.upToLastWord : host.script,
      duration: ContinuousClock.now - start, events: events)
  }

  /// Records a device model in virtual time: two things are shown to it, and taken away.
  package static func record(_ specimen: Specimen) throws -> EvidenceFolder {
    let port = "1-2"
    let place = "1 \(specimen.kind.rawValue) \(port) \(specimen.settings)"
      .trimmingCharacters(in: .whitespaces)
    let model = specimen.make()
    let (plan, _) = try plan(place)
    return VirtualCounter.run(plan: plan, recordedPort: port, isApproving: true) { counter in
      await counter.supervisor.seek(true, lane: plan.places[0].lane)
      let device = counter.bus.plug(model, port: port)
      for showing in specimen.showings {
        await counter.pass(.seconds(2))
        device.show(showing)
        await counter.pass(.seconds(1))
        device.takeAway()
      }
      await counter.pass(.seconds(1))
      return EvidenceFolder(
        provenance: .computed, place: place,
        descriptors: model.deviceDescriptor + model.configurationDescriptor,
        script: counter.recording?.script ?? TrafficScript(lines: []), duration: counter.time.now,
        events: counter.events.map { "\($0)" })
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
    let (after, events) = VirtualCounter.run(plan: plan, isApproving: true) { counter in
      await counter.supervisor.seek(true, lane: plan.places[0].lane)
      let device = counter.bus.plug(model, port: port)
      device.act(on: ReplayModel.self) { $0.begin() }
      await counter.pass(folder.duration)
      return (device.model(ReplayModel.self) ?? model, counter.events.map { "\($0)" })
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

  private static func plan(_ place: String) throws(LaboratoryError) -> (ReaderPlan, port: String) {
    do {
      let place = try ReaderPlan.Place(place)
      return (try ReaderPlan(places: [place]), place.socket)
    } catch {
      throw .broken("the place \(error)")
    }
  }
}

extension TrafficScript {
  /// Without what the host sent after the device's last word.
  fileprivate var upToLastWord: TrafficScript {
    let last = lines.lastIndex { if case .into = $0.transfer { true } else { false } }
    return TrafficScript(lines: Array(lines.prefix((last ?? -1) + 1)))
  }
}
