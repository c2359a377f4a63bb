package import CanteenModel
package import Foundation
package import SettlementCore

/// What people ask of the programme's office: registry, policy, bank, rosters, year end. One way for every caller.
package enum ProgrammeOrder: Sendable, Codable {
  /// A file of one list of ``RegistryList/all``. Answered with ``ImportOutcome``.
  case importList(name: String, file: Data)
  /// Answered with the list's file.
  case exportList(name: String)
  /// Answered with ``ProgrammePolicy``.
  case setPolicy(file: Data, people: TwoPeople)
  /// The policy of a local day, in days since 1970-01-01. Answered with ``ProgrammePolicy``.
  case policy(day: Int32)
  /// Answered with ``UnitRulesChange``.
  case setUnitRules(canteen: CanteenID, file: Data, people: TwoPeople)
  /// Answered with ``UnitRulesPreview``.
  case previewUnitRules(canteen: CanteenID, file: Data)
  /// `nil`: all of them. Answered with ``UnitRulesLine``s.
  case unitRules(canteen: CanteenID?)
  /// `nil`: all of them. Answered with ``TerminalRules``.
  case terminalRules(canteen: CanteenID?)
  /// Answered with ``BankImport``.
  case importBank(account: BankAccount, file: Data, person: String)
  /// Answered with ``UnmatchedLine``s.
  case unmatchedLines
  /// `purpose` is a ``LedgerAccount/key``. Answered with `{}`.
  case match(account: BankAccount, reference: String, purpose: String, people: TwoPeople)
  /// Answered with ``RosterLine``.
  case proposeRoster(
    unit: UnitID, quarter: Quarter, appropriation: String, file: Data, person: String)
  /// Answered with ``RosterLine``.
  case approveRoster(number: Int64, person: String)
  /// Answered with ``RosterLine``.
  case allocate(roster: Int64, day: Int32, person: String)
  /// Answered with ``RosterLine``s.
  case rosters(quarter: Quarter)
  /// Answered with ``FundingBoard``.
  case fundingBoard(quarter: Quarter, day: Int32)
  /// Answered with ``YearEndReport``.
  case previewYearEnd(year: Int)
  /// Answered with ``YearEndCertificate``.
  case certificate(unit: UnitID, year: Int)
  /// Answered with the signed file.
  case certificateFile(unit: UnitID, year: Int)
  /// Answered with ``YearEndReport``.
  case closeYear(year: Int, day: Int32, people: TwoPeople)
}

/// What an order changes, for the audit log.
package struct ProgrammeAct: Sendable {
  /// A command of the machine.
  package let verb: String
  package let subject: String
  package let body: [UInt8]
  /// Who the command says to stand for it.
  package let people: [String]

  fileprivate init(_ verb: String, _ subject: String, _ body: Data = Data(), by people: [String]) {
    self.verb = verb
    self.subject = subject
    self.body = Array(body)
    self.people = people
  }
}

extension ProgrammeOrder {
  /// `nil`: it only reads.
  package var act: ProgrammeAct? {
    switch self {
    case .importList(let name, let file): ProgrammeAct("registry import", name, file, by: [])
    case .setPolicy(let file, let people): ProgrammeAct("policy set", "", file, by: people.names)
    case .setUnitRules(let canteen, let file, let people):
      ProgrammeAct("rules unit", "\(canteen.number)", file, by: people.names)
    case .importBank(let account, let file, let person):
      ProgrammeAct("bank import", account.rawValue, file, by: [person])
    case .match(let account, let reference, let purpose, let people):
      ProgrammeAct(
        "bank match", "\(account.rawValue) \(reference) \(purpose)", by: people.names)
    case .proposeRoster(let unit, let quarter, _, let file, let person):
      ProgrammeAct("roster propose", "\(unit) \(quarter)", file, by: [person])
    case .approveRoster(let number, let person):
      ProgrammeAct("roster approve", "\(number)", by: [person])
    case .allocate(let roster, _, let person):
      ProgrammeAct("roster allocate", "\(roster)", by: [person])
    case .closeYear(let year, _, let people):
      ProgrammeAct("year-end close", "\(year)", by: people.names)
    case .exportList, .policy, .unmatchedLines, .rosters, .fundingBoard, .previewYearEnd,
      .previewUnitRules, .unitRules, .terminalRules, .certificate, .certificateFile:
      nil
    }
  }
}

extension Books {
  /// Does what people ask.
  ///
  /// - Returns: The answer as JSON with sorted keys; a list that was asked for, as its file.
  /// - Throws: ``StoreError``: ``StoreError/refused(_:)`` says what to do.
  package func perform(_ order: ProgrammeOrder) async throws(StoreError) -> [UInt8] {
    switch order {
    case .importList(let name, let file):
      try Self.json(try await importRegistry(try RegistryList.named(name), Array(file)))
    case .exportList(let name): try await exportRegistry(try RegistryList.named(name))
    case .setPolicy(let file, let people):
      try Self.json(try await setPolicy(Array(file), by: people))
    case .policy(let day): try Self.json(try await policy(on: day))
    case .setUnitRules(let canteen, let file, let people):
      try Self.json(try await setUnitRules(Array(file), of: canteen, by: people))
    case .previewUnitRules(let canteen, let file):
      try Self.json(try await previewUnitRules(Array(file), of: canteen))
    case .unitRules(let canteen): try Self.json(try await unitRules(of: canteen))
    case .terminalRules(let canteen): try Self.json(try await terminalRules(in: canteen))
    case .importBank(let account, let file, let person):
      try Self.json(try await importBank(account, Array(file), by: person))
    case .unmatchedLines: try Self.json(try await unmatchedLines())
    case .match(let account, let reference, let purpose, let people):
      try await match(account, reference, purpose: purpose, by: people)
    case .proposeRoster(let unit, let quarter, let appropriation, let file, let person):
      try Self.json(
        try await proposeRoster(
          of: unit, quarter, appropriation: appropriation, Array(file), by: person))
    case .approveRoster(let number, let person):
      try Self.json(try await approveRoster(number, by: person))
    case .allocate(let roster, let day, let person):
      try Self.json(try await allocate(roster, on: day, by: person))
    case .rosters(let quarter): try Self.json(try await rosters(of: quarter))
    case .fundingBoard(let quarter, let day):
      try Self.json(try await fundingBoard(of: quarter, on: day))
    case .previewYearEnd(let year): try Self.json(try await previewYearEnd(year))
    case .certificate(let unit, let year):
      try Self.json(try await yearEndCertificate(of: unit, year: year))
    case .certificateFile(let unit, let year): try await certificateFile(of: unit, year: year)
    case .closeYear(let year, let day, let people):
      try Self.json(try await closeYear(year, on: day, by: people))
    }
  }

  private func match(
    _ account: BankAccount, _ reference: String, purpose: String, by people: TwoPeople
  ) async throws(StoreError) -> [UInt8] {
    guard let purpose = LedgerAccount(key: purpose) else {
      throw .refused([
        "\(purpose) is no account of the ledger: such as funded:12, ordered:3, purse:17:personal:0"
      ])
    }
    try await match(account, reference, with: purpose, by: people)
    return Array("{}".utf8)
  }

  private static func json(_ value: some Encodable) throws(StoreError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value))
    } catch {
      throw .damaged("an answer cannot be written: \(error)")
    }
  }
}
