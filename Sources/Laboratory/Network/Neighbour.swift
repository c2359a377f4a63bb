import CanteenModel
import Foundation
import LocalAPI
import VirtualReaders

/// One of several terminals of a canteen: the product's daemon on a machine of its own, with a reader of its own on
/// the one virtual bus.
final class Neighbour: Sendable {
  let number: Int
  private let folder: String
  private let programs: String
  private let bus: VirtualBus
  private let host: TestHost
  private let port: Int

  /// - Parameters:
  ///   - number: 1...9.
  ///   - folder: Of the whole canteen.
  init(
    _ number: Int, folder: String, programs: String, bus: VirtualBus, host: TestHost
  ) throws {
    self.number = number
    self.folder = "\(folder)/terminal\(number)"
    self.programs = programs
    self.bus = bus
    self.host = host
    port = 8700 + number
    try FileManager.default.createDirectory(
      atPath: self.folder, withIntermediateDirectories: true)
    try bus.plug(.acr122u, port: readerPort)
  }

  private var readerPort: String { "1-\(number + 1)" }

  private var terminal: LocalClient {
    LocalClient(socketPath: "\(folder)/canteend.sock", patience: .seconds(15))
  }

  /// - Parameter centre: `host:port`.
  func start(centre: String) throws(LaboratoryError) -> RunningProgram {
    let command = host.command("\(programs)/canteend", ["run", "--log-level", "debug"])
    return try RunningProgram(
      command.path, command.arguments,
      environment: bus.environment.merging([
        "CANTEEN_STATE_DIRECTORY": folder, "CANTEEN_SOCKET": "\(folder)/canteend.sock",
        "CANTEEN_SYNC_DIRECTION": "push", "CANTEEN_SYNC_CENTRE": centre,
        "CANTEEN_PEERS_LISTEN": "\(host.address):\(port)",
        "CANTEEN_READERS": "1 card \(readerPort)",
      ]) { $1 }, logPath: "\(folder)/log")
  }

  /// Lets it join; the centre tells the others where it is.
  func join(_ centre: CentreSite) async throws {
    let order = try centre.invitation(number: number, peerPort: port, terminal: host)
    try await Patience.until("terminal \(number) was started", within: .seconds(20)) {
      FileManager.default.fileExists(atPath: "\(folder)/canteend.sock")
    }
    _ = try await terminal.enrol(order)
  }

  func status() async throws -> TerminalStatus { try await terminal.status() }

  /// Whether its reader works, it was fed, and so many others answer it.
  func isReady(with neighbours: Int) async -> Bool {
    // try?: one that does not answer is not ready.
    guard let status = try? await terminal.status() else { return false }
    return status.closedBecause == nil && status.group?.answering == neighbours
      && status.readers.contains { $0.reader.port == readerPort && $0.state == "ready" }
  }

  /// Lays a card on its reader, waits for the light and takes the card away.
  ///
  /// - Returns: Whether the light was green, and how long it took.
  func tap(_ card: [UInt8]) async throws -> (isGreen: Bool, latency: Duration) {
    let before = bus.signalLog.count
    let start = MonotonicNanoseconds.now
    try bus.tap(VirtualCard(kind: .desfire, serial: card), port: readerPort)
    var answer: SignalLogEntry?
    try await Patience.until("terminal \(number) answers a card", within: .seconds(5)) {
      answer = bus.signalLog.dropFirst(before).first {
        $0.reader == readerPort && $0.isAnswer(to: card)
      }
      return answer != nil
    }
    let lit = bus.signalLog.count
    try bus.remove(port: readerPort)
    try await Patience.until("the light goes out", within: .seconds(2)) {
      bus.signalLog.dropFirst(lit).contains { $0.reader == readerPort && $0.signal.isDark }
    }
    guard let answer else { preconditionFailure("waited for it") }
    return (
      answer.signal.green && !answer.signal.red, .nanoseconds(answer.atNanoseconds - start)
    )
  }

  /// Its ledger beside the books.
  func comparison(with centre: CentreSite) -> BooksComparison {
    BooksComparison(
      ledger: "\(folder)/ledger.sqlite", books: centre.booksPath, terminal: number,
      scratch: "\(folder)/comparison")
  }
}
