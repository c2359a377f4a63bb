import Foundation
import Synchronization
import VirtualReaders

/// The host's side of a guest: what it says, and what it wants done.
final class HostTalk: Sendable {
  private let channel: String
  private let control: MachineControl
  private let lines: [SerialEnd]
  private let begun = Mutex(false)

  /// Waits for QEMU's sockets.
  init(folder: String) async throws {
    let sockets = ["channel", "qmp", "line0", "line1"].map { "\(folder)/\($0)" }
    try await Patience.until("QEMU starts", within: .seconds(20)) {
      sockets.allSatisfy { FileManager.default.fileExists(atPath: $0) }
    }
    channel = sockets[0]
    control = try MachineControl(path: sockets[1])
    lines = try sockets[2...].map { try SerialEnd(path: $0) }
  }

  /// Whether the guest has booted.
  var hasBegun: Bool { begun.withLock { $0 } }

  /// Where each of the guest's processors is, for whoever looks for the reason of its silence.
  func processors() throws -> String { try control.ask("info registers -a") }

  /// Does what the guest wants until it has ended.
  ///
  /// - Returns: The figures that it measured.
  /// - Throws: ``LaboratoryError/broken(_:)`` when the guest has said what is wrong.
  func listen(results: String) throws -> [BenchFigure] {
    var socket = try LineSocket(connectingTo: channel)
    var figures: [BenchFigure] = []
    while let line = socket.readLine() {
      switch try JSONDecoder().decode(GuestMessage.self, from: Data(line)) {
      case .begun: begun.withLock { $0 = true }
      case .line(let text): Console.say(text)
      case .figure(let figure): figures.append(figure)
      case .file(let name, let text):
        try Data(text.utf8).write(to: URL(filePath: "\(results)/\(name)"))
      case .order(let order):
        var reply = HostReply()
        do { try carryOut(order) } catch { reply.reason = "\(error)" }
        _ = socket.write(line: Array(try JSONEncoder().encode(reply)))
      case .ended(let isSound):
        socket.close()
        guard isSound else { throw LaboratoryError.broken("not all was as it must be") }
        return figures
      }
    }
    throw LaboratoryError.program("the guest ended without a word")
  }

  private func carryOut(_ order: HostOrder) throws {
    switch order {
    case .addKeyboard(let id, let port):
      try control.add(id, ["driver": "usb-kbd", "bus": "xhci.0", "port": port])
    case .addSerial(let id, let port, let line):
      try control.add(
        id,
        [
          "driver": "usb-serial", "bus": "xhci.0", "port": port, "chardev": "line\(line)",
          "always-plugged": true,
        ])
    case .remove(let id): try control.remove(id)
    case .removeAll: try control.removeAll()
    case .type(let text): try control.type(text)
    case .say(let line, let bytes): lines[line].say(bytes)
    case .face(let line, let user): lines[line].show(user)
    }
  }
}
