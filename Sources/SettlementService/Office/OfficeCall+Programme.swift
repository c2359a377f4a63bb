import SettlementCore
import SettlementStore

/// What is asked of the programme: its registry, the money that comes in, quarters and years.
extension OfficeCall {
  private static let list = OfficeRoute.Parameter.path(
    "list", .choice(RegistryList.all.map(\.name)))
  private static let bankAccount = OfficeRoute.Parameter.path(
    "account", .choice(BankAccount.allCases.map(\.rawValue)))
  /// To what funding, statements and certificates may be narrowed.
  private static let unit = OfficeRoute.Parameter.query("unit", .integer(1...Int64(UInt32.max)))
  private static let canteen = OfficeRoute.Parameter.query(
    "canteen", .integer(1...Int64(UInt32.max)))
  private static let file = OfficeRoute.Body.csv(limit: Books.uploadPartLimit)

  var registryRoute: OfficeRoute {
    switch self {
    case .exportRegistry:
      OfficeRoute(
        .get, "/v1/registry/{list}", .exportRegistry, "A list of the registry as its file",
        [Self.list], gives: .csv)
    case .importRegistry:
      OfficeRoute(
        .put, "/v1/registry/{list}", .importRegistry,
        "A file of one list of the registry, all of it or nothing", [Self.list], takes: Self.file,
        gives: .proposal)
    case .registryUploaded:
      OfficeRoute(
        .post, "/v1/imports/{name}/registry/{list}", .importRegistry,
        "Put the parts together and propose the file of one list", [.upload, Self.list, .digest],
        gives: .proposal)
    default:
      OfficeRoute(
        .post, "/v1/policies", .setPolicy,
        "Put a policy into force: deadline, fund path, fee, evaluation, year end", takes: .policy,
        gives: .proposal)
    }
  }

  var fundingRoute: OfficeRoute {
    switch self {
    case .unmatchedLines:
      OfficeRoute(
        .get, "/v1/bank-lines", .readBankLines,
        "Lines of the bank of which nobody has said what they are for", gives: .list)
    case .importBankLines:
      OfficeRoute(
        .put, "/v1/bank-lines/{account}", .importBankLines,
        "What the bank says of one account; the same line twice is one", [Self.bankAccount],
        takes: Self.file, gives: .proposal)
    case .matchBankLine:
      OfficeRoute(
        .post, "/v1/bank-lines/{account}/purpose", .matchBankLine,
        "Say what a line of the bank is for", [Self.bankAccount], takes: .json(.match),
        gives: .proposal)
    case .suspense:
      OfficeRoute(
        .get, "/v1/suspense", .readSuspense,
        "Records whose money nobody was charged for, or given back, yet", gives: .list)
    case .resolveSuspense:
      OfficeRoute(
        .post, "/v1/suspense/{number}/{id}", .resolveSuspense,
        "Say who bears what a record of a terminal left in suspense",
        [.terminal, .path("id", .digest)], takes: .json(.bearer), gives: .proposal)
    case .fundingBoard:
      OfficeRoute(
        .get, "/v1/quarters/{quarter}/funding", .readFunding,
        "Who has paid for a quarter, and who is late; of one unit: its notice",
        [.quarter, Self.unit], gives: .anything, about: .narrowing)
    case .enterRoster:
      OfficeRoute(
        .post, "/v1/units/{unit}/rosters/{quarter}", .enterRoster,
        "Who of a unit gets how much of a quarter's money",
        [.unit, .quarter, .query("appropriation", .text(limit: 64))], takes: Self.file,
        gives: .proposal, about: .unit)
    case .allocateRoster:
      OfficeRoute(
        .post, "/v1/allocations/{number}", .allocateRoster,
        "Give the people of an approved roster their money", [.proposal], gives: .anything)
    default:
      OfficeRoute(
        .put, "/v1/units/{unit}/evaluations/{quarter}", .importEvaluation,
        "What a unit found of the catering in its canteens", [.unit, .quarter], takes: Self.file,
        gives: .proposal, about: .unit)
    }
  }

  var quarterRoute: OfficeRoute {
    let path = "/v1/quarters/{quarter}"
    return switch self {
    case .closeQuarter:
      OfficeRoute(
        .post, path + "/close", .closeQuarter,
        "Close a quarter: what comes in later goes to the next one", [.quarter], gives: .proposal)
    case .draftStatements:
      OfficeRoute(
        .post, path + "/statements", .draftStatements,
        "Make the drafts of a closed quarter again that nobody has approved", [.quarter],
        gives: .list)
    case .statements:
      OfficeRoute(
        .get, path + "/statements", .readStatements, "A quarter's statements and drafts",
        [.quarter, Self.canteen], gives: .list, about: .narrowing)
    case .statement:
      OfficeRoute(
        .get, path + "/statements/{canteen}", .readStatements, "A statement or a draft, whole",
        [.quarter, .canteen], gives: .anything, about: .canteen)
    case .statementFile:
      OfficeRoute(
        .get, path + "/statements/{canteen}/file", .readStatements,
        "An approved statement as the centre signed it: for canteen-settlement verify",
        [.quarter, .canteen], gives: .file, about: .canteen)
    case .approveStatement:
      OfficeRoute(
        .post, path + "/statements/{canteen}/approval", .approveStatement,
        "Sign and book the draft that was looked at", [.quarter, .canteen], takes: .json(.seen),
        gives: .proposal, about: .canteen)
    default:
      OfficeRoute(
        .get, path + "/clearing", .readStatements, "Who ate where, by day", [.quarter],
        gives: .list)
    }
  }

