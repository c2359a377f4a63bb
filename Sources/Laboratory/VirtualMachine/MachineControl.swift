import Foundation
import Synchronization
import VirtualReaders

/// QEMU's control socket. Source: QEMU Machine Protocol, reference manual.
final class MachineControl: Sendable {
  private struct Connection: ~Copyable {
    var socket: LineSocket
    /// What was plugged in.
    var devices: Set<String> = []
  }

  private let connection: Mutex<Connection>
  /// QEMU's keyboard keeps 16 keys that go down or up until it is asked; so many at once are safe, and it is
  /// asked often enough in between.
  private static let keysAtOnce = 4
  private static let pauseMicroseconds: UInt32 = 120_000

  init(path: String) throws {
    connection = Mutex(Connection(socket: try LineSocket(connectingTo: path)))
    try execute("qmp_capabilities", [:])
  }

  func add(_ id: String, _ device: [String: Any]) throws {
    try execute("device_add", device.merging(["id": id]) { $1 })
    connection.withLock { _ = $0.devices.insert(id) }
  }

  /// Pulls a device out, and waits until what was behind it is free.
  func remove(_ id: String) throws {
    connection.withLock { _ = $0.devices.remove(id) }
    try execute("device_del", ["id": id]) { answer in
      answer["event"] as? String == "DEVICE_DELETED"
        && (answer["data"] as? [String: Any])?["device"] as? String == id
    }
  }

  func removeAll() throws {
    for id in connection.withLock({ $0.devices }) { try remove(id) }
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

  /// What a command of QEMU's monitor for people says.
  func ask(_ command: String) throws -> String {
    try execute("human-monitor-command", ["command-line": command])["return"] as? String ?? ""
  }

  private static func key(for character: Character) -> String {
    switch character {
    case "-": "minus"
    case "\n": "ret"
    default: String(character)
    }
  }

  /// - Parameter isAwaited: The event that is waited for, too, before the answer or after it.
  /// - Returns: The answer.
  @discardableResult
  private func execute(
    _ command: String, _ arguments: [String: Any], until isAwaited: (([String: Any]) -> Bool)? = nil
  ) throws -> [String: Any] {
    let request = try JSONSerialization.data(
      withJSONObject: ["execute": command, "arguments": arguments])
    // The lock's result must be sendable, which an answer is not.
    var found: [String: Any]?
    try connection.withLock { connection in
      _ = connection.socket.write(line: Array(request))
      var hasCome = isAwaited == nil
      // Greetings and other events come in between.
      while found == nil || !hasCome, let line = connection.socket.readLine() {
        let answer = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] ?? [:]
        if answer["return"] != nil { found = answer }
        if isAwaited?(answer) == true { hasCome = true }
        if let error = answer["error"] as? [String: Any] {
          throw LaboratoryError.program("QEMU, \(command): \(error["desc"] ?? error)")
        }
      }
      guard hasCome else { throw LaboratoryError.program("QEMU hung up") }
    }
    guard let found else { throw LaboratoryError.program("QEMU hung up") }
    return found
  }
}
