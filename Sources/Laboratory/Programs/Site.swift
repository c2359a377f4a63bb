import CanteenModel
import Foundation
import LocalAPI
import VirtualReaders

/// A centre and one terminal on a virtual bus, in a folder of their own: what the demo and the crash
/// test play on. The programs are the product's, started as an administrator would start them.
final class Site: Sendable {
  static let terminalNumber = 3
  /// The canteen of the terminal, and of every diner.
  static let canteenNumber: UInt32 = 1
  static let readerPort = "1-2"
  static let scannerPort = "1-3"
  static let facePort = "1-4"
  /// A reader looks for cards at most a second after its start; the rest is for a busy machine.
  private static let settlingTime = Duration.milliseconds(1300)

  let folder: String
  /// What its readers are plugged into; `nil` on a machine with readers of its own.
  private let virtualBus: VirtualBus?
  private let programs: String
  private let token = Hexadecimal.text((0..<16).map { _ in UInt8.random(in: .min ... .max) })
  let centrePort: Int
  /// Where the terminal listens when it is pulled.
  let terminalPort: Int

  /// - Parameters:
  ///   - folder: Made new; what is in it is removed.
  ///   - programs: Where canteend and canteen-settlement are.
  init(folder: String, programs: String, bus: VirtualBus? = nil) throws {
    self.folder = folder
    self.programs = programs
    virtualBus = bus
    if FileManager.default.fileExists(atPath: folder) {
      try FileManager.default.removeItem(atPath: folder)
    }
    for name in ["centre", "terminal", "run"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    centrePort = try FreePort.find()
    terminalPort = try FreePort.find()
  }

  /// The files that hold the money.
  var ledgerPath: String { "\(folder)/terminal/ledger.sqlite" }
  var booksPath: String { "\(folder)/centre/books.sqlite" }

  /// The operator's way to the terminal.
  var terminal: LocalClient {
    LocalClient(socketPath: "\(folder)/run/canteend.sock", patience: .seconds(15))
  }

  var bus: VirtualBus {
    guard let virtualBus else { preconditionFailure("this site has no virtual bus") }
    return virtualBus
  }

  // MARK: - The centre

  private var centreEnvironment: [String: String] {
    [
      "CANTEEN_SETTLEMENT_STATE_DIRECTORY": "\(folder)/centre",
      "CANTEEN_SETTLEMENT_SOCKET": "\(folder)/run/settlement.sock",
      "CANTEEN_SETTLEMENT_LISTEN": "127.0.0.1:\(centrePort)",
      "CANTEEN_SETTLEMENT_TOKEN": token, "CANTEEN_SETTLEMENT_PULL_INTERVAL_SECONDS": "1",
    ]
  }

  /// Runs a command of canteen-settlement to its end.
  @discardableResult
  func centre(_ arguments: String...) throws(LaboratoryError) -> String {
    try centre(arguments)
  }

  @discardableResult
  private func centre(_ arguments: [String]) throws(LaboratoryError) -> String {
    var environment = centreEnvironment.mapValues(Optional.some)
    environment["LD_PRELOAD"] = .some(nil)
    return try ProgramOutput.of(
      "\(programs)/canteen-settlement", arguments, environment: environment)
  }

  func startCentre() throws(LaboratoryError) -> RunningProgram {
    try RunningProgram(
      "\(programs)/canteen-settlement", ["serve"],
      environment: centreEnvironment.merging(["LD_PRELOAD": ""]) { $1 },
      logPath: "\(folder)/centre.log")
  }

  // MARK: - The terminal

  /// - Parameter port: For a push, where the terminal reaches the centre: directly, or through a
  ///   cable. For a pull the terminal listens at ``terminalPort``.
  func terminalEnvironment(
    _ direction: Direction, port: Int, centreKey: String
  ) -> [String: String] {
    let settling =
      switch direction {
      case .push: ["CANTEEN_SYNC_CENTRE": "127.0.0.1:\(port)"]
      case .pull: ["CANTEEN_SYNC_LISTEN": "127.0.0.1:\(terminalPort)"]
      }
    return (virtualBus?.environment ?? [:]).merging(settling) { $1 }.merging(
      [
        "CANTEEN_TERMINAL": "\(Self.terminalNumber)", "CANTEEN_NAME": "市委食堂",
        "CANTEEN_STATE_DIRECTORY": "\(folder)/terminal",
        "CANTEEN_SOCKET": "\(folder)/run/canteend.sock", "CANTEEN_SYNC_TOKEN": token,
        "CANTEEN_SYNC_DIRECTION": direction.rawValue,
        "CANTEEN_READERS":
          "1 card \(Self.readerPort),1 scanner \(Self.scannerPort),1 face \(Self.facePort)",
        "CANTEEN_SYNC_CENTRE_KEY": centreKey,
      ]
    ) { $1 }
  }

  func startTerminal(_ environment: [String: String]) throws(LaboratoryError) -> RunningProgram {
    try RunningProgram(
      "\(programs)/canteend", ["run"], environment: environment,
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

  /// Sets both sides up: rulebook, accounts, and the keys that they must know of each other.
  ///
  /// - Parameters:
  ///   - pullPort: Where the centre fetches from, when it pulls.
  ///   - terminalKey: Asks the terminal for its key, where it is not to be asked from here.
  /// - Returns: The centre's public key.
  func introduce(
    rulebook: String, accounts: String, pullPort: Int? = nil,
    terminalKey: ((_ centreKey: String) throws -> String)? = nil
  ) throws -> String {
    try Data(rulebook.utf8).write(to: URL(filePath: "\(folder)/rulebook.json"))
    try Data(accounts.utf8).write(to: URL(filePath: "\(folder)/accounts.csv"))
    try centre("rules", "sign", "--yes", "\(folder)/rulebook.json")
    try centre("accounts", "import", "\(folder)/accounts.csv")
    let centreKey = try centre("key").trimmingCharacters(in: .whitespacesAndNewlines)
    let key = try terminalKey?(centreKey) ?? self.terminalKey(centreKey: centreKey)
    let address = pullPort.map { ["--url", "http://localhost:\($0)"] } ?? []
    try centre(
      [
        "terminal", "add", "\(Self.terminalNumber)", "--name", "市委食堂 3", "--public-key",
        key, "--canteen", "\(Self.canteenNumber)",
      ] + address)
    return centreKey
  }

  private func terminalKey(centreKey: String) throws -> String {
    var environment = terminalEnvironment(.push, port: centrePort, centreKey: centreKey)
      .mapValues(Optional.some)
    environment["LD_PRELOAD"] = .some(nil)
    return try ProgramOutput.of("\(programs)/canteend", ["key"], environment: environment)
      .trimmingCharacters(in: .whitespacesAndNewlines)
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
      ledger: ledgerPath, books: booksPath, terminal: Self.terminalNumber,
      scratch: "\(folder)/comparison")
  }
}

/// Who calls whom to settle.
package enum Direction: String, Sendable, CaseIterable {
  case push
  case pull
}

/// A TCP port of loopback that nobody uses at this moment.
enum FreePort {
  static func find() throws(LaboratoryError) -> Int {
    let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(probe) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return bind(probe, generic, length) == 0 && getsockname(probe, generic, &length) == 0
      }
    }
    guard isBound else { throw .program("no free port on loopback: errno \(errno)") }
    return Int(in_port_t(bigEndian: address.sin_port))
  }
}
