import CanteenModel
import Logging
import SettlementService
import SettlementStore
import SyncProtocol
import SyncTransport
import Testing

@testable import TerminalDaemon

@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct HoldDeskTests {
  private static func desk(
    _ terminal: TestTerminal, at centre: CentreFixture, believes key: VerifyingKey? = nil,
    port: Int? = nil
  ) throws -> HoldDesk {
    HoldDesk(
      client: try centre.client(of: terminal.id, port: port),
      centreKey: try key ?? centre.key, key: { terminal.key }, standing: LinkStanding(),
      bell: Bell(),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
      patience: .seconds(20))
  }

  private static func request(_ terminal: TestTerminal, _ fen: Int64) -> HoldRequest {
    HoldRequest(
      terminal: terminal.id, id: HoldID(.random()), account: AccountID(1), asked: Fen(fen),
      least: Fen(fen), ownSales: [], echoedNonce: nil, challenge: .random())
  }

  @Test("the centre's answer is taken, and nothing that it did not sign or that nobody gave")
  func answers() async throws {
    try await CentreFixture.run { centre in
      let terminal = TestTerminal()
      try await centre.control.add(SettlementFixture.entry(terminal))
      _ = try await centre.control.importAccounts(Array(SettlementFixture.accounts.utf8))
      let desk = try Self.desk(terminal, at: centre)
      let granted = await desk.answer(to: Self.request(terminal, 1))
      #expect(granted?.verdict == .granted(Fen(1)))
      let tooMuch = await desk.answer(to: Self.request(terminal, 10_000_000))
      #expect(tooMuch?.verdict == .refused(.insufficient))

      let deceived = try Self.desk(terminal, at: centre, believes: SigningKey().publicKey)
      #expect(await deceived.answer(to: Self.request(terminal, 1)) == nil)
      let alone = try Self.desk(terminal, at: centre, port: 1)
      #expect(await alone.answer(to: Self.request(terminal, 1)) == nil)
      let stranger = try Self.desk(TestTerminal(9), at: centre)
      #expect(await stranger.answer(to: Self.request(TestTerminal(9), 1)) == nil)
    }
  }

  @Test("the centre is asked only when the last contact went well")
  func standing() {
    let standing = LinkStanding()
    #expect(!standing.now.isUp)
    standing.succeeded()
    #expect(standing.now.isUp)
    standing.failed("cut")
    #expect(!standing.now.isUp)
    standing.succeeded()
    #expect(standing.now.isUp)
  }
}
