import CanteenModel
import Foundation
import SettlementCore
import SettlementStore
import SyncTransport

/// The acts of the programme that take two people: its registry, its policy, the money that comes in, quarters and years.
extension OfficeAct {
  func performProgramme(
    _ books: Books, by people: TwoPeople
  ) async throws(StoreError) -> String {
    switch verb {
    case .importRegistry:
      return try json(try await books.importRegistry(try RegistryList.named(subject), body))
    case .setPolicy: return try json(try await books.setPolicy(body, by: people))
    case .importBankLines:
      return try json(
        try await books.importBank(
          try bankAccount, body, by: people.proposer, approver: people.approver))
    case .matchBankLine: return try await match(books, by: people)
    case .resolveSuspense: return try await resolve(books, by: people)
    case .enterRoster:
      let words = words(3)
      return try json(
        try await books.enterRoster(
          of: try unit(words[0]), try quarter(words[1]), appropriation: words[2], body, by: people))
    case .importEvaluation:
      let words = words(2)
      return try json([
        "canteens": try await books.importEvaluation(
          body, of: try quarter(words[1]), by: people, in: try unit(words[0]))
      ])
    case .requestOfficialMeal:
      return try json(
        try await books.requestOfficialMeal(body, of: try unit(subject), by: people))
    case .closeQuarter: return try json(try await books.close(try quarter(subject), by: people))
    case .approveStatement: return try await approve(books, by: people)
    case .orderPayments: return try json(try await books.orderPayments(by: people))
    case .closeYear:
      guard let year = Int(subject) else { throw .refused(["\(subject) is no year"]) }
      return try json(try await books.closeYear(year, on: try await books.today(), by: people))
    default: preconditionFailure("\(verb) takes one person")
    }
  }

  private func match(_ books: Books, by people: TwoPeople) async throws(StoreError) -> String {
    // try?: whatever is wrong with it, the cure is the same.
    guard let match = try? JSONDecoder().decode(MatchBody.self, from: Data(body)),
      let purpose = LedgerAccount(key: match.purpose)
    else {
      throw .refused([
        "a line's purpose is {\"reference\": the bank's number of the line, \"purpose\": an account of the ledger "
          + "such as funded:12, ordered:3, purse:17:personal:0}"
      ])
    }
    return try json(
      try await books.match(try bankAccount, match.reference, with: purpose, by: people))
  }

  private func resolve(_ books: Books, by people: TwoPeople) async throws(StoreError) -> String {
    let words = words(2)
    // try?: whatever is wrong with it, the cure is the same.
    guard let body = try? JSONDecoder().decode(BearerBody.self, from: Data(body)),
      let bearer = SuspenseBearer(key: body.bearer)
    else {
      throw .refused([
        "who bears it is {\"bearer\": \"asRecorded\", \"fee\" or a diner such as \"diner:17\"}"
      ])
    }
    guard let terminal = UInt32(words[0]),
      let id = Hexadecimal.bytes(words[1]).flatMap({ Digest32($0) })
    else { throw .refused(["\(subject) is no record of a terminal"]) }
    return try json(
      try await books.resolveSuspense(of: TerminalID(terminal), id, to: bearer, by: people))
  }

  private func approve(_ books: Books, by people: TwoPeople) async throws(StoreError) -> String {
    // try?: whatever is wrong with it, the cure is the same.
    guard let seen = try? JSONDecoder().decode(SeenBody.self, from: Data(body)),
      let digest = Hexadecimal.bytes(seen.digest).flatMap({ Digest32($0) })
    else { throw .refused(["an approval is {\"digest\": 64 hexadecimal digits of the draft}"]) }
    let words = words(2)
    guard let canteen = UInt32(words[1]) else { throw .refused(["\(words[1]) is no canteen"]) }
    return try json(
      try await books.approveStatement(
        of: try quarter(words[0]), canteen: canteen, digest: digest, by: people))
  }

  private var bankAccount: BankAccount {
    get throws(StoreError) {
      guard let account = BankAccount(rawValue: subject) else {
        throw .refused(["\(subject) is none of the programme's accounts at the bank"])
      }
      return account
    }
  }

  private func unit(_ word: String) throws(StoreError) -> UnitID {
    guard let number = UInt32(word) else { throw .refused(["\(word) is no unit"]) }
    return UnitID(number)
  }

  private func quarter(_ word: String) throws(StoreError) -> Quarter {
    guard let quarter = Quarter(word) else { throw .refused(["\(word) is no quarter"]) }
    return quarter
  }
}
