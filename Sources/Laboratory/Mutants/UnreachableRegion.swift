/// Regions that no test can run, because what they guard against cannot be.
struct UnreachableRegion: Hashable {
  let file: String
  /// The line on which the region begins, without its indentation.
  let source: String
  let reason: String

  static let journal = [
    UnreachableRegion(
      file: "Journal+Authorise.swift",
      source: "guard case .decided(let outcome) = try await submit(request, .nobody) else {",
      reason: "the rules ask the centre only where it can be asked"),
    UnreachableRegion(
      file: "Journal+Authorise.swift", source: "preconditionFailure(\"nobody can be asked\")",
      reason: "the sentence of that guard"),
    UnreachableRegion(
      file: "Journal+Holds.swift",
      source:
        "guard case .decided(let outcome) = try await submit(request, word, peers) else {",
      reason: "the rules ask the centre once for a presentation"),
    UnreachableRegion(
      file: "Journal+Holds.swift", source: "preconditionFailure(\"the centre is asked once\")",
      reason: "the sentence of that guard"),
    UnreachableRegion(
      file: "LedgerState.swift",
      source:
        "guard let row = try Row.fetchOne(db, sql: \"SELECT * FROM terminal_state\") else {",
      reason: "opening asked before whether there is a row, and wrote one"),
    UnreachableRegion(
      file: "Journal.swift", source: "self = .damaged(error.message ?? \"SQLite gave no message\")",
      reason: "SQLite has a message for every code, but GRDB's type does not say so"),
    UnreachableRegion(
      file: "Journal.swift",
      source:
        "code: error.extendedResultCode.rawValue, error.message ?? \"SQLite gave no message\")",
      reason: "SQLite has a message for every code, but GRDB's type does not say so"),
    UnreachableRegion(
      file: "Journal+Beginning.swift",
      source:
        "guard fsync(descriptor) == 0, fsync(folder) == 0 else { throw failure(\"cannot sync \\(path)\") }",
      reason: "past SQLite's own layer no disk can be made to fail without a device of its own"),
    UnreachableRegion(
      file: "LedgerFiles.swift",
      source:
        "guard fsync(descriptor) == 0 else { throw failure(\"cannot sync \\(folder)\") }",
      reason: "past SQLite's own layer no disk can be made to fail without a device of its own"),
    UnreachableRegion(
      file: "SalvagedLedger.swift",
      source: "let isUnsettled = source.acknowledged.map { position > $0.position } ?? true",
      reason: "where records are read, it is known up to where they are acknowledged"),
  ]
}
