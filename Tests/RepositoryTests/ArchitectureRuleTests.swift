import Testing

/// Bad examples for the rules about targets and imports, each next to a good one.
@Suite struct ArchitectureRuleTests {
  private func findings(_ text: String, in target: String) -> [Finding] {
    ImportRule.findings(in: Checkout(["Sources/\(target)/Example.swift": text]))
  }

  @Test(
    "an import that does not point down is reported",
    arguments: [
      ("CanteenModel", "TerminalCore"), ("Journal", "Readers"), ("Journal", "SettlementStore"),
      ("TerminalCore", "SettlementCore"), ("Readers", "canteend"), ("Laboratory", "canteend"),
      ("VirtualReaders", "Readers"), ("VirtualReaders", "Laboratory"), ("RecordingDisk", "Journal"),
    ])
  func upward(target: String, module: String) {
    #expect(findings("import \(module)\n", in: target).count == 1)
  }

  @Test(
    "what is confined to a room is reported elsewhere",
    arguments: [
      ("Readers", "CLibUSB"), ("Laboratory", "CUMockdev"), ("Journal", "Crypto"),
      ("SyncProtocol", "CryptoExtras"),
      ("SyncTransport", "SwiftProtobuf"), ("TerminalDaemon", "GRDB"),
      ("TerminalDaemon", "VirtualReaders"), ("canteend", "Laboratory"),
      ("Journal", "RecordingDisk"), ("Laboratory", "CRecordingVFS"),
      ("canteen-settlement", "VirtualReaders"),
    ])
  func confined(target: String, module: String) {
    #expect(findings("import \(module)\n", in: target).count == 1)
  }

  @Test(
    "a core imports nothing from outside, in any spelling",
    arguments: [
      "import Foundation", "import struct Foundation.Data", "@preconcurrency import Foundation",
      "package import Crypto", "import Glibc", "import Synchronization",
    ])
  func core(text: String) {
    #expect(findings(text, in: "TerminalCore").count == 1)
  }

  @Test(
    "the imports that the house is built from are fine",
    arguments: [
      ("TerminalCore", "CanteenModel"), ("Journal", "GRDB"), ("USBTransport", "CLibUSB"),
      ("VirtualReaders", "CUMockdev"), ("RecordingDisk", "CRecordingVFS"),
      ("Laboratory", "LocalAPI"), ("canteen-lab", "Laboratory"),
      ("SyncProtocol", "Crypto"), ("SettlementService", "SettlementStore"),
    ])
  func downward(target: String, module: String) {
    #expect(findings("package import \(module)\n// import Foundation\n", in: target).isEmpty)
  }

  @Test("a target without a place in the house is reported")
  func stranger() {
    #expect(findings("", in: "Utilities").map(\.path) == ["Sources/Utilities"])
  }

  @Test("a test that imports a C module is reported")
  func testOfC() {
    let checkout = Checkout(["Tests/USBTransportTests/A.swift": "import CLibUSB\n"])
    #expect(ImportRule.findings(in: checkout).count == 1)
  }

  private let manifest = """
    let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
    let package = Package(
      targets: [
        .target(name: "CanteenModel", swiftSettings: house),
        .target(
          name: "Readers", dependencies: ["CanteenModel", logging], exclude: ["A/README.md"],
          swiftSettings: house),
        .systemLibrary(name: "CLibUSB"),
      ])
    """

  @Test("an import that the manifest does not declare is reported at the import")
  func undeclared() {
    let text = "import CanteenModel\nimport Logging\nimport NIOCore\n"
    let checkout = Checkout(["Package.swift": manifest, "Sources/Readers/A.swift": text])
    let findings = ManifestRule.findings(in: checkout)
    #expect(findings.map(\.path) == ["Sources/Readers/A.swift"])
    #expect(findings.map(\.line) == [3])
  }

  @Test("a target that is not compiled with the house's settings is reported")
  func lenient() {
    let text = ".target(name: \"Readers\"),\n.target(name: \"Journal\", swiftSettings: house),\n"
    let findings = ManifestRule.findings(in: Checkout(["Package.swift": text]))
    #expect(findings.map(\.line) == [1])
  }

  @Test("a dependency that no file imports is reported at the target")
  func unused() {
    let text = "import CanteenModel\n"
    let checkout = Checkout(["Package.swift": manifest, "Sources/Readers/A.swift": text])
    let findings = ManifestRule.findings(in: checkout)
    #expect(findings.map(\.path) == ["Package.swift"])
    #expect(findings.map(\.line) == [5])
  }

  @Test(
    "a planted bug that a release build would contain is reported",
    arguments: [
      "seeded.answer()", "#if DEBUG\nseeded.answer()\n#endif",
      "#if SEEDED_BUGS\nlet a = 1\n#else\nseeded.answer()\n#endif",
      "#if !SEEDED_BUGS\nseeded.answer()\n#endif",
      "#if SEEDED_BUGS || DEBUG\nseeded.answer()\n#endif", "enum SeededBug {}",
    ])
  func plantedBug(text: String) {
    let checkout = Checkout(["Sources/Journal/A.swift": text + "\n"])
    #expect(SeededBugRule.findings(in: checkout).count == 1)
  }

  @Test("a planted bug behind its condition is fine; the condition is for debug builds")
  func plantedBugBehindCondition() {
    let text = "#if SEEDED_BUGS\n  #if os(Linux)\n    seeded.answer()\n  #endif\n#endif\n"
    let right = "let a: SwiftSetting = .define(\"SEEDED_BUGS\", .when(configuration: .debug))\n"
    let good = Checkout(["Sources/Journal/A.swift": text, "Package.swift": right])
    #expect(SeededBugRule.findings(in: good).isEmpty)
    let bad = Checkout(["Package.swift": "let a: SwiftSetting = .define(\"SEEDED_BUGS\")\n"])
    #expect(SeededBugRule.findings(in: bad).count == 1)
  }

  @Test(
    "a word that a core must not know is reported",
    arguments: CoreWordsRule.forbidden.keys.sorted())
  func coreWord(word: String) {
    let text = "// fine: \(word)\nlet name = \"\(word)\"\nlet a = \(word)(x)\nlet \(word)s = 1\n"
    for target in House.cores {
      let checkout = Checkout(["Sources/\(target)/A.swift": text])
      #expect(CoreWordsRule.findings(in: checkout).map(\.line) == [3])
    }
    #expect(CoreWordsRule.findings(in: Checkout(["Sources/Readers/A.swift": text])).isEmpty)
  }
}
