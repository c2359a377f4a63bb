package import SettlementCore

/// A table of the registry, as people may read it: page by page, all of it or what belongs to one unit, canteen or
/// caterer.
package enum OfficeListing: String, CaseIterable, Sendable {
  case regions, units, canteens, calendar, policies, caterers, terms, places, tickets, members
  case surveys, tranches, rosters, entries, balances
  case holderTypes = "holder-types"
  case rosterLines = "roster-lines"
  case bankAccounts = "bank-accounts"
  case bankLines = "bank-lines"

  /// Who may read it.
  package var verb: Verb {
    switch self {
    case .regions, .units, .canteens, .calendar, .holderTypes: .readDirectory
    case .policies: .readPolicy
    case .caterers, .terms: .readContracts
    case .places, .tickets: .readTickets
    case .members: .readMembers
    case .surveys: .readSurveys
    case .tranches, .rosters: .readFunding
    case .rosterLines: .readRosters
    case .bankAccounts, .bankLines: .readBankLines
    case .entries, .balances: .readEntries
    }
  }

  /// By what it can be narrowed, and the column that says it.
  package enum Narrowing: String, CaseIterable, Sendable {
    case unit, canteen, caterer
  }

  /// How it is read.
  struct Query {
    let columns: String
    let tables: String
    /// Unique, so that pages do not overlap.
    let order: String
    var narrowings: [Narrowing: String] = [:]
  }

  /// By what it can be narrowed.
  package var narrowings: [Narrowing] {
    Narrowing.allCases.filter { query.narrowings[$0] != nil }
  }

  var query: Query {
    switch self {
    case .regions:
      Query(columns: "number, name, level, parent", tables: "region", order: "number")
    case .units:
      Query(columns: "number, name, region", tables: "unit", order: "number")
    case .canteens:
      Query(
        columns: "number, name, unit, place, contact, phone", tables: "canteen", order: "number",
        narrowings: [.unit: "unit"])
    case .calendar: Query(columns: "day", tables: "calendar_exception", order: "day")
    case .holderTypes:
      Query(columns: "number, name, needs_bank", tables: "holder_type", order: "number")
    case .policies:
      Query(
        columns: """
          version, effective_from_day, document, proposed_by, approved_by, approved_ms
          """, tables: "policy", order: "version")
    case .caterers:
      Query(
        columns: "number, name, bank_account", tables: "caterer", order: "number",
        narrowings: [.caterer: "number"])
    case .terms:
      Query(
        columns: "canteen, from_day, mode, caterer, contract, unit",
        tables: "canteen_term JOIN canteen ON canteen.number = canteen_term.canteen",
        order: "canteen, from_day",
        narrowings: [.unit: "unit", .canteen: "canteen", .caterer: "caterer"])
    case .places:
      Query(
        columns: "terminal, from_ms, canteen", tables: "terminal_place",
        order: "terminal, from_ms", narrowings: [.canteen: "canteen"])
    case .tickets:
      Query(
        columns: "number, canteen, terminal, kind, opened_day, closed_day, note", tables: "ticket",
        order: "number", narrowings: [.canteen: "canteen"])
    case .members:
      Query(
        columns: "account, from_day, membership.unit AS unit, holder_type, name",
        tables: "membership JOIN account ON account.number = membership.account",
        order: "account, from_day", narrowings: [.unit: "membership.unit"])
    case .surveys, .tranches, .rosters, .rosterLines, .bankAccounts, .bankLines, .entries,
      .balances:
      moneyQuery
    }
  }

  private var moneyQuery: Query {
    switch self {
    case .tranches:
      Query(
        columns: "number, unit, quarter, appropriation, last_day", tables: "tranche_origin",
        order: "number", narrowings: [.unit: "unit"])
    case .rosters:
      Query(
        columns: """
          roster.number AS number, tranche, unit, lines, fen, proposed_by, proposed_ms, approved_by,
          approved_ms, allocated_ms
          """, tables: "roster JOIN tranche_origin ON tranche_origin.number = roster.tranche",
        order: "roster.number", narrowings: [.unit: "unit"])
    case .rosterLines:
      Query(
        columns: "roster, account, standard, roster_line.fen AS fen, unit",
        tables: """
          roster_line JOIN roster ON roster.number = roster_line.roster
          JOIN tranche_origin ON tranche_origin.number = roster.tranche
          """, order: "roster, account", narrowings: [.unit: "unit"])
    case .bankAccounts:
      Query(
        columns: "bank_account, number", tables: "own_bank_account", order: "bank_account")
    case .bankLines:
      Query(
        columns: "bank_account, reference, day, fen, counterparty, note, matched",
        tables: "bank_line", order: "bank_account, reference")
    case .entries:
      Query(
        columns: "kind, day, booked_ms, proposed_by, approved_by, note", tables: "office_entry",
        order: "day, entry")
    case .balances:
      Query(columns: "ledger_account, fen", tables: "office_balance", order: "ledger_account")
    default:
      Query(
        columns: """
          unit, canteens, staff, seats, area_hundredths, breakfast_fen, lunch_fen, dinner_fen, place, contact, phone,
          note
          """, tables: "survey", order: "unit", narrowings: [.unit: "unit"])
    }
  }
}
