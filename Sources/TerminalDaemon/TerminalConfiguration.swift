import CanteenModel
import Configuration
import Foundation
package import SyncTransport
import SystemPackage
import TerminalCore

/// Everything that an administrator sets: environment before file before default.
///
/// In the file (JSON) the keys stand under `canteen`; in the environment they are upper case with
/// underscores: `canteen.sync.direction` is `CANTEEN_SYNC_DIRECTION`.
package struct TerminalConfiguration: Sendable {
  /// How the terminal settles.
  package enum Settling: Sendable {
    /// To the centre that it joined, at this address where that has changed.
    case push(to: LinkAddress?)
    case pull(listenAt: LinkAddress)
    /// Records stay here.
    case off
  }

  /// `canteen.terminal`: its number, 1 or more, for a terminal that has joined no centre. Where it has, the
  /// centre gave it one, and this may only say the same.
  let number: TerminalID?
  /// `canteen.name`: what the screens call the canteen; as the centre calls the terminal unless it is set.
  let canteenName: String?
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
  /// `canteen.sync.direction`: `push`, `pull` or `off`; push unless it is set. `canteen.sync.centre`: where
  /// the centre is now, when it is not where the terminal joined it. `canteen.sync.listen`: where the centre
  /// finds a terminal that is pulled.
  package let settling: Settling
  /// `canteen.peers.listen`: where the other terminals of the canteen find one that pushes. One that is pulled
  /// answers them where it answers the centre. Where a terminal that pushes says nothing, it is alone.
  let peerListening: LinkAddress?
  /// What the service manager handed over: `terminal.key` is taken from there if it is among it.
  let credentials = ServiceCredentials.ofThisProcess

  /// Reads the configuration.
  ///
  /// - Parameter file: A JSON file; one that is missing is an error only when `isRequired`.
  /// - Throws: ``ConfigurationError``, which names the key and what to do.
  package static func read(file: String, isRequired: Bool) async throws -> TerminalConfiguration {
    let reader = ConfigReader(providers: [
      EnvironmentVariablesProvider(),
      try await FileProvider<JSONSnapshot>(
        filePath: FilePath(file), allowMissing: !isRequired),
    ])
    return try TerminalConfiguration(reader.scoped(to: "canteen"))
  }

  private init(_ reader: ConfigReader) throws(ConfigurationError) {
    number = try Self.number(reader)
    canteenName = reader.string(forKey: "name")
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
    peerListening = try Self.peerListening(reader, settling)
  }

  /// Whether somebody has the authority to refund.
  func mayRefund(_ identity: OperatorIdentity) -> Bool {
    !identity.name.isEmpty && refundUsers.contains(identity.name)
  }

  private static func number(_ reader: ConfigReader) throws(ConfigurationError) -> TerminalID? {
    guard let number = reader.int(forKey: "terminal") else { return nil }
    guard let terminal = UInt32(exactly: number), terminal > 0 else {
      throw ConfigurationError("canteen.terminal", "is 1 or more, not \(number)")
    }
    return TerminalID(terminal)
  }

  private static func settling(_ reader: ConfigReader) throws(ConfigurationError) -> Settling {
    let direction = reader.string(forKey: "sync.direction", default: "push")
    switch direction {
    case "push": return .push(to: try address(reader, "sync.centre"))
    case "pull":
      guard let address = try address(reader, "sync.listen") else {
        throw ConfigurationError(
          "canteen.sync.listen", "is where the centre finds this terminal, such as 0.0.0.0:8701")
      }
      return .pull(listenAt: address)
    case "off": return .off
    default:
      throw ConfigurationError("canteen.sync.direction", "is push, pull or off, not \(direction)")
    }
  }

  private static func peerListening(
    _ reader: ConfigReader, _ settling: Settling
  ) throws(ConfigurationError) -> LinkAddress? {
    let key = "peers.listen"
    let address = try address(reader, key)
    guard case .pull(let listening) = settling else { return address }
    guard address == nil else {
      throw ConfigurationError(
        "canteen.\(key)",
        "is for a terminal that pushes: this one answers its neighbours at canteen.sync.listen too")
    }
    return listening
  }

  private static func address(
    _ reader: ConfigReader, _ key: String
  ) throws(ConfigurationError) -> LinkAddress? {
    guard let text = reader.string(forKey: ConfigKey(key)) else { return nil }
    do {
      return try LinkAddress(text)
    } catch {
      throw ConfigurationError("canteen.\(key)", "\(error)")
    }
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
