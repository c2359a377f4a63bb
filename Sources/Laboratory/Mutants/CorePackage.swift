import Foundation

/// The terminal's core with its tests as a package of its own. It needs nothing but the model, so it is built
/// in a minute.
struct CorePackage: TestedPackage {
  static let target = "TerminalCore"
  static let equivalent = EquivalentMutant.core
  static let unreachable: [UnreachableRegion] = []
  /// What the target needs.
  private static let model = "CanteenModel"
  private static let tests = "TerminalCoreTests"

  /// The repository.
  let root: String
  let folder: String
  let configuration: String
  let triesByReach = false

  func sources() throws -> [SourceText] {
    try texts(in: "\(root)/Sources/\(Self.target)").map {
      ($0.name, SeededSource.released($0.text))
    }
  }

  func write(_ sources: [SourceText], countsRegions: Bool) throws {
    try replace("Sources/\(Self.target)", with: sources)
    try replace("Sources/\(Self.model)", with: try texts(in: "\(root)/Sources/\(Self.model)"))
    try replace("Tests/\(Self.tests)", with: try texts(in: "\(root)/Tests/\(Self.tests)"))
    if countsRegions { try writeStops() }
    try replace("", with: [("Package.swift", Self.manifest(countsRegions: countsRegions))])
  }

  /// The settings of the root's manifest; warnings are none of this package's business.
  private static func manifest(countsRegions: Bool) -> String {
    let counting = ".unsafeFlags(\(RegionCounting.flags))"
    let linking = "linkerSettings: [.unsafeFlags([\"-profile-generate\"])]"
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
      ]

      let package = Package(
        name: "canteen",
        targets: [
          .target(name: "\(model)", swiftSettings: house),
          .target(
            name: "\(target)", dependencies: ["\(model)"],
            swiftSettings: house\(countsRegions ? " + [\(counting)]" : "")),
          .testTarget(
            name: "\(tests)",
            dependencies: ["\(model)", "\(target)"\(countsRegions ? ", \"\(stops)\"" : "")],
            swiftSettings: house\(countsRegions ? ", \(linking)" : "")),
          \(countsRegions ? ".target(name: \"\(stops)\")," : "")
        ]
      )

      """
  }
}
