import CanteenModel
import SyncProtocol
import SyncTransport

/// What a centre can do wrong, or somebody who took its place. A terminal believes none of it, says so, and hands in
/// the same records again.
package enum CentreMischief: String, CaseIterable, Sendable {
  /// Signed by another key.
  case forgedAck = "forged-ack"
  case wrongChallenge = "wrong-challenge"
  /// A head that the terminal does not have.
  case wrongHead = "wrong-head"
  case wrongTerminal = "wrong-terminal"
  /// Of records that the terminal does not have yet.
  case ackAhead = "ack-ahead"
  /// It is never handed over.
  case lostAck = "lost-ack"
  /// That of the batch before.
  case oldAck = "old-ack"
  /// The same one twice.
  case repeatedAck = "repeated-ack"
  case garbage
  case deepJSON = "deep-json"
  case forgedPage = "forged-page"
  /// A page that answers a request from before the last ack.
  case stalePage = "stale-page"
  case wrongForm = "wrong-form"
}

extension ScriptedCentre {
  /// Does wrong, in each way that is asked, and looks what the terminal makes of it: one line each.
  ///
  /// - Returns: What the terminal fell for.
  package func misbehave(
    _ kinds: [CentreMischief], _ say: (String) -> Void
  ) async -> [CentreMischief] {
    var failed: [CentreMischief] = []
    for kind in kinds {
      do {
        try await play(kind)
        // Whatever was tried, the terminal hands in what it would have.
        _ = try await fetch()
        say("ok \(kind.rawValue)")
      } catch {
        failed.append(kind)
        say("FAILED \(kind.rawValue): \(error); docs/integration.md, Fetching")
      }
    }
    return failed
  }

  private func play(_ kind: CentreMischief) async throws {
    switch kind {
    case .forgedAck:
      try await refuse(.notAccepted) { try AckCodec.seal(ack(of: $0), key: SigningKey()) }
    case .wrongChallenge:
      try await refuse(.notAccepted) { try seal(ack(of: $0, challenge: .random())) }
    case .wrongHead:
      try await refuse(.notAccepted) { try seal(ack(of: $0, head: .random())) }
    case .wrongTerminal:
      try await refuse(.notAccepted) {
        try seal(ack(of: $0, terminal: TerminalID(identity.terminal.number + 1)))
      }
    case .ackAhead:
      try await refuse(.notAccepted) { fetched in
        let ahead = JournalPosition(
          epoch: fetched.end.epoch,
          sequence: SequenceNumber(fetched.end.sequence.number + 1_000_000))
        return try seal(ack(of: fetched, position: ahead))
      }
    case .lostAck:
      let before = try await fetch().batch
      let after = try await fetch().batch
      guard after.facts.first == before.facts.first,
        after.records.starts(with: before.records),
        after.facts.challenge != before.facts.challenge
      else {
        throw Nonconformity(
          expected: "the same records with another challenge", came: "another batch")
      }
    case .oldAck:
      let old = try seal(ack(of: try await fetch()))
      try await refuse(.notAccepted) { _ in old }
    case .repeatedAck:
      let ack = try await acknowledge(try await fetch(), taking: false)
      try ConformanceTerminal.expect(try await ask(.takeAck, ack), .notAccepted)
    case .garbage: try await refuse(.notAccepted) { _ in [1, 2, 3] }
    case .deepJSON: try await sendDeepJSON()
    case .forgedPage:
      let page = try page(try await feedRequest(), key: SigningKey())
      try ConformanceTerminal.expect(try await ask(.takeFeed, page), .notAccepted)
    case .stalePage:
      let page = try page(try await feedRequest(), echo: .some(.random()))
      try ConformanceTerminal.expect(try await ask(.takeFeed, page), .notAccepted)
    case .wrongForm: try await sendAnotherForm()
    }
  }

  private func seal(_ ack: AckFacts) throws -> [UInt8] {
    try AckCodec.seal(ack, key: identity.key)
  }

  private func refuse(
    _ problem: WireProblem, _ ack: (Fetched) throws -> [UInt8]
  ) async throws {
    let bytes = try ack(try await fetch())
    try ConformanceTerminal.expect(try await ask(.takeAck, bytes), problem)
  }

  private func sendDeepJSON() async throws {
    let deep = Array(String(repeating: "{\"x\":", count: 100_000).utf8)
    let answer = try await send(
      RawRequest(
        "POST", WireContract.feedPath, fields: [("Content-Type", WireForm.json.mediaType)],
        body: deep))
    try ConformanceTerminal.expect(answer, .malformed)
  }

  private func sendAnotherForm() async throws {
    let body = try await send(
      RawRequest("POST", WireContract.ackPath, fields: [("Content-Type", "text/xml")], body: [1]))
    try ConformanceTerminal.expect(body, .mediaTypeUnsupported)
    let answer = try await send(
      RawRequest("GET", WireContract.batchPath, fields: [("Accept", "text/xml")]))
    try ConformanceTerminal.expect(answer, .notAcceptable)
    try ConformanceTerminal.expect(
      try await send(RawRequest("DELETE", WireContract.batchPath)), .methodNotAllowed)
    try ConformanceTerminal.expect(try await send(RawRequest("GET", "/v1/other")), .notFound)
  }
}
