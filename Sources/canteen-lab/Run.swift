import ArgumentParser
import Foundation
import VirtualReaders

/// Hosts a virtual bus and runs a program on it.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a program on a virtual USB bus.",
    discussion: """
      The program sees the virtual readers instead of the machine's USB devices, through the libusb
      and udev that it always uses. It ends when the program ends, with its exit status. Without a
      program the bus stays up until Ctrl-C.

        canteen-lab run -- canteend --config terminal.json
        canteen-lab run --reader acr122u@1-2 --reader omnikey5022@1-1.4 -- strace -c canteend

      Models: \(Specimen.all.map(\.name).joined(separator: ", ")).
      """)

  @Option(
    name: .long, help: "A reader at the start, MODEL@PORT. Repeat for more.",
    transform: ReaderPlace.init)
  var reader: [ReaderPlace] = [ReaderPlace(model: "acr122u", port: "1-2")]

  @Option(help: "The control socket (default: in the runtime directory).")
  var socket: String?

  @Argument(parsing: .postTerminator, help: "The program and its arguments, after --.")
  var command: [String] = []

  func run() async throws {
    try VirtualBus.reexecUnderPreloadIfNeeded()
    let bus = try VirtualBus.start()
    for place in reader { try place.plug(into: bus) }
    let control = try BusControl.start(bus: bus, path: socket ?? BusControl.defaultPath)
    // Ctrl-C goes to the program too; the bus outlives it.
    signal(SIGINT, SIG_IGN)
    let status = try await command.isEmpty ? interruption() : runProgram(on: bus)
    control.stop()
    bus.stop()
    throw ExitCode(status)
  }

  /// - Returns: The program's exit status; 128 and the signal's number if a signal ended it.
  private func runProgram(on bus: VirtualBus) async throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(bus.environment) { $1 }
    return try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { ended in
        let wasSignal = ended.terminationReason == .uncaughtSignal
        continuation.resume(returning: ended.terminationStatus + (wasSignal ? 128 : 0))
      }
      do {
        try process.run()
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  private func interruption() async -> Int32 {
    print("The virtual bus is up; Ctrl-C ends it.")
    let source = DispatchSource.makeSignalSource(signal: SIGINT)
    await withCheckedContinuation { continuation in
      source.setEventHandler {
        source.cancel()
        continuation.resume()
      }
      source.resume()
    }
    return 0
  }
}
