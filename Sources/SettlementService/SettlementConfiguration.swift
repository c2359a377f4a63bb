import Configuration
import Foundation
package import LinkSecurity
package import SQLStore
package import SyncTransport
import SystemPackage

/// Everything that an administrator sets: environment before file before default.
///
/// In the file (JSON) the keys stand under `canteen` and `settlement`; in the environment they are
/// upper case with underscores: `canteen.settlement.pull.intervalSeconds` is
/// `CANTEEN_SETTLEMENT_PULL_INTERVAL_SECONDS`.
package struct SettlementConfiguration: Sendable {
  /// `canteen.settlement.stateDirectory`: the signing key, the authority, and the books unless they are elsewhere.
  package let stateDirectory: String
  /// `canteen.settlement.store`: the books; a file of the state directory unless it is set. A PostgreSQL
  /// server is named by a URI, `postgres://canteen@db.example.org/canteen`; its password belongs into a
  /// password file.
  package let store: StoreLocation
  /// `canteen.settlement.socket`: where the other commands find a running service.
  package let socketPath: String
  /// `canteen.settlement.listen`: where the centre listens for terminals, on every address unless it is set.
  /// Port 0 lets the system choose.
  package let listen: LinkAddress
  /// `canteen.settlement.url`: how terminals reach the centre; this machine's name unless it is set.
  package let url: String
  /// `canteen.settlement.pull.intervalSeconds`: from the end of a visit to the next. 1...3600.
  package let pullIntervalSeconds: Int
  /// `canteen.settlement.pull.concurrency`: how many terminals are visited at once. 1...256.
  package let pullConcurrency: Int

  /// `canteen.settlement.office.listen`: where people and programs of the offices ask; nowhere unless it is set.
  package var officeListen: LinkAddress?
  /// `canteen.settlement.office.hosts`: the names under which they do, with commas between; this machine's name unless
  /// it is set. Small letters.
  package let officeHosts: [String]
  /// What one guess of a password costs.
  let passwordCost: PasswordHash.Cost

  /// What the service manager handed over: `centre.key`, `authority.pem`, `office.crt` and `office.key` are taken from
  /// there if they are among it.
  package var credentials = ServiceCredentials.ofThisProcess

  /// So long a connection may be without a whole request.
  let patience: Duration

  package var keyPath: String { stateDirectory + "/centre.key" }
  package var authorityPath: String { stateDirectory + "/authority.pem" }

  /// Where the file is unless the command line says it.
  package static let defaultFile = "/etc/canteen-settlement/canteen-settlement.json"

  /// Reads the configuration.
  ///
  /// - Parameters:
  ///   - file: A JSON file; `nil` for ``defaultFile``, which may be missing.
  ///   - store: What the command line says of ``store``.
  /// - Throws: ``SettingError``, which names the key and what to do.
  package static func read(
    file: String?, store: String? = nil
  ) async throws -> SettlementConfiguration {
    let reader = ConfigReader(providers: [
      EnvironmentVariablesProvider(),
      try await FileProvider<JSONSnapshot>(
        filePath: FilePath(file ?? defaultFile), allowMissing: file == nil),
    ])
    return try SettlementConfiguration(reader.scoped(to: "canteen.settlement"), store: store)
  }

  private init(_ reader: ConfigReader, store: String?) throws(SettingError) {
    stateDirectory = reader.string(
      forKey: "stateDirectory", default: "/var/lib/canteen-settlement")
    self.store = StoreLocation(
      store ?? reader.string(forKey: "store", default: Self.booksFile(in: stateDirectory)))
    socketPath = reader.string(
      forKey: "socket", default: "/run/canteen-settlement/admin.sock")
    listen = try Self.address(reader, "listen", default: "0.0.0.0:8700")
    url = try Self.address(
      reader, "url", default: "\(Self.hostName):\(listen.port)"
    ).url
    pullIntervalSeconds = try Self.number(reader, "pull.intervalSeconds", 10, in: 1...3600)
    pullConcurrency = try Self.number(reader, "pull.concurrency", 32, in: 1...256)
    officeListen = try Self.optionalAddress(reader, "office.listen")
    officeHosts = reader.string(forKey: "office.hosts", default: Self.hostName)
      .split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    passwordCost = .standard
    patience = .seconds(60)
  }

  /// For tests: everything said.
  package init(
    stateDirectory: String, store: StoreLocation? = nil, socketPath: String, listen: LinkAddress,
    pullIntervalSeconds: Int, pullConcurrency: Int, patience: Duration = .seconds(60),
    officeListen: LinkAddress? = nil, passwordCost: PasswordHash.Cost = .low
  ) {
    self.stateDirectory = stateDirectory
    self.store = store ?? .file(path: Self.booksFile(in: stateDirectory))
    self.socketPath = socketPath
    self.listen = listen
    url = listen.url
    self.pullIntervalSeconds = pullIntervalSeconds
    self.pullConcurrency = pullConcurrency
    self.patience = patience
    self.officeListen = officeListen
    officeHosts = ["127.0.0.1", "centre.example.org"]
    self.passwordCost = passwordCost
  }

  private static func booksFile(in directory: String) -> String { directory + "/books.sqlite" }

  /// What this machine calls itself, asked of the kernel and of no name server.
  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    // The last byte stays 0, so that a name that was cut is a string, too.
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func address(
    _ reader: ConfigReader, _ key: String, default standard: String
  ) throws(SettingError) -> LinkAddress {
    do {
      return try LinkAddress(reader.string(forKey: ConfigKey(key), default: standard))
    } catch {
      throw SettingError(key, "\(error)")
    }
  }

  private static func optionalAddress(
    _ reader: ConfigReader, _ key: String
  ) throws(SettingError) -> LinkAddress? {
    guard let text = reader.string(forKey: ConfigKey(key)) else { return nil }
    do {
      return try LinkAddress(text)
    } catch {
      throw SettingError(key, "\(error)")
    }
  }

  private static func number(
    _ reader: ConfigReader, _ key: String, _ standard: Int, in range: ClosedRange<Int>
  ) throws(SettingError) -> Int {
    let value = reader.int(forKey: ConfigKey(key), default: standard)
    guard range.contains(value) else {
      throw SettingError(
        key, "is \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
    return value
  }
}

/// A setting that cannot be used.
package struct SettingError: Error, CustomStringConvertible, Sendable {
  package let key: String
  package let cure: String

  init(_ key: String, _ cure: String) {
    self.key = "canteen.settlement.\(key)"
    self.cure = cure
  }

  package var description: String { "\(key) \(cure)" }
}
