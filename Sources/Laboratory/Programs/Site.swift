import CanteenModel
import Foundation
import LocalAPI
import VirtualReaders

/// A centre and one terminal on a virtual bus, in a folder of their own: what the demo and the crash
/// test play on. The programs are the product's, started as an administrator would start them.
final class Site: Sendable {
  static let readerPort = "1-2"
  static let scannerPort = "1-3"
  static let facePort = "1-4"
  /// A reader looks for cards at most a second after its start; the rest is for a busy machine.
  private static let settlingTime = Duration.milliseconds(1300)

  let folder: String
  let bus: VirtualBus
  let centre: CentreSite
  private let programs: String
  private let host: TestHost
  private let centreHost: TestHost
  /// Where the terminal listens when it is pulled.
  let terminalPort: Int

  /// - Parameters:
  ///   - folder: Made new; what is in it is removed.
  ///   - programs: Where canteend and canteen-settlement are.
  init(
    folder: String, programs: String, bus: VirtualBus, terminal: TestHost = .loopback,
    centre centreHost: TestHost = .loopback
  ) throws {
    host = terminal
    self.centreHost = centreHost
    self.folder = folder
    self.programs = programs
    self.bus = bus
    centre = try CentreSite(folder: folder, programs: programs, host: centreHost)
    try FileManager.default.createDirectory(
      atPath: "\(folder)/terminal", withIntermediateDirectories: true)
    terminalPort = try FreePort.find()
  }

  /// The files that hold the money.
  var ledgerPath: String { "\(folder)/terminal/ledger.sqlite" }
  var booksPath: String { "\(folder)/centre/books.sqlite" }

  /// The operator's way to the terminal.
  var terminal: LocalClient {
    LocalClient(socketPath: "\(folder)/run/canteend.sock", patience: .seconds(15))
  }

  // MARK: - The terminal

  /// - Parameter port: For a push, where the terminal reaches the centre: directly, or through a
  ///   cable. For a pull the terminal listens at ``terminalPort``.
  func terminalEnvironment(_ direction: Direction, port: Int) -> [String: String] {
    let settling =
      switch direction {
      case .push: ["CANTEEN_SYNC_CENTRE": "\(centreHost.address):\(port)"]
      case .pull: ["CANTEEN_SYNC_LISTEN": "\(host.address):\(terminalPort)"]
      }
    return [
      bus.environment, settling, centre.terminalEnvironment(direction),
      [
        "CANTEEN_STATE_DIRECTORY": "\(folder)/terminal",
        "CANTEEN_SOCKET": "\(folder)/run/canteend.sock",
        "CANTEEN_READERS":
          "1 card \(Self.readerPort),1 scanner \(Self.scannerPort),1 face \(Self.facePort)",
      ],
    ].reduce([:]) { $0.merging($1) { $1 } }
  }

  func startTerminal(_ environment: [String: String]) throws(LaboratoryError) -> RunningProgram {
    let command = host.command("\(programs)/canteend", ["run"])
    return try RunningProgram(
      command.path, command.arguments, environment: environment,
      logPath: "\(folder)/terminal.log")
  }

  /// Starts the terminal with files that cannot grow beyond a number of blocks of 1024 bytes: what a
  /// write meets then is EFBIG, as from a full disk.
  func startTerminal(
    _ environment: [String: String], diskBlocks: Int
  ) throws(LaboratoryError) -> RunningProgram {
    try RunningProgram(
      "/bin/bash",
      ["-c", "trap '' XFSZ; ulimit -f \(diskBlocks); exec \"$0\" run", "\(programs)/canteend"],
      environment: environment, logPath: "\(folder)/terminal.log")
  }

  /// Lets the terminal, which was started and waits for it, join the centre, which runs.
  ///
  /// - Parameter pullPort: Where the centre fetches from, when it pulls.
  func join(pullPort: Int? = nil) async throws {
    try await Patience.until("the centre answers", within: .seconds(20)) {
      centre.isAnswering
    }
    let line = try await terminal.enrol(
      try centre.invitation(pullPort: pullPort, terminal: host))
    guard line.terminal.number == CentreSite.terminalNumber else {
      throw LaboratoryError.program("it joined as terminal \(line.terminal)")
    }
  }

  /// Waits until the terminal was fed and its readers work, and then until they have settled: a
  /// card that comes earlier may have lain there before the terminal started, and is not charged.
  func waitUntilSelling() async throws {
    try await Patience.until("the terminal sells", within: .seconds(20)) {
      let status = try await terminal.status()
      let ready = status.readers.filter { $0.state == "ready" }.count
      return status.closedBecause == nil && ready == bus.ports.count
    }
    try await Task.sleep(for: Self.settlingTime)
  }

  /// What the terminal says of its card reader.
  func cardReader() async throws -> ReaderStatus? {
    try await terminal.readers().first { $0.reader.port == Self.readerPort }
  }

  /// Waits until the centre has acknowledged every record.
  func waitUntilSettled(within limit: Duration) async throws {
    try await Patience.until("the centre has every record", within: limit) {
      try await terminal.status().outbox.records == 0
    }
  }

  func compareBooks() throws(LaboratoryError) -> BooksComparison.Figures {
    try comparison.run()
  }

  var comparison: BooksComparison {
    BooksComparison(
      ledger: ledgerPath, books: booksPath, terminal: CentreSite.terminalNumber,
      scratch: "\(folder)/comparison")
  }
}
