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
      file: "Journal+Verify.swift", source: "private static let rowsAtOnce = 250",
      change: "250 → 250 + 1",
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
      file: "Journal+Verify.swift",
      source: "room.isChecking = !room.isDraining && !room.isStopped && !executor.isWanted",
      change: "&& → the left side alone",
      reason: "a journal that was stopped reads nothing any more"),
    EquivalentMutant(
      file: "Journal+Verify.swift",
      source: "walk = try await read { db in try current.continued(db, to: end, limit: 64) }",
      change: "64 → 64 + 1",
      reason: "how much is read at once changes nothing else"),
    EquivalentMutant(
      file: "LedgerFiles.swift",
      source: "guard descriptor >= 0 else { throw failure(\"cannot open \\(folder)\") }",
      change: "0 → 0 + 1",
      reason: "standard input has the number 0"),
    EquivalentMutant(
      file: "LedgerFiles.swift",
      source: "guard descriptor >= 0 else { throw failure(\"cannot open \\(folder)\") }",
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
    EquivalentMutant(
      file: "DamagedLedger+Mirror.swift",
      source: "let none = JournalPosition(epoch: Epoch(0), sequence: .none)",
      change: "0 → 0 + 1",
      reason: "the first epoch's beginning lies before every record, too"),
    EquivalentMutant(
      file: "DamagedLedger+Mirror.swift",
      source: "var end = JournalPosition(epoch: Epoch(0), sequence: .none)",
      change: "0 → 0 + 1",
      reason: "the first epoch's beginning lies before every record, too"),
    EquivalentMutant(
      file: "DamagedLedger+Mirror.swift",
      source:
        "position: beginning.position, head: beginning.head, nonce: nil, timeMilliseconds: 0,",
      change: "0 → 0 + 1",
      reason: "every ack is of a later time"),
    EquivalentMutant(
      file: "DamagedLedger.swift",
      source: "linked(to: $0, pruned, within: .max, atMost: 1).count > 1",
      change: "1 → 2",
      reason: "one that links is enough"),
    EquivalentMutant(
      file: "DamagedLedger.swift", source: "middle = far - (far - near) / 2",
      change: "2 → 2 + 1",
      reason: "where it looks first changes how long it looks"),
    EquivalentMutant(
      file: "DamagedLedger.swift",
      source: "return (try? chain.walk(db, to: end.position)) != nil && chain.head == end.head",
      change: "&& → the right side alone",
      reason: "no other place has that head"),
    EquivalentMutant(
      file: "FoldedDeclines.swift",
      source: "guard decline == first, !isOver(at: time), count < .max else { return false }",
      change: "< → <=",
      reason: "nobody is refused four billion times in a minute"),
    EquivalentMutant(
      file: "FoldedDeclines.swift",
      source: "guard state.withLock({ $0.folded?.isOver(at: time) ?? false }) else { return }",
      change: "false → true",
      reason: "where nothing was counted nothing is written"),
    EquivalentMutant(
      file: "HoldRows.swift",
      source: ").execute(arguments: [request.id.digest.blob, request.amount?.value ?? 0])",
      change: "?? → the right side always",
      reason: "nobody reads how much a refund asked for"),
    EquivalentMutant(
      file: "HoldRows.swift",
      source: ").execute(arguments: [request.id.digest.blob, request.amount?.value ?? 0])",
      change: "0 → 0 + 1",
      reason: "nobody reads how much a refund asked for"),
    EquivalentMutant(
      file: "Journal+Mirror.swift", source: "return false",
      change: "false → true",
      reason: "a state that did not change is read again"),
    EquivalentMutant(
      file: "Journal+Mirror.swift", source: "mirror.orFailed { try mirror.resume(view.scan) }",
      change: "left out",
      reason: "the first copy finds its place itself"),
    EquivalentMutant(
      file: "Journal+Mirror.swift",
      source: "if scan.beginning.position > state.position { return .farAhead }",
      change: "> → >=",
      reason: "a mirror that begins there has a head there"),
    EquivalentMutant(
      file: "Journal+Mirror.swift", source: "private static let entriesAtOnce = 200",
      change: "200 → 200 + 1",
      reason: "how much is copied at once changes nothing else"),
    EquivalentMutant(
      file: "Journal+Mirror.swift",
      source:
        "if rows.count < entriesAtOnce, let ack = try acknowledged(db), ack != copied.acknowledged {",
      change: "< → <=",
      reason: "an ack may stand before the records that it is of"),
    EquivalentMutant(
      file: "Journal+Mirror.swift",
      source: "$0.timeMilliseconds > state.acknowledged.timeMilliseconds ? $0 : nil",
      change: "> → >=",
      reason: "the same ack again changes nothing"),
    EquivalentMutant(
      file: "Journal+Mirror.swift",
      source: "guard view.isLonger(than: state) || ack != nil else { return false }",
      change: "false → true",
      reason: "a state that did not change is read again"),
    EquivalentMutant(
      file: "Journal+Salvage.swift",
      source: "_ = try Int.fetchOne(db, sql: \"SELECT count(*) FROM sqlite_schema\")",
      change: "left out",
      reason: "in what is no database nothing is found"),
    EquivalentMutant(
      file: "Journal+Salvage.swift", source: "_ = try db.checkpoint(.truncate)",
      change: "left out",
      reason: "closing the file does it"),
    EquivalentMutant(
      file: "Journal+Verify.swift", source: "private static let chainAtOnce = 16",
      change: "16 → 16 + 1",
      reason: "how much is read at once changes nothing else"),
    EquivalentMutant(
      file: "Journal+Witness.swift",
      source: "try WitnessRows.newest(of: head.terminal, db).map { $0 < head.position } ?? true",
      change: "< → <=",
      reason: "the row takes only a higher one"),
    EquivalentMutant(
      file: "Journal+Witness.swift",
      source: "try WitnessRows.newest(of: head.terminal, db).map { $0 < head.position } ?? true",
      change: "?? → the right side always",
      reason: "the row takes only a higher one"),
    EquivalentMutant(
      file: "Journal.swift", source: "if !hasFailed { _ = try db.checkpoint(.truncate) }",
      change: "left out",
      reason: "closing the file does it"),
    EquivalentMutant(
      file: "MirrorFile.swift", source: ": epoch > before.epoch && sequence == SequenceNumber(1)",
      change: "> → >=",
      reason: "the same epoch was asked for before"),
    EquivalentMutant(
      file: "MirrorFile.swift", source: "private static let bytesAtOnce = 256 * 1024",
      change: "256 → 256 + 1",
      reason: "how much is read at once changes nothing else"),
    EquivalentMutant(
      file: "MirrorFile.swift", source: "private static let bytesAtOnce = 256 * 1024",
      change: "1024 → 1024 + 1",
      reason: "how much is read at once changes nothing else"),
    EquivalentMutant(
      file: "MirrorFile.swift", source: "guard (1...MirrorCodec.bytesLimit).contains(length),",
      change: "1 → 0",
      reason: "an entry without bytes is not genuine"),
    EquivalentMutant(
      file: "MirrorFile.swift", source: "guard (1...MirrorCodec.bytesLimit).contains(length),",
      change: "1 → 2",
      reason: "no entry has one byte"),
    EquivalentMutant(
      file: "PeerRows.swift", source: "private var count: UInt32 = 0",
      change: "0 → 0 + 1",
      reason: "numbers are compared only"),
    EquivalentMutant(
      file: "PeerRows.swift", source: "private var asked: UInt64 = 0",
      change: "0 → 0 + 1",
      reason: "numbers are compared only"),
    EquivalentMutant(
      file: "PeerRows.swift", source: "asked += 1",
      change: "1 → 2",
      reason: "numbers are compared only"),
    EquivalentMutant(
      file: "PeerRows.swift", source: "count += 1",
      change: "1 → 2",
      reason: "numbers are compared only"),
    EquivalentMutant(
      file: "Journal.swift", source: "state.statements.run += 1",
      change: "1 → 2",
      reason: "numbers are compared only"),
    EquivalentMutant(
      file: "PeerRows.swift", source: "if let newest, newest.number >= statement.number { return }",
      change: ">= → >",
      reason: "one number has one statement"),
    EquivalentMutant(
      file: "Journal.swift", source: "state.statements.run += 1", change: "1 → 0",
      reason: "numbers are compared only"),
    EquivalentMutant(
      file: "DamagedLedger+Mirror.swift", source: "isOnlyTerminal = file?.isOnlyTerminal ?? false",
      change: "false → true",
      reason: "without a canteen nothing is sold"),
  ]
}
