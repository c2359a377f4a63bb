import CanteenModel
import LinkSecurity
import SettlementStore
import SyncProtocol
import Testing

@testable import SettlementService
@testable import SyncTransport

/// Who may say what to the centre. Every wrong identity meets every route.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct IdentityTests {
  /// A route of the centre, and how a terminal asks there.
  private struct Route: Sendable {
    let name: String
    let ask: @Sendable (CentreClient, TestTerminal) async throws -> Void

    static let all = [
      Route(name: "batch") { _ = try await $0.deliver(batch: try $1.batch()) },
      Route(name: "feed") { _ = try await $0.feed(request: try $1.feedRequest()) },
      Route(name: "hold") { client, terminal in
        let request = HoldRequest(
          terminal: terminal.id, id: HoldID(.random()), account: AccountID(1), asked: Fen(1),
          least: Fen(1), ownSales: [], echoedNonce: nil, challenge: .random())
        _ = try await client.hold(
          request: try HoldCodec.seal(request, key: terminal.key), within: .seconds(30))
      },
      Route(name: "refund") { client, terminal in
        let request = RefundHoldRequest(
          terminal: terminal.id, id: HoldID(.random()), seller: TerminalID(8), epoch: nil,
          sequence: SequenceNumber(1), amount: nil, challenge: .random())
        _ = try await client.refund(
          request: try RefundHoldCodec.seal(request, key: terminal.key), within: .seconds(30))
      },
      Route(name: "renew") { client, terminal in
        let request = RenewRequest(
          terminal: terminal.id, certificateRequest: try LinkKey().certificateRequest())
        _ = try await client.renew(
          request: try EnrolmentCodec.seal(request, key: terminal.key))
      },
    ]
  }

  /// How many of the routes let somebody in.
  private func open(to client: CentreClient, as terminal: TestTerminal) async throws -> [String] {
    var open: [String] = []
    for route in Route.all {
      do {
        try await route.ask(client, terminal)
        open.append(route.name)
      } catch is LinkError {}
    }
    return open
  }

  @Test("a terminal that has joined is let in everywhere, and no wrong identity anywhere")
  func matrix() async throws {
    try await CentreFixture.run { centre in
      let (terminal, other) = (TestTerminal(3), TestTerminal(4))
      for terminal in [terminal, other] {
        try await centre.control.add(SettlementFixture.entry(terminal))
      }
      _ = try await centre.control.importAccounts(Array(SettlementFixture.accounts.utf8))
      let all = Route.all.map(\.name)
      #expect(try await open(to: try centre.client(of: terminal.id), as: terminal) == all)

      let foreign = try CertificateAuthority(now: CentreFixture.now())
      let key = LinkKey()
      let forged = LinkIdentity(
        key: key,
        certificate: try foreign.certificate(
          for: .terminal(terminal.id), request: try key.certificateRequest(),
          now: CentreFixture.now()), anchor: foreign.anchor)
      let wrong: [(String, LinkIdentity?)] = [
        ("nobody", nil), ("another authority's", forged),
        ("the centre's own", try centre.authority.ownIdentity(now: CentreFixture.now())),
        ("another terminal's", try centre.identity(of: other.id)),
        ("a terminal's that nobody added", try centre.identity(of: TerminalID(9))),
      ]
      for (name, identity) in wrong {
        let client = try centre.client(showing: identity)
        #expect(try await open(to: client, as: terminal).isEmpty, "\(name)")
      }
    }
  }

  @Test("a terminal that is shut out is let in nowhere, until it is let in again")
  func revoked() async throws {
    #expect(try await openToShutOut().isEmpty)
  }

  private func openToShutOut() async throws -> [String] {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal(3)
      try await centre.control.add(SettlementFixture.entry(terminal))
      _ = try await centre.control.importAccounts(Array(SettlementFixture.accounts.utf8))
      let client = try centre.client(of: terminal.id)
      #expect(try await !open(to: client, as: terminal).isEmpty)
      try await centre.control.set(terminal.id, revoked: true)
      let open = try await open(to: client, as: terminal)
      #expect(try await centre.control.terminals().first?.revokedMilliseconds != nil)
      try await centre.control.set(terminal.id, revoked: false)
      #expect(try await self.open(to: client, as: terminal) == Route.all.map(\.name))
      return open
    }
  }

  @Test("an expired certificate hands in batches and asks for a new one, and does nothing else")
  func expired() async throws {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal(3)
      try await centre.control.add(SettlementFixture.entry(terminal))
      _ = try await centre.control.importAccounts(Array(SettlementFixture.accounts.utf8))
      let old = try centre.identity(
        of: terminal.id, madeAgo: CertificateAuthority.certificateLife + 60_000)
      let client = try centre.client(showing: old)
      #expect(try await open(to: client, as: terminal) == ["batch", "renew"])
    }
  }

  @Test("when a new certificate is shown, the one before it is good for nothing any more")
  func superseded() async throws {
    #expect(try await openToSuperseded().isEmpty)
  }

  private func openToSuperseded() async throws -> [String] {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal(3)
      try await centre.control.add(SettlementFixture.entry(terminal))
      _ = try await centre.control.importAccounts(Array(SettlementFixture.accounts.utf8))
      let old = try centre.identity(of: terminal.id, madeAgo: 3_600_000)
      let copy = try centre.client(showing: old)
      let all = Route.all.map(\.name)
      #expect(try await open(to: copy, as: terminal) == all)
      let key = LinkKey()
      let request = RenewRequest(
        terminal: terminal.id, certificateRequest: try key.certificateRequest())
      let answer = try EnrolmentCodec.decode(
        try await copy.renew(request: try EnrolmentCodec.seal(request, key: terminal.key)))
      #expect(try await open(to: copy, as: terminal) == all, "the new one was not shown yet")
      let renewed = LinkIdentity(
        key: key, certificate: try LinkCertificate(der: answer.certificate),
        anchor: try centre.authority.anchor)
      #expect(try await open(to: try centre.client(showing: renewed), as: terminal) == all)
      return try await open(to: copy, as: terminal)
    }
  }

  @Test("a caller shows a renewed certificate from its next request on")
  func renewed() async throws {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal(3)
      try await centre.control.add(SettlementFixture.entry(terminal))
      let (old, new) = (
        try centre.identity(of: terminal.id, madeAgo: 3_600_000),
        try centre.identity(of: terminal.id)
      )
      let caller = try LinkCaller(
        old,
        to: LinkCaller.Peer(.centre, of: try centre.authority.anchor, now: CentreFixture.now))
      let client = CentreClient(try centre.address, caller: caller, timeout: .seconds(30))
      _ = try await client.deliver(batch: try terminal.batch())
      try caller.show(new)
      _ = try await client.deliver(batch: try terminal.batch())
      try caller.show(old)
      let error = await #expect(throws: LinkError.self) {
        try await client.deliver(batch: try terminal.batch())
      }
      #expect("\(String(describing: error))".contains("took the place"))
    }
  }

  @Test("nothing is said to somebody who is not the centre, or whose certificate has expired")
  func impostor() async throws {
    #expect(try await trustedImpostors().isEmpty)
  }

  /// Who was spoken to, of those that are not the centre.
  private func trustedImpostors() async throws -> [String] {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal(3)
      try await centre.control.add(SettlementFixture.entry(terminal))
      let identity = try centre.identity(of: terminal.id)
      let anchor = try centre.authority.anchor
      let foreign = try CertificateAuthority(now: CentreFixture.now()).anchor
      let later = { @Sendable in
        CentreFixture.now() + CertificateAuthority.certificateLife + 60_000
      }
      let impostors: [(String, LinkCaller.Peer)] = [
        ("another authority's", LinkCaller.Peer(.centre, of: foreign, now: CentreFixture.now)),
        (
          "not a terminal",
          LinkCaller.Peer(.terminal(TerminalID(3)), of: anchor, now: CentreFixture.now)
        ),
        ("expired", LinkCaller.Peer(.centre, of: anchor, now: later)),
      ]
      var trusted: [String] = []
      for (name, peer) in impostors {
        let client = CentreClient(
          try centre.address, caller: try LinkCaller(identity, to: peer), timeout: .seconds(30))
        do {
          _ = try await client.deliver(batch: try terminal.batch())
          trusted.append(name)
        } catch LinkError.notTrusted {
        }
      }
      // Whoever knows no time at all, after a flat battery, finds the centre all the same.
      let unaware = LinkCaller.Peer(.centre, of: anchor, now: { 0 })
      _ = try await CentreClient(
        try centre.address, caller: try LinkCaller(identity, to: unaware), timeout: .seconds(30)
      ).deliver(batch: try terminal.batch())
      return trusted
    }
  }

  #if SEEDED_BUGS
    @Test("a centre that lets in whom it shut out is found")
    func plantedInBooks() async throws {
      try await SeededBooksBug.$planted.withValue(.admitsShutOut) {
        let open = try await openToShutOut()
        #expect(open == Route.all.map(\.name))
      }
      try await SeededBooksBug.$planted.withValue(.admitsSuperseded) {
        let open = try await openToSuperseded()
        #expect(open == Route.all.map(\.name))
      }
    }

    @Test("a caller that speaks to anybody, or forgets the time, is found")
    func plantedInCaller() async throws {
      try await SeededLinkBug.$planted.withValue(.trustsAnybody) {
        let trusted = try await trustedImpostors()
        #expect(trusted == ["another authority's", "not a terminal", "expired"])
      }
      try await SeededLinkBug.$planted.withValue(.forgetsTime) {
        let trusted = try await trustedImpostors()
        #expect(trusted == ["expired"])
      }
    }
  #endif
}
