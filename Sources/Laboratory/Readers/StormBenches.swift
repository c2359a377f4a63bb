import Foundation
import Logging
import Readers
import USBTransport
import VirtualReaders
import VirtualTime

/// Readers in virtual time.
private struct VirtualStorm: ReaderStorm.Bench {
  let host: VirtualHost
  let time: VirtualTime

  func plug(_ specimen: Specimen, port: String) { host.plug(specimen.make(), port: port) }
  func unplug(port: String) { host.unplug(port: port) }
  func show(_ showing: Showing, port: String) { host.device(port: port)?.show(showing) }
  func takeAway(port: String) { host.device(port: port)?.takeAway() }
  // try?: a storm is not cancelled before its end.
  func pass(_ duration: Duration) async { try? await time.sleep(for: duration) }
  var now: Duration { time.now }
}

/// Readers behind libusb, by the machine's clock.
private struct LibUSBStorm: ReaderStorm.Bench {
  let bus: VirtualBus
  let start = ContinuousClock.now

  func plug(_ specimen: Specimen, port: String) throws { try bus.plug(specimen, port: port) }
  func unplug(port: String) throws { try bus.unplug(port: port) }
  func show(_ showing: Showing, port: String) throws { try bus.show(showing, port: port) }
  func takeAway(port: String) throws { try bus.takeAway(port: port) }
  // try?: a storm is not cancelled before its end.
  func pass(_ duration: Duration) async { try? await Task.sleep(for: duration) }
  var now: Duration { ContinuousClock.now - start }
}

extension ReaderStorm {
  /// A storm in virtual time.
  ///
  /// - Parameter calm: The longest time between two accidents at a port.
  package static func inVirtualTime(
    _ duration: Duration, seed: UInt64, calm: Duration
  ) throws -> Report {
    let time = VirtualTime()
    let storm = ReaderStorm(duration: duration, seed: seed, calm: calm)
    let result: Result<Report, any Error> = time.run {
      let host = VirtualHost(time: time)
      let supervisor = ReaderSupervisor(
        host: host, plan: Self.plan, time: time)
      do {
        return .success(try await storm.run(VirtualStorm(host: host, time: time), supervisor))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// A storm over real libusb, in real time.
  ///
  /// - Throws: Also when the process is not under umockdev's preload.
  package static func overLibUSB(
    _ duration: Duration, seed: UInt64, calm: Duration
  ) async throws -> Report {
    let bus = try VirtualBus.start()
    defer { bus.stop() }
    let context = try USBContext.start()
    defer { context.close() }
    let supervisor = ReaderSupervisor(host: context, plan: Self.plan, logger: .silent)
    return try await ReaderStorm(duration: duration, seed: seed, calm: calm)
      .run(LibUSBStorm(bus: bus), supervisor)
  }
}
