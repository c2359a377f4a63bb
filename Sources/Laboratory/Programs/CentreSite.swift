import CanteenModel
import Foundation

/// A centre that knows one terminal, in a folder of its own, started as an administrator would start it.
final class CentreSite: Sendable {
  static let terminalNumber = 3
  /// The canteen of the terminal, and of every diner.
  static let canteenNumber: UInt32 = 1

  private let folder: String
  private let programs: String
  private let host: TestHost
  /// Where terminals reach it.
  let port: Int

  /// - Parameters:
  ///   - folder: Made new; what is in it is removed.
  ///   - programs: Where canteen-settlement is.
  init(folder: String, programs: String, host: TestHost = .loopback) throws {
    self.folder = folder
    self.programs = programs
    self.host = host
    if FileManager.default.fileExists(atPath: folder) {
      try FileManager.default.removeItem(atPath: folder)
    }
    for name in ["centre", "run"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    port = try FreePort.find()
  }

  private var environment: [String: String] {
    [
      "CANTEEN_SETTLEMENT_STATE_DIRECTORY": "\(folder)/centre",
      "CANTEEN_SETTLEMENT_SOCKET": "\(folder)/run/settlement.sock",
      "CANTEEN_SETTLEMENT_LISTEN": "\(host.address):\(port)",
      "CANTEEN_SETTLEMENT_PULL_INTERVAL_SECONDS": "1",
      // As the unit has it.
      "MALLOC_ARENA_MAX": "2",
    ]
  }

  /// Runs a command of canteen-settlement to its end.
  @discardableResult
  func run(_ arguments: String...) throws(LaboratoryError) -> String {
    try run(arguments)
  }

  @discardableResult
  private func run(_ arguments: [String]) throws(LaboratoryError) -> String {
    var environment = environment.mapValues(Optional.some)
    environment["LD_PRELOAD"] = .some(nil)
    return try ProgramOutput.of(
      "\(programs)/canteen-settlement", arguments, environment: environment)
  }

  var booksPath: String { "\(folder)/centre/books.sqlite" }
  var keyPath: String { "\(folder)/centre/centre.key" }
  var authorityPath: String { "\(folder)/centre/authority.pem" }

  /// Starts it with a rulebook and accounts.
  func start(rulebook: String, accounts: String) throws -> RunningProgram {
    try prepare(rulebook: rulebook, accounts: accounts)
    return try serve()
  }

  /// Gives it a rulebook and accounts, without starting it.
  func prepare(rulebook: String, accounts: String) throws {
    try Data(rulebook.utf8).write(to: URL(filePath: "\(folder)/rulebook.json"))
    try Data(accounts.utf8).write(to: URL(filePath: "\(folder)/accounts.csv"))
    try run("rules", "sign", "--yes", "\(folder)/rulebook.json")
    try run("accounts", "import", "\(folder)/accounts.csv")
  }

  func serve() throws(LaboratoryError) -> RunningProgram {
    let command = host.command("\(programs)/canteen-settlement", ["serve"])
    return try RunningProgram(
      command.path, command.arguments, environment: environment.merging(["LD_PRELOAD": ""]) { $1 },
      logPath: "\(folder)/centre.log")
  }

  /// Whether it was started and listens.
  var isAnswering: Bool {
    FileManager.default.fileExists(atPath: "\(folder)/run/settlement.sock")
  }

  /// What its terminal is told of itself.
  func terminalEnvironment(_ direction: Direction) -> [String: String] {
    ["CANTEEN_NAME": "市委食堂", "CANTEEN_SYNC_DIRECTION": direction.rawValue]
  }

  /// Makes the order by which a terminal joins.
  ///
  /// - Parameters:
  ///   - pullPort: Where the centre fetches from, when it pulls.
  ///   - peerPort: Where the canteen's other terminals find it, when they do.
  ///   - terminal: Where the terminal is then.
  func invitation(
    number: Int = terminalNumber, pullPort: Int? = nil, peerPort: Int? = nil,
    terminal: TestHost = .loopback
  ) throws(LaboratoryError) -> EnrolOrder {
    let address = pullPort.map { ["--url", "https://\(terminal.address):\($0)"] } ?? []
    let peers = peerPort.map { ["--peer-url", "https://\(terminal.address):\($0)"] } ?? []
    let printed = try run(
      [
        "terminal", "add", "市委食堂 \(number)", "--number", "\(number)", "--canteen",
        "\(Self.canteenNumber)", "--json",
      ] + address + peers)
    do {
      let invitation = try JSONDecoder().decode(Invitation.self, from: Data(printed.utf8))
      return EnrolOrder(url: "https://\(host.address):\(port)", token: invitation.token)
    } catch {
      throw .program("canteen-settlement terminal add printed \(printed)")
    }
  }

  /// What `canteen-settlement terminal add --json` prints.
  private struct Invitation: Decodable {
    let token: String
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
