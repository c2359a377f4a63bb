import CanteenModel
import Foundation

/// A centre that knows one terminal, in a folder of its own, started as an administrator would start it.
final class CentreSite: Sendable {
  static let terminalNumber = 3
  /// The canteen of the terminal, and of every diner.
  static let canteenNumber: UInt32 = 1

  private let folder: String
  private let programs: String
  private let token = Hexadecimal.text((0..<16).map { _ in UInt8.random(in: .min ... .max) })
  /// Where terminals reach it.
  let port: Int

  /// - Parameters:
  ///   - folder: Made new; what is in it is removed.
  ///   - programs: Where canteen-settlement is.
  init(folder: String, programs: String) throws {
    self.folder = folder
    self.programs = programs
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
      "CANTEEN_SETTLEMENT_LISTEN": "127.0.0.1:\(port)",
      "CANTEEN_SETTLEMENT_TOKEN": token, "CANTEEN_SETTLEMENT_PULL_INTERVAL_SECONDS": "1",
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

  func start() throws(LaboratoryError) -> RunningProgram {
    try RunningProgram(
      "\(programs)/canteen-settlement", ["serve"],
      environment: environment.merging(["LD_PRELOAD": ""]) { $1 },
      logPath: "\(folder)/centre.log")
  }

  /// What its terminal must be told of itself and of the centre.
  func terminalEnvironment(_ direction: Direction, centreKey: String) -> [String: String] {
    [
      "CANTEEN_TERMINAL": "\(Self.terminalNumber)", "CANTEEN_NAME": "市委食堂",
      "CANTEEN_SYNC_TOKEN": token, "CANTEEN_SYNC_DIRECTION": direction.rawValue,
      "CANTEEN_SYNC_CENTRE_KEY": centreKey,
    ]
  }

  /// Sets it up: rulebook, accounts, and its terminal's key.
  ///
  /// - Parameters:
  ///   - pullPort: Where the centre fetches from, when it pulls.
  ///   - terminalKey: Asks the terminal, which is told the centre's key, for its own.
  /// - Returns: The centre's public key.
  func introduce(
    rulebook: String, accounts: String, pullPort: Int? = nil,
    terminalKey: (_ centreKey: String) throws -> String
  ) throws -> String {
    try Data(rulebook.utf8).write(to: URL(filePath: "\(folder)/rulebook.json"))
    try Data(accounts.utf8).write(to: URL(filePath: "\(folder)/accounts.csv"))
    try run("rules", "sign", "--yes", "\(folder)/rulebook.json")
    try run("accounts", "import", "\(folder)/accounts.csv")
    let centreKey = try run("key").trimmingCharacters(in: .whitespacesAndNewlines)
    let key = try terminalKey(centreKey).trimmingCharacters(in: .whitespacesAndNewlines)
    let address = pullPort.map { ["--url", "http://localhost:\($0)"] } ?? []
    try run(
      [
        "terminal", "add", "\(Self.terminalNumber)", "--name", "市委食堂 3", "--public-key", key,
        "--canteen", "\(Self.canteenNumber)",
      ] + address)
    return centreKey
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
