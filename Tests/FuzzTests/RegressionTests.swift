import Foundation
import FuzzTargets
import Readers
import Testing

/// What the fuzzer begins with, and what it once found.
@Suite struct RegressionTests {
  private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
  private static let regressions = tests.appending(path: "Regressions")
  private static let evidence = tests.deletingLastPathComponent()
    .appending(path: "ReadersTests/Fixtures")

  private static func folders(in folder: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .sorted { $0.path < $1.path }
  }

  @Test("what the fuzzer once found is borne", arguments: FuzzTarget.allCases)
  func kept(target: FuzzTarget) throws {
    let folder = Self.regressions.appending(path: target.rawValue)
    // A target without a finding has no folder.
    guard FileManager.default.fileExists(atPath: folder.path) else { return }
    for file in try Self.folders(in: folder) {
      let bytes = [UInt8](try Data(contentsOf: file))
      #expect(throws: Never.self, "\(file.lastPathComponent)") { try target.run(bytes) }
    }
  }

  @Test("every kept input belongs to a target")
  func named() throws {
    let names = FuzzTarget.allCases.map(\.rawValue) + ["README.md"]
    for folder in try Self.folders(in: Self.regressions) {
      #expect(names.contains(folder.lastPathComponent))
    }
  }

  @Test("every target has inputs to begin with, and bears them", arguments: FuzzTarget.allCases)
  func seeds(target: FuzzTarget) throws {
    let seeds = Corpus.seeds(of: target, folders: try Self.folders(in: Self.evidence))
    #expect(!seeds.isEmpty)
    // A story of a device takes a moment; every sixth tells one of each.
    let every = target == .device ? 6 : 1
    for index in stride(from: 0, to: seeds.count, by: every) {
      #expect(throws: Never.self, "\(seeds[index])") { try target.run(seeds[index]) }
    }
  }

  @Test("a frame whose checksum is wrong is noticed where it is believed")
  func plantedChecksum() throws {
    #if SEEDED_BUGS
      let input: [UInt8] = [0, 0, 0, 0xEF, 0xAA, 0x01, 0x00, 0x01, 0x00, 0x55]
      try FuzzTarget.faceFM22x.run(input)
      SeededCodecBug.$planted.withValue(.checksumIsIgnored) {
        #expect(throws: BrokenPromise.self) { try FuzzTarget.faceFM22x.run(input) }
      }
    #endif
  }
}
