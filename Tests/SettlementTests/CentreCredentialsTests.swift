import Foundation
import LinkSecurity
import Logging
import SettlementService
import SyncProtocol
import SyncTransport
import Testing

/// A centre whose keys the service manager hands over.
@Suite struct CentreCredentialsTests {
  @Test("the centre's key and authority are used as they were handed over, and none is written")
  func used() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "canteen-\(UUID().uuidString.prefix(8))")
    defer { try? FileManager.default.removeItem(at: folder) }  // a leftover folder harms no test
    let (state, credentials) = (
      folder.appending(path: "state").path, folder.appending(path: "credentials").path
    )
    try FileManager.default.createDirectory(
      atPath: credentials, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
    )
    let key = SigningKey()
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    let authority = try CertificateAuthority(now: now)
    for (name, bytes) in [
      ("centre.key", key.rawBytes), ("authority.pem", Array(authority.pem.utf8)),
    ] {
      let path = credentials + "/" + name
      try Data(bytes).write(to: URL(filePath: path))
      try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
    }
    var configuration = SettlementConfiguration(
      stateDirectory: state, socketPath: folder.appending(path: "run/admin.sock").path,
      listen: try LinkAddress("127.0.0.1:0"), pullIntervalSeconds: 1, pullConcurrency: 1)
    configuration.credentials = ServiceCredentials(folder: credentials)
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    // Twice: books that are there do not ask for a file.
    for _ in 0..<2 { try Centre(configuration, logger: logger).close() }
    #expect(
      try Centre.publicKey(configuration)
        == key.publicKey.rawBytes.map { String(format: "%02x", $0) }.joined())
    let names = try FileManager.default.contentsOfDirectory(atPath: state)
    #expect(names.filter { !$0.hasPrefix("books.sqlite") } == [])
    // Without them the same books miss their key, and no other one is made.
    configuration.credentials = ServiceCredentials(folder: nil)
    #expect(throws: SecretFile.Failure.self) { try Centre(configuration, logger: logger) }
  }
}
