import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

/// A statement, and the bytes that people approve.
struct MadeStatement {
  let statement: QuarterStatement
  let document: StatementDocument
  let bytes: [UInt8]
}

extension Books {
  /// Makes a canteen's statement of what counts for it.
  ///
  /// - Throws: ``StatementFault``.
  func make(
    _ canteen: UInt32, _ takings: CanteenTakings, _ selection: QuarterSelection,
    _ policy: ProgrammePolicy, _ db: any Database
  ) throws -> MadeStatement {
    let row = try db.row("SELECT name, unit FROM canteen WHERE number = ?", [canteen])
    guard let row else { throw StoreError.refused(["canteen \(canteen) is not in the registry"]) }
    let quarter = selection.close.quarter
    let terms = try terms(of: canteen, db)
    let evaluation = try evaluation(of: canteen, quarter, db)
    let statement = try QuarterStatement(
      of: quarter, takings: takings.takings, terms: terms, policy: policy,
      evaluation: QualityEvaluation(evaluation))
    let document = StatementDocument(
      quarter: quarter.description, formerLastDay: selection.former?.quarter.lastDay,
      closedMilliseconds: selection.close.closedMilliseconds,
      utcOffsetMinutes: selection.close.utcOffsetMinutes, canteen: canteen,
      canteenName: try row.text("name"), unit: try row.integer("unit"),
      rules: StatementDocument.Rules(policy),
      terms: terms.map { term in
        StatementDocument.Term(
          firstDay: term.firstDay, mode: term.mode.rawValue, caterer: term.caterer.number,
          contract: term.contract)
      },
      terminals: try terminals(of: canteen, takings.givers, selection, db),
      evaluation: evaluation,
      disregarded: takings.disregarded.map { record in
        StatementDocument.Disregarded(
          terminal: record.terminal.number, id: record.id.description, reason: record.reason)
      },
      takings: takings.takings.map { StatementDocument.Taking($0) },
      lines: statement.lines.map { StatementDocument.Line($0) },
      accounts: statement.accounts.map { StatementDocument.Account($0) })
    return MadeStatement(
      statement: statement, document: document, bytes: try StatementCodec.encode(document))
  }

  /// Those of a canteen, in order of their first days.
  private func terms(of canteen: UInt32, _ db: any Database) throws -> [CanteenTerm] {
    try db.rows("SELECT * FROM canteen_term WHERE canteen = ? ORDER BY from_day", [canteen]).map {
      row in
      guard let mode = TermMode(rawValue: try row.text("mode")) else {
        throw StoreError.damaged("canteen \(canteen) is run in no known way")
      }
      return CanteenTerm(
        firstDay: try row.integer("from_day"), mode: mode,
        caterer: CatererID(try row.integer("caterer")), contract: try row.text("contract"))
    }
  }

  /// What the unit found of a canteen in a quarter, and the amounts that it put on it.
  func evaluation(
    of canteen: UInt32, _ quarter: Quarter, _ db: any Database
  ) throws -> StatementDocument.Evaluation? {
    let row = try db.row(
      "SELECT * FROM evaluation WHERE canteen = ? AND quarter = ?", [canteen, quarter.description])
    guard let row else { return nil }
    let findings = try db.rows(
      """
      SELECT day, reason, fen FROM evaluation_finding WHERE canteen = ? AND quarter = ?
      ORDER BY number
      """, [canteen, quarter.description])
    return StatementDocument.Evaluation(
      paidBasisPoints: row["paid_basis_points"],
      findings: try findings.map { finding in
        StatementDocument.Finding(
          day: try finding.integer("day"), reason: try finding.text("reason"),
          fen: try finding.integer("fen"))
      }, proposedBy: try row.text("proposed_by"), approvedBy: try row.text("approved_by"))
  }

