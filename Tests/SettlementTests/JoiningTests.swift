import CanteenModel
import Foundation
import LinkSecurity
import SettlementStore
import SyncProtocol
import Synchronization
import Testing

@testable import SettlementService
@testable import SyncTransport
@testable import TerminalDaemon

/// How a terminal joins, over TLS, with what both sides keep in files.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct JoiningTests {
  /// A state directory that is removed again.
  private final class StateFolder: Sendable {
    let path: String

    init() throws {
      path =
        FileManager.default.temporaryDirectory.appending(
          path: "canteen-join-\(UUID().uuidString.prefix(8))"
        ).path
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }  // harms no other test
  }

  private func join(
    _ centre: CentreFixture, _ token: String, in folder: StateFolder, key: SigningKey
  ) async throws -> TerminalIdentity {
    try await TerminalIdentity.join(
      try centre.address, token: try JoinToken(token), directory: folder.path, recordKey: key,
      now: CentreFixture.now)
  }

  private static func entry(_ name: String = "一号窗口", number: UInt32 = 0) -> TerminalEntry {
    TerminalEntry(number: number, name: name, publicKey: nil, pullURL: nil, canteen: 1)
  }

  @Test(
    "a terminal joins with a token, is known by its certificate, and finds itself again in its file"
  )
  func joins() async throws {
    try await CentreFixture.run { centre in
      let (folder, key) = (try StateFolder(), SigningKey())
      let number = try await centre.control.add(Self.entry())
      let invitation = try await centre.control.invite(number)
      #expect(try await centre.control.terminals().first?.publicKey == nil)
      let identity = try await join(centre, invitation.token, in: folder, key: key)
      #expect(identity.terminal == number)
      #expect(identity.centreKey == (try centre.key))
      let known = try await centre.control.terminals().first
      #expect(known?.publicKey == Hexadecimal.text(key.publicKey.rawBytes))

      let again = try #require(try TerminalIdentity.read(in: folder.path))
      #expect(again.current.certificate == identity.current.certificate)
      var terminal = TestTerminal(number.number, key: key)
      try terminal.append(.decline(TestTerminal.decline(nil)))
      let ack = try await centre.client(showing: again.current).deliver(
        batch: try terminal.batch())
      #expect(try AckCodec.open(ack, key: again.centreKey).head == terminal.heads.last)
    }
  }

  @Test("the same terminal may use its token again, whose answer was lost, and nobody else may")
  func again() async throws {
    try await CentreFixture.run { centre in
      let (folder, key) = (try StateFolder(), SigningKey())
      let number = try await centre.control.add(Self.entry())
      let invitation = try await centre.control.invite(number)
      let lost = try await join(centre, invitation.token, in: folder, key: key)
      let identity = try await join(centre, invitation.token, in: folder, key: key)
      _ = try await centre.client(showing: identity.current).deliver(
        batch: try TestTerminal(number.number, key: key).batch())
      await #expect(throws: LinkError.self) {
        try await centre.client(showing: lost.current).deliver(
          batch: try TestTerminal(number.number, key: key).batch())
      }
    }
  }

  @Test("nobody else may use a token that was used")
  func spent() async throws {
    let error = try #require(try await refusalOfSpentToken())
    #expect("\(error)".contains("was used before"))
  }

  /// - Returns: `nil` when somebody else joined with it.
  private func refusalOfSpentToken() async throws -> LinkError? {
    try await CentreFixture.run { centre in
      let number = try await centre.control.add(Self.entry())
      let token = try await centre.control.invite(number).token
      _ = try await join(centre, token, in: try StateFolder(), key: SigningKey())
      do {
        _ = try await join(centre, token, in: try StateFolder(), key: SigningKey())
        return nil
      } catch let error as LinkError {
        return error
      }
    }
  }

  #if SEEDED_BUGS
    @Test("books that let a token be used twice are found")
    func plantedInBooks() async throws {
      try await SeededBooksBug.$planted.withValue(.spendsTokensTwice) {
        let refusal = try await refusalOfSpentToken()
        #expect(refusal == nil)
      }
    }
  #endif

  @Test("a token that is not the newest, of another centre, mistyped or guessed joins nobody")
  func refused() async throws {
    try await CentreFixture.run { centre in
      let number = try await centre.control.add(Self.entry())
      let first = try await centre.control.invite(number).token
      let second = try await centre.control.invite(number).token
      let folder = try StateFolder()
      let foreign = JoinToken(terminal: number, anchor: .random()).text
      let guessed = JoinToken(
        terminal: number, anchor: try centre.authority.anchor.fingerprint
      ).text
      for token in [first, foreign, guessed] {
        await #expect(throws: LinkError.self) {
          try await self.join(centre, token, in: folder, key: SigningKey())
        }
      }
      #expect(throws: LinkSecurityError.self) { try JoinToken(String(second.dropLast())) }
      #expect(throws: LinkSecurityError.self) { try JoinToken("x" + second) }
      #expect(try TerminalIdentity.read(in: folder.path) == nil)
      let spaced = second.enumerated().map { $0 % 20 == 19 ? "\($1) \n" : "\($1)" }.joined()
      _ = try await join(centre, spaced, in: folder, key: SigningKey())
    }
  }

  @Test("a number that has settled with one key is not taken over with another")
  func takeover() async throws {
    try await CentreFixture.run { centre in
      let key = SigningKey()
      let number = try await centre.control.add(Self.entry())
      let token = try await centre.control.invite(number).token
      let identity = try await join(centre, token, in: try StateFolder(), key: key)
      _ = try await centre.client(showing: identity.current).deliver(
        batch: try TestTerminal(number.number, key: key).batch())
      let next = try await centre.control.invite(number).token
      let error = await #expect(throws: LinkError.self) {
        try await self.join(centre, next, in: try StateFolder(), key: SigningKey())
      }
      #expect("\(String(describing: error))".contains("settled with another key"))
      _ = try await join(centre, next, in: try StateFolder(), key: key)
    }
  }

  @Test("a terminal that pushes gets a new certificate, keeps it, and shows it")
  func renews() async throws {
    try await CentreFixture.run { centre in
      let (folder, key) = (try StateFolder(), SigningKey())
      let number = try await centre.control.add(Self.entry())
      let token = try await centre.control.invite(number).token
      let identity = try await join(centre, token, in: folder, key: key)
      let before = identity.current.certificate
      let client = try centre.client(showing: identity.current)
      let answer = try await client.renew(request: try identity.renewalRequest(recordKey: key))
      try await identity.take(answer)
      #expect(identity.current.certificate.serial != before.serial)
      #expect(
        try TerminalIdentity.read(in: folder.path)?.current.certificate.serial
          == identity.current.certificate.serial)
      // An answer to another request, or to none, changes nothing.
      _ = try identity.renewalRequest(recordKey: key)
      await #expect(throws: LinkSecurityError.self) { try await identity.take(answer) }
      _ = try await centre.client(showing: identity.current).feed(
        request: try TestTerminal(number.number, key: key).feedRequest())
    }
  }

  @Test("a token is over after 15 minutes")
  func late() async throws {
    let fixture = try SettlementFixture()
    let clock = Mutex(SettlementFixture.noon)
    let books = try Books(
      Books.Configuration(
        store: fixture.store, key: SigningKey(), now: { clock.withLock { $0 } }))
    let number = try await books.add(Self.entry())
    let token = JoinToken(terminal: number, anchor: .random())
    let expires = try await books.await(
      number, secret: token.secretDigest, life: JoinToken.lifeMilliseconds)
    #expect(expires == SettlementFixture.noon + JoinToken.lifeMilliseconds)
    let request = EnrolRequest(
      terminal: number, tokenSecret: token.secret, certificateRequest: [],
      recordKey: SigningKey().publicKey)
    let certificate = IssuedCertificate(serial: "aa", notAfter: SettlementFixture.noon + 1)
    clock.withLock { $0 += JoinToken.lifeMilliseconds + 1 }
    let error = await #expect(throws: StoreError.self) {
      try await books.join(request, certificate: certificate)
    }
    #expect("\(String(describing: error))".contains("expired"))
    clock.withLock { $0 -= 1 }
    #expect(try await books.join(request, certificate: certificate) == "一号窗口")
    try books.close()
  }
}
