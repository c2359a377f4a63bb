import Foundation

/// The terminal's core under the fleet simulator, with no other tests: what a mistake in the rules does to whole
/// canteens, and whether a checker sees it. What both need is taken as the product's release build compiled it.
struct FleetPackage: TestedPackage {
  static let target = "TerminalCore"
  static let equivalent = EquivalentMutant.core + EquivalentMutant.fleet
  static let unreachable: [UnreachableRegion] = []
  private static let simulator = "FleetSimulation"
  private static let tests = "FleetMutantTests"

  /// A mistake must show in so many worlds of so many presentations.
  private static let worlds = 12
  private static let swipes = 2_000
  /// After one of so many presentations terminals are asked what nobody asks in a world.
  private static let drillOneIn = 40
  private static let linked = [
    "CanteenModel", "SettlementCore", "SyncProtocol", "SeededRandom", "Crypto",
    "CryptoBoringWrapper", "CCryptoBoringSSL", "CCryptoBoringSSLShims", "CXKCP", "CXKCPShims",
    "SwiftProtobuf",
  ]

  /// The repository, with a release build of `canteen-lab`.
  private let root: String
  let folder: String
  let configuration = "release"
  let triesByReach = false

  /// - Parameter folder: Gets a folder of the repository's name: what is visible inside of a package is
  ///   seen by that name.
  init(root: String, folder: String) {
    self.root = root
    self.folder = "\(folder)/\(URL(filePath: root).lastPathComponent)"
  }

  private var product: LinkedProduct {
    LinkedProduct(
      root: root, configuration: configuration, modules: Self.linked, list: "canteen-lab.product")
  }

  func sources() throws -> [SourceText] {
    try texts(in: "\(root)/Sources/\(Self.target)")
      .map { ($0.name, SeededSource.released($0.text)) }
  }

  func write(_ sources: [SourceText], countsRegions: Bool) throws {
    try replace("Sources/\(Self.target)", with: sources)
    let place = "\(root)/Sources/\(Self.simulator)"
    let folders = try FileManager.default.subpathsOfDirectory(atPath: place)
      .filter { !$0.hasSuffix(".swift") }.sorted()
    for name in [""] + folders {
      try replace(
        "Sources/\(Self.simulator)/\(name)",
        with: try texts(in: "\(place)/\(name)").map { ($0.name, SeededSource.released($0.text)) })
    }
    try replace("Tests/\(Self.tests)", with: [("FleetMutantTests.swift", Self.test)])
    try replace(
      "", with: [("objects", try product.objects()), ("Package.swift", try manifest())])
  }

  private static let test = """
    import FleetSimulation
    import Testing

    @Suite struct FleetMutantTests {
      @Test("no checker of a number of small worlds sees anything")
      func worlds() {
        for seed in 1...\(worlds) as ClosedRange<UInt64> {
          var options = WorldOptions(seed: seed, swipes: \(swipes))
          options.isRough = seed % 2 == 0
          options.drillOneIn = \(drillOneIn)
          let outcome = FleetRun.world(options)
          #expect(outcome.violation == nil)
          if outcome.violation != nil { return }
        }
      }
    }

    """

  /// The settings of the root's manifest; warnings are none of this package's business.
  private func manifest() throws -> String {
    """
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
        .target(name: "\(Self.target)", swiftSettings: house),
        .target(
          name: "\(Self.simulator)", dependencies: ["\(Self.target)"], swiftSettings: house),
        .testTarget(
          name: "\(Self.tests)", dependencies: ["\(Self.simulator)"], swiftSettings: house,
          linkerSettings: [
            .unsafeFlags(["@\(folder)/objects"]), .linkedLibrary("stdc++"),
          ]),
      ]
    )

    """
  }
}