  /// What somebody needs of the terminals that the statement concerns, to read their batches.
  private func terminals(
    of canteen: UInt32, _ givers: Set<TerminalID>, _ selection: QuarterSelection,
    _ db: any Database
  ) throws -> [StatementDocument.Terminal] {
    let stood: [Int64] = try db.values(
      "SELECT DISTINCT terminal FROM quarter_place WHERE quarter = ? AND canteen = ?",
      [selection.close.quarter.description, canteen])
    let numbers = Set(stood).union(givers.map { Int64($0.number) }).sorted()
    return try numbers.map { number in
      let places = try db.rows(
        "SELECT from_ms, canteen FROM quarter_place WHERE quarter = ? AND terminal = ? ORDER BY from_ms",
        [selection.close.quarter.description, number])
      return StatementDocument.Terminal(
        number: UInt32(number), keys: try keys(of: number, db),
        places: try places.map { place in
          StatementDocument.Place(
            fromMilliseconds: try place.integer("from_ms"), canteen: try place.integer("canteen"))
        },
        heads: try heads(of: number, selection.close, db),
        formerHeads: try heads(of: number, selection.former, db))
    }
  }

  /// Every key with which a terminal ever signed.
  func keys(of terminal: Int64, _ db: any Database) throws -> [String] {
    let keys: [Data] = try db.values(
      """
      SELECT public_key FROM terminal WHERE number = ? AND public_key IS NOT NULL
      UNION SELECT previous FROM key_rotation WHERE terminal = ?
      UNION SELECT next FROM key_rotation WHERE terminal = ?
      """, [terminal, terminal, terminal])
    return keys.map { Hexadecimal.text($0) }.sorted()
  }

  private func heads(
    of terminal: Int64, _ close: QuarterClose?, _ db: any Database
  ) throws -> [StatementDocument.Head] {
    guard let close else { return [] }
    return try db.rows(
      """
      SELECT epoch, sequence, head FROM quarter_head WHERE terminal = ? AND quarter = ?
      ORDER BY epoch, sequence, head
      """, [terminal, close.quarter.description]
    ).map { row in
      StatementDocument.Head(
        epoch: try row.integer("epoch"), sequence: try row.integer("sequence"),
        head: try row.digest("head").description)
    }
  }
}

extension QualityEvaluation {
  fileprivate init?(_ written: StatementDocument.Evaluation?) {
    guard let written else { return nil }
    var findings = written.findings.map { finding in
      QualityFinding(day: finding.day, reason: finding.reason, amount: Fen(finding.fen))
    }
    #if SEEDED_BUGS
      if SeededStatementBug.planted == .ignoresFindings { findings = [] }
    #endif
    self.init(paidBasisPoints: written.paidBasisPoints, findings: findings)
  }
}

extension StatementDocument.Rules {
  fileprivate init(_ policy: ProgrammePolicy) {
    self.init(
      policyVersion: policy.version, legalBasis: policy.legalBasis,
      feeBasisPoints: policy.fee.rateBasisPoints, feeBase: policy.fee.base.rawValue,
      exemptsSelfRun: policy.fee.exemptsSelfRun, evaluation: policy.evaluation.rawValue)
  }
}

extension StatementDocument.Sums {
  fileprivate init(
    sales: Int64, _ sold: PurseAmounts, corrections: Int64, _ returned: PurseAmounts
  ) {
    self.init(
      sales: sales, soldSubsidy: sold.subsidy.value, soldPersonal: sold.personal.value,
      corrections: corrections, returnedSubsidy: returned.subsidy.value,
      returnedPersonal: returned.personal.value)
  }
}

extension StatementDocument.Taking {
  fileprivate init(_ taking: Taking) {
    self.init(
      terminal: taking.terminal.number, day: taking.day, soldDay: taking.soldDay,
      sums: StatementDocument.Sums(
        sales: taking.sales, taking.sold, corrections: taking.corrections, taking.returned))
  }
}

extension StatementDocument.Line {
  fileprivate init(_ line: QuarterStatement.Line) {
    self.init(
      quarter: line.quarter.description, term: line.term.firstDay,
      sums: StatementDocument.Sums(
        sales: line.sales, line.sold, corrections: line.corrections, line.returned),
      total: line.total.value)
  }
}

extension StatementDocument.Account {
  fileprivate init(_ account: QuarterStatement.Account) {
    self.init(
      term: account.term.firstDay, caterer: account.term.caterer.number,
      consumption: account.consumption.value, deduction: account.deduction.value,
      feeBase: account.feeBase.value, fee: account.fee.value, payable: account.payable.value)
  }
}
