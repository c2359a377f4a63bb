package import CanteenModel
import Configuration
import Foundation
import SyncProtocol
package import SyncTransport
import SystemPackage
import TerminalCore

/// Everything that an administrator sets: environment before file before default.
///
/// In the file (JSON) the keys stand under `canteen`; in the environment they are upper case with
/// underscores: `canteen.sync.centreKey` is `CANTEEN_SYNC_CENTRE_KEY`.
package struct TerminalConfiguration: Sendable {
  /// How the terminal settles.
  package enum Settling: Sendable {
    case push(to: LoopbackAddress)
    case pull(listenAt: LoopbackAddress)
    /// Records stay here; for a terminal that is being set up.
    case off
  }

  /// `canteen.terminal`: the number that the centre gave it, 1 or more. Required.
  package let terminal: TerminalID
  /// `canteen.name`: what the screens call the canteen.
  package let canteenName: String
  /// `canteen.stateDirectory`: the ledger and the key.
  package let stateDirectory: String
  /// `canteen.socket`: where `canteenctl` finds the daemon.
  package let socketPath: String
  /// `canteen.laneMode`: `fixedPrice`, `keyedAmount` or `countOnly`; `canteen.laneModes` names other
  /// modes for some meal periods, by their numbers: `1=keyedAmount,3=countOnly`. `canteen.lanes` says the
  /// same of single lanes: `["2 keyedAmount 1=fixedPrice"]`. `canteen.readers` says which reader serves
  /// which lane, by socket: `["1 card pci-0000:00:14.0-usb-0:1.1", "1 scanner 1-1.2"]`.
  package let counters: CounterPlan
  /// `canteen.refundUsers`: the users of the system who may refund, separated by commas; `root` unless
  /// set.
  package let refundUsers: [String]
  /// `canteen.retentionDays`: so long records stay that the centre has and the balances include, 1 to
  /// 3650; 30 where nothing is said.
  package let retentionDays: Int
  /// `canteen.mirrorDirectory`: a folder on a second medium, to which every record is copied; it must be
  /// there already. No copy where nothing is said.
  package let mirrorDirectory: String?
  /// `canteen.sync.direction`: `push`, `pull` or `off`, with `canteen.sync.centre` (push) or
  /// `canteen.sync.listen` (pull).
  package let settling: Settling
  /// `canteen.sync.token`: at least 16 characters; a secret. Required unless settling is off.
  let token: SharedToken?
  /// `canteen.sync.centreKey`: the centre's public key, 64 hexadecimal digits. Required unless
  /// settling is off.
  let centreKey: VerifyingKey?

  /// Reads the configuration.
  ///
  /// - Parameter file: A JSON file; one that is missing is an error only when `isRequired`.
  /// - Throws: ``ConfigurationError``, which names the key and what to do.
  package static func read(file: String, isRequired: Bool) async throws -> TerminalConfiguration {
    let reader = ConfigReader(providers: [
      EnvironmentVariablesProvider(secretsSpecifier: .specific(["CANTEEN_SYNC_TOKEN"])),
      try await FileProvider<JSONSnapshot>(
        filePath: FilePath(file), allowMissing: !isRequired),
    ])
    return try TerminalConfiguration(reader.scoped(to: "canteen"))
  }

  private init(_ reader: ConfigReader) throws(ConfigurationError) {
    guard let number = reader.int(forKey: "terminal"), let terminal = UInt32(exactly: number),
      terminal > 0
    else {
      throw ConfigurationError(
        "canteen.terminal", "is the terminal's number at the centre, 1 or more")
    }
    self.terminal = TerminalID(terminal)
    canteenName = reader.string(forKey: "name", default: "食堂")
    stateDirectory = reader.string(forKey: "stateDirectory", default: "/var/lib/canteen")
    socketPath = reader.string(forKey: "socket", default: "/run/canteen/canteend.sock")
    counters = try CounterPlan(reader)
    refundUsers = reader.string(forKey: "refundUsers", default: "root")
      .split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    retentionDays = reader.int(forKey: "retentionDays", default: 30)
    guard (1...3650).contains(retentionDays) else {
      throw ConfigurationError("canteen.retentionDays", "is 1 to 3650, not \(retentionDays)")
    }
    mirrorDirectory = reader.string(forKey: "mirrorDirectory")
    guard mirrorDirectory?.hasPrefix("/") ?? true else {
      throw ConfigurationError("canteen.mirrorDirectory", "is a whole path, beginning with /")
    }
    settling = try Self.settling(reader)
    if case .off = settling {
      (token, centreKey) = (nil, nil)
    } else {
      token = try Self.token(reader)
      centreKey = try Self.centreKey(reader)
    }
  }

  /// Whether somebody has the authority to refund.
  func mayRefund(_ identity: OperatorIdentity) -> Bool {
    !identity.name.isEmpty && refundUsers.contains(identity.name)
  }

  private static func settling(_ reader: ConfigReader) throws(ConfigurationError) -> Settling {
    let direction = reader.string(forKey: "sync.direction", default: "off")
    switch direction {
    case "push": return .push(to: try address(reader, "sync.centre"))
    case "pull": return .pull(listenAt: try address(reader, "sync.listen"))
    case "off": return .off
    default:
      throw ConfigurationError("canteen.sync.direction", "is push, pull or off, not \(direction)")
    }
  }

  private static func address(
    _ reader: ConfigReader, _ key: String
  ) throws(ConfigurationError) -> LoopbackAddress {
    let text = reader.string(forKey: ConfigKey(key), default: "")
    do {
      return try LoopbackAddress(text)
    } catch {
      throw ConfigurationError("canteen.\(key)", "\(error)")
    }
  }

  private static func token(_ reader: ConfigReader) throws(ConfigurationError) -> SharedToken {
    let text = reader.string(forKey: "sync.token", isSecret: true, default: "")
    guard let token = SharedToken(text) else {
      throw ConfigurationError(
        "canteen.sync.token", "is the centre's token, at least 16 characters")
    }
    return token
  }

  private static func centreKey(_ reader: ConfigReader) throws(ConfigurationError) -> VerifyingKey {
    let text = reader.string(forKey: "sync.centreKey", default: "")
    // try?: whatever is wrong with the key, the cure is the same.
    guard let bytes = Hexadecimal.bytes(text), let key = try? VerifyingKey(rawBytes: bytes) else {
      throw ConfigurationError(
        "canteen.sync.centreKey",
        "is the centre's public key, 64 hexadecimal digits: canteen-settlement key prints it")
    }
    return key
  }
}

/// A setting that cannot be used.
package struct ConfigurationError: Error, CustomStringConvertible, Sendable {
  package let key: String
  package let cure: String

  init(_ key: String, _ cure: String) {
    self.key = key
    self.cure = cure
  }

  package var description: String { "\(key) \(cure)" }
}
