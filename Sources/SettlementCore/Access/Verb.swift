/// Everything that somebody may ask of the books over the office's listener. Each has one ``rule``.
package enum Verb: String, CaseIterable, Codable, Sendable {
  // For everybody, and for whoever is signed in.
  case readHealth, signIn, signOut, readOwnSession, changePassword, decideProposal

  // Readings.
  case readReport, readTerminals, readRecords, readExposure, readHolds
  case readDirectory, readTickets, readMembers, readSurveys, readPolicy, readContracts
  case readBankLines, readFunding, readRosters, readEntries
  case readRulebooks, previewRulebook, readProposals, readPeople, readAudit
  case readProposalFile, exportRegistry, readStatements, readPayments, previewYearEnd
  case readCertificates, readSuspense, readOfficialMeals
  case readUnitRules, previewUnitRules, readOwnStatements

  // Acts.
  case addTerminal, inviteTerminal, shutTerminalOut, readmitTerminal, retireTerminal
  case importAccounts, importItems, signRulebook, setUnitRules, giveUpHold
  case importRegistry, setPolicy, importBankLines, matchBankLine, resolveSuspense
  case enterRoster, allocateRoster, importEvaluation
  case closeQuarter, draftStatements, approveStatement, orderPayments, closeYear
  case requestOfficialMeal, acceptOfficialMeal
  case disablePerson, enablePerson, grantRole, withdrawRole
}

/// Who may do what a verb says.
package struct VerbRule: Hashable, Sendable {
  /// Whom it takes at least.
  package enum Caller: String, Sendable {
    case anybody
    /// Somebody who is signed in, with whatever role; what it is about is judged again where it is known.
    case signedIn
    /// Somebody with one of the roles.
    case role
  }

  /// How far the role must reach.
  package enum Reach: String, Sendable {
    /// What is asked about lies in the scope of the grant.
    case subject
    /// It is the same for all: the role is enough.
    case role
  }

  package let caller: Caller
  /// Whether it may change anything.
  package let isAct: Bool
  /// Whether it shows what belongs to one person: then the reading itself is in the audit log.
  package let isPersonal: Bool
  package let reach: Reach
  /// Who may ask for it.
  package let first: [Role]
  /// Who may be the second person; empty where one is enough.
  package let second: [Role]

  static func anybody(isAct: Bool = false) -> VerbRule {
    VerbRule(
      caller: .anybody, isAct: isAct, isPersonal: false, reach: .role, first: [], second: [])
  }

  static func signedIn(isAct: Bool) -> VerbRule {
    VerbRule(
      caller: .signedIn, isAct: isAct, isPersonal: false, reach: .role, first: [], second: [])
  }

  static func reading(
    _ roles: [Role], reach: Reach = .subject, isPersonal: Bool = false
  ) -> VerbRule {
    VerbRule(
      caller: .role, isAct: false, isPersonal: isPersonal, reach: reach, first: roles, second: [])
  }

  static func act(_ first: [Role], second: [Role] = []) -> VerbRule {
    VerbRule(
      caller: .role, isAct: true, isPersonal: false, reach: .subject, first: first, second: second)
  }
}

extension Verb {
  /// Who leads, funds, runs and looks after the programme: they read what concerns all of it.
  private static let offices: [Role] = [
    .bureau, .bureauFinance, .financeBureau, .audit, .systemOperator, .bank,
  ]

