/// The plan of the house as data: which target stands where, and what may enter which room.
///
/// ARCHITECTURE.md draws the same plan for people. A new target gets its place here first.
enum House {
  /// From the bottom up. A target may import targets of lower rows, never one of its own row.
  static let rows: [Set<String>] = [
    ["CLibUSB", "CLibUdev", "CLibPQ", "CUMockdev", "CRecordingVFS", "CSQLiteDisk"],
    ["CanteenModel"],
    ["TerminalCore", "SettlementCore"],
    ["SyncProtocol", "LedgerDisk"],
    ["USBTransport", "Journal", "SQLStore", "LinkSecurity", "HTTPListener", "HTTPCaller"],
    [
      "Readers", "Credentials", "Acquirer", "SyncTransport", "SettlementStore",
      "StatementVerification", "OfficePages",
    ],
    ["TerminalDaemon", "SettlementService", "LocalAPI"],
    ["canteend", "canteenctl", "canteen-settlement", "canteen-lab", "canteen-fuzz"],
  ]

  /// What stands beside the house, and all that may import it (tests may, too).
  static let beside: [String: Set<String>] = [
    "VirtualReaders": ["FuzzTargets", "Laboratory", "VirtualTime", "canteen-lab"],
    "VirtualTime": ["FuzzTargets", "Laboratory", "canteen-lab"],
    "SeededRandom": ["RecordingDisk", "FleetSimulation", "Laboratory", "canteen-lab"],
    "RecordingDisk": ["Laboratory", "canteen-lab"],
    "FleetSimulation": ["Laboratory", "canteen-lab"],
    "FuzzTargets": ["canteen-fuzz"],
    "Laboratory": ["canteen-lab"],
  ]

  /// What the targets beside the house may import of ours, where it is less than everything below
  /// the executables.
  static let besideMayImport: [String: Set<String>] = [
    "VirtualReaders": ["CanteenModel", "CUMockdev"],
    "VirtualTime": ["CanteenModel", "USBTransport", "Readers", "VirtualReaders"],
    "SeededRandom": [],
    "RecordingDisk": ["CRecordingVFS", "SeededRandom"],
    "FleetSimulation": [
      "CanteenModel", "TerminalCore", "SettlementCore", "SyncProtocol", "SeededRandom",
    ],
    "FuzzTargets": [
      "CanteenModel", "SyncProtocol", "StatementVerification", "USBTransport", "Readers",
    ],
  ]

  /// Modules that only some targets may import, with the reason.
  static let confined: [String: (to: Set<String>, reason: String)] = [
    "CLibUSB": (["USBTransport"], "C modules are imported in their wrapper only"),
    "CLibUdev": (["USBTransport"], "C modules are imported in their wrapper only"),
    "CLibPQ": (["SQLStore"], "C modules are imported in their wrapper only"),
    "CUMockdev": (["VirtualReaders"], "C modules are imported in their wrapper only"),
    "CRecordingVFS": (["RecordingDisk"], "C modules are imported in their wrapper only"),
    "CSQLiteDisk": (["LedgerDisk"], "C modules are imported in their wrapper only"),
    "SwiftProtobuf": (["SyncProtocol"], "the wire is encoded in one place"),
    "Crypto": (
      ["SyncProtocol", "LinkSecurity", "Readers", "VirtualReaders"],
      "hashes and signatures are made and checked in one place, certificates in another; a face module's "
        + "cipher, which proves nothing, in a third"
    ),
    "CryptoExtras": (
      ["Readers", "VirtualReaders", "LinkSecurity"],
      "block ciphers are for a face module's frames only, scrypt for passwords"
    ),
    "X509": (["LinkSecurity"], "certificates are made and judged in one place"),
    "Mustache": (["OfficePages"], "pages are drawn in one place"),
    "GRDB": (["Journal", "SQLStore"], "a database connection has one owner"),
    "GRDBSQLite": (
      ["Journal", "SQLStore"],
      "SQLite's own interface is for what is asked a thousand times a second"
    ),
  ]

  /// Targets without I/O, clock, randomness and tasks: values in, values out.
  static let cores: Set = ["CanteenModel", "TerminalCore", "SettlementCore"]

  static let executables: Set = [
    "canteend", "canteenctl", "canteen-settlement", "canteen-lab", "canteen-fuzz",
  ]

  /// Modules of the toolchain, which no manifest declares.
  static let toolchain: Set = [
    "Swift", "Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization",
    "Observation", "RegexBuilder", "Testing", "PackageDescription",
  ]

  /// The row of a target, counted from the bottom; `nil` for what stands beside and for strangers.
  static func row(of target: String) -> Int? {
    rows.firstIndex { $0.contains(target) }
  }

  /// Whether a module is C: what stands in the lowest row.
  static func isC(_ module: String) -> Bool { row(of: module) == 0 }

  static func hasPlace(for target: String) -> Bool {
    row(of: target) != nil || beside[target] != nil
  }
}
