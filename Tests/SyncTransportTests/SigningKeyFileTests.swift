import Foundation
import SyncProtocol
import SyncTransport
import Testing

@Suite final class SigningKeyFileTests {
  private let folder: String
  private let path: String
  private let store: String

  init() throws {
    folder =
      FileManager.default.temporaryDirectory.path + "/canteen-key-\(UUID().uuidString.prefix(8))"
    path = folder + "/centre.key"
    store = folder + "/books.sqlite"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)  // a leftover folder harms no test
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func leave(_ bytes: Int, at path: String) throws {
    try Data(repeating: 7, count: bytes).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
  }

  @Test("a new key is its owner's alone, is read back, and leaves no other file")
  func roundTrip() throws {
    let key = try SigningKeyFile.readOrCreate(path)
    #expect(try SigningKeyFile.readOrCreate(path).rawBytes == key.rawBytes)
    #expect(try SigningKeyFile.readOrCreate(path, unlessExists: store).rawBytes == key.rawBytes)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try names() == ["centre.key"])
  }

  @Test("creators at once get one key, and leave no other file")
  func race() async throws {
    let keys = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<16 {
        group.addTask { [path, store] in
          try SigningKeyFile.readOrCreate(path, unlessExists: store).rawBytes
        }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(keys.count == 1)
    #expect(try names() == ["centre.key"])
  }

  @Test(
    "a file that is no whole key is refused with what to do, and stays as it is",
    arguments: [0, 31, 33])
  func cutShort(bytes: Int) throws {
    try leave(bytes, at: path)
    let error = #expect(throws: SecretFile.Failure.self) {
      try SigningKeyFile.readOrCreate(path)
    }
    #expect(error == .notWhole(path: path, bytes: bytes))
    #expect("\(try #require(error))".contains("restore it from a backup"))
    #expect(try Data(contentsOf: URL(filePath: path)).count == bytes)
  }

  @Test("a power cut before the key has its name leaves nothing that stops the next start")
  func leftover() throws {
    try leave(0, at: path + ".new-0123456789abcdef")
    let key = try SigningKeyFile.readOrCreate(path, unlessExists: store)
    #expect(try names() == ["centre.key"])
    // After the link, before the other name was removed.
    try FileManager.default.linkItem(atPath: path, toPath: path + ".new-fedcba9876543210")
    #expect(try SigningKeyFile.readOrCreate(path).rawBytes == key.rawBytes)
    #expect(try names() == ["centre.key"])
  }

  @Test("a key that is missing beside its books is not made anew")
  func missing() throws {
    try leave(1, at: store)
    let error = #expect(throws: SecretFile.Failure.self) {
      try SigningKeyFile.readOrCreate(path, unlessExists: store)
    }
    #expect(error == .missing(path: path, store: store))
    #expect("\(try #require(error))".contains("restore it from a backup"))
    #expect(try names() == ["books.sqlite"])
  }

  @Test("a key that others may read is refused")
  func tooOpen() throws {
    try leave(32, at: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    #expect(throws: SecretFile.Failure.tooOpen(path: path)) {
      try SigningKeyFile.readOrCreate(path)
    }
  }
}
