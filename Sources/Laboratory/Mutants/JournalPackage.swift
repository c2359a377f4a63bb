import Foundation

/// The journal's decide, recover and verify with the journal's tests as a package of its own. What both
/// need is taken as the product's debug build compiled it, so that this one takes less than a minute.
struct JournalPackage: TestedPackage {
  static let target = "Journal"
  static let equivalent = EquivalentMutant.journal
  static let unreachable = UnreachableRegion.journal
  private static let tests = "JournalTests"

  /// What decides, what recovers, and what verifies.
  private static let names = [
    "Journal+Authorise", "Journal+Holds", "Journal+Keys", "Journal+Correct", "Journal+Refunds",
    "FoldedDeclines", "Journal+Peers", "PeerRows", "Journal+Witness",
    "AccountView+Database", "SaleRows",
    "CorrectionRows", "HoldRows", "RecordRow", "WaitingRoom", "LedgerState",
    "Journal", "ChainCheck", "Journal+Beginning", "Head+Database", "Salvage", "SalvagedLedger",
    "DamagedLedger", "LedgerFiles", "Journal+Salvage", "RecordReplay", "DamagedLedger+Mirror",
    "Journal+Mirror", "MirrorFile",
    "Journal+Verify", "HoldCheck", "RowFingerprint",
  ]
  /// What is linked as it is: modules of ours, and of others.
  private static let linked = [
    "CanteenModel", "TerminalCore", "SyncProtocol", "LedgerDisk", "CSQLiteDisk", "SeededRandom",
    "RecordingDisk",
    "CRecordingVFS", "GRDB", "Crypto", "CryptoBoringWrapper", "CCryptoBoringSSL",
    "CCryptoBoringSSLShims", "CXKCP", "CXKCPShims", "SwiftProtobuf",
  ]

  /// The repository, with a debug build.
  private let root: String
  let folder: String
  let configuration = "debug"
  let triesByReach = true

  /// - Parameter folder: Gets a folder of the repository's name: what is visible inside of a package is
  ///   seen by that name.
  init(root: String, folder: String) {
    self.root = root
    self.folder = "\(folder)/\(URL(filePath: root).lastPathComponent)"
  }

  private var product: LinkedProduct {
    LinkedProduct(
      root: root, configuration: configuration, modules: Self.linked,
      list: "canteenPackageTests.product")
  }

  func sources() throws -> [SourceText] {
    let all = try allSources()
    let wanted = Set(Self.names.map { $0 + ".swift" })
    let found = all.filter { wanted.contains($0.name) }
    guard found.count == wanted.count else {
      let missing = wanted.subtracting(found.map(\.name)).sorted().joined(separator: ", ")
      throw LaboratoryError.program("Sources/\(Self.target) has no \(missing)")
    }
    return found
  }

  private func allSources() throws -> [SourceText] {
    try texts(in: "\(root)/Sources/\(Self.target)").map {
      ($0.name, SeededSource.released($0.text))
    }
  }

  func write(_ sources: [SourceText], countsRegions: Bool) throws {
    let replaced = Set(sources.map(\.name))
    let others = try allSources().filter { !replaced.contains($0.name) }
    try replace("Sources/\(Self.target)", with: sources + others)
    try replace("Tests/\(Self.tests)", with: try texts(in: "\(root)/Tests/\(Self.tests)"))
    if countsRegions { try writeStops() }
    try replace(
      "",
      with: [("objects", try product.objects()), ("Package.swift", try manifest(countsRegions))])
  }

  /// The settings of the root's manifest; warnings are none of this package's business.
  private func manifest(_ countsRegions: Bool) throws -> String {
    let stops = RegionCounting.stops
    return """
      // swift-tools-version: 6.2
      import PackageDescription

      let house: [SwiftSetting] = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        \(try product.settings),
      ]

      let package = Package(
        name: "canteen",
        targets: [
          .target(
            name: "\(Self.target)",
            swiftSettings: house\(countsRegions ? " + [.unsafeFlags(\(RegionCounting.flags))]" : "")),
          .testTarget(
            name: "\(Self.tests)",
            dependencies: ["\(Self.target)"\(countsRegions ? ", \"\(stops)\"" : "")],
            swiftSettings: house,
            linkerSettings: [
              .unsafeFlags([\(countsRegions ? "\"-profile-generate\", " : "")"@\(folder)/objects"]),
              .linkedLibrary("sqlite3"), .linkedLibrary("stdc++"),
            ]),
          \(countsRegions ? ".target(name: \"\(stops)\")," : "")
        ]
      )

      """
  }
}
