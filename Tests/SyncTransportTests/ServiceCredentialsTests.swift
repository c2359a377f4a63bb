import Foundation
import SyncProtocol
import SyncTransport
import Testing

/// Keys that the service manager hands over.
@Suite final class ServiceCredentialsTests {
  private let folder: String
  private let state: String
  private var credentials: ServiceCredentials { ServiceCredentials(folder: folder) }

  init() throws {
    let place =
      FileManager.default.temporaryDirectory.path + "/canteen-creds-\(UUID().uuidString.prefix(8))"
    (folder, state) = (place + "/credentials", place + "/state")
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
  }

  deinit {
    // A leftover folder harms no test.
    try? FileManager.default.removeItem(
      at: URL(filePath: folder).deletingLastPathComponent())
  }

  private func hand(_ bytes: [UInt8], as name: String, mode: Int = 0o440) throws {
    let path = folder + "/" + name
    try Data(bytes).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  private func open() throws -> TerminalKeyFile {
    try TerminalKeyFile(
      state + "/terminal.key", of: "the ledger", unless: { false }, credentials: credentials)
  }

  private func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test(
    "a credential may be read by its group, and by nobody else", arguments: [0o400, 0o440, 0o600])
  func modes(mode: Int) throws {
    try hand([1, 2, 3], as: "secret", mode: mode)
    #expect(try credentials.read("secret") == [1, 2, 3])
    #expect(try credentials.read("another") == nil)
    #expect(try ServiceCredentials(folder: nil).read("secret") == nil)
  }

  @Test(
    "one that strangers may read, or others change, is refused",
    arguments: [0o444, 0o404, 0o460, 0o450, 0o402])
  func tooOpen(mode: Int) throws {
    try hand([1], as: "secret", mode: mode)
    #expect(throws: SecretFile.Failure.tooOpen(path: folder + "/secret")) {
      try self.credentials.read("secret")
    }
  }

  @Test("a folder that strangers may enter makes no credential; a group's right counts there only")
  func elsewhere() throws {
    try hand([1], as: "secret")
    #expect(throws: SecretFile.Failure.tooOpen(path: folder + "/secret")) {
      try SecretFile.read(self.folder + "/secret")
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
    #expect(throws: SecretFile.Failure.tooOpen(path: folder)) {
      try self.credentials.read("secret")
    }
  }

  @Test("a key that is handed over is used, and nothing is written")
  func key() throws {
    let key = SigningKey()
    try hand(key.rawBytes, as: "terminal.key")
    let file = try open()
    #expect(file.key.rawBytes == key.rawBytes)
    #expect(!file.mayPrepareNext)
    #expect(throws: SecretFile.Failure.self) { try file.prepareNext() }
    #expect(try names(in: state) == [])
    #expect(try names(in: folder) == ["terminal.key"])
  }

  @Test("the key that follows is handed over, too; both stay until somebody takes the old one away")
  func next() throws {
    let key = SigningKey()
    let next = SigningKey(succeeding: key)
    try hand(key.rawBytes, as: "terminal.key")
    try hand(next.rawBytes + next.lineSeed, as: "terminal.key.next")
    var file = try open()
    #expect(file.mayPrepareNext)
    #expect(try file.prepareNext().rawBytes == next.rawBytes)
    #expect(file.next?.lineSeed == key.rawBytes)
    try file.follow(next)
    #expect(file.key.rawBytes == next.rawBytes)
    #expect(try names(in: state) == [])
    file = try open()
    #expect(file.key.rawBytes == key.rawBytes, "the ledger says which of them signs")
    #expect(file.next?.rawBytes == next.rawBytes)
  }

  @Test("a credential that is no key is refused, also where a key file lies in the state directory")
  func noKey() throws {
    try hand([1, 2, 3], as: "terminal.key")
    #expect(
      throws: SecretFile.Failure.notWhole(path: folder + "/terminal.key", bytes: 3)
    ) { try self.open() }
    #expect(try names(in: state) == [])
  }
}
