import CanteenModel
import Foundation
package import Logging
import NIOCore
import SQLStore
package import ServiceLifecycle
import SettlementStore
import SyncProtocol
import SyncTransport

/// The centre, put together: the books, the way in for terminals that push, the visits to those
/// that are pulled, and the operator's socket.
package struct Centre: Sendable {
  let books: Books
  /// In order of dependency; they shut down in reverse.
  package let services: [any Service]

  /// Opens and migrates the books before any socket exists, then composes the services.
  ///
  /// - Parameters:
  ///   - onBound: Told the port of the terminals' listener when it is open.
  ///   - onOfficeBound: Told the port of the office's listener when it is open.
  /// - Throws: ``StoreError``, ``SettingError``, or what the key file throws; each says what to do.
  package init(
    _ configuration: SettlementConfiguration, logger: Logger,
    onBound: @escaping @Sendable (Int) async -> Void = { _ in },
    onOfficeBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws {
    let (books, identity) = try Self.open(configuration)
    self.books = books
    try Self.makeFolder(of: configuration.socketPath)
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let office = try configuration.officeListen.map { address in
      try OfficeListener.service(
        books: books, identity: identity, configuration, address: address, logger: quiet,
        onBound: { port in
          logger.notice("the office listens", metadata: ["port": "\(port)"])
          await onOfficeBound(port)
        })
    }
    services =
      [
        HousekeepingService(books: books, logger: logger),
        PullService(
          books: books, terminals: books.terminals, identity: identity,
          intervalSeconds: configuration.pullIntervalSeconds,
          concurrency: configuration.pullConcurrency, logger: logger),
        AdminListener.service(
          books: books, identity: identity, socketPath: configuration.socketPath, logger: quiet),
        try TerminalListener.service(
          books: books, identity: identity, address: configuration.listen,
          patience: configuration.patience, logger: quiet,
          onBound: { port in
            logger.notice("the centre listens", metadata: ["port": "\(port)"])
            await onBound(port)
          }),
      ] + (office.map { [$0] } ?? [])
  }

  /// Whether a commit failed, so that nobody knows what is on disk: exit 75 and start again.
  package var hasFailedBooks: Bool {
    if case .commitFailed = books.failure { true } else { false }
  }

  /// What an operator is told when the services ended with an error; most errors say it themselves.
  package static func explained(
    _ error: any Error, _ configuration: SettlementConfiguration
  ) -> any Error {
    guard let error = error as? IOError, error.errnoCode == EADDRINUSE else { return error }
    return SettingError(
      "listen", "is \(configuration.listen), where another program listens: choose another port")
  }

  /// Takes nothing more and closes the books.
  package func close() throws {
    try books.close()
  }

  /// Opens the books, and makes the state directory, the signing key and the authority when there are none
  /// yet. A key that is missing beside its books is not made anew.
  static func open(
    _ configuration: SettlementConfiguration
  ) throws -> (Books, CentreIdentity) {
    let key = try key(of: configuration)
    let now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
    let identity = try CentreIdentity(
      path: configuration.authorityPath, credentials: configuration.credentials,
      of: "\(configuration.store)",
      unless: { try Books.exist(in: configuration.store) }, now: now)
    let books = try Books(
      Books.Configuration(store: configuration.store, key: key, now: now))
    return (books, identity)
  }

  /// The centre's public key, which every terminal must know: 64 hexadecimal digits. Made when
  /// there is none yet.
  package static func publicKey(_ configuration: SettlementConfiguration) throws -> String {
    Hexadecimal.text(try key(of: configuration).publicKey.rawBytes)
  }

  private static func key(of configuration: SettlementConfiguration) throws -> SigningKey {
    try FileManager.default.createDirectory(
      atPath: configuration.stateDirectory, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    if let key = try configuration.credentials.signingKey("centre.key") { return key }
    return try SigningKeyFile.readOrCreate(
      configuration.keyPath, of: "\(configuration.store)"
    ) { try Books.exist(in: configuration.store) }
  }

  private static func makeFolder(of socketPath: String) throws {
    try FileManager.default.createDirectory(
      at: URL(filePath: socketPath).deletingLastPathComponent(), withIntermediateDirectories: true)
  }
}
