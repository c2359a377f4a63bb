import Foundation
import Laboratory
import Testing
import VirtualReaders

/// Recorded sessions, one a family of devices, happen again with the drivers as they are.
@Suite struct EvidenceTests {
  private static let parent = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures").path

  /// The folders' names.
  private static var folders: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: parent).sorted() }
  }

  private static func read(_ name: String) throws -> EvidenceFolder {
    try EvidenceFolder(reading: "\(parent)/\(name)")
  }

  @Test("the drivers do what they did, and say what they said", arguments: try folders)
  func replay(name: String) throws {
    let folder = try Self.read(name)
    #expect(folder.name == name)
    let findings = try SessionRecorder.replay(folder)
    #expect(findings.isEmpty, "\(findings)")
    let readme = try String(contentsOfFile: "\(Self.parent)/\(name)/README.md", encoding: .utf8)
    #expect(readme.contains(": \(folder.provenance.rawValue)"))
  }

  /// Of every device of the laboratory, once for all tests.
  private static let recordings = Result { try Specimen.all.map(SessionRecorder.record) }

  @Test("the laboratory's devices still are what was recorded of them", arguments: try folders)
  func models(name: String) throws {
    let folder = try Self.read(name)
    guard folder.provenance == .computed else { return }
    let now = try Self.recordings.get().filter { $0.name == name }
    #expect(now.count == 1)
    #expect(now.first?.events == folder.events)
    #expect(now.first?.descriptors == folder.descriptors)
    #expect(now.first?.script.lines.count == folder.script.lines.count)
  }

  /// Lends a copy of a recording, in a folder of its own.
  private func withCopy<Result>(_ body: (_ copy: String) throws -> Result) throws -> Result {
    let parent =
      FileManager.default.temporaryDirectory.path + "/canteen-evidence-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    // try?: a leftover folder harms no test.
    defer { try? FileManager.default.removeItem(atPath: parent) }
    let name = "072f-2200-acs-acr122u"
    try FileManager.default.copyItem(
      atPath: "\(Self.parent)/\(name)", toPath: "\(parent)/\(name)")
    return try body("\(parent)/\(name)")
  }

  private func replace(_ old: String, with new: String, in file: String) throws {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text.contains(old))
    try text.replacing(old, with: new).write(toFile: file, atomically: true, encoding: .utf8)
  }

  /// A recording in which one line is another.
  private func spoilt(_ file: String, _ old: String, _ new: String) throws -> [String] {
    try withCopy { copy in
      try replace(old, with: new, in: "\(copy)/\(file)")
      return try SessionRecorder.replay(EvidenceFolder(reading: copy))
    }
  }

  @Test("a recording is written beside a README only if that says where its bytes come from")
  func provenance() throws {
    try withCopy { copy in
      let parent = URL(filePath: copy).deletingLastPathComponent().path
      try replace("provenance computed", with: "provenance captured", in: "\(copy)/session.txt")
      let captured = try EvidenceFolder(reading: copy)
      try FileManager.default.removeItem(atPath: "\(copy)/session.txt")
      #expect(throws: LaboratoryError.self) { try captured.write(into: parent) }
      #expect(!FileManager.default.fileExists(atPath: "\(copy)/session.txt"))
      try replace(": computed", with: ": captured", in: "\(copy)/README.md")
      #expect(try captured.write(into: parent) == copy)
      #expect(try EvidenceFolder(reading: copy).provenance == .captured)
      try replace("Provenance", with: "Origin", in: "\(copy)/README.md")
      #expect(throws: LaboratoryError.self) { try captured.write(into: parent) }
      // A README of our own is right.
      try FileManager.default.removeItem(atPath: "\(copy)/README.md")
      for _ in 0..<2 { #expect(try captured.write(into: parent) == copy) }
    }
  }

  @Test("another card, another command and a missing answer are noticed")
  func differences() throws {
    let card = try spoilt("expected.txt", "01020304", "01020305")
    #expect(card.count == 1 && card[0].hasPrefix("the driver said"))
    // The command that switches its own beep off.
    let command = try spoilt("traffic.txt", "ff00520000", "ff0052ff00")
    #expect(command.first?.hasPrefix("the driver did what it had not done") == true)
    // The card's serial number.
    let answer = try spoilt("traffic.txt", "010203049000", "010203056300")
    #expect(!answer.isEmpty)
  }

  @Test("a folder that is not whole says which file and what it must have")
  func incomplete() throws {
    #expect(throws: LaboratoryError.self) { try EvidenceFolder(reading: "\(Self.parent)/none") }
    for (file, old, new) in [
      ("session.txt", "provenance computed", "provenance hearsay"),
      ("descriptors.txt", "device 12", "device "), ("traffic.txt", "0.000 >", "0.000 ?"),
    ] {
      #expect(throws: LaboratoryError.self) { try spoilt(file, old, new) }
    }
  }
}
