import CanteenModel
import Foundation
import SettlementCore
import SettlementStore
import SyncTransport

/// An act that takes two people: what it shows before, and how it is done when somebody else has approved it.
///
/// It is made twice from the same verb, subject and body: when it is proposed, and when it is approved.
struct OfficeAct: Sendable {
  let verb: Verb
  /// What the verb is about: a terminal's number, a hold's id, a unit and a quarter with a stroke between; empty where
  /// the body says it all.
  let subject: String
  let body: [UInt8]

  /// Where it lies, for the judgement.
  var about: SubjectName {
    switch verb {
    case .readmitTerminal, .retireTerminal:
      UInt32(subject).map { .terminal(TerminalID($0)) } ?? .whole
    case .enterRoster, .importEvaluation, .requestOfficialMeal:
      UInt32(words(2)[0]).map { .unit(UnitID($0)) } ?? .whole
    case .setUnitRules: UInt32(subject).map { .canteen(CanteenID($0)) } ?? .whole
    case .approveStatement: UInt32(words(2)[1]).map { .canteen(CanteenID($0)) } ?? .whole
    default: .whole
    }
  }

  /// What two people decide on: the difference that it makes, in JSON.
  ///
  /// - Parameter proposer: Who asks for it; the second person is nobody yet.
  /// - Returns: That, and the digest of what it does.
  func preview(
    _ books: Books, by proposer: String
  ) async throws -> (text: String, basis: Digest32) {
    guard let people = TwoPeople(proposer: proposer, approver: Self.nobodyYet) else {
      preconditionFailure("nobody signs in under a name that is none")
    }
    let (done, decided, basis) = try await books.rehearsing { () throws(StoreError) in
      try await perform(books, by: people)
    }
    switch verb {
    case .signRulebook:
      return (try OfficeJSON.text(try await books.previewRulebook(body)), basis)
    case .setUnitRules:
      let preview = try await books.previewUnitRules(body, of: try canteen)
      return (try OfficeJSON.text(preview), basis)
    default: return (decided ?? done, basis)
    }
  }

  /// Stands where the second person will: no sign-in name.
  private static let nobodyYet = "?"

  /// Does it. What it gives is the same for the same books, and JSON.
  ///
  /// - Parameter people: Both are signed in, or `proposer` is while it is only tried. No body names anybody.
  func perform(_ books: Books, by people: TwoPeople) async throws(StoreError) -> String {
    switch verb {
    case .importAccounts: return try json(try await books.importAccounts(body))
    case .signRulebook: return try json(["version": try await books.signRulebook(body)])
    case .setUnitRules:
      return try json(try await books.setUnitRules(body, of: try canteen, by: people))
    case .giveUpHold:
      guard let id = Hexadecimal.bytes(subject).flatMap({ Digest32($0) }) else {
        throw .refused(["\(subject) is no hold"])
      }
      return try json(try await books.giveUpHold(HoldID(id)))
    case .readmitTerminal:
      try await books.reinstate(try terminal)
      return try json(["terminal": subject, "may": "settle"])
    case .retireTerminal:
      try await books.retire(try terminal)
      return try json(["terminal": subject, "is": "retired"])
    case .enablePerson:
      return try json(["person": try await books.setDisabled(false, subject)])
    case .grantRole:
      return try json([
        "grant": try await books.setGrant(
          try Self.grant(in: body), of: subject, isGranted: true)
      ])
    default: return try await performProgramme(books, by: people)
    }
  }

  /// The parts of the subject; the last one may have strokes of its own.
  ///
  /// - Parameter count: How many there are.
  func words(_ count: Int) -> [String] {
    let words = subject.split(
      separator: "/", maxSplits: count - 1, omittingEmptySubsequences: false)
    return words.map(String.init) + Array(repeating: "", count: max(0, count - words.count))
  }

  /// Reads a grant.
  ///
  /// - Throws: ``StoreError/refused(_:)``.
  static func grant(in body: [UInt8]) throws(StoreError) -> Grant {
    // try?: whatever is wrong with it, the cure is the same.
    guard let read = try? JSONDecoder().decode(GrantBody.self, from: Data(body)),
      let role = Role(rawValue: read.role), let scope = Scope(read.scope)
    else {
      throw .refused([
        "a grant is {\"role\": one of \(Role.allCases.map(\.rawValue).joined(separator: ", ")), "
          + "\"scope\": \"everything\" or for example \"unit:7\"}"
      ])
    }
    return Grant(role, scope)
  }

  private var canteen: CanteenID {
    get throws(StoreError) {
      guard let number = UInt32(subject) else { throw .refused(["\(subject) is no canteen"]) }
      return CanteenID(number)
    }
  }

  private var terminal: TerminalID {
    get throws(StoreError) {
      guard let number = UInt32(subject) else { throw .refused(["\(subject) is no terminal"]) }
      return TerminalID(number)
    }
  }

  func json(_ value: some Encodable) throws(StoreError) -> String {
    do {
      return try OfficeJSON.text(value)
    } catch {
      throw .damaged("an answer cannot be written: \(error)")
    }
  }
}

/// How values are answered: JSON with sorted keys.
enum OfficeJSON {
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
