// swift-tools-version: 6.2
import PackageDescription

// The house is drawn in ARCHITECTURE.md; `RepositoryTests` holds the directions of the arrows.

/// Every target of ours: Swift 6, warnings are errors, explicit `any`, imports internal by default.
let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Targets that import C say `unsafe` where they rely on it.
let wrapper: [SwiftSetting] = house + [.strictMemorySafety()]

/// Debug builds can plant the bugs that the laboratory must find; release builds do not contain them.
let seededBugs: SwiftSetting = .define("SEEDED_BUGS", .when(configuration: .debug))

/// C of our own.
let strictC: [CSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient: Target.Dependency = .product(
  name: "AsyncHTTPClient", package: "async-http-client")
let configuration: Target.Dependency = .product(
  name: "Configuration", package: "swift-configuration")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(
  name: "HummingbirdTLS", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(
  name: "HummingbirdCore", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let serviceLifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let swiftASN1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let unixSignals: Target.Dependency = .product(
  name: "UnixSignals", package: "swift-service-lifecycle")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")

let package = Package(
  name: "canteen",
  products: [
    .executable(name: "canteend", targets: ["canteend"]),
    .executable(name: "canteenctl", targets: ["canteenctl"]),
    .executable(name: "canteen-settlement", targets: ["canteen-settlement"]),
    .executable(name: "canteen-lab", targets: ["canteen-lab"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.0"),
    .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-system.git", from: "1.8.0"),
    .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.0"),
    .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
  ],
  targets: [
    // The words.
    .target(name: "CanteenModel", swiftSettings: house + [seededBugs]),

    // The rules, sans I/O.
    .target(
      name: "TerminalCore", dependencies: ["CanteenModel"], swiftSettings: house + [seededBugs]),
    .target(
      name: "SettlementCore", dependencies: ["CanteenModel"], swiftSettings: house + [seededBugs]),

    // The wire: the only code that encodes, hashes, signs and verifies.
    .target(
      name: "SyncProtocol", dependencies: ["CanteenModel", crypto, protobuf],
      exclude: ["Contract"], swiftSettings: house + [seededBugs]),

    // Who is at the other end: keys, certificates, and the centre's own authority.
    .target(
      name: "LinkSecurity",
      dependencies: ["CanteenModel", "SyncProtocol", crypto, cryptoExtras, swiftASN1, x509],
      swiftSettings: house),

    // What SQLite leaves to its owner on the disk.
    .target(name: "LedgerDisk", dependencies: ["CSQLiteDisk"], swiftSettings: wrapper),

    // What holds on: libusb, SQLite, PostgreSQL.
    .target(
      name: "USBTransport", dependencies: ["CLibUSB", "CLibUdev"], swiftSettings: wrapper),
    .target(
      name: "HTTPListener",
      dependencies: [
        httpTypes, hummingbird, hummingbirdCore, hummingbirdTLS, logging, nioCore, nioPosix, nioSSL,
        serviceLifecycle,
      ], swiftSettings: house),
    .target(
      name: "HTTPCaller", dependencies: [asyncHTTPClient, nioCore, nioHTTP1], swiftSettings: house),
    .target(
      name: "Journal",
      dependencies: [
        "CanteenModel", "TerminalCore", "SyncProtocol", "LedgerDisk", grdb, grdbSQLite,
      ],
      swiftSettings: wrapper + [seededBugs]),
    .target(
      name: "SQLStore", dependencies: ["CLibPQ", "LedgerDisk", grdb, grdbSQLite],
      swiftSettings: wrapper),
    .target(
      name: "SettlementStore",
      dependencies: ["CanteenModel", "TerminalCore", "SettlementCore", "SyncProtocol", "SQLStore"],
      swiftSettings: house + [seededBugs]),

    // Reckons statements again, and shares nothing with whoever made them but the wire format.
    .target(
      name: "StatementVerification", dependencies: ["CanteenModel", "SyncProtocol"],
      swiftSettings: house),

    // What the world speaks: devices, HTTP.
    .target(
      name: "Readers",
      dependencies: ["CanteenModel", "USBTransport", crypto, cryptoExtras, logging],
      exclude: ["Card/README.md", "Face/README.md", "Scanner/README.md", "Serial/README.md"],
      swiftSettings: house + [seededBugs]),
    .target(
      name: "Credentials", dependencies: ["CanteenModel", "SyncProtocol"], swiftSettings: house),
    .target(
      name: "SyncTransport",
      dependencies: [
        "CanteenModel", "HTTPCaller", "HTTPListener", "LinkSecurity", "SyncProtocol",
        asyncHTTPClient, httpTypes, hummingbird, logging, nioCore, nioHTTP1, nioSSL,
      ], swiftSettings: house + [seededBugs]),

    // The services.
    .target(
      name: "TerminalDaemon",
      dependencies: [
        "CanteenModel", "TerminalCore", "SyncProtocol", "USBTransport", "Journal", "Readers",
        "Credentials", "LinkSecurity", "SyncTransport", configuration, logging, serviceLifecycle,
        systemPackage,
      ], swiftSettings: house),
    .target(
      name: "OfficePages", dependencies: [mustache],
      resources: [
        .embedInCode("Templates/page.mustache"), .embedInCode("Templates/facts.mustache"),
        .embedInCode("Templates/table.mustache"), .embedInCode("Templates/form.mustache"),
        .embedInCode("Templates/style.css"),
      ], swiftSettings: house),
    .target(
      name: "SettlementService",
      dependencies: [
        "CanteenModel", "SettlementCore", "SyncProtocol", "SQLStore", "SettlementStore",
        "HTTPCaller",
        "HTTPListener", "LinkSecurity", "OfficePages", "SyncTransport", asyncHTTPClient,
        configuration, httpTypes,
        hummingbird, logging, nioCore, nioHTTP1, serviceLifecycle, systemPackage,
      ], swiftSettings: house),
    .target(
      name: "LocalAPI",
      dependencies: [
        "CanteenModel", "HTTPCaller", "HTTPListener", asyncHTTPClient, httpTypes, hummingbird,
        logging, nioCore, nioHTTP1,
      ], swiftSettings: house),

    // Beside the house: what the daemons never import.
    .target(
      name: "VirtualReaders", dependencies: ["CanteenModel", "CUMockdev", crypto, cryptoExtras],
      swiftSettings: wrapper),
    .target(
      name: "VirtualTime",
      dependencies: ["CanteenModel", "USBTransport", "Readers", "VirtualReaders", logging],
      swiftSettings: house),
    .target(name: "SeededRandom", swiftSettings: house),
    .target(
      name: "RecordingDisk", dependencies: ["CRecordingVFS", "SeededRandom"],
      swiftSettings: wrapper),
    .target(
      name: "FleetSimulation",
      dependencies: [
        "CanteenModel", "TerminalCore", "SettlementCore", "SyncProtocol", "SeededRandom",
      ],
      swiftSettings: house + [seededBugs]),
    .target(
      name: "Laboratory",
      dependencies: [
        "CanteenModel", "TerminalCore", "SettlementCore", "SyncProtocol", "Journal", "SQLStore",
        "SettlementStore",
        "LinkSecurity", "StatementVerification", "SyncTransport", "LocalAPI", "USBTransport",
        "Readers", "RecordingDisk", "SeededRandom", "VirtualReaders", "VirtualTime", logging,
      ],
      swiftSettings: house + [seededBugs]),

    .target(
      name: "FuzzTargets",
      dependencies: [
        "CanteenModel", "SyncProtocol", "StatementVerification", "USBTransport", "Readers",
        "VirtualReaders", "VirtualTime",
      ], swiftSettings: house + [seededBugs]),

    // The executables: parse, compose, run.
    .executableTarget(
      name: "canteend",
      dependencies: [
        "CanteenModel", "Journal", "SyncProtocol", "TerminalDaemon", "LocalAPI", argumentParser,
        logging, serviceLifecycle,
        unixSignals,
      ], swiftSettings: house),
    .executableTarget(
      name: "canteenctl", dependencies: ["CanteenModel", "LocalAPI", argumentParser],
      swiftSettings: house),
    .executableTarget(
      name: "canteen-settlement",
      dependencies: [
        "CanteenModel", "SettlementCore", "SettlementService", "SettlementStore",
        "StatementVerification", "SyncProtocol", "SyncTransport", argumentParser, logging,
        serviceLifecycle, unixSignals,
      ],
      swiftSettings: house),
    .executableTarget(
      name: "canteen-lab",
      dependencies: ["FleetSimulation", "Laboratory", "VirtualReaders", argumentParser],
      swiftSettings: house + [seededBugs]),

    .executableTarget(
      name: "canteen-fuzz", dependencies: ["FuzzTargets"], swiftSettings: house + [seededBugs]),

    // C of our own: SQLite's disk, and the same with somebody looking on.
    .target(
      name: "CSQLiteDisk", cSettings: strictC, linkerSettings: [.linkedLibrary("sqlite3")]),
    .target(
      name: "CRecordingVFS", cSettings: strictC, linkerSettings: [.linkedLibrary("sqlite3")]),

    // System libraries: a module map and a shim, nothing else.
    .systemLibrary(
      name: "CLibUSB", pkgConfig: "libusb-1.0", providers: [.apt(["libusb-1.0-0-dev"])]),
    .systemLibrary(
      name: "CLibUdev", pkgConfig: "libudev", providers: [.apt(["libudev-dev"])]),
    .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
      name: "CUMockdev", pkgConfig: "umockdev-1.0", providers: [.apt(["libumockdev-dev"])]),

    // Tests.
    .testTarget(name: "CanteenModelTests", dependencies: ["CanteenModel"], swiftSettings: house),
    .testTarget(
      name: "TerminalCoreTests", dependencies: ["CanteenModel", "TerminalCore"],
      swiftSettings: house),
    .testTarget(
      name: "SyncProtocolTests", dependencies: ["CanteenModel", "SyncProtocol", crypto],
      swiftSettings: house),
    .testTarget(
      name: "JournalTests",
      dependencies: [
        "CanteenModel", "TerminalCore", "SyncProtocol", "LedgerDisk", "Journal", "RecordingDisk",
        grdb,
      ],
      swiftSettings: house),
    .testTarget(
      name: "USBTransportTests", dependencies: ["USBTransport", "VirtualReaders"],
      swiftSettings: house),
    .testTarget(
      name: "ReadersTests",
      dependencies: [
        "CanteenModel", "USBTransport", "Readers", "VirtualReaders", "VirtualTime", "Laboratory",
        "SeededRandom", logging,
      ],
      exclude: ["Fixtures"], swiftSettings: house + [seededBugs]),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets", "Readers"], exclude: ["Regressions"],
      swiftSettings: house + [seededBugs]),
    .testTarget(
      name: "SyncTransportTests",
      dependencies: [
        "CanteenModel", "SyncProtocol", "LinkSecurity", "SyncTransport", "SettlementService",
        "LocalAPI", nioCore, nioPosix, nioSSL,
      ], swiftSettings: house),
    .testTarget(
      name: "SettlementTests",
      dependencies: [
        "CanteenModel", "TerminalCore", "SettlementCore", "SyncProtocol", "Journal",
        "LedgerDisk", "SQLStore", "SettlementStore", "StatementVerification", "LinkSecurity",
        "SyncTransport", "SettlementService", "TerminalDaemon",
        "SeededRandom", "HTTPListener", asyncHTTPClient, grdb, hummingbird, logging, nioCore,
        httpTypes, nioEmbedded, nioHTTP1, nioPosix,
        nioSSL, serviceLifecycle,
      ], exclude: ["Golden"],
      swiftSettings: house + [seededBugs]),
    .testTarget(
      name: "LaboratoryTests",
      dependencies: [
        "CanteenModel", "Journal", "HTTPListener", "Laboratory", "LinkSecurity", "RecordingDisk",
        "SQLStore", "SeededRandom", "SettlementCore", "SyncProtocol", "SyncTransport", logging,
      ],
      swiftSettings: house + [seededBugs]),
    .testTarget(
      name: "FleetTests",
      dependencies: [
        "CanteenModel", "FleetSimulation", "Journal", "SQLStore", "SeededRandom", "SettlementStore",
        "SyncProtocol", "TerminalCore",
      ],
      swiftSettings: house + [seededBugs]),
    .testTarget(name: "RepositoryTests", swiftSettings: house),
  ]
)
