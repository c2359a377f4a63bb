import CanteenModel
import Foundation
import HTTPListener
import LinkSecurity
import Logging
import SyncProtocol
import SyncTransport

@testable import Journal
@testable import TerminalDaemon

/// Terminals of one canteen on loopback, with the product's ledgers, listeners and desks.
final class NeighbourFixture {
  struct Till {
    let id: TerminalID
    let journal: Journal
    let identity: TerminalIdentity
    let desk: PeerDesk
    let port: Int
  }

  static let card = Credential(kind: .cardSerial, value: [4, 1, 2, 3, 4, 5, 6])
  static let account = AccountID(11)
  static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
  private static let canteen = CanteenID(5)

  let authority: CertificateAuthority
  private(set) var tills: [Till] = []
  private let folder: URL
  private let patience: PeerDesk.Patience
  private var listeners: [Task<Void, any Error>] = []

  /// - Parameters:
  ///   - answering: What a till answers with instead of its own desk, by its number.
  ///   - patience: A busy machine takes its time.
  init(
    _ numbers: [UInt32] = [3, 4], groups: PeerGrouping = .any,
    answering: [UInt32: any PeerEndpoint] = [:],
    patience: PeerDesk.Patience = PeerDesk.Patience(sale: .seconds(20), greeting: .seconds(20))
  ) async throws {
    self.patience = patience
    folder = FileManager.default.temporaryDirectory.appending(
      path: "canteen-neighbours-\(UUID().uuidString)")
    authority = try CertificateAuthority(now: SettlementFixture.noon)
    for number in numbers {
      tills.append(try await till(number, answering[number]))
    }
    for till in tills { try await feed(till, groups) }
  }

  deinit {
    for listener in listeners { listener.cancel() }
    try? FileManager.default.removeItem(at: folder)  // a leftover folder harms no test
  }

  /// What somebody shows to whom the authority gave a certificate.
  func identity(of role: LinkRole, issued now: Int64 = SettlementFixture.noon) throws
    -> LinkIdentity
  {
    let key = LinkKey()
    return LinkIdentity(
      key: key,
      certificate: try authority.certificate(
        for: role, request: try key.certificateRequest(), now: now), anchor: authority.anchor)
  }

  private func till(_ number: UInt32, _ endpoint: (any PeerEndpoint)?) async throws -> Till {
    let (id, path) = (TerminalID(number), folder.appending(path: "\(number)").path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let journal = try Journal(
      Journal.Configuration(
        path: path + "/ledger.sqlite", terminal: id, key: SigningKey(), bootID: "boot",
        clockFloorMilliseconds: 0,
        readClock: {
          ClockReading(wallMilliseconds: SettlementFixture.noon, bootMilliseconds: 1_000_000)
        }))
    let link = try identity(of: .terminal(id))
    let content: [String: Any] = [
      "terminal": number, "name": "窗口", "centre": "https://centre.example.org:8700",
      "centreKey": Hexadecimal.text(SigningKey().publicKey.rawBytes),
      "authority": authority.anchor.pem, "identity": link.pem,
    ]
    try SecretFile.replace(
      path + "/identity.json", Array(try JSONSerialization.data(withJSONObject: content)))
    guard let identity = try TerminalIdentity.read(in: path) else {
      throw CocoaError(.fileReadUnknown)
    }
    let desk = PeerDesk(
      journal: journal, identity: identity, logger: Self.logger, patience: patience)
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    let listener = try TerminalDoorway.service(
      centre: nil, neighbours: endpoint ?? PeerAnswers(journal: journal, desk: desk),
      address: try LinkAddress("127.0.0.1:0"), identity: { identity.current },
      logger: Self.logger, onBound: { found.yield($0) })
    listeners.append(Task { try await listener.run() })
    for await port in ports {
      return Till(id: id, journal: journal, identity: identity, desk: desk, port: port)
    }
    throw CancellationError()
  }

  private func feed(_ till: Till, _ groups: PeerGrouping) async throws {
    let others = tills.filter { $0.id != till.id }
    let rulebook = Rulebook(
      version: 1, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
      mealPeriods: [
        MealPeriod(number: 2, name: "午餐", startMinute: 660, endMinute: 780, price: Fen(1500))
      ], spendOrder: [.subsidy, .personal], singleLimit: Fen(10_000), salesPerMeal: 9,
      repeatGuardSeconds: 0,
      offline: OfflineCaps(
        home: Fen(4_000), alone: Fen(2_500), approvals: 9, serialTrust: .medium, groups: groups))
    let account = AccountSnapshot(
      account: Self.account, maskedName: "王*明", status: .active, homeCanteen: Self.canteen,
      tranches: [
        TrancheBalance(
          purse: .subsidy, tranche: .none, amount: Fen(20_000), lastSpendingDay: nil)
      ], version: 1, includes: nil, credentials: [Self.card])
    try await till.journal.apply(
      FeedPage(
        terminal: till.id, fromCursor: 0, toCursor: 1, hasMore: false, accounts: [account],
        rulebook: rulebook,
        place: TerminalPlace(
          canteen: Self.canteen, isOnlyTerminal: false,
          peers: others.map {
            PeerAddress(terminal: $0.id, url: "https://127.0.0.1:\($0.port)")
          }), timeMilliseconds: SettlementFixture.noon))
  }
}

extension NeighbourFixture.Till {
  static func request(_ fen: Int64) -> SaleRequest {
    SaleRequest(
      lane: LaneID(1), medium: .card, credential: NeighbourFixture.card, price: .keyed(Fen(fen)))
  }

  /// What a sale must ask; `nil` when it was decided without.
  func question(_ fen: Int64) async throws -> PeerQuestion? {
    let step = try await journal.authorise(
      Self.request(fen), peers: desk.word, mayAskCentre: false)
    if case .asksPeers(let question) = step { return question }
    return nil
  }

  /// Sells as a lane does.
  ///
  /// - Returns: On whose word; `nil` when it was refused.
  func sell(_ fen: Int64) async throws -> DecisionPlace? {
    var (word, request) = (desk.word, Self.request(fen))
    var step = try await journal.authorise(request, peers: word, mayAskCentre: false)
    if case .asksPeers(let question) = step {
      word = await desk.ask(question)
      step = try await journal.authorise(request, peers: word, mayAskCentre: false)
      desk.decided(question)
    }
    guard case .decided(let outcome) = step, case .approved(let sale) = outcome.verdict else {
      return nil
    }
    desk.decided(outcome)
    return sale.place
  }

  /// Sends bytes to this till as somebody.
  func call(
    _ route: WireRoute, _ body: [UInt8], as identity: LinkIdentity
  ) async throws -> RawAnswer {
    try await RawCall(
      path: route.path, headers: [("Content-Type", "application/x-protobuf")], body: body
    ).send(to: port, as: identity)
  }
}