  var catererRoute: OfficeRoute {
    let path = "/v1/caterers/{caterer}/quarters/{quarter}/statements"
    return switch self {
    case .ownStatements:
      OfficeRoute(
        .get, path, .readOwnStatements,
        "A quarter's approved statements by which a caterer is paid", [.caterer, .quarter],
        gives: .list, about: .caterer)
    default:
      OfficeRoute(
        .get, path + "/{canteen}/file", .readOwnStatements,
        "One of them as the centre signed it: for canteen-settlement verify",
        [.caterer, .quarter, .canteen], gives: .file, about: .caterer)
    }
  }

  var paymentRoute: OfficeRoute {
    let path = "/v1/payment-orders"
    return switch self {
    case .paymentOrders:
      OfficeRoute(
        .get, path, .readPayments, "What the bank was asked to pay, order by order", gives: .list)
    case .paymentFile:
      OfficeRoute(
        .get, path + "/{number}/file", .readPayments, "One order as the bank's file",
        [.path("number", .integer(1...Int64.max))], gives: .csv)
    default:
      OfficeRoute(
        .post, path, .orderPayments,
        "Order what approved statements owe to caterers and no order has asked for",
        gives: .proposal)
    }
  }

  var yearRoute: OfficeRoute {
    switch self {
    case .previewYearEnd:
      OfficeRoute(
        .get, "/v1/years/{year}/preview", .previewYearEnd,
        "What closing a year would take, in every variant", [.year], gives: .anything)
    case .closeYear:
      OfficeRoute(
        .post, "/v1/years/{year}/close", .closeYear,
        "Take what is left of a year's subsidy to where the policy says", [.year],
        gives: .proposal)
    case .certificateFile:
      OfficeRoute(
        .get, "/v1/units/{unit}/certificates/{year}/file", .readCertificates,
        "The same, person by person, as the centre signs it: for canteen-settlement verify",
        [.unit, .year], gives: .file, about: .unit)
    default:
      OfficeRoute(
        .get, "/v1/units/{unit}/certificates/{year}", .readCertificates,
        "What became of a unit's subsidy of a closed year", [.unit, .year], gives: .anything,
        about: .unit)
    }
  }

  var unitRuleRoute: OfficeRoute {
    let path = "/v1/canteens/{canteen}/rules"
    return switch self {
    case .unitRules:
      OfficeRoute(
        .get, "/v1/unit-rules", .readUnitRules,
        "What units set for their canteens, and how it stands", [Self.canteen], gives: .list,
        about: .narrowing)
    case .previewUnitRules:
      OfficeRoute(
        .post, path + "/preview", .previewUnitRules,
        "What a unit's rules change, what they can cost, and what they would have done to the last swipes",
        [.canteen], takes: .rulebook, gives: .anything, about: .canteen)
    case .setUnitRules:
      OfficeRoute(
        .post, path, .setUnitRules, "Set the unit's own rules for one of its canteens", [.canteen],
        takes: .rulebook, gives: .proposal, about: .canteen)
    default:
      OfficeRoute(
        .get, "/v1/rulebooks/terminals", .readTerminals,
        "Which terminal has which rulebook, of all or of one canteen", [Self.canteen],
        gives: .list, about: .narrowing)
    }
  }

  var mealRoute: OfficeRoute {
    switch self {
    case .officialMeals:
      OfficeRoute(
        .get, "/v1/official-meals", .readOfficialMeals,
        "Requests for official meals, of a unit or in a canteen", [Self.unit, Self.canteen],
        gives: .list, about: .narrowing)
    case .requestOfficialMeal:
      OfficeRoute(
        .post, "/v1/units/{unit}/official-meals", .requestOfficialMeal,
        "Ask for an official meal, by the number of the official letter and so many heads",
        [.unit], takes: .json(.officialMeal), gives: .proposal, about: .unit)
    case .acceptOfficialMeal:
      OfficeRoute(
        .post, "/v1/canteens/{canteen}/official-meals/{voucher}/acceptance", .acceptOfficialMeal,
        "Accept an official meal: its number is good at the canteens' tills until its day is over",
        [.canteen, .voucher], gives: .anything, about: .canteen)
    default:
      OfficeRoute(
        .get, "/v1/units/{unit}/official-meals/{voucher}/slip", .readOfficialMeals,
        "What an official meal cost, for the reimbursement", [.unit, .voucher], gives: .anything,
        about: .unit)
    }
  }
}
