import CanteenModel
import Foundation
import SettlementCore
import SettlementStore
import SyncProtocol
import SyncTransport

/// Does what was asked by somebody who may: the judgement lies behind it. Each answer is what the route gives.
struct OfficeDesk: Sendable {
  let books: Books
  let control: BooksControl

  /// - Throws: ``StoreError``, ``ControlRefusal``, ``Problem``.
  func answer(_ asked: OfficeRequest, by person: PersonHere) async throws -> [UInt8] {
    let route = asked.call.route
    if route.proposes { return Array(try await propose(asked, by: person).utf8) }
    guard route.verb.rule.isAct || route.verb.rule.isPersonal else {
      return try await read(asked)
    }
    switch asked.call {
    case .approve, .refuse: return Array(try await decide(asked, by: person).utf8)
    // A part of a file is no act yet: the proposal is.
    case .accountsPart, .accountsProgress:
      return Array(try await upload(asked, by: person).utf8)
    default: break
    }
    let entry = AuditEntry(
      person.login, route.verb.rawValue, on: asked.subject, body: asked.body)
    guard route.verb.rule.isAct else {
      try await books.note(entry)
      return try await read(asked)
    }
    let done = try await books.acting(entry) { () throws(StoreError) in
      try await act(asked, by: person)
    }
    return Array(done.utf8)
  }

  /// Whether the books take records.
  func health() throws -> String { String(decoding: try Health.of(books), as: UTF8.self) }

  // MARK: - Two people

  private func propose(_ asked: OfficeRequest, by person: PersonHere) async throws -> String {
    let isUploaded = asked.call == .accountsUploaded || asked.call == .registryUploaded
    let file =
      isUploaded
      ? try await books.upload(asked.text("name"), by: person.login, digest: try digest(asked))
      : asked.body
    let act = OfficeAct(verb: asked.call.route.verb, subject: asked.words, body: file)
    let (preview, basis) = try await act.preview(books, by: person.login)
    let line = try await books.propose(
      act.verb, on: act.subject, of: try await books.subject(act.about).unit, body: act.body,
      preview: preview, basis: basis, by: person.login)
    if isUploaded { try await books.dropUpload(asked.text("name"), by: person.login) }
    return try OfficeJSON.text(line)
  }

  private func decide(_ asked: OfficeRequest, by person: PersonHere) async throws -> String {
    let proposal = try await books.proposal(asked.integer("number") ?? 0)
    let line = proposal.line
    guard let verb = Verb(rawValue: line.verb) else {
      throw StoreError.damaged("proposal \(line.number) has the verb \(line.verb)")
    }
    let act = OfficeAct(verb: verb, subject: line.subject, body: proposal.body)
    let isProposer = line.proposer == person.login
    if asked.call == .approve || !isProposer {
      try await judge(
        act, line, isProposer: isProposer, mustStand: asked.call == .approve, by: person)
    }
    guard asked.call == .approve else {
      let reason = try asked.decoded(ReasonBody.self).reason
      let entry = AuditEntry(
        person.login, line.verb, on: "proposal \(line.number): no", .refused, body: asked.body)
      let closed = try await books.acting(entry) { () throws(StoreError) in
        try await books.close(proposal: line.number, reason: reason, by: person.login)
      }
      return try OfficeJSON.text(closed)
    }
    guard let people = TwoPeople(proposer: line.proposer, approver: person.login) else {
      throw OfficeProblem.notAllowed.because(AccessRefusal.ownProposal.advice(on: verb))
    }
    return try await books.execute(proposal: line.number, by: people) { () throws(StoreError) in
      try await act.perform(books, by: people)
    }
  }

  /// - Parameter mustStand: Whether the proposer must still be somebody who may: the role may be lost since.
  /// - Throws: ``Problem`` 403 unless who decides may; ``StoreError`` unless who proposed may.
  private func judge(
    _ act: OfficeAct, _ line: ProposalLine, isProposer: Bool, mustStand: Bool,
    by person: PersonHere
  ) async throws {
    let subject = try await books.subject(act.about)
    let second = Access.judgeSecond(
      act.verb, on: subject, isProposer: isProposer, by: person.grants)
    if case .refused(let refusal) = second {
      try await books.note(
        AuditEntry(person.login, line.verb, on: "proposal \(line.number)", .refused))
      throw OfficeProblem.notAllowed.because(refusal.advice(on: act.verb))
    }
    guard mustStand else { return }
    let proposer = try await books.person(line.proposer)
    if case .refused = Access.judge(act.verb, on: subject, by: proposer?.grants) {
      throw StoreError.refused([
        "\(line.proposer), who proposed it, may not any more: refuse it, and propose it anew"
      ])
    }
  }

  // MARK: - Files in parts

  private func upload(_ asked: OfficeRequest, by person: PersonHere) async throws -> String {
    let name = asked.text("name")
    guard asked.call == .accountsPart else {
      return try OfficeJSON.text(try await books.uploadProgress(of: name, by: person.login))
    }
    return try OfficeJSON.text(
      try await books.keepPart(
        Int(asked.integer("number") ?? 0), of: name, by: person.login, bytes: asked.body,
        digest: try digest(asked)))
  }

  private func digest(_ asked: OfficeRequest) throws(Problem) -> Digest32 {
    guard let digest = Hexadecimal.bytes(asked.text("sha256")).flatMap({ Digest32($0) }) else {
      throw OfficeProblem.malformed.because("sha256 is 64 hexadecimal digits")
    }
    return digest
  }
}
