import CanteenModel
import Foundation
import Journal
import Logging
import SettlementService
import SettlementStore
import SyncProtocol
import SyncTransport
import Testing

@testable import TerminalDaemon

/// Terminal 4 sold ¥15.00 to account 1, and terminal 3 gives it back, through a real centre on loopback.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(4))) struct RefundDeskTests {
  private static let clerk = OperatorIdentity(userID: 1000, name: "liu")

  /// Terminal 3 with its ledger.
  private struct Bench {
    let centre: CentreFixture
    let terminal: TestTerminal
    let journal: Journal
    let standing = LinkStanding()

    func desk(believes key: VerifyingKey? = nil, port: Int? = nil) throws -> RefundDesk {
      RefundDesk(
        journal: journal,
        holds: HoldDesk(
          client: try client(port: port), centreKey: try key ?? centre.key,
          key: { [terminal] in terminal.key },
          standing: standing, bell: Bell(),
          logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
          operatorPatience: .seconds(20)))
    }

    func client(port: Int? = nil, of other: TestTerminal? = nil) throws -> CentreClient {
      try centre.client(of: (other ?? terminal).id, port: port)
    }

    func settle() async throws {
      let batch = try await journal.nextBatch(limit: 500, challenge: .random())
      try await journal.store(
        try AckCodec.open(try await client().deliver(batch: batch.bytes), key: try centre.key))
    }

    func refund(
      _ desk: RefundDesk, fen: Int64? = nil, sequence: UInt64 = 1, kind: CorrectionKind = .refund,
      soldBy seller: UInt32 = 4
    ) async throws -> CorrectionLine {
      try await desk.refund(
        CorrectionOrder(
          kind: kind, terminal: seller, sequence: sequence, amount: fen.map { Fen($0) },
          note: "冷菜"),
        soldBy: TerminalID(seller), by: RefundDeskTests.clerk)
    }

    func position() async throws -> UInt64 {
      try await journal.standing().position.sequence.number
    }
  }

  private static func run(_ body: sending @escaping (Bench) async throws -> Void) async throws {
    try await CentreFixture.run { centre in
      let folder = FileManager.default.temporaryDirectory.appending(
        path: "canteen-refund-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }  // a leftover folder harms no test
      let terminal = TestTerminal(3)
      var seller = TestTerminal(4)
      for entry in [terminal, seller] {
        try await centre.control.add(SettlementFixture.entry(entry))
      }
      _ = try await centre.control.importAccounts(Array(SettlementFixture.accounts.utf8))
      let journal = try Journal(
        Journal.Configuration(
          path: folder.appending(path: "ledger.sqlite").path, terminal: terminal.id,
          key: terminal.key, bootID: "boot", clockFloorMilliseconds: 0,
          readClock: {
            ClockReading(wallMilliseconds: SettlementFixture.noon, bootMilliseconds: 1_000_000)
          }))
      let bench = Bench(centre: centre, terminal: terminal, journal: journal)
      try seller.sell(1, subsidy: 1200, personal: 300)
      _ = try await bench.client(of: seller).deliver(batch: try seller.batch())
      try await body(bench)
      try journal.close()
    }
  }

  @Test("an operator gives back what another terminal sold, in parts, until nothing is left")
  func refunds() async throws {
    try await Self.run { bench in
      bench.standing.succeeded()
      let desk = try bench.desk()
      let line = try await bench.refund(desk, fen: 500)
      #expect(line.kind == "refund")
      #expect(line.seller == TerminalID(4))
      #expect(line.original == JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(1)))
      #expect(line.returned == PurseAmounts(subsidy: Fen(200), personal: Fen(300)))
      #expect(line.by == Self.clerk)
      await #expect(throws: OperatorRefusal.self) { try await bench.refund(desk, fen: 1001) }
      #expect(try await bench.refund(desk).amount == Fen(1000))
      await #expect(throws: OperatorRefusal.self) { try await bench.refund(desk) }
      #expect(try await bench.position() == 3)
      try await bench.settle()
      let report = try await bench.centre.control.report()
      #expect(report.terminals.map(\.payableFen) == [0, 0])
      #expect(report.totals.suspenseFen == 0)
      #expect(try await bench.centre.control.holds().isEmpty)
      #expect(try await bench.centre.control.check().isGood)
    }
  }

  @Test("while the centre is out of reach nothing is asked and nothing is written")
  func offline() async throws {
    try await Self.run { bench in
      let desk = try bench.desk()
      await #expect(throws: OperatorRefusal.self) { try await bench.refund(desk) }
      let pulled = RefundDesk(journal: bench.journal, holds: nil)
      await #expect(throws: OperatorRefusal.self) { try await bench.refund(pulled) }
      #expect(try await bench.position() == 1)
    }
  }

  @Test("what cannot be is refused without asking: no amount, too much, no place, a void")
  func refused() async throws {
    try await Self.run { bench in
      bench.standing.succeeded()
      let desk = try bench.desk()
      for fen in [0, -1, HoldRequest.largest.value + 1] {
        await #expect(throws: OperatorRefusal.self) { try await bench.refund(desk, fen: fen) }
      }
      for sequence in [0, UInt64(Int64.max), .max] {
        await #expect(throws: OperatorRefusal.self) {
          try await bench.refund(desk, sequence: sequence)
        }
      }
      await #expect(throws: OperatorRefusal.self) { try await bench.refund(desk, kind: .void) }
      await #expect(throws: OperatorRefusal.self) { try await bench.refund(desk, soldBy: 0) }
      await #expect(throws: OperatorRefusal.self) { try await bench.refund(desk, sequence: 2) }
      #expect(try await bench.position() == 1)
      #expect(try await bench.centre.control.holds().isEmpty)
    }
  }

  @Test("an answer that is lost gives nothing back; once that is settled the command works again")
  func lostAnswer() async throws {
    try await Self.run { bench in
      bench.standing.succeeded()
      // The centre sets it aside, and its answer is not believed.
      let deceived = try bench.desk(believes: SigningKey().publicKey)
      await #expect(throws: OperatorRefusal.self) { try await bench.refund(deceived) }
      #expect(try await bench.centre.control.holds().map(\.grantedFen) == [1500])
      #expect(try await bench.position() == 2)
      let desk = try bench.desk()
      await #expect(throws: OperatorRefusal.self) { try await bench.refund(desk) }
      try await bench.settle()
      #expect(try await bench.centre.control.holds().isEmpty)
      #expect(try await bench.refund(desk).amount == Fen(1500))
      // Nobody listens there.
      let silent = try bench.desk(port: 1)
      await #expect(throws: OperatorRefusal.self) { try await bench.refund(silent) }
      #expect(try await bench.position() == 4)
      try await bench.settle()
      #expect(try await bench.centre.control.check().isGood)
    }
  }
}
