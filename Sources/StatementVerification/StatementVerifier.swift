import CanteenModel
package import SyncProtocol

/// Reckons a quarter's statement again from files and keys alone, to the fen: no books, no network.
package enum StatementVerifier {
  /// Finds a statement right, or names the first difference.
  ///
  /// - Parameters:
  ///   - statement: The signed file.
  ///   - batches: Those of its terminals from their first record on, in any order; others are left aside.
  ///   - key: The centre's.
  /// - Returns: What was found to be right.
  package static func verify(
    _ statement: [UInt8], batches: [[UInt8]], key: VerifyingKey
  ) throws(VerificationFailure) -> StatementDocument {
    try examine(statement, batches: batches, key: key).document
  }

  /// The same, with what neighbours saw of chains and the statement does not count.
  ///
  /// - Throws: As ``verify(_:batches:key:)``: what was seen and is not there makes no figure wrong.
  package static func examine(
    _ statement: [UInt8], batches: [[UInt8]], key: VerifyingKey
  ) throws(VerificationFailure) -> VerifiedStatement {
    let document: StatementDocument
    do throws(WireError) {
      document = try StatementCodec.open(statement, key: key)
    } catch {
      throw .notGenuine("the statement", error)
    }
    guard let quarter = StatementQuarter(document.quarter) else {
      throw .difference(
        Difference("quarter", expected: "a quarter as in 2026Q4", found: document.quarter))
    }
    try checkWhatPeopleDid(document)
    let shelf = try BatchShelf(batches, keys: try keys(document))
    let reckoning = try Reckoning(document, lastDay: quarter.lastDay, shelf)
    try compare(reckoning.takings, document.takings)
    let lines = try lines(of: reckoning.takings, document.terms)
    try compare(lines, document.lines, "line") { "\($0.quarter), term from \(date($0.term))" }
    let accounts = try Bill(document, lines).accounts
    try compare(accounts, document.accounts, "account") { "term from \(date($0.term))" }
    return VerifiedStatement(
      document: document, unseen: unseen(shelf.witnessed, reckoning))
  }

  /// The highest head of each terminal and epoch that no record of the statement's branches stands behind.
  private static func unseen(
    _ witnessed: Set<BatchShelf.Witnessed>, _ reckoning: Reckoning
  ) -> [VerifiedStatement.Unseen] {
    struct Chain: Hashable {
      let terminal: TerminalID
      let epoch: Epoch
    }
    var highest: [Chain: VerifiedStatement.Unseen] = [:]
    for seen in witnessed where !reckoning.covers(seen.head) {
      let chain = Chain(terminal: seen.head.terminal, epoch: seen.head.position.epoch)
      let found = VerifiedStatement.Unseen(
        terminal: seen.head.terminal, position: seen.head.position, witness: seen.witness)
      highest[chain] = max(highest[chain] ?? found, found)
    }
    return highest.values.sorted()
  }

  private static func keys(
    _ document: StatementDocument
  ) throws(VerificationFailure) -> [TerminalID: [VerifyingKey]] {
    var keys: [TerminalID: [VerifyingKey]] = [:]
    for terminal in document.terminals {
      keys[TerminalID(terminal.number)] = try Self.keys(terminal.keys, of: terminal.number)
    }
    return keys
  }

  /// Those with which a terminal may have signed.
  static func keys(
    _ texts: [String], of terminal: UInt32
  ) throws(VerificationFailure) -> [VerifyingKey] {
    var keys: [VerifyingKey] = []
    for text in texts {
      do throws(WireError) {
        keys.append(try VerifyingKey(rawBytes: Hexadecimal.bytes(text) ?? []))
      } catch {
        throw .notGenuine("a key of terminal \(terminal)", error)
      }
    }
    return keys
  }

  /// An evaluation is there where the rules ask for one, of the kind that they ask for, and two people stand for it
  /// (S17, C6).
  private static func checkWhatPeopleDid(
    _ document: StatementDocument
  ) throws(VerificationFailure) {
    let evaluation = document.evaluation
    let isAsked =
      switch document.rules.evaluation {
      case "none": evaluation == nil
      case "coefficient":
        evaluation.map { (0...10_000).contains($0.paidBasisPoints ?? -1) && $0.findings.isEmpty }
          ?? false
      case "deductionTable":
        evaluation.map { $0.paidBasisPoints == nil && $0.findings.allSatisfy { $0.fen > 0 } }
          ?? false
      default: false
      }
    guard (0...10_000).contains(document.rules.feeBasisPoints) else {
      throw .difference(
        Difference("fee", expected: "0 to 10000", found: document.rules.feeBasisPoints))
    }
    guard isAsked else {
      throw .difference(
        Difference("evaluation", expected: document.rules.evaluation, found: "another one"))
    }
    if let evaluation, evaluation.proposedBy == evaluation.approvedBy {
      throw .difference(
        Difference("evaluation", expected: "two people", found: evaluation.approvedBy))
    }
  }

  private static func compare(
    _ expected: [Reckoning.Key: StatementDocument.Sums], _ found: [StatementDocument.Taking]
  ) throws(VerificationFailure) {
    let takings = expected.sorted { $0.key < $1.key }.map { key, sums in
      StatementDocument.Taking(
        terminal: key.terminal, day: key.day, soldDay: key.soldDay, sums: sums)
    }
    try compare(takings, found, "taking") { taking in
      "terminal \(taking.terminal) on \(date(taking.day)), sold on \(date(taking.soldDay))"
    }
  }

  /// Row by row; the first that differs is named by its own key.
  private static func compare<Row: Equatable>(
    _ expected: [Row], _ found: [Row], _ kind: String, _ name: (Row) -> String
  ) throws(VerificationFailure) {
    let index = zip(expected, found).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let place = index ?? min(expected.count, found.count)
    var (want, have) = (expected.dropFirst(place).first, found.dropFirst(place).first)
    guard want != nil || have != nil else { return }
    if let (expectedRow, foundRow) = want.flatMap({ row in have.map { (row, $0) } }),
      name(expectedRow) != name(foundRow)
    {
      // One of them is missing in the other list, or they are in another order.
      if found.contains(where: { name($0) == name(expectedRow) }) { want = nil } else { have = nil }
    }
    throw .difference(
      Difference(
        "\(kind) of \((want ?? have).map(name) ?? "nothing")",
        expected: want.map { "\($0)".figures } ?? "nothing",
        found: have.map { "\($0)".figures } ?? "nothing"))
  }

  /// Takings by quarter and term.
  private static func lines(
    of takings: [Reckoning.Key: StatementDocument.Sums], _ terms: [StatementDocument.Term]
  ) throws(VerificationFailure) -> [StatementDocument.Line] {
    var lines: [StatementDocument.Line] = []
    for (key, sums) in takings.sorted(by: { $0.key < $1.key }) {
      let term = try term(on: key.soldDay, terms)
      let quarter = StatementQuarter(of: key.day).description
      let found = lines.firstIndex { $0.quarter == quarter && $0.term == term.firstDay }
      let index = found ?? lines.endIndex
      if found == nil {
        lines.append(
          StatementDocument.Line(
            quarter: quarter, term: term.firstDay, sums: StatementDocument.Sums(), total: 0))
      }
      try lines[index].add(sums)
    }
    return lines.sorted { ($0.quarter, $0.term) < ($1.quarter, $1.term) }
  }

  static func term(
    on day: Int32, _ terms: [StatementDocument.Term]
  ) throws(VerificationFailure) -> StatementDocument.Term {
    let term = terms.filter { $0.firstDay <= day }.max { $0.firstDay < $1.firstDay }
    guard let term else {
      throw .difference(Difference("term on \(date(day))", expected: "one", found: "none"))
    }
    return term
  }

  private static func date(_ day: Int32) -> CivilDate { CivilDate(day: day) }
}

extension StatementDocument.Line {
  fileprivate mutating func add(_ other: StatementDocument.Sums) throws(VerificationFailure) {
    try Exact.add(other.sales, to: &sums.sales)
    try Exact.add(other.soldSubsidy, to: &sums.soldSubsidy)
    try Exact.add(other.soldPersonal, to: &sums.soldPersonal)
    try Exact.add(other.corrections, to: &sums.corrections)
    try Exact.add(other.returnedSubsidy, to: &sums.returnedSubsidy)
    try Exact.add(other.returnedPersonal, to: &sums.returnedPersonal)
    try Exact.add(other.soldSubsidy, to: &total)
    try Exact.add(other.soldPersonal, to: &total)
    total = try Exact.less(try Exact.less(total, other.returnedSubsidy), other.returnedPersonal)
  }
}

extension String {
  /// Without the names of types.
  fileprivate var figures: String {
    replacing("StatementDocument.", with: "").replacing("SyncProtocol.", with: "")
  }
}
