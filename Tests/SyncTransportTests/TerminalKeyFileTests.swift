import Foundation
import SyncProtocol
import SyncTransport
import Testing

/// The key files of a terminal, at every step of a rotation.
@Suite final class TerminalKeyFileTests {
  private let folder: String
  private var path: String { folder + "/terminal.key" }
  private var ledger: String { folder + "/ledger.sqlite" }

  init() throws {
    folder =
      FileManager.default.temporaryDirectory.path + "/canteen-keys-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)  // a leftover folder harms no test
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func open() throws -> TerminalKeyFile {
    try TerminalKeyFile(
      path, of: ledger, unless: { false }, credentials: ServiceCredentials(folder: nil))
  }

  @Test("after each step another start finds the keys, and only the last step ends the old one")
  func steps() throws {
    let first = try open()
    #expect(first.next == nil)
    let next = try first.prepareNext()
    #expect(next.lineSeed == first.key.rawBytes)
    #expect(try first.prepareNext().rawBytes == next.rawBytes, "one that waits is not replaced")
    var again = try open()
    #expect(again.key.rawBytes == first.key.rawBytes)
    #expect(again.next?.rawBytes == next.rawBytes)
    #expect(again.next?.lineSeed == next.lineSeed)
    #expect(try names() == ["terminal.key", "terminal.key.next"])
    let mode = try FileManager.default.attributesOfItem(atPath: path + ".next")[.posixPermissions]
    #expect(mode as? Int == 0o600)
    // The old key still signs: nothing moves.
    try again.follow(again.key)
    #expect(try names() == ["terminal.key", "terminal.key.next"])
    try again.follow(next)
    try again.follow(next)
    #expect(again.next == nil)
    #expect(try names() == ["terminal.key"])
    again = try open()
    #expect(again.key.rawBytes == next.rawBytes)
    #expect(again.key.lineSeed == first.key.rawBytes)
    // The line goes on.
    #expect(try again.prepareNext().lineSeed == first.key.rawBytes)
  }

  @Test("a rename that fails leaves both keys, and is made up for")
  func failedRename() throws {
    let file = try open()
    let next = try file.prepareNext()
    try FileManager.default.moveItem(atPath: path + ".next", toPath: folder + "/elsewhere")
    #expect(throws: SecretFile.Failure.self) { try file.follow(next) }
    #expect(file.key.rawBytes != next.rawBytes)
    try FileManager.default.moveItem(atPath: folder + "/elsewhere", toPath: path + ".next")
    try file.follow(next)
    #expect(file.key.rawBytes == next.rawBytes)
  }

  @Test("a file that follows and is no whole key is refused", arguments: [0, 31, 33, 63, 65])
  func cutShort(bytes: Int) throws {
    _ = try open()
    try Data(repeating: 7, count: bytes).write(to: URL(filePath: path + ".next"))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path + ".next")
    #expect(throws: SecretFile.Failure.notWhole(path: path + ".next", bytes: bytes)) {
      try self.open()
    }
  }
}
