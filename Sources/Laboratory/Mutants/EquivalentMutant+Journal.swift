extension EquivalentMutant {
  /// Of what the journal decides, recovers and verifies.
  static let journal = [
    EquivalentMutant(
      file: "AccountView+Database.swift",
      source:
        "counters: try SaleRows.counters(of: account, slot, withMonth: false, db), state, slot,",
      change: "false → true",
      reason: "the month is asked for by sales of items alone, which are decided elsewhere"),
    EquivalentMutant(
      file: "AccountView+Database.swift", source: "if case .items = price { true } else { false }",
      change: "false → true",
      reason: "a month that is read and not asked for changes nothing"),
    EquivalentMutant(
      file: "ChainCheck.swift", source: "count += 1", change: "1 → 2",
      reason: "a gap that this slice does not name is named by the next one"),
    EquivalentMutant(
      file: "HoldRows.swift", source: "guard surplus > 0 else { return sales }", change: "> → >=",
      reason: "one sale summed up is itself"),
    EquivalentMutant(
      file: "HoldRows.swift", source: "var count = 0", change: "0 → 0 + 1",
      reason: "the one row of a count replaces it"),
    EquivalentMutant(
      file: "Journal+Authorise.swift", source: "holds: draft.openHolds > 0", change: "> → >=",
      reason: "where there are none, none are found"),
    EquivalentMutant(
      file: "Journal+Authorise.swift", source: "try LedgerStatement(db, \"RELEASE member\").run()",
      change: "left out",
      reason:
        "the end of the transaction releases it, and the innermost of a name is rolled back to"),
    EquivalentMutant(
      file: "Journal+Correct.swift", source: "private static let recordsAtOnce = 500",
      change: "500 → 500 + 1",
      reason: "how much is read at once changes nothing else"),
    EquivalentMutant(
      file: "Journal+Holds.swift",
      source: "guard state.withLock({ $0.openHolds }) > 0 else { return }", change: "> → >=",
      reason: "where none are open, none are given back"),
    EquivalentMutant(
      file: "Journal+Holds.swift", source: "private static let releasesAtOnce = 256",
      change: "256 → 256 + 1",
      reason: "how many are given back at once changes nothing else"),
    EquivalentMutant(
      file: "Journal+Holds.swift", source: "while last > 0 {", change: "> → >=",
      reason: "where none are open, none are given back"),
    EquivalentMutant(
      file: "Journal+Salvage.swift", source: "try journal.close()", change: "left out",
      reason: "letting go of a journal closes its file"),
    EquivalentMutant(
      file: "Journal+Salvage.swift", source: "try new.close()", change: "left out",
      reason: "letting go of a connection closes its file"),
    EquivalentMutant(
      file: "Journal+Salvage.swift", source: "try old?.close()", change: "left out",
      reason: "letting go of a connection closes its file"),
    EquivalentMutant(
      file: "Journal+Verify.swift", source: "private static let recordsAtOnce = 100",
      change: "100 → 100 + 1",
      reason: "how much is read at once changes nothing else"),
    EquivalentMutant(
      file: "Journal+Verify.swift", source: "private static let rowsAtOnce = 1000",
      change: "1000 → 1000 + 1",
      reason: "how much is read at once changes nothing else"),
    EquivalentMutant(
      file: "Journal+Verify.swift",
      source: "private var columns = Array(repeating: RowFingerprint(), count: 6)",
      change: "6 → 6 + 1",
      reason: "both sides have one more that counts nothing"),
    EquivalentMutant(
      file: "Journal+Verify.swift", source: "private var epoch: Int64 = 0", change: "0 → 0 + 1",
      reason: "no account has the number before"),
    EquivalentMutant(
      file: "Journal+Verify.swift", source: "private var key: [Int64] = [.min, 0, 0]",
      change: "0 → 0 + 1",
      reason: "no account has the number before"),
    EquivalentMutant(
      file: "Journal+Verify.swift", source: "private var purse: Int64 = 0", change: "0 → 0 + 1",
      reason: "no account has the number before"),
    EquivalentMutant(
      file: "Journal+Verify.swift", source: "private var sequence: Int64 = 0", change: "0 → 0 + 1",
      reason: "no account has the number before"),
    EquivalentMutant(
      file: "Journal+Verify.swift", source: "private var tranche: Int64 = 0", change: "0 → 0 + 1",
      reason: "no account has the number before"),
    EquivalentMutant(
      file: "Journal+Verify.swift", source: "room.isChecking = !room.isDraining && !room.isStopped",
      change: "&& → the left side alone",
      reason: "a journal that was stopped reads nothing any more"),
    EquivalentMutant(
      file: "Journal+Verify.swift",
      source: "walk = try await read { db in try current.continued(db, to: end, limit: 64) }",
      change: "64 → 64 + 1",
      reason: "how much is read at once changes nothing else"),
    EquivalentMutant(
      file: "LedgerFiles.swift",
      source: "guard descriptor >= 0 else { throw Self.failure(\"cannot open \\(folder)\") }",
      change: "0 → 0 + 1",
      reason: "standard input has the number 0"),
    EquivalentMutant(
      file: "LedgerFiles.swift",
      source: "guard descriptor >= 0 else { throw Self.failure(\"cannot open \\(folder)\") }",
      change: ">= → >",
      reason: "standard input has the number 0"),
    EquivalentMutant(
      file: "LedgerState.swift", source: "guard acked < position else { return .none }",
      change: "< → <=",
      reason: "where nothing waits, its sum is nothing"),
    EquivalentMutant(
      file: "LedgerState.swift", source: "isKeyed = medium == .keyed", change: "== → !=",
      reason: "it is compared with itself only"),
    EquivalentMutant(
      file: "LedgerState.swift", source: "lastWall: last?.time.wallMilliseconds ?? 0),",
      change: "0 → 0 + 1",
      reason: "a millisecond after 1970 is the same day"),
    EquivalentMutant(
      file: "LedgerState.swift",
      source: "let age = isOfThisBoot ? now.bootMilliseconds - record.time.bootMilliseconds : 0",
      change: "0 → 0 + 1",
      reason: "a millisecond is far within the window"),
    EquivalentMutant(
      file: "LedgerState.swift", source: "rulebook?.localDay(of: wallMilliseconds) ?? 0",
      change: "0 → 0 + 1",
      reason: "without a rulebook nothing is sold"),
    EquivalentMutant(
      file: "LedgerState.swift",
      source: "rulebook?.slot(at: wallMilliseconds) ?? MealKey(day: 0, period: 0)",
      change: "0 → 0 + 1",
      reason: "without a rulebook nothing is sold"),
    EquivalentMutant(
      file: "RowFingerprint.swift",
      source: "mutating func add(_ columns: [Int64], times: Int64 = 1) {", change: "1 → 2",
      reason: "both sides are made alike"),
    EquivalentMutant(
      file: "RowFingerprint.swift", source: "private var sum: UInt64 = 0", change: "0 → 0 + 1",
      reason: "both sides are made alike"),
    EquivalentMutant(
      file: "RowFingerprint.swift", source: "private(set) var rows = 0", change: "0 → 0 + 1",
      reason: "both sides are made alike"),
    EquivalentMutant(
      file: "RowFingerprint.swift", source: "rows += 1", change: "+= → -=",
      reason: "both sides are made alike"),
    EquivalentMutant(
      file: "RowFingerprint.swift", source: "rows += 1", change: "1 → 0",
      reason: "both sides are made alike"),
    EquivalentMutant(
      file: "RowFingerprint.swift", source: "rows += 1", change: "1 → 2",
      reason: "both sides are made alike"),
    EquivalentMutant(
      file: "RowFingerprint.swift", source: "rows += 1", change: "left out",
      reason: "both sides are made alike"),
    EquivalentMutant(
      file: "SaleRows.swift", source: "guard milliseconds > 0 else { return [] }",
      change: "0 → 0 + 1",
      reason: "within no time there is no sale"),
    EquivalentMutant(
      file: "SaleRows.swift", source: "guard milliseconds > 0 else { return [] }", change: "> → >=",
      reason: "within no time there is no sale"),
    EquivalentMutant(
      file: "SalvagedLedger.swift", source: "guard last > end.position else { return 0 }",
      change: "> → >=",
      reason: "at the end nothing is missing"),
    EquivalentMutant(
      file: "SalvagedLedger.swift",
      source: "let isUnsettled = source.acknowledged.map { position > $0.position } ?? true",
      change: "true → false",
      reason: "where records are read, it is known up to where they are acknowledged"),
    EquivalentMutant(
      file: "SalvagedLedger.swift",
      source: "let minutes = (firstWall ?? 0) / 60_000 + Int64(Journal.defaultUTCOffsetMinutes)",
      change: "0 → 0 + 1",
      reason: "a millisecond after 1970 is the same day"),
  ]
}
