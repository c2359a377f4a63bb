import Foundation
import Synchronization
import VirtualReaders

/// QEMU's control socket. Source: QEMU Machine Protocol, reference manual.
final class MachineControl: Sendable {
  private struct Connection: ~Copyable {
    var socket: LineSocket
  }

  private let connection: Mutex<Connection>
  /// QEMU's keyboard keeps 16 keys that go down or up until it is asked; so many at once are safe, and it is
  /// asked often enough in between.
  private static let keysAtOnce = 4
  private static let pauseMicroseconds: UInt32 = 60_000

  init(path: String) throws {
    connection = Mutex(Connection(socket: try LineSocket(connectingTo: path)))
    try execute("qmp_capabilities", [:])
  }

  func add(_ device: [String: Any]) throws {
    try execute("device_add", device)
  }

  /// Pulls a device out, and waits until the guest's controller has let it go.
  func remove(_ id: String) throws {
    try execute("device_del", ["id": id])
  }

  /// Types at the newest keyboard: lower-case letters, digits, `-`, and the key Enter for a line's end.
  func type(_ text: String) throws {
    let events = text.flatMap { character in
      [true, false].map { isDown -> [String: Any] in
        let key = ["type": "qcode", "data": Self.key(for: character)]
        return ["type": "key", "data": ["down": isDown, "key": key] as [String: Any]]
      }
    }
    for start in stride(from: 0, to: events.count, by: 2 * Self.keysAtOnce) {
      let some = Array(events[start..<min(events.count, start + 2 * Self.keysAtOnce)])
      try execute("input-send-event", ["events": some])
      usleep(Self.pauseMicroseconds)
    }
  }

  private static func key(for character: Character) -> String {
    switch character {
    case "-": "minus"
    case "\n": "ret"
    default: String(character)
    }
  }

  private func execute(_ command: String, _ arguments: [String: Any]) throws {
    let request = try JSONSerialization.data(
      withJSONObject: ["execute": command, "arguments": arguments])
    try connection.withLock { connection in
      _ = connection.socket.write(line: Array(request))
      // Greetings and events come in between.
      while let line = connection.socket.readLine() {
        let answer = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        if answer?["return"] != nil { return }
        if let error = answer?["error"] as? [String: Any] {
          throw LaboratoryError.program("QEMU, \(command): \(error["desc"] ?? error)")
        }
      }
      throw LaboratoryError.program("QEMU hung up")
    }
  }
}