  /// Who may do it: the one table of it. `docs/access.md` is written from it.
  package var rule: VerbRule {
    switch self {
    case .readHealth: .anybody()
    case .signIn: .anybody(isAct: true)
    case .readOwnSession: .signedIn(isAct: false)
    // To leave and to keep the own password is everybody's, who only reads included.
    case .signOut, .changePassword: .signedIn(isAct: true)
    // Judged by the proposal's own verb, as the second person.
    case .decideProposal: .signedIn(isAct: true)
    case .readReport, .readTerminals, .readRecords, .readExposure, .readHolds, .readDirectory,
      .readTickets, .readMembers, .readSurveys, .readPolicy, .readContracts, .readBankLines,
      .readFunding, .readRosters, .readEntries, .readRulebooks, .previewRulebook, .readProposals,
      .readPeople, .readAudit, .readProposalFile, .exportRegistry, .readStatements, .readPayments,
      .previewYearEnd, .readCertificates, .readSuspense, .readOfficialMeals, .readUnitRules,
      .previewUnitRules, .readOwnStatements:
      readingRule
    // A unit asks for a meal, and the canteen says that it will serve it (S44).
    case .requestOfficialMeal: .act([.unitAdministrator], second: [.unitAdministrator, .bureau])
    case .acceptOfficialMeal: .act([.unitAdministrator, .caterer, .cashier])
    case .importRegistry, .setPolicy, .importBankLines, .matchBankLine, .resolveSuspense,
      .enterRoster, .allocateRoster, .importEvaluation, .closeQuarter, .draftStatements,
      .approveStatement, .orderPayments, .closeYear:
      moneyRule
    case .addTerminal, .inviteTerminal: .act([.systemOperator, .bank])
    // The safe direction needs one person, the way back two.
    case .shutTerminalOut: .act([.bureau, .systemOperator])
    case .readmitTerminal: .act([.systemOperator], second: [.bureau, .systemOperator])
    case .retireTerminal: .act([.systemOperator], second: [.bureau, .systemOperator])
    case .importAccounts: .act([.systemOperator], second: [.bureau, .systemOperator])
    case .importItems: .act([.systemOperator])
    case .signRulebook: .act([.bureau, .systemOperator], second: [.bureau])
    // Each unit sets the rules of its own canteens, within what the Bureau's policy allows (S35, C8).
    case .setUnitRules:
      .act([.unitAdministrator, .bureau], second: [.unitAdministrator, .bureau])
    case .giveUpHold: .act([.systemOperator], second: [.bureau, .bureauFinance])
    case .disablePerson: .act([.bureau, .systemOperator])
    case .enablePerson: .act([.bureau, .systemOperator], second: [.bureau])
    case .grantRole: .act([.bureau, .systemOperator], second: [.bureau])
    case .withdrawRole: .act([.bureau, .systemOperator])
    }
  }
  private var readingRule: VerbRule {
    switch self {
    case .readReport, .readBankLines, .readEntries: .reading(Self.offices)
    case .readTerminals:
      .reading([
        .bureau, .audit, .systemOperator, .bank, .unitAdministrator, .caterer, .supervisor,
        .cashier,
      ])
    case .readRecords:
      .reading(
        [.bureau, .audit, .systemOperator, .unitAdministrator, .caterer], isPersonal: true)
    case .readExposure:
      .reading([.bureau, .audit, .systemOperator, .unitAdministrator, .diner], isPersonal: true)
    case .readHolds: .reading([.bureau, .audit, .systemOperator], isPersonal: true)
    // The city-wide list of canteens, with place and contact, is for everybody (S38).
    case .readDirectory, .readRulebooks: .reading(Role.allCases, reach: .role)
    case .readPolicy: .reading(Self.offices + [.unitAdministrator, .caterer], reach: .role)
    case .readTickets:
      .reading([.bureau, .audit, .systemOperator, .bank, .unitAdministrator, .supervisor])
    case .readMembers:
      .reading([.bureau, .audit, .systemOperator, .unitAdministrator], isPersonal: true)
    case .readSurveys: .reading([.bureau, .audit, .systemOperator, .unitAdministrator])
    case .readContracts: .reading(Self.offices + [.unitAdministrator, .caterer])
    case .readFunding: .reading(Self.offices + [.unitAdministrator])
    case .readRosters:
      .reading(
        [.bureau, .bureauFinance, .audit, .systemOperator, .unitAdministrator], isPersonal: true)
    case .previewRulebook: .reading([.bureau, .audit, .systemOperator])
    case .readProposals: .reading(Self.offices + [.unitAdministrator])
    // A file may name people, and what they are given.
    case .readProposalFile: .reading(Self.offices + [.unitAdministrator], isPersonal: true)
    case .readPeople: .reading([.bureau, .audit, .systemOperator], isPersonal: true)
    case .readAudit: .reading([.bureau, .audit], isPersonal: true)
    case .exportRegistry: .reading([.bureau, .audit, .systemOperator], isPersonal: true)
    case .readStatements, .readCertificates: .reading(Self.offices + [.unitAdministrator])
    case .readPayments, .previewYearEnd: .reading(Self.offices)
    case .readSuspense:
      .reading([.bureau, .bureauFinance, .audit, .systemOperator], isPersonal: true)
    case .readOfficialMeals:
      .reading([
        .bureau, .bureauFinance, .audit, .systemOperator, .unitAdministrator, .caterer,
        .supervisor, .cashier,
      ])
    case .readUnitRules:
      .reading([
        .bureau, .audit, .systemOperator, .unitAdministrator, .caterer, .supervisor, .cashier,
      ])
    // Whoever runs canteens reads what they are paid for, and nobody else's.
    case .readOwnStatements: .reading(Self.offices + [.caterer])
    case .previewUnitRules: .reading([.bureau, .audit, .systemOperator, .unitAdministrator])
    default: preconditionFailure("\(self) is no reading")
    }
  }

  /// Acts on the programme's money, and on what it rests on: two people of two offices where more than one unit is
  /// concerned.
  private var moneyRule: VerbRule {
    switch self {
    case .importRegistry: .act([.systemOperator], second: [.bureau, .systemOperator])
    // No number of the programme is decided by who runs the system (C1, C15).
    case .setPolicy: .act([.bureau, .bureauFinance], second: [.bureau, .financeBureau])
    // A line of the bank is money for whomever it names.
    case .importBankLines: .act([.bank, .systemOperator], second: [.bureau, .bureauFinance])
    case .matchBankLine, .resolveSuspense:
      .act([.bureauFinance, .systemOperator], second: [.bureau, .bureauFinance])
    // A unit hands in who gets how much, and two of its people stand for it (C4, S33).
    case .enterRoster:
      .act(
        [.unitAdministrator, .systemOperator],
        second: [.unitAdministrator, .bureau, .bureauFinance])
    // The roster had its two people.
    case .allocateRoster: .act([.systemOperator])
    case .importEvaluation:
      .act([.unitAdministrator, .bureau], second: [.unitAdministrator, .bureau])
    case .closeQuarter, .approveStatement, .orderPayments:
      .act([.systemOperator, .bureauFinance], second: [.bureau, .bureauFinance])
    case .draftStatements: .act([.systemOperator, .bureauFinance])
    case .closeYear: .act([.systemOperator, .bureauFinance], second: [.bureau, .financeBureau])
    default: preconditionFailure("\(self) moves no money")
    }
  }
}
