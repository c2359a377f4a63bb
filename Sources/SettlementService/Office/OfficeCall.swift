import SettlementCore
import SettlementStore

/// Everything that can be asked of the office's listener.
package enum OfficeCall: String, CaseIterable, Sendable {
  case health, signIn, ownSession, signOut, changePassword
  case report, terminals, records, addTerminal, inviteTerminal, shutTerminalOut, readmitTerminal
  case retireTerminal, exposure, importAccounts, importItems
  case rulebooks, previewRulebook, signRulebook, terminalRules, holds, giveUpHold
  case unitRules, previewUnitRules, setUnitRules
  case directory, policies, contracts, tickets, members, surveys, funding, rosters, bank, entries
  case people, disablePerson, enablePerson, grantRole, withdrawRole
  case audit, proposals, proposal, approve, refuse
  case accountsPart, accountsProgress, accountsUploaded
  case exportRegistry, importRegistry, registryUploaded, setPolicy
  case unmatchedLines, importBankLines, matchBankLine, suspense, resolveSuspense
  case fundingBoard, enterRoster, allocateRoster, importEvaluation
  case closeQuarter, draftStatements, statements, statement, statementFile, approveStatement
  case ownStatements, ownStatementFile
  case officialMeals, requestOfficialMeal, acceptOfficialMeal, officialMealSlip
  case clearing, paymentOrders, paymentFile, orderPayments, previewYearEnd, closeYear, certificate,
    certificateFile, proposalFile

  /// Where and how.
  package var route: OfficeRoute {
    switch self {
    case .health:
      OfficeRoute(.get, "/healthz", .readHealth, "Whether the books take records", gives: .anything)
    case .signIn:
      OfficeRoute(
        .post, "/v1/session", .signIn, "Sign in with password and code", takes: .json(.signIn),
        gives: .session)
    case .ownSession:
      OfficeRoute(
        .get, "/v1/session", .readOwnSession, "Who I am and what I may do", gives: .session)
    case .signOut:
      OfficeRoute(.delete, "/v1/session", .signOut, "Sign out", gives: .anything)
    case .changePassword:
      OfficeRoute(
        .post, "/v1/session/password", .changePassword,
        "Change the own password; every session of the name ends", takes: .json(.newPassword),
        gives: .anything)
    case .report, .terminals, .records, .addTerminal, .inviteTerminal, .shutTerminalOut,
      .readmitTerminal, .retireTerminal:
      terminalRoute
    case .exposure, .importAccounts, .importItems, .accountsPart, .accountsProgress,
      .accountsUploaded:
      fileRoute
    case .rulebooks, .previewRulebook, .signRulebook, .holds, .giveUpHold: ruleRoute
    case .unitRules, .previewUnitRules, .setUnitRules, .terminalRules: unitRuleRoute
    case .directory, .policies, .contracts, .tickets, .members, .surveys, .funding, .rosters,
      .bank, .entries:
      listingRoute
    case .people, .disablePerson, .enablePerson, .grantRole, .withdrawRole: peopleRoute
    case .audit, .proposals, .proposal, .proposalFile, .approve, .refuse: decisionRoute
    case .exportRegistry, .importRegistry, .registryUploaded, .setPolicy: registryRoute
    case .unmatchedLines, .importBankLines, .matchBankLine, .suspense, .resolveSuspense,
      .fundingBoard, .enterRoster, .allocateRoster, .importEvaluation:
      fundingRoute
    case .closeQuarter, .draftStatements, .statements, .statement, .statementFile,
      .approveStatement, .clearing:
      quarterRoute
    case .ownStatements, .ownStatementFile: catererRoute
    case .paymentOrders, .paymentFile, .orderPayments: paymentRoute
    case .previewYearEnd, .closeYear, .certificate, .certificateFile: yearRoute
    case .officialMeals, .requestOfficialMeal, .acceptOfficialMeal, .officialMealSlip: mealRoute
    }
  }

  private var terminalRoute: OfficeRoute {
    let path = "/v1/terminals/{number}"
    return switch self {
    case .report:
      OfficeRoute(.get, "/v1/report", .readReport, "The sums of the books", gives: .anything)
    case .terminals:
      OfficeRoute(
        .get, "/v1/terminals", .readTerminals, "Every terminal, or those of one canteen",
        [.query("canteen", .integer(1...Int64(UInt32.max)))], gives: .list, about: .narrowing)
    case .addTerminal:
      OfficeRoute(
        .post, "/v1/terminals", .addTerminal, "Add a terminal", takes: .json(.terminal),
        gives: .anything)
    case .inviteTerminal:
      OfficeRoute(
        .post, path + "/token", .inviteTerminal, "Make the token by which a terminal joins",
        [.terminal], gives: .anything, about: .terminal)
    case .shutTerminalOut:
      OfficeRoute(
        .post, path + "/revocation", .shutTerminalOut, "Shut a terminal out", [.terminal],
        gives: .anything, about: .terminal)
    case .readmitTerminal:
      OfficeRoute(
        .delete, path + "/revocation", .readmitTerminal, "Let a terminal in again", [.terminal],
        gives: .proposal, about: .terminal)
    case .retireTerminal:
      OfficeRoute(
        .post, path + "/retirement", .retireTerminal, "Retire a terminal", [.terminal],
        gives: .proposal, about: .terminal)
    default:
      OfficeRoute(
        .get, path + "/records", .readRecords, "The newest records of a terminal, newest last",
        [.terminal, .query("limit", .integer(1...Int64(RecordLimit.most)))], gives: .list,
        about: .terminal)
    }
  }

  private var fileRoute: OfficeRoute {
    switch self {
    case .exposure:
      OfficeRoute(
        .get, "/v1/accounts/{number}/exposure", .readExposure,
        "What can still be spent from an account that may not pay any more",
        [.path("number", .integer(1...Int64.max))], gives: .anything, about: .account)
    case .importAccounts:
      OfficeRoute(
        .put, "/v1/accounts", .importAccounts, "A file of accounts, all of it or nothing",
        takes: .csv(limit: Books.uploadPartLimit), gives: .proposal)
    case .importItems:
      OfficeRoute(
        .put, "/v1/items", .importItems, "A file of dishes and goods, all of it or nothing",
        takes: .csv(limit: Books.uploadPartLimit), gives: .anything)
    case .accountsPart:
      OfficeRoute(
        .put, "/v1/imports/{name}/parts/{number}", .importAccounts,
        "A part of a long file of accounts; the same part twice changes nothing",
        [
          .upload, .path("number", .integer(1...Int64(Books.uploadPartsLimit))),
          .digest,
        ], takes: .part(limit: Books.uploadPartLimit), gives: .progress)
    case .accountsProgress:
      OfficeRoute(
        .get, "/v1/imports/{name}", .importAccounts, "Which parts of a long file are here",
        [.upload], gives: .progress)
    default:
      OfficeRoute(
        .post, "/v1/imports/{name}/accounts", .importAccounts,
        "Put the parts together and propose the file of accounts",
        [.upload, .digest], gives: .proposal)
    }
  }

  private var ruleRoute: OfficeRoute {
    switch self {
    case .rulebooks:
      OfficeRoute(
        .get, "/v1/rulebooks", .readRulebooks, "The rulebook in force, and those to come",
        gives: .list)
    case .previewRulebook:
      OfficeRoute(
        .post, "/v1/rulebooks/preview", .previewRulebook,
        "What a rulebook changes, what it can cost, and what it would have done to the last swipes",
        takes: .rulebook, gives: .anything)
    case .signRulebook:
      OfficeRoute(
        .post, "/v1/rulebooks", .signRulebook, "Sign a rulebook", takes: .rulebook,
        gives: .proposal)
    case .holds:
      OfficeRoute(.get, "/v1/holds", .readHolds, "What is set aside for terminals", gives: .list)
    default:
      OfficeRoute(
        .post, "/v1/holds/{id}/release", .giveUpHold, "Give up what is set aside for a terminal",
        [.path("id", .digest)], gives: .proposal)
    }
  }

  /// The tables that a listing call reads.
  var listings: [OfficeListing] {
    switch self {
    case .directory: [.regions, .units, .canteens, .calendar, .holderTypes]
    case .policies: [.policies]
    case .contracts: [.caterers, .terms]
    case .tickets: [.places, .tickets]
    case .members: [.members]
    case .surveys: [.surveys]
    case .funding: [.tranches, .rosters]
    case .rosters: [.rosterLines]
    case .bank: [.bankAccounts, .bankLines]
    case .entries: [.entries, .balances]
    default: []
    }
  }

  private var listingRoute: OfficeRoute {
    let tables = listings
    let number = OfficeRoute.Parameter.Kind.integer(1...Int64(UInt32.max))
    let narrowings = OfficeListing.Narrowing.allCases.filter { narrowing in
      tables.contains { $0.narrowings.contains(narrowing) }
    }
    return OfficeRoute(
      .get, "/v1/\(rawValue)/{table}", tables.first?.verb ?? .readDirectory,
      "A page of " + tables.map(\.rawValue).joined(separator: ", "),
      [
        .path("table", .choice(tables.map(\.rawValue))),
        .query("from", .integer(0...1_000_000_000)),
        .query("limit", .integer(1...Int64(Books.officePageLimit))),
      ] + narrowings.map { .query($0.rawValue, number) }, gives: .page, about: .narrowing)
  }

  private var peopleRoute: OfficeRoute {
    let path = "/v1/people/{login}"
    return switch self {
    case .people:
      OfficeRoute(.get, "/v1/people", .readPeople, "Who may sign in, and as what", gives: .list)
    case .disablePerson:
      OfficeRoute(
        .post, path + "/disablement", .disablePerson, "Shut somebody out", [.login],
        gives: .anything)
    case .enablePerson:
      OfficeRoute(
        .delete, path + "/disablement", .enablePerson, "Let somebody in again", [.login],
        gives: .proposal)
    case .grantRole:
      OfficeRoute(
        .post, path + "/grants", .grantRole, "Give somebody a role", [.login],
        takes: .json(.grant), gives: .proposal)
    default:
      OfficeRoute(
        .post, path + "/grants/withdrawal", .withdrawRole, "Take a role away", [.login],
        takes: .json(.grant), gives: .anything)
    }
  }

  private var decisionRoute: OfficeRoute {
    switch self {
    case .audit:
      OfficeRoute(
        .get, "/v1/audit", .readAudit, "The audit log behind a number",
        [
          .query("behind", .integer(0...Int64.max)),
          .query("limit", .integer(1...Int64(Books.auditPageLimit))),
        ], gives: .list)
    case .proposals:
      OfficeRoute(
        .get, "/v1/proposals", .readProposals,
        "What waits for a second person, or waited; of the programme, or of one unit",
        [
          .query("behind", .integer(0...Int64.max)), .query("state", .choice(["open", "all"])),
          .query("unit", .integer(1...Int64(UInt32.max))),
        ], gives: .list, about: .narrowing)
    case .proposal:
      OfficeRoute(
        .get, "/v1/proposals/{number}", .readProposals, "A proposal, and what it would do",
        [.proposal], gives: .proposal, about: .proposal)
    case .proposalFile:
      OfficeRoute(
        .get, "/v1/proposals/{number}/file", .readProposalFile,
        "What a proposal brings, as it was handed in", [.proposal], gives: .file, about: .proposal)
    case .approve:
      OfficeRoute(
        .post, "/v1/proposals/{number}/approval", .decideProposal,
        "Approve what somebody else proposed: it is done at once", [.proposal], gives: .anything)
    default:
      OfficeRoute(
        .post, "/v1/proposals/{number}/refusal", .decideProposal,
        "Refuse what somebody else proposed, or take the own proposal back", [.proposal],
        takes: .json(.reason), gives: .proposal)
    }
  }
}
